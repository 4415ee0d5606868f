"""01.alibi: a handicap for distance."""

import numpy as np

from attention_scratch.exercises.authoring import exercise
from attention_scratch.nn import position


def alibi_bias(H, T, S):
    slopes = 2.0 ** (-8 * np.arange(1, H + 1) / H)
    distance = np.abs(np.arange(S - T, S)[:, None] - np.arange(S))
    return -slopes[:, None, None] * distance


def bonus_for_the_future(H, T, S):
    steps = np.add.outer(np.arange(T) + S - T, -np.arange(S))
    return np.stack([steps * -(2 ** (-8 * h / H)) for h in range(1, H + 1)])


EXERCISE = exercise(
    "01.alibi",
    "A handicap for distance",
    teaches="the slopes of the heads, and what distance is when there are more keys than queries",
    right=alibi_bias,
    reference=lambda H, T, S: position.alibi_bias(H, T, S, dtype=np.float64),
    atol=1e-12,
    cases="""
        one head: 1, 4, 4
        8 heads: 8, 5, 5
        4 heads, 2 new queries after 4 old keys: 4, 2, 6
        1 new query after 6 old keys: 2, 1, 7
        16 heads: 16, 3, 3
    """,
    mistakes="""
        rewards-distance: -slopes → slopes
            far keys get more: the bias is added to the scores, so it must be negative
        aligned-to-the-first-key: np.arange(S - T, S) → np.arange(T)
            right when T = S. Otherwise the queries are the last T of the S places, so query t
            stands at S - T + t; here it stands at t
        sign-of-the-distance: np.abs →
            keys after the query get a bonus: a distance is never negative
        sign-of-the-distance: answer bonus_for_the_future
        slopes-from-one: np.arange(1, H + 1) → np.arange(H)
            the first head has slope 1: the heads count from 1 here, and the last slope is 1/256
        slopes-halved: (-8 * np.arange(1, H + 1) / H) → -np.arange(1.0, H + 1)
            right for 8 heads. The slopes always reach from 2^(-8/H) to 2^(-8), whatever H is: the
            exponent of head h, counted from 1, is -8h/H
        slopes-shrink-evenly: 2.0 ** (-8 * np.arange(1, H + 1) / H) → np.arange(H, 0, -1) / H
            the slopes shrink by equal steps; they should shrink by equal factors
        heads-last: slopes[:, None, None] * distance → slopes * distance[..., None]
            right values, but the heads are the last axis: (H, T, S) is asked for, as scores lie
        shape: np.arange(S - T, S) → np.arange(S)
    """,
    hints="""
        Write the bias of one head with slope 1 for T = S = 3 on paper. Then for T = 1, S = 3:
        where does the one query stand?

        slopes (H,) = 2^(-8h/H) with h = 1 … H. Places of the queries (T, 1): S - T to S - 1; of
        the keys (S,). Distance = absolute difference, (T, S). Bias = -slope × distance.

        slopes = 2.0 ** (-8 * np.arange(1, H + 1) / ...)
        at_query = np.arange(S - T, ...)[:, None]
        distance = np.abs(at_query - ...)
        return -slopes[:, None, None] * ...
    """,
)
