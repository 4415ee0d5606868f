"""Exercise 03.strided: the nearest keys, and every so many further back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect
from .common import Array
from attention_scratch.nn import functional as F  # noqa: N812
from attention_scratch.nn import patterns


def _strided(T: int, stride: int) -> Array:
    return F.causal_mask(T, T) & patterns.strided(T, stride)


def _with(choose: Callable[[Array, Array, int], Array]) -> Callable[[int, int], Array]:
    """A causal pattern chosen from distances (T, T), key positions (T,) and the stride."""

    def pattern(T: int, stride: int) -> Array:
        back = np.arange(T)[:, None] - np.arange(T)
        return (back >= 0) & choose(back, np.arange(T), stride)

    return pattern


def _sizes(T: int, stride: int) -> Callable[..., tuple[int, int]]:
    return lambda rng: (T, stride)


EXERCISE = Exercise(
    id="03.strided",
    title="Near ones, and every so many further back",
    teaches="a pattern of two parts that reaches everything in two steps",
    reference=_strided,
    cases=(
        Case("16 tokens, a stride of 4", _sizes(16, 4)),
        Case("a stride that does not divide T", _sizes(11, 3)),
        Case("a stride of 1", _sizes(6, 1)),
        Case("a stride longer than the text", _sizes(5, 9)),
        Case("one token", _sizes(1, 4)),
    ),
    suspects=(
        Suspect(
            "counted-from-the-start",
            answer=_with(lambda back, key, stride: (back < stride) | (key % stride == 0)),
            says="the far keys are those at positions 0, s, 2s, ...; here they should be counted "
            "back from the query: those whose distance s divides",
        ),
        Suspect(
            "strides-only",
            answer=_with(lambda back, key, stride: back % stride == 0),
            says="the far keys are there, the near ones are not: all distances below the stride "
            "are seen, too",
        ),
        Suspect(
            "near-only",
            answer=_with(lambda back, key, stride: back < stride),
            says="this is a local window: the keys further back, at distances s, 2s, 3s, ..., are "
            "missing",
        ),
        Suspect(
            "both-at-once",
            answer=_with(lambda back, key, stride: (back < stride) & (back % stride == 0)),
            says="a key was to be near *and* at a multiple of the stride, which leaves the query's "
            "own position alone. Either is enough: |",
        ),
        Suspect(
            "sees-the-future",
            answer=patterns.strided,
            says="right toward the past, but it reaches ahead as well: only keys at or before the "
            "query",
        ),
    ),
    hints=(
        "Start from the matrix of distances as in 03.local_window. Which distances does the near "
        "part allow, and which the far part?",
        "Seen is a key that is not ahead, and whose distance is below the stride or divided by "
        "it without remainder.",
        "back = np.arange(T)[:, None] - np.arange(T)\nreturn (back >= 0) & ((...) | (...))",
    ),
)
