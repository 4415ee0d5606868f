"""Shared by the exercises of chapter 10: types, tolerances, RMSNorm in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

# Answers are computed in float64 from float64 inputs: sums of at most 64 terms of order one lose
# under 64 · 2⁻⁵³ ≈ 7e-15, relative to results that may themselves cancel to 1e-3.
RTOL, ATOL = 1e-10, 1e-12


def rms_norm(x: Array, weight: Array, eps: float) -> Array:
    normed: Array = weight * x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps)
    return normed
