"""03.multi_head: four matrices and H attentions."""

import math

import numpy as np

from attention_scratch.exercises.authoring import exercise, keeps_dtype
from attention_scratch.nn import functional as F  # noqa: N812

from .merge_heads import merge_heads
from .split_heads import split_heads

PADDING = (np.arange(5) < np.array([[5], [3]]))[:, None, None, :]  # (B, 1, 1, T)


def matrices(rng, C, dtype=float):
    return (1.5 / math.sqrt(C) * rng.normal(size=(4, C, C))).astype(dtype)


def multi_head(x, to_query, to_key, to_value, to_output, heads, mask=None):
    query = split_heads(x @ to_query.T, heads)
    key = split_heads(x @ to_key.T, heads)
    value = split_heads(x @ to_value.T, heads)
    mixed = F.scaled_dot_product_attention(query, key, value, mask=mask)
    return merge_heads(mixed) @ to_output.T


def numpys_root(x, to_query, to_key, to_value, to_output, heads, mask=None):
    q, k, v = (split_heads(x @ weight.T, heads) for weight in (to_query, to_key, to_value))
    scores = np.einsum("...td,...sd->...ts", q, k) / np.sqrt(q.shape[-1])
    scores = scores if mask is None else np.where(mask, scores, -np.inf)
    return merge_heads(F.softmax(scores) @ v) @ to_output.T


EXERCISE = exercise(
    "03.multi_head",
    "Multi-head attention",
    teaches="how four matrices and H attentions fit together, and whose width the root is of",
    right=(split_heads, merge_heads, multi_head),
    rtol=1e-6,
    # float32, C = 8, S <= 8: projections of numbers up to 4, scores of D numbers, an average and
    # one more product add about 60 roundings of numbers up to 16: 60 * 16 u, u = 2**-24
    atol=6e-5,
    cases="""
        5 tokens, 2 heads: normal(5, 8), *matrices(rng, 8), 2, None
        as many tokens as heads: normal(4, 8), *matrices(rng, 8), 4, None
        one head: normal(3, 6), *matrices(rng, 6), 1, None
        a batch, causal: normal(2, 5, 8), *matrices(rng, 8), 2, F.causal_mask(5)
        a padded batch: normal(2, 5, 8), *matrices(rng, 8), 4, PADDING
        one token: normal(1, 4), *matrices(rng, 4), 2, None
        float32: normal(2, 4, 8, dtype=np.float32), *matrices(rng, 8, np.float32), 2,
            F.causal_mask(4)
    """,
    mistakes="""
        weights-not-transposed: .T →
            x @ weight, and the shapes fit because the matrices are square. Row i of a weight makes
            output i, as in PyTorch: x @ weight.T
        split-by-reshape: leading, T, heads → leading, heads, T
            & parts.swapaxes(-2, -3) → parts
            the heads were cut by reshape alone, which mixes tokens and heads: reshape to
            (..., T, H, D), then swap
        merged-by-reshape: x.swapaxes(-2, -3).reshape → x.reshape
            the heads were merged by reshape alone: swap the axes of heads and tokens back first
        scaled-by-model-width: mask=mask → mask=mask, scale=1 / math.sqrt(x.shape[-1])
            right for one head. With more, the dot products have D = C / H terms, so the scores are
            divided by √D and not by √C
        not-scaled: mask=mask → mask=mask, scale=1.0
            the scores were not divided by √D
        no-output-projection: @ to_output.T →
            the heads were merged and returned; the fourth matrix, to_output, was not used
        values-from-keys: to_value.T → to_key.T
            the values were made with to_key: to_value was not used
        mask-ignored: mask=mask → mask=None
            right without a mask; the mask changes nothing yet
        dtype-not-kept: answer numpys_root
    """,
    constraints=(
        keeps_dtype(
            "correct, but float32 went in and float64 came out: np.sqrt(8) is a float64 and pulls "
            "every array it meets with it. Use math.sqrt"
        ),
    ),
    hints="""
        Which parts of this do you have already? Two from the exercises above, one from chapter 02.

        Project three times (x @ weight.T), split each into heads, attend as in chapter 02 (all
        heads at once, D is the last axis now), merge, and project once more.

        query = split_heads(x @ to_query.T, heads)
        key, value = ..., ...
        mixed = functional.scaled_dot_product_attention(..., mask=mask)
        return merge_heads(...) @ ...
    """,
)
