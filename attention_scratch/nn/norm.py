"""Normalization over the last axis as layers; the arithmetic is in ``functional``."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from attention_scratch.arrays import Array
from attention_scratch.nn import checks, functional
from attention_scratch.nn.layer import Layer


class LayerNorm(Layer):
    """``(x - mean) / √(variance + eps) * weight + bias`` (Ba et al. 2016).

    Args:
        dim: size of the last axis, C.
        eps: added inside the root, as in the paper and torch.
    """

    def __init__(self, dim: int, *, eps: float = 1e-5, dtype: DTypeLike = np.float32) -> None:
        super().__init__()
        checks.positive("dim", dim)
        checks.above_zero("eps", eps)
        self.eps = eps
        self._add_parameter("weight", np.ones(dim), dtype)
        self._add_parameter("bias", np.zeros(dim), dtype)

    def forward(self, x: Array) -> Array:
        """(..., C) → (..., C)."""
        weight, bias = self._params["weight"], self._params["bias"]
        y, normal, sigma = functional.layer_norm_forward(x, weight, bias, eps=self.eps)
        self.save_for_backward(normal, sigma)
        return y

    def backward(self, grad: Array) -> Array:
        """(..., C) → (..., C)."""
        normal, sigma = self.saved()
        grad_x, grad_weight, grad_bias = functional.layer_norm_backward(
            grad, normal, sigma, self._params["weight"]
        )
        self._grads["weight"] += grad_weight
        self._grads["bias"] += grad_bias
        return grad_x


class RMSNorm(Layer):
    """``x / √(mean(x²) + eps) * weight`` (Zhang & Sennrich 2019).

    Args:
        dim: size of the last axis, C.
        eps: added inside the root.
    """

    def __init__(self, dim: int, *, eps: float = 1e-5, dtype: DTypeLike = np.float32) -> None:
        super().__init__()
        checks.positive("dim", dim)
        checks.above_zero("eps", eps)
        self.eps = eps
        self._add_parameter("weight", np.ones(dim), dtype)

    def forward(self, x: Array) -> Array:
        """(..., C) → (..., C)."""
        y, normal, rms = functional.rms_norm_forward(x, self._params["weight"], eps=self.eps)
        self.save_for_backward(normal, rms)
        return y

    def backward(self, grad: Array) -> Array:
        """(..., C) → (..., C)."""
        normal, rms = self.saved()
        grad_x, grad_weight = functional.rms_norm_backward(
            grad, normal, rms, self._params["weight"]
        )
        self._grads["weight"] += grad_weight
        return grad_x


class NoNorm(Layer):
    """Hands its input on: what a block has where it has no norm."""

    def forward(self, x: Array) -> Array:
        """Any shape."""
        return x

    def backward(self, grad: Array) -> Array:
        """Any shape."""
        return grad


NORMS = ("rms", "layer", "none")


def norm(
    kind: str, dim: int, *, eps: float, dtype: DTypeLike = np.float32
) -> LayerNorm | RMSNorm | NoNorm:
    """The norm of that name: ``rms``, ``layer`` or ``none``.

    Raises:
        InputError: an unknown name.
    """
    checks.choice("norm", kind, NORMS)
    if kind == "none":
        return NoNorm()
    return (RMSNorm if kind == "rms" else LayerNorm)(dim, eps=eps, dtype=dtype)
