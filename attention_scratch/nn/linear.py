"""The linear layer."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike

from attention_scratch.nn import checks
from attention_scratch.nn.layer import Array, Layer
from attention_scratch.nn.reduce import over_rows


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
        weight = self._params["weight"]
        checks.input_like("x", x, weight.shape[1], weight.dtype)
        rows = x.reshape(-1, x.shape[-1])
        y = rows @ weight.T
        if "bias" in self._params:
            y += self._params["bias"]
        self._keep(rows)
        return y.reshape(*x.shape[:-1], len(weight))

    def backward(self, grad: Array) -> Array:
        """(..., out) → (..., in)."""
        (rows,) = self._release()
        weight = self._params["weight"]
        grad_rows = grad.reshape(len(rows), len(weight))
        self._grads["weight"] += grad_rows.T @ rows
        if "bias" in self._params:
            self._grads["bias"] += over_rows(grad_rows)
        return (grad_rows @ weight).reshape(*grad.shape[:-1], weight.shape[1])
