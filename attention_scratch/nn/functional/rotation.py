"""Rotary positions: pairs of numbers turned by an angle proportional to the position."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

from attention_scratch.arrays import Array, require_width

Pairing = Literal["half", "interleaved"]


def rotary_table(
    length: int,
    D: int,
    *,
    theta: float,
    pairing: Pairing = "half",
    dtype: DTypeLike = np.float32,
    rounded: DTypeLike = np.float64,
) -> tuple[Array, Array]:
    """Cosines and sines of positions 0 to ``length - 1``, (length, D) each.

    Pair i turns by ``t · theta^(-2i/D)`` at position t (Su et al. 2021). The sine is negative at
    the first of a pair, so that ``rotary`` need not know which is which.

    Args:
        length: number of positions.
        D: width of a head, even.
        theta: base of the wavelengths.
        pairing: ``half`` pairs element i with i + D/2, ``interleaved`` 2i with 2i + 1.
        dtype: of the table.
        rounded: dtype of frequencies and angles. transformers computes them in float32, and one
            unit in a frequency's last place is multiplied by the position.
    """
    powers = (theta ** (np.arange(0, D, 2) / D)).astype(rounded)
    angles = np.arange(length, dtype=rounded)[:, None] * (1 / powers)  # (length, D/2)
    i, j = _pairs(D, pairing)
    cos, sin = np.empty((2, length, D), dtype)
    cos[:, i] = cos[:, j] = np.cos(angles)
    sin[:, j] = np.sin(angles)
    np.negative(sin[:, j], out=sin[:, i])
    return cos, sin


def rotary(x: Array, cos: Array, sin: Array, *, pairing: Pairing = "half") -> Array:
    """``x cos ± partner sin``: (..., T, D) → (..., T, D).

    Args:
        x: queries or keys.
        cos: rows of a ``rotary_table``, (T, D), or whatever broadcasts against ``x``.
        sin: likewise.
        pairing: that of the table.

    Raises:
        InputError: ``x`` has another width or dtype than the table.
    """
    require_width(x, cos, "cos")
    i, j = _pairs(x.shape[-1], pairing)
    turned = np.empty(x.shape, x.dtype)
    turned[..., i], turned[..., j] = x[..., j], x[..., i]  # each one's partner
    turned *= sin
    turned += x * cos
    return turned


def rotary_backward(grad: Array, cos: Array, sin: Array, *, pairing: Pairing = "half") -> Array:
    """The gradient by x: turned back by the same angles."""
    return rotary(grad, cos, -sin, pairing=pairing)


def _pairs(D: int, pairing: Pairing) -> tuple[slice, slice]:
    """Where the first and the second elements of all pairs are."""
    if pairing == "half":
        return slice(D // 2), slice(D // 2, None)
    return slice(0, None, 2), slice(1, None, 2)
