"""Activations: each a pure function and a layer that knows its derivative.

They take arrays of any shape with at least one axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np

from attention_scratch.nn import checks
from attention_scratch.nn.layer import Array, Layer

TANH_SCALE = math.sqrt(2 / math.pi)
TANH_CUBIC = 0.044715

# P(X > z) = exp(-z²/2) t p(t) with t = 1 / (1 + 0.35 z), z >= 0, the form of Abramowitz & Stegun
# 26.2.17. Coefficients of p, constant first, fitted so that the relative error is below 4e-8.
TAIL_SHIFT = 0.35
TAIL = (
    0.1396214033705473,
    0.13986188767781987,
    0.1198327240852575,
    0.10550861960174465,
    -0.023111394751928215,
    0.15917656405885033,
    -0.25571646661484426,
    0.1439728148810899,
    -0.029146168256339724,
)
_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def relu(x: Array) -> Array:
    """``max(x, 0)``."""
    return np.maximum(x, 0)


def silu(x: Array) -> Array:
    """``x · sigmoid(x)``, also called swish (Ramachandran et al. 2017)."""
    return x * sigmoid(x)


def mish(x: Array) -> Array:
    """``x · tanh(log(1 + eˣ))`` (Misra 2019)."""
    n, _ = _mish_parts(x)
    y: Array = x * (n / (n + 2))
    return y


def gelu(x: Array, *, approximate: Literal["none", "tanh"] = "none") -> Array:
    """``x · P(X <= x)`` for a standard normal X (Hendrycks & Gimpel 2016).

    With ``approximate="tanh"`` the paper's ``x / 2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))``.
    """
    checks.choice("approximate", approximate, ("none", "tanh"))
    if approximate == "tanh":
        return Gelu(approximate="tanh").forward(x)
    return x * _normal_below(x)[0]


def sigmoid(x: Array) -> Array:
    """``1 / (1 + e⁻ˣ)``; where the exponential overflows to inf the quotient is the limit, 0."""
    with np.errstate(over="ignore"):
        y = np.exp(-x)
    y += 1
    return np.divide(1, y, out=y)


class Relu(Layer):
    """``max(x, 0)``; its derivative at 0 is 0, as in torch."""

    def forward(self, x: Array) -> Array:
        """Any shape."""
        y = relu(x)
        self._keep(y)
        return y

    def backward(self, grad: Array) -> Array:
        """Any shape."""
        y: Array
        (y,) = self._release()
        return grad * (y > 0)


class Silu(Layer):
    """``x · sigmoid(x)``."""

    def forward(self, x: Array) -> Array:
        """Any shape."""
        gate = sigmoid(x)
        y = x * gate
        self._keep(gate, y)
        return y

    def backward(self, grad: Array) -> Array:
        """Any shape; the derivative is ``s + x s (1 - s)`` with ``s = sigmoid(x)``."""
        gate, y = self._release()
        slope: Array = 1 - gate
        slope *= y
        slope += gate
        slope *= grad
        return slope


class Mish(Layer):
    """``x · tanh(log(1 + eˣ))``."""

    def forward(self, x: Array) -> Array:
        """Any shape."""
        n, e = _mish_parts(x)
        y: Array = x * (n / (n + 2))
        self._keep(x, n, e)
        return y

    def backward(self, grad: Array) -> Array:
        """Any shape; tanh's slope times sigmoid is ``4 e (1 + e) / (n + 2)²`` with ``e = eˣ``."""
        x, n, e = self._release()
        slope: Array = x * (4 * e * (1 + e) / (n + 2) ** 2)
        slope += n / (n + 2)
        slope *= grad
        return slope


class Gelu(Layer):
    """``x · P(X <= x)``, exact or in the paper's approximation.

    Raises:
        InputError: ``approximate`` is neither ``"none"`` nor ``"tanh"``.
    """

    def __init__(self, *, approximate: Literal["none", "tanh"] = "none") -> None:
        super().__init__()
        checks.choice("approximate", approximate, ("none", "tanh"))
        self.approximate = approximate

    def forward(self, x: Array) -> Array:
        """Any shape."""
        if self.approximate == "tanh":
            below = np.tanh(_tanh_argument(x))
            self._keep(x, below)
            half = 1 + below
            half *= 0.5
            half *= x
            return half
        below, bell = _normal_below(x)
        self._keep(x, below, bell)
        return x * below

    def backward(self, grad: Array) -> Array:
        """Any shape."""
        if self.approximate == "tanh":
            return self._backward_tanh(grad)
        x, below, bell = self._release()
        slope: Array = x * bell
        slope *= 1 / math.sqrt(2 * math.pi)
        slope += below
        slope *= grad
        return slope

    def _backward_tanh(self, grad: Array) -> Array:
        x, tanh = self._release()
        slope: Array = x * x
        slope *= 3 * TANH_CUBIC
        slope += 1
        slope *= TANH_SCALE  # derivative of tanh's argument
        slope *= x
        slope *= 1 - tanh * tanh
        slope += tanh
        slope += 1
        slope *= 0.5
        slope *= grad
        return slope


ACTIVATIONS: dict[str, Callable[[], Layer]] = {
    "gelu": Gelu,
    "gelu_tanh": lambda: Gelu(approximate="tanh"),
    "relu": Relu,
    "silu": Silu,
    "mish": Mish,
}


def _tanh_argument(x: Array) -> Array:
    cubic = x * x
    cubic *= TANH_CUBIC
    cubic += 1
    cubic *= x
    cubic *= TANH_SCALE
    return cubic


def _mish_parts(x: Array) -> tuple[Array, Array]:
    """``n = e (e + 2)`` and ``e = eˣ``: then ``tanh(log(1 + eˣ)) = n / (n + 2)``.

    Above 20 that is 1 to the last bit, and e is held there.
    """
    e = np.exp(np.minimum(x, 20))
    return e * (e + 2), e


def _normal_below(x: Array) -> tuple[Array, Array]:
    """P(X <= x) for a standard normal X, and ``exp(-x²/2)``.

    In float64 through ``math.erfc``, one number at a time; in float32 by a polynomial that is as
    close as float32 can tell.
    """
    bell = x * x
    bell *= -0.5
    np.exp(bell, out=bell)
    if x.dtype == np.float64:
        return _erfc(x * -math.sqrt(0.5)) / 2, bell
    t = np.abs(x)
    t *= TAIL_SHIFT
    t += 1
    np.divide(1, t, out=t)
    above = t * TAIL[-1]
    for coefficient in reversed(TAIL[:-1]):
        above += coefficient
        above *= t
    above *= bell  # P(X > |x|)
    return np.where(x > 0, 1 - above, above), bell
