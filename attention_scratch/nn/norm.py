"""Normalization over the last axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from attention_scratch.nn import checks
from attention_scratch.nn.layer import Array, Layer
from attention_scratch.nn.reduce import over_rows, row_means


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
        weight = self._params["weight"]
        checks.input_like("x", x, len(weight), weight.dtype)
        normal = x - row_means(x)
        scale = _inverse_root(normal, self.eps)
        normal *= scale
        self._keep(normal, scale)
        y = normal * weight
        y += self._params["bias"]
        return y

    def backward(self, grad: Array) -> Array:
        """(..., C) → (..., C): what is left of ``weight * grad`` without its mean and its part
        along the normalized row, both of which the norm takes out."""
        normal, scale = self._release()
        self._grads["bias"] += over_rows(grad)
        _weight_gradient(self, grad, normal)
        out = grad * self._params["weight"]
        out -= row_means(out)
        return _without(out, normal, scale)


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
        weight = self._params["weight"]
        checks.input_like("x", x, len(weight), weight.dtype)
        scale = _inverse_root(x, self.eps)
        normal = x * scale
        self._keep(normal, scale)
        return normal * weight

    def backward(self, grad: Array) -> Array:
        """(..., C) → (..., C): ``weight * grad`` without its part along the normalized row."""
        normal, scale = self._release()
        _weight_gradient(self, grad, normal)
        return _without(grad * self._params["weight"], normal, scale)


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


def _inverse_root(x: Array, eps: float) -> Array:
    """``1 / √(mean(x²) + eps)``, (..., C) → (..., 1)."""
    square: Array = np.vecdot(x, x)[..., None]
    square /= x.shape[-1]
    square += eps
    np.sqrt(square, out=square)
    return np.divide(1, square, out=square)


def _weight_gradient(layer: Layer, grad: Array, normal: Array) -> None:
    layer._grads["weight"] += over_rows(grad * normal)


def _without(grad: Array, normal: Array, scale: Array) -> Array:
    """``scale * (grad - mean(grad * normal) * normal)``, overwriting ``grad``."""
    along: Array = np.vecdot(grad, normal)[..., None]
    along /= grad.shape[-1]
    grad -= along * normal
    grad *= scale
    return grad
