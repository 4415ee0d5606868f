"""Dropout."""

from __future__ import annotations

import numpy as np

from attention_scratch.arrays import Array
from attention_scratch.nn import checks
from attention_scratch.nn.layer import Layer


class Dropout(Layer):
    """Set each number to 0 with probability ``p`` in training (Srivastava et al. 2014).

    Inverted: what stays is multiplied by ``1 / (1 - p)``, so that its expectation is the input and
    nothing has to be done in evaluation.

    Args:
        p: from 0 to below 1.
        rng: where the draws come from.

    Raises:
        InputError: ``p`` is out of range.
    """

    def __init__(self, p: float, *, rng: np.random.Generator) -> None:
        super().__init__()
        checks.probability("p", p)
        self.p = p
        self.rng = rng

    def forward(self, x: Array) -> Array:
        """Any shape."""
        if not self.training or self.p == 0:
            self.save_for_backward(None)
            return x
        kept = self.rng.random(x.shape, np.float32) >= self.p
        factor: Array = kept * x.dtype.type(1 / (1 - self.p))
        self.save_for_backward(factor)
        return x * factor

    def backward(self, grad: Array) -> Array:
        """Any shape."""
        factor: Array | None
        (factor,) = self.saved()
        return grad if factor is None else grad * factor
