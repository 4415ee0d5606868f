"""02.scores: dot products over the root of their width."""

import math

import numpy as np

from attention_scratch.exercises.authoring import exercise, keeps_dtype


def scores(query, key):
    D = query.shape[-1]
    return query @ key.swapaxes(-1, -2) / math.sqrt(D)


EXERCISE = exercise(
    "02.scores",
    "How well a key matches a query",
    teaches="that a score is a dot product over √D, for any leading axes",
    right=scores,
    rtol=1e-6,
    atol=2e-5,  # float32: D <= 8 products of size up to 20, 20 (D + 2) u, u = 2**-24
    cases="""
        3 queries, 4 keys: normal(3, 6), normal(4, 6)
        as many queries as keys: normal(5, 3), normal(5, 3)
        batch and heads: normal(2, 3, 5, 8), normal(2, 3, 7, 8)
        one query, one key: normal(1, 8), normal(1, 8)
        float32: normal(2, 3, 8, dtype=np.float32), normal(2, 4, 8, dtype=np.float32)
    """,
    mistakes="""
        not-scaled: / math.sqrt(D) →
            these are the dot products; they are not divided by √D yet
        not-scaled: answer lambda query, key: np.einsum("...td,...sd->...ts", query, key)
        scaled-by-width: math.sqrt(D) → D
            divided by D. The spread of a dot product grows with √D: divide by that
        scaled-up: / math → * math
            multiplied by √D: that doubles the growth it should cancel. Divide
        scaled-by-number-of-keys: D = query.shape[-1] → D = key.shape[-2]
            divided by √S, the number of keys. The sum in a dot product has D terms
        scaled-by-number-of-queries: D = query.shape[-1] → D = query.shape[-2]
            divided by the root of the number of queries: len(query) and query.shape[0] count rows.
            D is the last axis, query.shape[-1]
        all-axes-reversed: key.swapaxes(-1, -2) → key.T
            right for matrices, but .T reverses all axes, those of batch and heads too: swap the
            last two alone, with swapaxes(-1, -2)
        transposed: query @ key.swapaxes → key @ query.swapaxes
        dtype-not-kept: math.sqrt → np.sqrt
    """,
    constraints=(
        keeps_dtype(
            "correct, but float32 went in and float64 came out: np.sqrt(8) is a float64, and an "
            "array it meets becomes float64 too, twice the memory. math.sqrt(8) is a plain number "
            "and leaves the array's dtype alone"
        ),
    ),
    hints="""
        One score is the dot product of one query row and one key row. All T × S of them at once
        are one matrix product. Of what shapes?

        (T, D) @ (D, S) gives (T, S): the keys need their last two axes swapped, and only those.
        Then divide by the root of the length of the last axis.

        D = query.shape[-1]
        products = query @ key.swapaxes(..., ...)
        return products / ...
    """,
)
