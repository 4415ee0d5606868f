"""The feed-forward layers: widen, bend, narrow."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from attention_scratch.arrays import Array
from attention_scratch.nn import checks
from attention_scratch.nn.activation import ACTIVATIONS
from attention_scratch.nn.layer import Layer
from attention_scratch.nn.linear import Linear

GATED = {"swiglu": "silu", "geglu": "gelu"}
CHOICES = (*GATED, *ACTIVATIONS)


class FeedForward(Layer):
    """``down(activation(up(x)))``, equation 2 of Vaswani et al. (2017).

    Args:
        dim: width of input and output, C.
        hidden: width in between, F.
        activation: ``gelu``, ``gelu_tanh``, ``relu``, ``silu`` or ``mish``.
    """

    def __init__(
        self,
        dim: int,
        hidden: int,
        *,
        activation: str = "gelu",
        bias: bool = True,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        checks.choice("activation", activation, tuple(ACTIVATIONS))
        self.up = self._add_child("up", Linear(dim, hidden, bias=bias, rng=rng, dtype=dtype))
        self.activation = self._add_child("activation", ACTIVATIONS[activation]())
        self.down = self._add_child("down", Linear(hidden, dim, bias=bias, rng=rng, dtype=dtype))

    def forward(self, x: Array) -> Array:
        """(..., C) → (..., F) → (..., C)."""
        return self.down.forward(self.activation.forward(self.up.forward(x)))

    def backward(self, grad: Array) -> Array:
        """(..., C) → (..., C)."""
        return self.up.backward(self.activation.backward(self.down.backward(grad)))


class GatedFeedForward(Layer):
    """``down(activation(gate(x)) * up(x))`` (Shazeer 2020): SwiGLU with SiLU, GEGLU with GELU.

    Args:
        dim: width of input and output, C.
        hidden: width in between, F.
        activation: ``swiglu`` or ``geglu``.
    """

    def __init__(
        self,
        dim: int,
        hidden: int,
        *,
        activation: str = "swiglu",
        bias: bool = False,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        checks.choice("activation", activation, tuple(GATED))
        self.gate = self._add_child("gate", Linear(dim, hidden, bias=bias, rng=rng, dtype=dtype))
        self.activation = self._add_child("activation", ACTIVATIONS[GATED[activation]]())
        self.up = self._add_child("up", Linear(dim, hidden, bias=bias, rng=rng, dtype=dtype))
        self.down = self._add_child("down", Linear(hidden, dim, bias=bias, rng=rng, dtype=dtype))

    def forward(self, x: Array) -> Array:
        """(..., C) → (..., F) → (..., C)."""
        gate = self.activation.forward(self.gate.forward(x))
        up = self.up.forward(x)
        self.save_for_backward(gate, up)
        return self.down.forward(gate * up)

    def backward(self, grad: Array) -> Array:
        """(..., C) → (..., C)."""
        gate, up = self.saved()
        grad_product = self.down.backward(grad)
        grad_x: Array = self.up.backward(grad_product * gate)
        grad_product *= up
        grad_x += self.gate.backward(self.activation.backward(grad_product))
        return grad_x


def feed_forward(
    dim: int,
    hidden: int,
    *,
    activation: str,
    bias: bool,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float32,
) -> FeedForward | GatedFeedForward:
    """The layer that an activation's name asks for, gated or not.

    Raises:
        InputError: an unknown name.
    """
    checks.choice("activation", activation, CHOICES)
    kind = GatedFeedForward if activation in GATED else FeedForward
    return kind(dim, hidden, activation=activation, bias=bias, rng=rng, dtype=dtype)
