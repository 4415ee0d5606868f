"""The standard normal distribution, which NumPy lacks."""

from __future__ import annotations

import math

import numpy as np

from attention_scratch.arrays import Array

# P(X > z) = exp(-z²/2) t p(t) with t = 1 / (1 + 0.35 z), z >= 0, the form of Abramowitz & Stegun
# 26.2.17. Coefficients of p, constant first, fitted so that the relative error is below 4e-8.
TAIL_SHIFT = 0.35
TAIL = (
    0.1396214033705473,
    0.13986188767781987,
    0.1198327240852575,
    0.10550861960174465,
    -0.023111394751928215,
    0.15917656405885033,
    -0.25571646661484426,
    0.1439728148810899,
    -0.029146168256339724,
)
_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def normal_below(x: Array) -> tuple[Array, Array]:
    """P(X <= x) for a standard normal X, and ``exp(-x²/2)``.

    In float64 through ``math.erfc``, one number at a time; in float32 by a polynomial that is as
    close as float32 can tell.
    """
    bell = x * x
    bell *= -0.5
    np.exp(bell, out=bell)
    if x.dtype == np.float64:
        return _erfc(x * -math.sqrt(0.5)) / 2, bell
    t = np.abs(x)
    t *= TAIL_SHIFT
    t += 1
    np.divide(1, t, out=t)
    above = t * TAIL[-1]
    for coefficient in reversed(TAIL[:-1]):
        above += coefficient
        above *= t
    above *= bell  # P(X > |x|)
    return np.where(x > 0, 1 - above, above), bell
