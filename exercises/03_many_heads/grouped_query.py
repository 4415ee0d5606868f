"""03.grouped_query: query heads that share keys and values."""

import numpy as np

from attention_scratch.exercises import Constraint
from attention_scratch.exercises.authoring import exercise, keeps_dtype
from attention_scratch.exercises.run import memory_recorded
from attention_scratch.nn import functional as F  # noqa: N812


def grouped_query(query, key, value, mask=None):
    *leading, H, T, D = query.shape
    K = key.shape[-3]
    grouped = query.reshape(*leading, K, H // K, T, D)
    key, value = key[..., None, :, :], value[..., None, :, :]
    output = F.scaled_dot_product_attention(grouped, key, value, mask=mask)
    return output.reshape(query.shape)


def modulo(query, key, value, mask=None):
    places = np.arange(query.shape[-3]) % key.shape[-3]
    key, value = np.take(key, places, axis=-3), np.take(value, places, axis=-3)
    return F.scaled_dot_product_attention(query, key, value, mask=mask)


def measured(answer):
    def grouped(query, key, value, mask=None):
        with memory_recorded():
            return answer(query, key, value, mask)

    return grouped


def memory(attempt):
    """Bytes held at most, and bytes of keys and values, in the long case."""
    case = attempt.case("1 query, 2000 keys, 16 heads on 2")
    return case.counters["held"], case.args[1].nbytes + case.args[2].nbytes


def holds_little(attempt):
    held, given = memory(attempt)
    return held < 2 * given


def says_copied(attempt):
    held, given = memory(attempt)
    return (
        f"correct, but keys and values were copied for each head: {held / 1e6:.0f} MB at once, "
        f"where all that was given is {given / 1e6:.0f} MB. Give the queries an axis for the heads "
        "of a group, and the keys one of size 1 there: it broadcasts"
    )


EXERCISE = exercise(
    "03.grouped_query",
    "Query heads that share keys",
    teaches="which key head serves which query head, and how to share without copying",
    right=grouped_query,
    rtol=1e-6,
    atol=6e-5,  # as 03.multi_head
    adapt=measured,
    cases="""
        4 query heads on 2 key heads: normal(4, 3, 4), normal(2, 5, 4), normal(2, 5, 4), None
        as many key heads as query heads: normal(3, 4, 4), normal(3, 4, 4), normal(3, 4, 4), None
        one key head for all: normal(4, 3, 4), normal(1, 3, 4), normal(1, 3, 4), None
        6 query heads on 2, a batch: normal(2, 6, 3, 4), normal(2, 2, 5, 4), normal(2, 2, 5, 4),
            None
        9 on 3, a causal mask: normal(9, 4, 4), normal(3, 6, 4), normal(3, 6, 4),
            F.causal_mask(4, 6)
        float32: normal(2, 4, 3, 4, dtype=np.float32),
            *normal(2, 2, 2, 4, 4, dtype=np.float32), F.causal_mask(3, 4)
        1 query, 2000 keys, 16 heads on 2: normal(16, 1, 32, dtype=np.float32),
            *normal(2, 2, 2000, 32, dtype=np.float32), None
    """,
    mistakes="""
        key-heads-in-turn: K, H // K → H // K, K
            & None, → None, :,
            head h used key head h % K. Neighbors share: head h uses key head h // (H / K), so 6
            heads on 2 take 0, 0, 0, 1, 1, 1 (np.repeat, not np.tile)
        key-heads-in-turn: answer modulo
        first-key-head-only: None, → :1, None,
            right for K = 1; otherwise every query head used the first key head
        key-heads-averaged: = key[ → = key.mean(-3, keepdims=True)[
            & value[ → value.mean(-3, keepdims=True)[
            the key heads (and the value heads) were averaged: each query head uses one
        last-key-head-for-the-rest: K, H // K → H, 1
            & None, → np.minimum(np.arange(H), K - 1), None,
            the first K query heads got a key head each and all others the last one: each key head
            serves H / K neighbors
        mask-ignored: mask=mask → mask=None
            right without a mask; the mask changes nothing yet
        keys-copied: K, H // K → H, 1
            & None, → np.arange(H) // (H // K), None,
        dtype-not-kept: output.reshape → output.astype(float).reshape
    """,
    constraints=(
        keeps_dtype("correct, but float32 went in and float64 came out"),
        Constraint("keys-copied", holds=holds_little, says=says_copied),
    ),
    hints="""
        With 6 query heads and 2 key heads, which query heads share key head 0? Can NumPy be told
        to use it three times without writing it down three times?

        Reshape the queries from (..., H, T, D) to (..., K, H / K, T, D), and give keys and values
        an axis of size 1 in the same place, (..., K, 1, S, D). Attention broadcasts; reshape the
        result back.

        grouped = query.reshape(*leading, K, H // K, T, D)
        output = functional.scaled_dot_product_attention(
            grouped, key[..., None, :, :], ..., mask=mask)
        return output.reshape(...)
    """,
)
