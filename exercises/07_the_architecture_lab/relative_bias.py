"""07.relative_bias: a learned number for each distance."""

import numpy as np

from attention_scratch.exercises.authoring import exercise, keeps_dtype


def relative_bias(table, T, S):
    R = table.shape[1] // 2
    distance = np.arange(S - T, S)[:, None] - np.arange(S)
    column = np.clip(distance, -R, R) + R
    return table[:, column]


def nothing_far_away(table, T, S):
    limit = (table.shape[1] - 1) // 2
    query, key = np.meshgrid(np.arange(T) + S - T, np.arange(S), indexing="ij")
    bias = table[:, np.clip(query - key, -limit, limit) + limit]
    bias[:, np.abs(query - key) > limit] = 0
    return bias


EXERCISE = exercise(
    "07.relative_bias",
    "A number for each distance",
    teaches="how a score learns where two tokens stand to each other, and what is far enough",
    right=relative_bias,
    cases="""
        2 heads, 5 positions: normal(2, 17), 5, 5
        farther apart than the table: normal(3, 5), 7, 7
        2 new queries after 4 old keys: normal(2, 7), 2, 6
        one query, one key: normal(4, 3), 1, 1
        only the direction is told apart: normal(2, 3), 6, 6
        float32: normal(1, 9, dtype=np.float32), 3, 9
    """,
    mistakes="""
        key-minus-query: clip(distance → clip(-distance
            turned around: the distance is the query's position minus the key's, so looking back is
            positive
        aligned-to-the-first-key: np.arange(S - T, S) → np.arange(T)
            right when T = S. Otherwise the queries are the last T of the S positions; here they
            stand at the first T
        not-clipped: np.clip(distance, -R, R) → distance
            distances beyond the table were not clipped: they raise an error or wrap around to the
            other end
        wrapped-around: np.clip(distance, -R, R) + R → (distance + R) % (2 * R + 1)
            distances beyond the table wrapped around to its other end; they count as the farthest
            there is
        zero-outside: table[:, column] → np.where(np.abs(distance) <= R, table[:, column], 0)
            beyond the table the bias became 0. All that is far counts alike, as the farthest
            distance of the table: clip
        zero-outside: answer nothing_far_away
        both-ways-alike: np.clip(distance, -R, R) → np.minimum(np.abs(distance), R)
            before and after were treated alike: the distance has a sign, and the table has a
            column for each
        not-shifted: R) + R → R)
            column 0 of the table is distance -R, so R has to be added: a negative index counts
            from the end
        transposed: table[:, column] → table[:, column.T]
        dtype-not-kept: return table → return table.astype(float)
    """,
    constraints=(keeps_dtype(),),
    hints="""
        Write down the distances query - key for T = 2, S = 4. Which column of a table with R = 2
        (five columns, for -2 to 2) belongs to each?

        Positions of the queries: S - T to S - 1, as a column; of the keys: 0 to S - 1. Their
        difference is (T, S); clip it to -R and R, add R, and index the table's columns with it.

        R = table.shape[1] // 2
        distance = np.arange(S - T, S)[:, None] - ...      # (T, S)
        column = np.clip(distance, ..., ...) + ...
        return table[:, column]                            # (H, T, S)
    """,
)
