"""The linear layer."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike

from attention_scratch.arrays import Array
from attention_scratch.nn import checks, functional
from attention_scratch.nn.layer import Layer


class Linear(Layer):
    """``x @ weight.T + bias`` over the last axis; weights lie as in torch, (out, in).

    Every weight and bias starts uniform in ±1/√in, as in torch.

    Args:
        in_features: size of the last axis of the input.
        out_features: size of the last axis of the output.
        bias: add a learned vector.
        rng: where the first weights come from.
        dtype: float32 or float64.

    Raises:
        InputError: a size below 1, or another dtype.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        bias: bool = True,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        checks.positive("in_features", in_features)
        checks.positive("out_features", out_features)
        limit = 1 / math.sqrt(in_features)
        weight = rng.uniform(-limit, limit, (out_features, in_features))
        self._add_parameter("weight", weight, dtype)
        if bias:
            self._add_parameter("bias", rng.uniform(-limit, limit, out_features), dtype)

    def forward(self, x: Array) -> Array:
        """(..., in) → (..., out).

        Raises:
            InputError: another width or dtype than the weight's.
        """
        y = functional.linear(x, self._params["weight"], self._params.get("bias"))
        self.save_for_backward(x)
        return y

    def backward(self, grad: Array) -> Array:
        """(..., out) → (..., in)."""
        (x,) = self.saved()
        grad_x, grad_weight, grad_bias = functional.linear_backward(grad, x, self._params["weight"])
        self._grads["weight"] += grad_weight
        if "bias" in self._grads:
            self._grads["bias"] += grad_bias
        return grad_x
