"""Exercise 02.causal_mask: nobody looks ahead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect
from .common import Array
from attention_scratch.nn import functional as F  # noqa: N812


def _sizes(T: int, S: int) -> Callable[..., tuple[int, int]]:
    return lambda rng: (T, S)


def _diagonal(offset: int) -> Callable[[int, int], Array]:
    return lambda T, S: np.tri(T, S, S - T + offset, dtype=bool)


EXERCISE = Exercise(
    id="02.causal_mask",
    title="Nobody looks ahead",
    teaches="where the diagonal of a causal mask lies when there are more keys than queries",
    reference=F.causal_mask,
    cases=(
        Case("5 queries, 5 keys", _sizes(5, 5)),
        Case("one query, one key", _sizes(1, 1)),
        Case("2 new queries after 4 old keys", _sizes(2, 6)),
        Case("1 new query after 5 old keys", _sizes(1, 6)),
        Case("more queries than keys", _sizes(5, 3)),
    ),
    suspects=(
        Suspect(
            "inverted",
            answer=lambda T, S: ~F.causal_mask(T, S),
            says="upside down: True should mean 'may be seen', and here it means 'is hidden'",
        ),
        Suspect(
            "hides-itself",
            answer=_diagonal(-1),
            says="off by one: a query cannot see its own position, and the first of a sequence "
            "would see nothing at all",
        ),
        Suspect(
            "sees-the-next",
            answer=_diagonal(1),
            says="off by one: each query sees one position of its future, the very token a "
            "language model is asked to predict",
        ),
        Suspect(
            "aligned-to-the-first-key",
            answer=lambda T, S: np.tri(T, S, dtype=bool),
            says="right when T = S. Otherwise the queries are the last T of the S positions, "
            "so query t stands at position S - T + t; here it stands at t",
        ),
        Suspect(
            "sees-only-the-future",
            answer=lambda T, S: np.triu(np.ones((T, S), bool), S - T),
            says="the wrong triangle: each query sees itself and what comes after it",
        ),
    ),
    hints=(
        "Write down, for T = 2 and S = 6, at which of the positions 0 to 5 the two queries "
        "stand. Which keys may each of them see?",
        "Query t stands at position S - T + t and may see key s when s is not greater. Compare "
        "a column of the queries' positions with a row of the keys' positions.",
        "positions = np.arange(S - T, S)[:, None]   # (T, 1)\n"
        "keys = np.arange(S)                        # (S,)\n"
        "return keys ... positions                  # (T, S)",
    ),
)
