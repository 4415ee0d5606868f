"""02.causal_mask: nobody looks ahead."""

import numpy as np

from attention_scratch.exercises.authoring import exercise
from attention_scratch.nn import functional as F  # noqa: N812


def causal_mask(T, S):
    queries = np.arange(S - T, S)[:, None]
    keys = np.arange(S)
    return keys <= queries


EXERCISE = exercise(
    "02.causal_mask",
    "Nobody looks ahead",
    teaches="where the diagonal of a causal mask lies when there are more keys than queries",
    right=causal_mask,
    reference=F.causal_mask,
    cases="""
        5 queries, 5 keys: 5, 5
        one query, one key: 1, 1
        2 new queries after 4 old keys: 2, 6
        1 new query after 5 old keys: 1, 6
        more queries than keys: 5, 3
    """,
    mistakes="""
        inverted: <= → >
            upside down: True should mean 'may be seen', and here it means 'is hidden'
        hides-itself: <= → <
            off by one: a query cannot see its own position, and the first of a sequence would see
            nothing at all
        sees-the-next: <= queries → <= queries + 1
            off by one: each query sees one position of its future, the very token a language model
            is asked to predict
        aligned-to-the-first-key: np.arange(S - T, S) → np.arange(T)
            right when T = S. Otherwise the queries are the last T of the S positions, so query t
            stands at position S - T + t; here it stands at t
        aligned-to-the-first-key: answer lambda T, S: np.tril(np.ones((T, S), dtype=bool))
        sees-only-the-future: <= → >=
            the wrong triangle: each query sees itself and what comes after it
        dtype: keys <= queries → (keys <= queries).astype(float)
        shape: keys = np.arange(S) → keys = np.arange(T)
    """,
    hints="""
        Write down, for T = 2 and S = 6, at which of the positions 0 to 5 the two queries stand.
        Which keys may each of them see?

        Query t stands at position S - T + t and may see key s when s is not greater. Compare a
        column of the queries' positions with a row of the keys' positions.

        positions = np.arange(S - T, S)[:, None]   # (T, 1)
        keys = np.arange(S)                        # (S,)
        return keys ... positions                  # (T, S)
    """,
)
