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
    cos, sin = np.empty((2, length, D), dtype)
    first, second = slice(D // 2), slice(D // 2, None)
    if pairing == "interleaved":
        first, second = slice(0, None, 2), slice(1, None, 2)
    cos[:, first] = cos[:, second] = np.cos(angles)
    sin[:, second] = np.sin(angles)
    np.negative(sin[:, second], out=sin[:, first])
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
    turned = _partners(x, pairing)
    turned *= sin
    turned += x * cos
    return turned


def rotary_backward(grad: Array, cos: Array, sin: Array, *, pairing: Pairing = "half") -> Array:
    """The gradient by x: turned back by the same angles."""
    return rotary(grad, cos, -sin, pairing=pairing)


def _partners(x: Array, pairing: Pairing) -> Array:
    """A copy in which the two numbers of each pair have changed places."""
    if pairing == "half":
        half = x.shape[-1] // 2
        return np.concatenate([x[..., half:], x[..., :half]], axis=-1)
    partners = np.empty_like(x)
    partners[..., ::2], partners[..., 1::2] = x[..., 1::2], x[..., ::2]
    return partners
