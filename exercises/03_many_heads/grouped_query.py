"""Exercise 03.grouped_query: query heads that share keys and values."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from attention_scratch.exercises import Attempt, Case, Constraint, Exercise, Suspect
from .common import Array, keeps_dtype, normal
from attention_scratch.exercises.run import record
from attention_scratch.nn import functional as F  # noqa: N812

Share = Callable[[Array, int], Array]


def _by_group(shared: Array, heads: int) -> Array:
    return np.asarray(np.repeat(shared, heads // shared.shape[-3], axis=-3))


def _in_turn(shared: Array, heads: int) -> Array:
    places = np.arange(heads) % shared.shape[-3]
    return np.asarray(np.take(shared, places, axis=-3))


def _mean(shared: Array, heads: int) -> Array:
    return np.asarray(shared.mean(axis=-3, keepdims=True))


def _first(shared: Array, heads: int) -> Array:
    return shared[..., :1, :, :]


def _last_heads(shared: Array, heads: int) -> Array:
    """Head h takes key head h while there are any, the last one after that."""
    places = np.minimum(np.arange(heads), shared.shape[-3] - 1)
    return np.asarray(np.take(shared, places, axis=-3))


def _grouped(share: Share = _by_group, *, masked: bool = True) -> Callable[..., Array]:
    def grouped(query: Array, key: Array, value: Array, mask: Array | None = None) -> Array:
        heads = query.shape[-3]
        return np.asarray(
            F.scaled_dot_product_attention(
                query, share(key, heads), share(value, heads), mask=mask if masked else None
            )
        )

    return grouped


def _measured(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The answer, noting the most memory it held and what the keys and values take."""

    def grouped(query: Array, key: Array, value: Array, mask: Array | None = None) -> Any:
        mine = not tracemalloc.is_tracing()
        if mine:
            tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        try:
            output = answer(query, key, value, mask)
            peak = tracemalloc.get_traced_memory()[1] - before
            record(peak=peak, given=key.nbytes + value.nbytes)
        finally:
            if mine:
                tracemalloc.stop()
        return output

    return grouped


LONG = "1 query, 2000 keys, 16 heads on 2"


def _holds_little(attempt: Attempt) -> bool:
    counters = attempt.case(LONG).counters
    return bool(counters["peak"] < 2 * counters["given"])


def _says_copied(attempt: Attempt) -> str:
    counters = attempt.case(LONG).counters
    return (
        f"correct, but keys and values were copied for each head: {counters['peak'] / 1e6:.0f} MB "
        f"at once, where all that was given is {counters['given'] / 1e6:.0f} MB. Give the queries "
        "an axis for the heads of a group, and the keys one of size 1 there: it broadcasts"
    )


def _args(
    H: int,
    K: int,
    T: int,
    S: int,
    *,
    leading: tuple[int, ...] = (),
    causal: bool = False,
    dtype: type = np.float64,
    D: int = 4,
) -> Callable[..., tuple[Any, ...]]:
    def args(rng: np.random.Generator) -> tuple[Any, ...]:
        shapes = (*leading, H, T, D), (*leading, K, S, D), (*leading, K, S, D)
        mask = F.causal_mask(T, S) if causal else None
        return *normal(*shapes, dtype=dtype)(rng), mask

    return args


EXERCISE = Exercise(
    id="03.grouped_query",
    title="Query heads that share keys",
    teaches="which key head serves which query head, and how to share without copying",
    reference=_grouped(),
    rtol=1e-6,
    atol=6e-5,
    adapt=_measured,
    cases=(
        Case("4 query heads on 2 key heads", _args(4, 2, 3, 5)),
        Case("as many key heads as query heads", _args(3, 3, 4, 4)),
        Case("one key head for all", _args(4, 1, 3, 3)),
        Case("6 query heads on 2, a batch", _args(6, 2, 3, 5, leading=(2,))),
        Case("9 on 3, a causal mask", _args(9, 3, 4, 6, causal=True)),
        Case("float32", _args(4, 2, 3, 4, leading=(2,), causal=True, dtype=np.float32)),
        Case(LONG, _args(16, 2, 1, 2000, dtype=np.float32, D=32)),
    ),
    suspects=(
        Suspect(
            "key-heads-in-turn",
            answer=_grouped(_in_turn),
            says="head h used key head h % K. Neighbors share: head h uses key head h // (H / K), "
            "so 6 heads on 2 take 0, 0, 0, 1, 1, 1 (np.repeat, not np.tile)",
        ),
        Suspect(
            "first-key-head-only",
            answer=_grouped(_first),
            says="right for K = 1; otherwise every query head used the first key head",
        ),
        Suspect(
            "key-heads-averaged",
            answer=_grouped(_mean),
            says="the key heads (and the value heads) were averaged: each query head uses one",
        ),
        Suspect(
            "last-key-head-for-the-rest",
            answer=_grouped(_last_heads),
            says="the first K query heads got a key head each and all others the last one: each "
            "key head serves H / K neighbors",
        ),
        Suspect(
            "mask-ignored",
            answer=_grouped(masked=False),
            says="right without a mask; the mask changes nothing yet",
        ),
    ),
    constraints=(
        Constraint(
            "dtype-not-kept",
            holds=keeps_dtype,
            says="correct, but float32 went in and float64 came out",
        ),
        Constraint("keys-copied", holds=_holds_little, says=_says_copied),
    ),
    hints=(
        "With 6 query heads and 2 key heads, which query heads share key head 0? Can NumPy be "
        "told to use it three times without writing it down three times?",
        "Reshape the queries from (..., H, T, D) to (..., K, H / K, T, D), and give keys and "
        "values an axis of size 1 in the same place, (..., K, 1, S, D). Attention broadcasts; "
        "reshape the result back.",
        "grouped = query.reshape(*leading, K, H // K, T, D)\n"
        "output = functional.scaled_dot_product_attention(\n"
        "    grouped, key[..., None, :, :], ..., mask=mask)\n"
        "return output.reshape(...)",
    ),
)
