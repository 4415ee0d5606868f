"""How far two right implementations may lie apart, from how floating-point numbers round.

``u`` is half the distance from 1 to the next number: one operation is off by a factor of at most
``1 + u``, a sum of ``n`` products by at most ``n u`` of the sum of their absolute values (Higham,
Accuracy and Stability of Numerical Algorithms, section 3.1).
"""

from __future__ import annotations

import math

import numpy as np


def softmax_bound(S: int, dtype: np.dtype) -> float:
    """Largest absolute difference of two softmaxes over ``S`` scores.

    With ``z = x - max(x)``, rounded to ``z (1 + u)``, ``exp(z)`` is off by a factor of
    ``1 + u |z|`` and by 4 u for exp itself. The weight p = exp(z) / sum is therefore off by p times
    ``u |z| + 4 u`` for its numerator; ``u sum(p |z|) + 4 u + S u`` for the sum; ``u`` for the
    division. Now ``p |z| <= |z| exp(-|z|) < 1`` and ``sum(p |z|) <= log(S)``. Twice: there are two.
    """
    return 2 * _unit(dtype) * (S + math.log(max(S, 1)) + 10)


def attention_bound(
    query: np.ndarray, key: np.ndarray, value: np.ndarray, *, scale: float
) -> float:
    """Largest absolute difference of two attention outputs.

    A score is a sum of D products, scaled: off by at most ``d = (D + 2) u |q|.|k| scale``. That
    changes every weight by a factor of at most ``exp(2 d)`` (its own exponential and the sum), on
    top of softmax's own rounding. Averaging S values adds ``S u`` of the largest.
    """
    if 0 in (query.size, key.size, value.size):
        return 0.0
    u, S, D = _unit(query.dtype), key.shape[-2], query.shape[-1]
    products = np.abs(query).astype(float) @ np.abs(key).astype(float).swapaxes(-1, -2)
    score = (D + 2) * u * abs(scale) * float(products.max(initial=0))
    weights = math.expm1(2 * score) + u * (S + 2 * math.log(max(S, 1)) + 10)
    return 2 * float(np.abs(value).max(initial=0)) * (weights + S * u)


def _unit(dtype: np.dtype) -> float:
    return float(np.finfo(dtype).eps) / 2
