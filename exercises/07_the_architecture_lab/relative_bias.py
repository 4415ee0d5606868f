"""Exercise 07.relative_bias: a learned number for each distance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Constraint, Exercise, Suspect

from .common import Array, keeps_dtype

Bias = Callable[[Array, int, int], Array]


def _bias(
    *,
    distance: Callable[[int, int], Array] = lambda T, S: (
        np.arange(S - T, S)[:, None] - np.arange(S)
    ),
    column: Callable[[Array, int], Array] = lambda d, R: np.clip(d, -R, R) + R,
) -> Bias:
    """The bias with one of its steps done otherwise."""

    def relative_bias(table: Array, T: int, S: int) -> Array:
        R = table.shape[1] // 2
        return table[:, column(distance(T, S), R)]

    return relative_bias


def _wrapped(table: Array, T: int, S: int) -> Array:
    R = table.shape[1] // 2
    d = np.arange(S - T, S)[:, None] - np.arange(S)
    return table[:, (d + R) % (2 * R + 1)]


def _zero_outside(table: Array, T: int, S: int) -> Array:
    R = table.shape[1] // 2
    d = np.arange(S - T, S)[:, None] - np.arange(S)
    return np.where(np.abs(d) <= R, table[:, np.clip(d, -R, R) + R], 0)


def _table(
    H: int, R: int, T: int, S: int, dtype: type = np.float64
) -> Callable[[np.random.Generator], tuple[Array, int, int]]:
    return lambda rng: (rng.normal(size=(H, 2 * R + 1)).astype(dtype), T, S)


EXERCISE = Exercise(
    id="07.relative_bias",
    title="A number for each distance",
    teaches="how a score learns where two tokens stand to each other, and what is far enough",
    reference=_bias(),
    cases=(
        Case("2 heads, 5 positions", _table(2, 8, 5, 5)),
        Case("farther apart than the table", _table(3, 2, 7, 7)),
        Case("2 new queries after 4 old keys", _table(2, 3, 2, 6)),
        Case("one query, one key", _table(4, 1, 1, 1)),
        Case("only the direction is told apart", _table(2, 1, 6, 6)),
        Case("float32", _table(1, 4, 3, 9, np.float32)),
    ),
    suspects=(
        Suspect(
            "key-minus-query",
            answer=_bias(column=lambda d, R: np.clip(-d, -R, R) + R),
            says="turned around: the distance is the query's position minus the key's, so looking "
            "back is positive",
        ),
        Suspect(
            "aligned-to-the-first-key",
            answer=_bias(distance=lambda T, S: np.arange(T)[:, None] - np.arange(S)),
            says="right when T = S. Otherwise the queries are the last T of the S positions; here "
            "they stand at the first T",
        ),
        Suspect(
            "not-clipped",
            answer=_bias(column=lambda d, R: d + R),
            says="distances beyond the table were not clipped: they raise an error or wrap around "
            "to the other end",
        ),
        Suspect(
            "wrapped-around",
            answer=_wrapped,
            says="distances beyond the table wrapped around to its other end; they count as the "
            "farthest there is",
        ),
        Suspect(
            "zero-outside",
            answer=_zero_outside,
            says="beyond the table the bias became 0. All that is far counts alike, as the "
            "farthest distance of the table: clip",
        ),
        Suspect(
            "both-ways-alike",
            answer=_bias(column=lambda d, R: np.minimum(np.abs(d), R) + R),
            says="before and after were treated alike: the distance has a sign, and the table "
            "has a column for each",
        ),
        Suspect(
            "not-shifted",
            answer=_bias(column=lambda d, R: np.clip(d, -R, R)),
            says="column 0 of the table is distance -R, so R has to be added: a negative index "
            "counts from the end",
        ),
    ),
    constraints=(
        Constraint(
            "dtype-not-kept",
            holds=keeps_dtype,
            says="correct, but float32 went in and another dtype came out",
        ),
    ),
    hints=(
        "Write down the distances query - key for T = 2, S = 4. Which column of a table with "
        "R = 2 (five columns, for -2 to 2) belongs to each?",
        "Positions of the queries: S - T to S - 1, as a column; of the keys: 0 to S - 1. Their "
        "difference is (T, S); clip it to -R and R, add R, and index the table's columns with "
        "it.",
        "R = table.shape[1] // 2\n"
        "distance = np.arange(S - T, S)[:, None] - ...      # (T, S)\n"
        "column = np.clip(distance, ..., ...) + ...\n"
        "return table[:, column]                            # (H, T, S)",
    ),
)
