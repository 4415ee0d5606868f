"""The operations of OLMo 2's forward pass in NumPy, as transformers' modeling_olmo2.py orders them.

All arrays are float32, so OLMo 2's "float32 islands" (norms, rotary angles, softmax) hold by
construction. Letters: B batch, T query length, S key length, H heads, D head width.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def linear(x: Array, weight: Array) -> Array:
    """``x (…, in) @ weight (out, in)ᵀ`` → (…, out); weights lie as PyTorch stores them."""
    flat: Array = x.reshape(-1, x.shape[-1]) @ weight.T  # one BLAS call for all positions
    return flat.reshape(*x.shape[:-1], weight.shape[0])


def rms_norm(x: Array, weight: Array, *, eps: float) -> Array:
    """RMSNorm over the last axis (Zhang & Sennrich 2019): ``weight · x / √(mean(x²) + eps)``."""
    mean_square = np.vecdot(x, x)[..., None] / np.float32(x.shape[-1])
    scaled: Array = x / np.sqrt(mean_square + np.float32(eps))
    scaled *= weight
    return scaled


def silu(x: Array) -> Array:
    """``x · sigmoid(x)``; the exponential may overflow to inf, which gives the right limit, 0."""
    with np.errstate(over="ignore"):
        denominator = np.exp(-x)
    denominator += 1.0
    return np.divide(x, denominator, out=denominator)


def softmax_in_place(scores: Array) -> Array:
    """Softmax over the last axis, overwriting ``scores``; every row needs one finite entry."""
    scores -= scores.max(-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(-1, keepdims=True)
    return scores


def rotary_table(length: int, *, head_dim: int, theta: float) -> tuple[Array, Array]:
    """Cosines and signed sines of RoPE, each (length, D): position t turns pair i by t·θ^(−2i/D).

    The two halves of a head are paired (element i with i + D/2), so the table repeats the D/2
    angles twice. The first half of the sines is negated: ``rotate_half`` then needs no sign.
    """
    exponents = np.arange(0, head_dim, 2) / head_dim
    # Rounded to float32 before the division, as transformers does: one unit in the last place of
    # a frequency is multiplied by the position.
    frequencies = np.float32(1.0) / (theta**exponents).astype(np.float32)  # (D/2,)
    angles = np.arange(length, dtype=np.float32)[:, None] * frequencies  # (length, D/2)
    cos, sin = np.cos(angles), np.sin(angles)
    return np.concatenate([cos, cos], axis=1), np.concatenate([-sin, sin], axis=1)


def apply_rotary(x: Array, cos: Array, signed_sin: Array) -> Array:
    """Turn each pair (x_i, x_{i+D/2}) of ``x (…, T, D)`` by the angles of its position."""
    half = x.shape[-1] // 2
    swapped = np.concatenate([x[..., half:], x[..., :half]], axis=-1)
    swapped *= signed_sin
    swapped += x * cos
    return swapped


def causal_bias(queries: int, keys: int) -> Array:
    """(T, S) scores to add: 0 where a query may look, −inf at keys that come after it.

    The last query is aligned with the last key, so with a cache S − T keys precede them all.
    """
    hidden = np.arange(keys) > np.arange(keys - queries, keys)[:, None]
    return np.where(hidden, np.float32(-np.inf), np.float32(0.0))
