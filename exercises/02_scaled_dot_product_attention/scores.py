"""Exercise 02.scores: dot products over the root of their width."""

from __future__ import annotations

import math

import numpy as np

from attention_scratch.exercises import Case, Constraint, Exercise, Suspect
from .common import Array, keeps_dtype, normal, scores_times


def _scores(query: Array, key: Array) -> Array:
    return np.asarray(query @ key.swapaxes(-1, -2) / math.sqrt(query.shape[-1]))


EXERCISE = Exercise(
    id="02.scores",
    title="How well a key matches a query",
    teaches="that a score is a dot product over √D, for any leading axes",
    reference=_scores,
    rtol=1e-6,
    atol=2e-5,
    cases=(
        Case("3 queries, 4 keys", normal((3, 6), (4, 6))),
        Case("as many queries as keys", normal((5, 3), (5, 3))),
        Case("batch and heads", normal((2, 3, 5, 8), (2, 3, 7, 8))),
        Case("one query, one key", normal((1, 8), (1, 8))),
        Case("float32", normal((2, 3, 8), (2, 4, 8), dtype=np.float32)),
    ),
    suspects=(
        Suspect(
            "not-scaled",
            answer=scores_times(lambda T, S, D: 1.0),
            says="these are the dot products; they are not divided by √D yet",
        ),
        Suspect(
            "scaled-by-width",
            answer=scores_times(lambda T, S, D: 1 / D),
            says="divided by D. The spread of a dot product grows with √D: divide by that",
        ),
        Suspect(
            "scaled-up",
            answer=scores_times(lambda T, S, D: math.sqrt(D)),
            says="multiplied by √D: that doubles the growth it should cancel. Divide",
        ),
        Suspect(
            "scaled-by-number-of-keys",
            answer=scores_times(lambda T, S, D: 1 / math.sqrt(S)),
            says="divided by √S, the number of keys. The sum in a dot product has D terms",
        ),
        Suspect(
            "scaled-by-number-of-queries",
            answer=scores_times(lambda T, S, D: 1 / math.sqrt(T)),
            says="divided by the root of the number of queries: len(query) and query.shape[0] "
            "count rows. D is the last axis, query.shape[-1]",
        ),
        Suspect(
            "all-axes-reversed",
            answer=lambda query, key: query @ key.T / math.sqrt(query.shape[-1]),
            says="right for matrices, but .T reverses all axes, those of batch and heads too: "
            "swap the last two alone, with swapaxes(-1, -2)",
        ),
    ),
    constraints=(
        Constraint(
            "dtype-not-kept",
            holds=keeps_dtype,
            says="correct, but float32 went in and float64 came out: np.sqrt(8) is a float64, "
            "and an array it meets becomes float64 too, twice the memory. math.sqrt(8) is a "
            "plain number and leaves the array's dtype alone",
        ),
    ),
    hints=(
        "One score is the dot product of one query row and one key row. All T × S of them at "
        "once are one matrix product. Of what shapes?",
        "(T, D) @ (D, S) gives (T, S): the keys need their last two axes swapped, and only "
        "those. Then divide by the root of the length of the last axis.",
        "D = query.shape[-1]\nproducts = query @ key.swapaxes(..., ...)\nreturn products / ...",
    ),
)
