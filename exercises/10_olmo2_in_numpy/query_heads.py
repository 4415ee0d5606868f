"""10.query_heads: QK-norm over the whole projection, then the split."""

import numpy as np

from attention_scratch.exercises.authoring import exercise

from .rms_norm import rms_norm


def parts(rng, T, C, heads):
    """All arguments; the first half of the projection is ten times smaller than the second."""
    projection = rng.normal(size=(C, C)) * np.repeat([0.3, 3.0], C // 2)[:, None]
    return rng.normal(size=(T, C)), projection, rng.uniform(0.3, 1.7, C), heads, 1e-5


def query_heads(h, projection, norm_weight, num_heads, eps):
    query = rms_norm(h @ projection.T, norm_weight, eps)
    return query.reshape(len(h), num_heads, -1).swapaxes(0, 1)


def split_first_then_norm(h, projection, norm_weight, num_heads, eps):
    heads = np.stack(np.split(h @ projection.T, num_heads, axis=1))
    weights = np.stack(np.split(norm_weight, num_heads))[:, None]
    return weights * heads * (np.mean(heads**2, axis=-1, keepdims=True) + eps) ** -0.5


EXERCISE = exercise(
    "10.query_heads",
    "Queries, normalized before the split",
    teaches="that OLMo 2's QK-norm runs over the whole projection, not over each head",
    right=query_heads,
    rtol=1e-10,
    atol=1e-12,  # both as 10.rms_norm
    cases="""
        one head: *parts(rng, 3, 8, 1)
        two heads: *parts(rng, 3, 8, 2)
        four heads: *parts(rng, 5, 16, 4)
        one position: *parts(rng, 1, 16, 4)
    """,
    mistakes="""
        normed-per-head: h @ projection.T → (h @ projection.T).reshape(len(h), num_heads, -1)
            & norm_weight, eps → norm_weight.reshape(num_heads, -1), eps
            right for one head only: you normalized each head by itself. OLMo 2 takes one root mean
            square over the whole projection, then splits.
        normed-per-head: answer split_first_then_norm
        reshaped-without-transposing: len(h), num_heads, -1).swapaxes(0, 1) → num_heads, len(h), -1)
            shape right, numbers of different positions mixed up: reshape to (T, H, D) first, then
            swap the first two axes.
        norm-forgotten: rms_norm(h @ projection.T, norm_weight, eps) → h @ projection.T
            the split is right, but the queries were never normalized.
        projection-not-transposed: .T →
            the projection is stored as (out, in): multiply by its transpose.
    """,
    hints="""
        How many numbers does norm_weight hold: one per element of a head, or one per element of
        the whole projection?

        Project (T, C) → (T, H·D), normalize over the last axis, reshape to (T, H, D), swap.

        q = h @ projection.T
        q = norm_weight * q / np.sqrt(np.mean(q * q, axis=-1, keepdims=True) + eps)
        return q.reshape(len(h), num_heads, -1)…
    """,
)
