"""Activations, number by number: arrays of any shape with at least one axis."""

from __future__ import annotations

import math

import numpy as np

from attention_scratch.arrays import Array
from attention_scratch.nn.functional.normal import normal_below

TANH_SCALE = math.sqrt(2 / math.pi)
TANH_CUBIC = 0.044715


def relu(x: Array) -> Array:
    """``max(x, 0)``."""
    return np.maximum(x, 0)


def relu_backward(grad: Array, y: Array) -> Array:
    """The slope is 1 where ``y = relu(x)`` is above 0; at 0 it is 0, as in torch."""
    return grad * (y > 0)


def sigmoid(x: Array) -> Array:
    """``1 / (1 + e⁻ˣ)``; where the exponential overflows to inf the quotient is the limit, 0."""
    with np.errstate(over="ignore"):
        y = np.exp(-x)
    y += 1
    return np.reciprocal(y, out=y)


def silu(x: Array) -> Array:
    """``x · sigmoid(x)``, also called swish (Ramachandran et al. 2017)."""
    return silu_forward(x)[0]


def silu_forward(x: Array) -> tuple[Array, Array]:
    """The result, and the sigmoid."""
    s = sigmoid(x)
    return x * s, s


def silu_backward(grad: Array, y: Array, s: Array) -> Array:
    """The slope is ``s + x s (1 - s)``, where s is the sigmoid and ``x s`` the result y."""
    slope: Array = 1 - s
    slope *= y
    slope += s
    slope *= grad
    return slope


def swiglu(gate: Array, up: Array) -> Array:
    """``silu(gate) · up`` (Shazeer 2020)."""
    return swiglu_forward(gate, up)[0]


def swiglu_forward(gate: Array, up: Array) -> tuple[Array, Array, Array]:
    """The result, ``silu(gate)``, and the sigmoid of the gate."""
    activated, s = silu_forward(gate)
    return activated * up, activated, s


def swiglu_backward(grad: Array, up: Array, activated: Array, s: Array) -> tuple[Array, Array]:
    """By gate and by up: each factor gets the gradient times the other."""
    return silu_backward(grad * up, activated, s), grad * activated


def mish(x: Array) -> Array:
    """``x · tanh(log(1 + eˣ))`` (Misra 2019)."""
    return mish_forward(x)[0]


def mish_forward(x: Array) -> tuple[Array, Array]:
    """The result, and ``e = eˣ``: with ``n = e (e + 2)`` the tanh is ``n / (n + 2)``.

    Above 20 that is 1 to the last bit, and e is held there.
    """
    e = np.exp(np.minimum(x, 20))
    n = e * (e + 2)
    return x * (n / (n + 2)), e


def mish_backward(grad: Array, x: Array, e: Array) -> Array:
    """tanh plus x times its slope; tanh's slope times sigmoid is ``4 e (1 + e) / (n + 2)²``."""
    n = e * (e + 2)
    slope: Array = x * (4 * e * (1 + e) / (n + 2) ** 2)
    slope += n / (n + 2)
    slope *= grad
    return slope


def gelu(x: Array) -> Array:
    """``x · P(X <= x)`` for a standard normal X (Hendrycks & Gimpel 2016)."""
    return gelu_forward(x)[0]


def gelu_forward(x: Array) -> tuple[Array, Array, Array]:
    """The result, ``P(X <= x)``, and ``exp(-x²/2)``."""
    below, bell = normal_below(x)
    return x * below, below, bell


def gelu_backward(grad: Array, x: Array, below: Array, bell: Array) -> Array:
    """The slope is ``P(X <= x)`` plus x times the normal density, ``bell / √(2π)``."""
    slope: Array = x * bell
    slope *= 1 / math.sqrt(2 * math.pi)
    slope += below
    slope *= grad
    return slope


def gelu_tanh(x: Array) -> Array:
    """The paper's approximation of gelu: ``x / 2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))``."""
    return gelu_tanh_forward(x)[0]


def gelu_tanh_forward(x: Array) -> tuple[Array, Array]:
    """The result, and the tanh."""
    inside = x * x
    inside *= TANH_CUBIC
    inside += 1
    inside *= x
    inside *= TANH_SCALE
    tanh = np.tanh(inside)
    y = 1 + tanh
    y *= 0.5
    y *= x
    return y, tanh


def gelu_tanh_backward(grad: Array, x: Array, tanh: Array) -> Array:
    """The slope is ``½ (1 + tanh) + ½ x (1 - tanh²) √(2/π) (1 + 3 · 0.044715 x²)``."""
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
