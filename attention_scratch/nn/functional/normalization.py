"""Layer norm and RMSNorm over the last axis, (..., C) → (..., C)."""

from __future__ import annotations

import numpy as np

from attention_scratch.arrays import Array, require_width
from attention_scratch.nn.reduce import mean_product, over_rows, row_means


def layer_norm(x: Array, weight: Array, bias: Array, *, eps: float) -> Array:
    """``(x - mean) / √(variance + eps) * weight + bias`` (Ba et al. 2016).

    Raises:
        InputError: ``x`` has another width or dtype than the weight.
    """
    return layer_norm_forward(x, weight, bias, eps=eps)[0]


def layer_norm_forward(
    x: Array, weight: Array, bias: Array, *, eps: float
) -> tuple[Array, Array, Array]:
    """The result, the normalized rows, (..., C), and each row's spread, (..., 1)."""
    require_width(x, weight)
    normal = x - row_means(x)
    sigma = np.sqrt(mean_product(normal, normal) + eps)
    normal /= sigma
    y = normal * weight
    y += bias
    return y, normal, sigma


def layer_norm_backward(
    grad: Array, normal: Array, sigma: Array, weight: Array
) -> tuple[Array, Array, Array]:
    """By x, (..., C), by weight and by bias, (C,).

    By x: what is left of ``g = weight * grad`` without its mean and its part along the normalized
    row, both of which the norm takes out.
    """
    grad_weight, grad_bias = over_rows(grad * normal), over_rows(grad)
    g = grad * weight
    g -= row_means(g)
    g -= mean_product(g, normal) * normal
    g /= sigma
    return g, grad_weight, grad_bias


def rms_norm(x: Array, weight: Array, *, eps: float) -> Array:
    """``x / √(mean(x²) + eps) * weight`` (Zhang & Sennrich 2019).

    Raises:
        InputError: ``x`` has another width or dtype than the weight.
    """
    return rms_norm_forward(x, weight, eps=eps)[0]


def rms_norm_forward(x: Array, weight: Array, *, eps: float) -> tuple[Array, Array, Array]:
    """The result, the normalized rows, (..., C), and each row's root mean square, (..., 1)."""
    require_width(x, weight)
    rms = np.sqrt(mean_product(x, x) + eps)
    normal = x / rms
    return normal * weight, normal, rms


def rms_norm_backward(grad: Array, normal: Array, rms: Array, weight: Array) -> tuple[Array, Array]:
    """By x, (..., C), and by weight, (C,).

    By x: what is left of ``g = weight * grad`` without its part along the normalized row.
    """
    grad_weight = over_rows(grad * normal)
    g = grad * weight
    g -= mean_product(g, normal) * normal
    g /= rms
    return g, grad_weight
