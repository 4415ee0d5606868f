"""Shared by the case lists of chapter 05."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def rms_norm(x: Array, weight: Array) -> Array:
    """Rows of x (..., C) divided by the root of the mean of their squares, times weight (C,)."""
    return np.asarray(weight * x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + 1e-5))
