"""04.attention_backward: four products in the right order."""

import math

import numpy as np

from attention_scratch.exercises.authoring import exercise, keeps_dtype
from attention_scratch.nn import functional as F  # noqa: N812


def attention_backward(grad, query, key, value, mask=None):
    root = math.sqrt(query.shape[-1])
    scores = query @ key.mT / root
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    p = F.softmax(scores)
    by_weights = grad @ value.mT
    average = (by_weights * p).sum(axis=-1, keepdims=True)
    by_scores = p * (by_weights - average) / root
    return by_scores @ key, by_scores.mT @ query, p.mT @ grad


def scale_only_forward(grad, query, key, value, mask=None):
    scores = np.einsum("...td,...sd->...ts", query, key) / math.sqrt(query.shape[-1])
    p = F.softmax(scores if mask is None else np.where(mask, scores, -np.inf))
    by_weights = np.einsum("...tv,...sv->...ts", grad, value)
    s = p * (by_weights - np.vecdot(by_weights, p)[..., None])
    return s @ key, s.mT @ query, p.mT @ grad


def drawn(rng, T, S, *leading, D=4, Dv=3):
    return [rng.normal(size=(*leading, *shape)) for shape in ((T, Dv), (T, D), (S, D), (S, Dv))]


EXERCISE = exercise(
    "04.attention_backward",
    "Back through attention",
    teaches="how four products and softmax's formula make the gradients of attention, and where "
    "the scale goes",
    right=attention_backward,
    rtol=1e-6,
    atol=2e-4,  # float32: 14 * 12 * 16 u for 12 products of numbers up to 4, u = 2**-24
    cases="""
        3 queries, 4 keys: *drawn(rng, 3, 4)
        as many queries as keys: *drawn(rng, 4, 4, D=5, Dv=5)
        batch and heads: *drawn(rng, 3, 5, 2, 2)
        a mask: *drawn(rng, 3, 5, 2), F.causal_mask(3, 5)
        a query that sees nothing: *drawn(rng, 3, 5, 2),
            F.causal_mask(3, 5) & [[True], [False], [True]]
        one query, one key: *drawn(rng, 1, 1)
        float32: *(each.astype(np.float32) for each in drawn(rng, 4, 3, 2))
    """,
    mistakes=r"""
        scale-forgotten: average) / root → average)
            the gradient by the values is right, those by queries and keys are √D times too large:
            the scores were divided by √D on the way forward, so their gradient is divided by it,
            too
        scale-forgotten: answer scale_only_forward
        scaled-twice: average) / root → average) / root**2
            the gradients by queries and keys were divided by √D twice: the scale was used once
            forward
        softmax-not-gone-through: p * (by_weights - average) → by_weights
            the gradient by the weights was taken for that by the scores: softmax stands between
            them (04.softmax_backward)
        average-missing: - average →
            softmax was gone back through as p · grad: the average of grad under p is still to be
            subtracted
        keys-without-transpose: by_scores.mT → by_scores
            by_scores @ query fits only where there are as many queries as keys. A key meets all
            queries in a *column* of the scores: transpose them
        values-without-transpose: p.mT → p
            p @ grad fits only where there are as many queries as keys. A value goes to all queries,
            by a *column* of the weights: transpose them
        query-and-key-swapped: by_scores @ key, →
            & @ query, → @ query, by_scores @ key,
            the gradients by queries and by keys changed places: return by_query, by_key, by_value
        mask-ignored: if mask is not None → if False
            right without a mask; the weights have to be made with it
        empty-row: F.softmax(scores) → np.exp(scores - scores.max(-1, keepdims=True))
            & by_weights = → p /= p.sum(-1, keepdims=True)\n    by_weights =
            right except for a query that sees nothing: -inf - (-inf) is NaN. functional.softmax
            gives such a row weights of 0, and then its gradients are 0
        dtype-not-kept: math.sqrt → np.sqrt
    """,
    constraints=(
        keeps_dtype(
            "correct, but float32 went in and float64 came out: np.sqrt(8) is a float64 and "
            "pulls every array it meets with it. Use math.sqrt"
        ),
    ),
    hints="""
        Do the forward pass up to the weights. Then go back: which two arrays were multiplied last,
        and what are the gradients of a product by its two factors?

        By the values: weightsᵀ @ grad. By the weights: grad @ valuesᵀ. Through softmax, divided by
        √D: by the scores. By queries: by_scores @ keys. By keys: by_scoresᵀ @ queries.

        p = functional.softmax(...)                    # (..., T, S), with the mask
        by_weights = grad @ ...                        # (..., T, S)
        by_scores = p * (by_weights - ...) / ...
        return by_scores @ ..., by_scores.swapaxes(-1, -2) @ ..., p.swapaxes(-1, -2) @ ...
    """,
)
