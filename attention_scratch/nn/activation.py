"""Activations as layers; their arithmetic is in ``functional``.

They take arrays of any shape with at least one axis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from attention_scratch.arrays import Array
from attention_scratch.nn import checks, functional
from attention_scratch.nn.layer import Layer


class Relu(Layer):
    """``max(x, 0)``."""

    def forward(self, x: Array) -> Array:
        """Any shape."""
        y = functional.relu(x)
        self.save_for_backward(y)
        return y

    def backward(self, grad: Array) -> Array:
        """Any shape."""
        return functional.relu_backward(grad, *self.saved())


class Silu(Layer):
    """``x · sigmoid(x)``."""

    def forward(self, x: Array) -> Array:
        """Any shape."""
        y, s = functional.silu_forward(x)
        self.save_for_backward(y, s)
        return y

    def backward(self, grad: Array) -> Array:
        """Any shape."""
        return functional.silu_backward(grad, *self.saved())


class Mish(Layer):
    """``x · tanh(log(1 + eˣ))``."""

    def forward(self, x: Array) -> Array:
        """Any shape."""
        y, e = functional.mish_forward(x)
        self.save_for_backward(x, e)
        return y

    def backward(self, grad: Array) -> Array:
        """Any shape."""
        return functional.mish_backward(grad, *self.saved())


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
        exact = self.approximate == "none"
        y, *found = (functional.gelu_forward if exact else functional.gelu_tanh_forward)(x)
        self.save_for_backward(x, *found)
        return y

    def backward(self, grad: Array) -> Array:
        """Any shape."""
        if self.approximate == "none":
            return functional.gelu_backward(grad, *self.saved())
        return functional.gelu_tanh_backward(grad, *self.saved())


ACTIVATIONS: dict[str, Callable[[], Layer]] = {
    "gelu": Gelu,
    "gelu_tanh": lambda: Gelu(approximate="tanh"),
    "relu": Relu,
    "silu": Silu,
    "mish": Mish,
}
