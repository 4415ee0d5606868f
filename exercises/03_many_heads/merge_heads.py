"""Exercise 03.merge_heads: the heads' numbers side by side again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect
from .common import Array, merge, merge_by_reshape, numbered


def _flat(x: Array, parts: Array) -> Array:
    return parts.reshape(*x.shape[:-3], x.shape[-2], -1)


def _first_two_axes(x: Array) -> Array:
    return _flat(x, x.swapaxes(0, 1))


def _interleaved(x: Array) -> Array:
    return _flat(x, np.moveaxis(x, -3, -1))


def _of(*shape: int) -> Callable[..., tuple[Array]]:
    return lambda rng: (numbered(*shape)(rng),)


EXERCISE = Exercise(
    id="03.merge_heads",
    title="Heads side by side again",
    teaches="the way back from heads to tokens, for any leading axes",
    reference=merge,
    cases=(
        Case("2 heads, 3 tokens", _of(2, 3, 4)),
        Case("as many tokens as heads", _of(3, 3, 2)),
        Case("a batch", _of(2, 4, 5, 3)),
        Case("two leading axes", _of(2, 3, 2, 4, 3)),
        Case("one head", _of(2, 1, 4, 3)),
        Case("heads of a single number", _of(4, 3, 1)),
    ),
    suspects=(
        Suspect(
            "reshape-alone",
            answer=merge_by_reshape,
            says="the shape is right and the numbers are not: reshape reads a head to its end "
            "before it comes to the next, so each row holds tokens of one head. Swap the axes "
            "of heads and tokens first",
        ),
        Suspect(
            "first-axes-swapped",
            answer=_first_two_axes,
            says="right for a single sequence; with a batch, axes 0 and 1 are other ones. Count "
            "from the end: the axes of H and T are -3 and -2",
        ),
        Suspect(
            "interleaved",
            answer=_interleaved,
            says="the heads' numbers are shuffled together, one of each in turn. Each head's D "
            "numbers stay side by side: (..., T, H, D) before the last reshape",
        ),
        Suspect(
            "heads-added",
            answer=lambda x: x.sum(axis=-3),
            says="the heads were added up, which leaves D numbers a token: they belong side by "
            "side, all H · D of them",
        ),
    ),
    hints=(
        "It undoes 03.split_heads. In which order must the two steps be undone?",
        "Swap the axes of heads and tokens, counted from the end; then H and D lie side by side "
        "and one reshape makes one axis of them.",
        "parts = x.swapaxes(..., ...)                 # (..., T, H, D)\n"
        "return parts.reshape(*parts.shape[:-2], ...)   # (..., T, C)",
    ),
)
