"""10.query_heads: QK-norm over the whole projection, then the split."""

from __future__ import annotations

from typing import Any

import numpy as np

from attention_scratch.exercises.exercise import Case, Exercise, Suspect
from attention_scratch.exercises.registry import register

from .common import ATOL, RTOL, Array, rms_norm


def heads_of(flat: Array, num_heads: int) -> Array:
    return flat.reshape(len(flat), num_heads, -1).swapaxes(0, 1)  # (T, H·D) → (H, T, D)


def query_heads(h: Array, projection: Array, weight: Array, num_heads: int, eps: float) -> Array:
    return heads_of(rms_norm(h @ projection.T, weight, eps), num_heads)


def query_heads_normed_apart(
    h: Array, projection: Array, weight: Array, num_heads: int, eps: float
) -> Array:
    weights = weight.reshape(num_heads, 1, -1)
    return rms_norm(heads_of(h @ projection.T, num_heads), weights, eps)


def query_heads_reshaped(
    h: Array, projection: Array, weight: Array, num_heads: int, eps: float
) -> Array:
    return rms_norm(h @ projection.T, weight, eps).reshape(num_heads, len(h), -1)


def _query_arguments(
    rng: np.random.Generator, *, length: int, width: int, heads: int
) -> tuple[Any, ...]:
    projection = rng.normal(size=(width, width)) * np.repeat([0.3, 3.0], width // 2)[:, None]
    return rng.normal(size=(length, width)), projection, rng.uniform(0.3, 1.7, width), heads, 1e-5


register(
    Exercise(
        id="10.query_heads",
        title="Queries, normalized before the split",
        teaches="that OLMo 2's QK-norm runs over the whole projection, not over each head",
        reference=query_heads,
        rtol=RTOL,
        atol=ATOL,
        cases=(
            Case("one head", lambda rng: _query_arguments(rng, length=3, width=8, heads=1)),
            Case("two heads", lambda rng: _query_arguments(rng, length=3, width=8, heads=2)),
            Case("four heads", lambda rng: _query_arguments(rng, length=5, width=16, heads=4)),
            Case("one position", lambda rng: _query_arguments(rng, length=1, width=16, heads=4)),
        ),
        suspects=(
            Suspect(
                "normed-per-head",
                answer=query_heads_normed_apart,
                says="right for one head only: you normalized each head by itself. OLMo 2 takes "
                "one root mean square over the whole projection, then splits.",
            ),
            Suspect(
                "reshaped-without-transposing",
                answer=query_heads_reshaped,
                says="shape right, numbers of different positions mixed up: reshape to (T, H, D) "
                "first, then swap the first two axes.",
            ),
            Suspect(
                "norm-forgotten",
                answer=lambda h, p, w, n, eps: heads_of(h @ p.T, n),
                says="the split is right, but the queries were never normalized.",
            ),
            Suspect(
                "projection-not-transposed",
                answer=lambda h, p, w, n, eps: heads_of(rms_norm(h @ p, w, eps), n),
                says="the projection is stored as (out, in): multiply by its transpose.",
            ),
        ),
        hints=(
            "How many numbers does norm_weight hold: one per element of a head, or one per element "
            "of the whole projection?",
            "Project (T, C) → (T, H·D), normalize over the last axis, reshape to (T, H, D), swap.",
            "q = h @ projection.T\n"
            "q = norm_weight * q / np.sqrt(np.mean(q * q, axis=-1, keepdims=True) + eps)\n"
            "return q.reshape(len(h), num_heads, -1)…",
        ),
    )
)
