"""Exercise 03.split_heads: which numbers a head gets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect
from .common import Array, numbered, split, split_by_reshape


def _every_nth(x: Array, heads: int) -> Array:
    return np.moveaxis(x.reshape(*x.shape[:-1], -1, heads), -1, -3)


def _first_two_axes(x: Array, heads: int) -> Array:
    return x.reshape(*x.shape[:-1], heads, -1).swapaxes(0, 1)


def _heads_as_width(x: Array, heads: int) -> Array:
    return np.moveaxis(x.reshape(*x.shape[:-1], -1, heads), -2, -3)


def _of(*shape: int, heads: int) -> Callable[..., tuple[Array, int]]:
    return lambda rng: (numbered(*shape)(rng), heads)


EXERCISE = Exercise(
    id="03.split_heads",
    title="C numbers cut into heads",
    teaches="which numbers a head gets, and why reshape alone is a trap",
    reference=split,
    cases=(
        Case("2 tokens, 2 heads of 3 numbers", _of(2, 6, heads=2)),
        Case("as many tokens as heads", _of(4, 12, heads=4)),
        Case("a batch", _of(2, 3, 8, heads=2)),
        Case("two leading axes", _of(2, 4, 5, 6, heads=3)),
        Case("one head", _of(2, 5, 6, heads=1)),
        Case("heads of a single number", _of(3, 4, heads=4)),
        Case("one token", _of(2, 1, 6, heads=3)),
    ),
    suspects=(
        Suspect(
            "reshape-alone",
            answer=split_by_reshape,
            says="the shape is right and the numbers are not: reshape leaves every number where it "
            "lies, so head 0 got the first tokens whole, posing as many. Cut the last axis in "
            "two first, (..., T, H, D), and then swap the axes of T and H",
        ),
        Suspect(
            "not-swapped",
            answer=lambda x, heads: x.reshape(*x.shape[:-1], heads, -1),
            says="well cut, (..., T, H, D), but the axis of heads has to stand before that of "
            "tokens: (..., H, T, D), so that attention sees the tokens of one head as a matrix",
        ),
        Suspect(
            "first-axes-swapped",
            answer=_first_two_axes,
            says="right for a single sequence; with a batch, axes 0 and 1 are other ones. Count "
            "from the end: the axes of T and H are -3 and -2",
        ),
        Suspect(
            "every-nth-number",
            answer=_every_nth,
            says="head h got the numbers h, h + H, h + 2H, ...; its D numbers lie side by side, "
            "from h·D on. The axis of heads comes before that of their numbers: (..., T, H, D)",
        ),
        Suspect(
            "heads-taken-for-width",
            answer=_heads_as_width,
            says="the second argument is the number of heads, H; here it was taken for their "
            "width, D = C / H",
        ),
    ),
    hints=(
        "Write the numbers 0 to 7 as two tokens of four. Which of them should head 0 of two "
        "heads see? Which does it see after one reshape?",
        "Two steps: reshape the last axis into two, H and D, which keeps all other axes; then "
        "swap the axis of tokens with that of heads, counted from the end.",
        "parts = x.reshape(*x.shape[:-1], ..., ...)   # (..., T, H, D)\n"
        "return parts.swapaxes(..., ...)              # (..., H, T, D)",
    ),
)
