"""Exercise 03.local_window: the nearest keys only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect
from .common import Array
from attention_scratch.nn import functional as F  # noqa: N812
from attention_scratch.nn import patterns


def _window(T: int, S: int, window: int) -> Array:
    return F.causal_mask(T, S) & patterns.local_window(S, window)[S - T :]


def _back(T: int, S: int) -> Array:
    """How far before the query each key stands, (T, S)."""
    return np.arange(S - T, S)[:, None] - np.arange(S)


def _blocks(T: int, S: int, window: int) -> Array:
    query, key = np.arange(S - T, S)[:, None], np.arange(S)
    return np.asarray((key <= query) & (query // window == key // window))


def _from_the_first(T: int, S: int, window: int) -> Array:
    back = np.arange(T)[:, None] - np.arange(S)
    return (back >= 0) & (back < window)


def _one_more(T: int, S: int, window: int) -> Array:
    back = _back(T, S)
    return (back >= 0) & (back <= window)


def _not_itself(T: int, S: int, window: int) -> Array:
    back = _back(T, S)
    return (back > 0) & (back <= window)


def _sizes(T: int, S: int, window: int) -> Callable[..., tuple[int, int, int]]:
    return lambda rng: (T, S, window)


EXERCISE = Exercise(
    id="03.local_window",
    title="The nearest keys only",
    teaches="a window counted from the query, wherever among the keys it stands",
    reference=_window,
    cases=(
        Case("6 tokens, a window of 3", _sizes(6, 6, 3)),
        Case("2 new queries after 6 old keys", _sizes(2, 8, 3)),
        Case("1 new query after 6 old keys", _sizes(1, 7, 4)),
        Case("a window of 1", _sizes(5, 5, 1)),
        Case("a window wider than the text", _sizes(4, 4, 10)),
        Case("one token", _sizes(1, 1, 2)),
    ),
    suspects=(
        Suspect(
            "one-too-many",
            answer=_one_more,
            says="off by one: a window of 3 is the query's own position and the 2 before it; here "
            "it has one key more",
        ),
        Suspect(
            "hides-itself",
            answer=_not_itself,
            says="the query's own position is missing: it counts as one of the window",
        ),
        Suspect(
            "both-ways",
            answer=lambda T, S, window: np.abs(_back(T, S)) < window,
            says="the window reaches ahead as well: keys after the query are its future",
        ),
        Suspect(
            "aligned-to-the-first-key",
            answer=_from_the_first,
            says="right when T = S. Otherwise the queries are the last T of the S positions, so "
            "query t stands at position S - T + t",
        ),
        Suspect(
            "in-blocks",
            answer=_blocks,
            says="the text was cut into blocks, and a query sees its own block: then the first of "
            "a block has no neighbors at all. The window moves along with each query",
        ),
        Suspect(
            "inverted",
            answer=lambda T, S, window: ~_window(T, S, window),
            says="upside down: True should mean 'may be seen', and here it means 'is hidden'",
        ),
    ),
    hints=(
        "Write a matrix of distances: how far before query t does key s stand? Which distances "
        "may be seen?",
        "The queries stand at the positions S - T to S - 1. Distances are a column of these "
        "minus a row of the keys' positions; seen are those from 0 to window - 1.",
        "back = np.arange(S - T, S)[:, None] - ...   # (T, S)\nreturn (back >= ...) & (back < ...)",
    ),
)
