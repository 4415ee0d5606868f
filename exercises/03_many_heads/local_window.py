"""03.local_window: the nearest keys only."""

import numpy as np

from attention_scratch.exercises.authoring import exercise
from attention_scratch.nn import functional as F  # noqa: N812
from attention_scratch.nn import patterns


def local_window(T, S, window):
    back = np.arange(S - T, S)[:, None] - np.arange(S)
    return (back >= 0) & (back < window)


def block_diagonal(T, S, window):
    block = np.arange(S) // window
    return ((block[:, None] == block) & np.tri(S, dtype=bool))[S - T :]


EXERCISE = exercise(
    "03.local_window",
    "The nearest keys only",
    teaches="a window counted from the query, wherever among the keys it stands",
    right=local_window,
    reference=lambda T, S, w: F.causal_mask(T, S) & patterns.local_window(S, w)[S - T :],
    cases="""
        6 tokens, a window of 3: 6, 6, 3
        2 new queries after 6 old keys: 2, 8, 3
        1 new query after 6 old keys: 1, 7, 4
        a window of 1: 5, 5, 1
        a window wider than the text: 4, 4, 10
        one token: 1, 1, 2
    """,
    mistakes="""
        one-too-many: < window → <= window
            off by one: a window of 3 is the query's own position and the 2 before it; here it has
            one key more
        hides-itself: (back >= 0) & (back < window) → (back > 0) & (back <= window)
            the query's own position is missing: it counts as one of the window
        both-ways: (back >= 0) & (back → (np.abs(back)
            the window reaches ahead as well: keys after the query are its future
        aligned-to-the-first-key: np.arange(S - T, S) → np.arange(T)
            right when T = S. Otherwise the queries are the last T of the S positions, so query t
            stands at position S - T + t
        in-blocks: back < window → back <= np.arange(S - T, S)[:, None] % window
            the text was cut into blocks, and a query sees its own block: then the first of a block
            has no neighbors at all. The window moves along with each query
        in-blocks: answer block_diagonal
        inverted: (back >= 0) & (back < window) → (back < 0) | (back >= window)
            upside down: True should mean 'may be seen', and here it means 'is hidden'
        dtype: (back >= 0) & → 1.0 * (back >= 0) *
    """,
    hints="""
        Write a matrix of distances: how far before query t does key s stand? Which distances may
        be seen?

        The queries stand at the positions S - T to S - 1. Distances are a column of these minus a
        row of the keys' positions; seen are those from 0 to window - 1.

        back = np.arange(S - T, S)[:, None] - ...   # (T, S)
        return (back >= ...) & (back < ...)
    """,
)
