"""Exercise 03.multi_head: four matrices and H attentions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from attention_scratch.exercises import Case, Constraint, Exercise, Suspect
from .common import (
    Array,
    keeps_dtype,
    merge,
    merge_by_reshape,
    normal,
    split,
    split_by_reshape,
)
from attention_scratch.nn import functional as F  # noqa: N812

Project = Callable[[Array, Array], Array]


def _project(x: Array, weight: Array) -> Array:
    return np.asarray(x @ weight.T)


def _multi_head(
    *,
    project: Project = _project,
    finish: Project = _project,
    cut: Callable[[Array, int], Array] = split,
    join: Callable[[Array], Array] = merge,
    scale: Callable[[int, int], float] = lambda C, D: 1 / math.sqrt(D),
    masked: bool = True,
    from_key: bool = False,
) -> Callable[..., Array]:
    """Multi-head attention with one of its parts done otherwise."""

    def multi_head(
        x: Array,
        to_query: Array,
        to_key: Array,
        to_value: Array,
        to_output: Array,
        heads: int,
        mask: Array | None = None,
    ) -> Array:
        query = cut(project(x, to_query), heads)
        key = cut(project(x, to_key), heads)
        value = key if from_key else cut(project(x, to_value), heads)
        mixed = F.scaled_dot_product_attention(
            query,
            key,
            value,
            mask=mask if masked else None,
            scale=scale(x.shape[-1], query.shape[-1]),
        )
        return finish(join(mixed), to_output)

    return multi_head


def _args(
    *shape: int, heads: int, causal: bool = False, dtype: type = np.float64
) -> Callable[..., tuple[Any, ...]]:
    C = shape[-1]

    def args(rng: np.random.Generator) -> tuple[Any, ...]:
        x, *matrices = normal(shape, *[(C, C)] * 4, dtype=dtype)(rng)
        mask = F.causal_mask(shape[-2]) if causal else None
        return x, *(matrix / math.sqrt(C) * 1.5 for matrix in matrices), heads, mask

    return args


def _padded(rng: np.random.Generator) -> tuple[Any, ...]:
    arguments = _args(2, 5, 8, heads=4)(rng)[:-1]
    return *arguments, (np.arange(5) < np.array([5, 3])[:, None])[:, None, None, :]  # (B, 1, 1, T)


EXERCISE = Exercise(
    id="03.multi_head",
    title="Multi-head attention",
    teaches="how four matrices and H attentions fit together, and whose width the root is of",
    reference=_multi_head(),
    rtol=1e-6,
    atol=6e-5,
    cases=(
        Case("5 tokens, 2 heads", _args(5, 8, heads=2)),
        Case("as many tokens as heads", _args(4, 8, heads=4)),
        Case("one head", _args(3, 6, heads=1)),
        Case("a batch, causal", _args(2, 5, 8, heads=2, causal=True)),
        Case("a padded batch", _padded),
        Case("one token", _args(1, 4, heads=2)),
        Case("float32", _args(2, 4, 8, heads=2, causal=True, dtype=np.float32)),
    ),
    suspects=(
        Suspect(
            "weights-not-transposed",
            answer=_multi_head(project=np.matmul, finish=np.matmul),
            says="x @ weight, and the shapes fit because the matrices are square. Row i of a "
            "weight makes output i, as in PyTorch: x @ weight.T",
        ),
        Suspect(
            "split-by-reshape",
            answer=_multi_head(cut=split_by_reshape),
            says="the heads were cut by reshape alone, which mixes tokens and heads: reshape to "
            "(..., T, H, D), then swap",
        ),
        Suspect(
            "merged-by-reshape",
            answer=_multi_head(join=merge_by_reshape),
            says="the heads were merged by reshape alone: swap the axes of heads and tokens back "
            "first",
        ),
        Suspect(
            "scaled-by-model-width",
            answer=_multi_head(scale=lambda C, D: 1 / math.sqrt(C)),
            says="right for one head. With more, the dot products have D = C / H terms, so the "
            "scores are divided by √D and not by √C",
        ),
        Suspect(
            "not-scaled",
            answer=_multi_head(scale=lambda C, D: 1.0),
            says="the scores were not divided by √D",
        ),
        Suspect(
            "no-output-projection",
            answer=_multi_head(finish=lambda x, weight: x),
            says="the heads were merged and returned; the fourth matrix, to_output, was not used",
        ),
        Suspect(
            "values-from-keys",
            answer=_multi_head(from_key=True),
            says="the values were made with to_key: to_value was not used",
        ),
        Suspect(
            "mask-ignored",
            answer=_multi_head(masked=False),
            says="right without a mask; the mask changes nothing yet",
        ),
    ),
    constraints=(
        Constraint(
            "dtype-not-kept",
            holds=keeps_dtype,
            says="correct, but float32 went in and float64 came out: np.sqrt(8) is a float64 "
            "and pulls every array it meets with it. Use math.sqrt",
        ),
    ),
    hints=(
        "Which parts of this do you have already? Two from the exercises above, one from "
        "chapter 02.",
        "Project three times (x @ weight.T), split each into heads, attend as in chapter 02 (all "
        "heads at once, D is the last axis now), merge, and project once more.",
        "query = split_heads(x @ to_query.T, heads)\n"
        "key, value = ..., ...\n"
        "mixed = functional.scaled_dot_product_attention(..., mask=mask)\n"
        "return merge_heads(...) @ ...",
    ),
)
