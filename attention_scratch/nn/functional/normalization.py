"""Layer norm and RMSNorm over the last axis, (..., C) → (..., C)."""

from __future__ import annotations

import numpy as np

from attention_scratch.arrays import Array, require_width
from attention_scratch.nn.reduce import over_rows, row_means


def layer_norm(x: Array, weight: Array, bias: Array, *, eps: float) -> Array:
    """``(x - mean) / √(variance + eps) * weight + bias`` (Ba et al. 2016).

    Raises:
        InputError: ``x`` has another width or dtype than the weight.
    """
    return layer_norm_forward(x, weight, bias, eps=eps)[0]


def layer_norm_forward(
    x: Array, weight: Array, bias: Array, *, eps: float
) -> tuple[Array, Array, Array]:
    """The result, the normalized rows, (..., C), and one over each row's spread, (..., 1)."""
    require_width(x, weight)
    normal = x - row_means(x)
    scale = _inverse_root_mean_square(normal, eps)
    normal *= scale
    y = normal * weight
    y += bias
    return y, normal, scale


def layer_norm_backward(
    grad: Array, normal: Array, scale: Array, weight: Array
) -> tuple[Array, Array, Array]:
    """By x, (..., C), by weight and by bias, (C,).

    By x: what is left of ``g = weight * grad`` without its mean and its part along the normalized
    row, both of which the norm takes out.
    """
    grad_weight, grad_bias = over_rows(grad * normal), over_rows(grad)
    g = grad * weight
    g -= row_means(g)
    g -= _mean_product(g, normal) * normal
    g *= scale
    return g, grad_weight, grad_bias


def rms_norm(x: Array, weight: Array, *, eps: float) -> Array:
    """``x / √(mean(x²) + eps) * weight`` (Zhang & Sennrich 2019).

    Raises:
        InputError: ``x`` has another width or dtype than the weight.
    """
    return rms_norm_forward(x, weight, eps=eps)[0]


def rms_norm_forward(x: Array, weight: Array, *, eps: float) -> tuple[Array, Array, Array]:
    """The result, the normalized rows, (..., C), and one over each row's size, (..., 1)."""
    require_width(x, weight)
    scale = _inverse_root_mean_square(x, eps)
    normal = x * scale
    return normal * weight, normal, scale


def rms_norm_backward(
    grad: Array, normal: Array, scale: Array, weight: Array
) -> tuple[Array, Array]:
    """By x, (..., C), and by weight, (C,).

    By x: what is left of ``g = weight * grad`` without its part along the normalized row.
    """
    grad_weight = over_rows(grad * normal)
    g = grad * weight
    g -= _mean_product(g, normal) * normal
    g *= scale
    return g, grad_weight


def _inverse_root_mean_square(x: Array, eps: float) -> Array:
    """``1 / √(mean(x²) + eps)``, (..., C) → (..., 1)."""
    square = _mean_product(x, x)
    square += eps
    np.sqrt(square, out=square)
    return np.divide(1, square, out=square)


def _mean_product(x: Array, y: Array) -> Array:
    """``mean(x y)`` of each row, (..., C) → (..., 1)."""
    mean: Array = np.vecdot(x, y)[..., None]
    mean /= x.shape[-1]
    return mean
