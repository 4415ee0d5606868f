"""Exercise 01.alibi: a handicap for distance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect
from .common import Array
from attention_scratch.nn.position import alibi_bias


def _bias(
    *,
    slope: Callable[[Array, int], Array] = lambda h, H: 2.0 ** (-8 * (h + 1) / H),
    first: Callable[[int, int], int] = lambda T, S: S - T,
    away: Callable[[Array], Array] = np.abs,
) -> Callable[[int, int, int], Array]:
    """The bias, with one of its choices made otherwise."""

    def bias(H: int, T: int, S: int) -> Array:
        at_query = first(T, S) + np.arange(T)[:, None]  # (T, 1)
        distance = away(at_query - np.arange(S))  # (T, S)
        return np.asarray(-slope(np.arange(H), H)[:, None, None] * distance)

    return bias


RIGHT = _bias()


def _sizes(H: int, T: int, S: int) -> Callable[..., tuple[int, int, int]]:
    return lambda rng: (H, T, S)


EXERCISE = Exercise(
    id="01.alibi",
    title="A handicap for distance",
    teaches="the slopes of the heads, and what distance is when there are more keys than queries",
    reference=lambda H, T, S: alibi_bias(H, T, S, dtype=np.float64),
    atol=1e-12,
    cases=(
        Case("one head", _sizes(1, 4, 4)),
        Case("8 heads", _sizes(8, 5, 5)),
        Case("4 heads, 2 new queries after 4 old keys", _sizes(4, 2, 6)),
        Case("1 new query after 6 old keys", _sizes(2, 1, 7)),
        Case("16 heads", _sizes(16, 3, 3)),
    ),
    suspects=(
        Suspect(
            "rewards-distance",
            answer=lambda H, T, S: -RIGHT(H, T, S),
            says="far keys get more: the bias is added to the scores, so it must be negative",
        ),
        Suspect(
            "aligned-to-the-first-key",
            answer=_bias(first=lambda T, S: 0),
            says="right when T = S. Otherwise the queries are the last T of the S places, so query "
            "t stands at S - T + t; here it stands at t",
        ),
        Suspect(
            "sign-of-the-distance",
            answer=_bias(away=lambda steps: steps),
            says="keys after the query get a bonus: a distance is never negative",
        ),
        Suspect(
            "slopes-from-one",
            answer=_bias(slope=lambda h, H: 2.0 ** (-8 * h / H)),
            says="the first head has slope 1: the heads count from 1 here, and the last slope is "
            "1/256",
        ),
        Suspect(
            "slopes-halved",
            answer=_bias(slope=lambda h, H: 2.0 ** -(h + 1.0)),
            says="right for 8 heads. The slopes always reach from 2^(-8/H) to 2^(-8), whatever H "
            "is: the exponent of head h, counted from 1, is -8h/H",
        ),
        Suspect(
            "slopes-shrink-evenly",
            answer=_bias(slope=lambda h, H: (H - h) / H),
            says="the slopes shrink by equal steps; they should shrink by equal factors",
        ),
        Suspect(
            "heads-last",
            answer=lambda H, T, S: np.moveaxis(RIGHT(H, T, S), 0, -1),
            says="right values, but the heads are the last axis: (H, T, S) is asked for, as "
            "scores lie",
        ),
    ),
    hints=(
        "Write the bias of one head with slope 1 for T = S = 3 on paper. Then for T = 1, S = 3: "
        "where does the one query stand?",
        "slopes (H,) = 2^(-8h/H) with h = 1 … H. Places of the queries (T, 1): S - T to S - 1; of "
        "the keys (S,). Distance = absolute difference, (T, S). Bias = -slope × distance.",
        "slopes = 2.0 ** (-8 * np.arange(1, H + 1) / ...)\n"
        "at_query = np.arange(S - T, ...)[:, None]\n"
        "distance = np.abs(at_query - ...)\n"
        "return -slopes[:, None, None] * ...",
    ),
)
