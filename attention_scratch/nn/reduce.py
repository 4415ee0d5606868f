"""Sums along an axis as matrix products: BLAS is several times as fast as ``sum``."""

from __future__ import annotations

import numpy as np

from attention_scratch.arrays import Array


def over_rows(x: Array) -> Array:
    """(..., C) → (C,): the sum over all leading axes."""
    rows = x.reshape(-1, x.shape[-1])
    total: Array = np.ones(len(rows), x.dtype) @ rows
    return total


def row_means(x: Array) -> Array:
    """(..., C) → (..., 1)."""
    C = x.shape[-1]
    means: Array = x.reshape(-1, C) @ np.ones(C, x.dtype)
    means /= C
    return means.reshape(*x.shape[:-1], 1)


def mean_product(x: Array, y: Array) -> Array:
    """The mean of ``x y`` over the last axis, (..., C) → (..., 1)."""
    mean: Array = np.vecdot(x, y)[..., None] / x.shape[-1]
    return mean
