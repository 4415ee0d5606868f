"""10.rms_norm: one root mean square a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from attention_scratch.exercises.exercise import Case, Exercise, Suspect
from attention_scratch.exercises.registry import register

from .common import ATOL, RTOL, rms_norm


def _rows(*shape: int) -> Callable[[np.random.Generator], tuple[Any, ...]]:
    def make(rng: np.random.Generator) -> tuple[Any, ...]:
        return rng.normal(size=shape) * 2, rng.uniform(0.3, 1.7, shape[-1]), 1e-6

    return make


def _scaled_rows(rng: np.random.Generator) -> tuple[Any, ...]:
    x = rng.normal(size=(3, 8)) * np.array([[0.01], [1.0], [100.0]])
    return x, rng.uniform(0.3, 1.7, 8), 1e-6


register(
    Exercise(
        id="10.rms_norm",
        title="RMSNorm",
        teaches="the one normalization OLMo 2 uses, and where its epsilon stands",
        reference=rms_norm,
        rtol=RTOL,
        atol=ATOL,
        cases=(
            Case(
                "one row, weights of one",
                lambda rng: (np.array([[1.0, -2.0, 3.0, -4.0]]), np.ones(4), 1e-6),
            ),
            Case("weights away from one", _rows(1, 8)),
            Case("rows of very different size", lambda rng: _scaled_rows(rng)),
            Case("a batch (B, T, C)", _rows(2, 3, 16)),
            Case(
                "a row near zero, large epsilon",
                lambda rng: (rng.normal(size=(2, 8)) * 1e-3, rng.uniform(0.5, 1.5, 8), 1e-2),
            ),
        ),
        suspects=(
            Suspect(
                "mean-subtracted",
                answer=lambda x, w, eps: (
                    rms_norm(x - x.mean(-1, keepdims=True), w, eps) if x.shape[-1] > 1 else x
                ),
                says="you subtracted the mean: that is LayerNorm. RMSNorm only divides.",
            ),
            Suspect(
                "epsilon-outside-the-root",
                answer=lambda x, w, eps: w * x / (np.sqrt((x * x).mean(-1, keepdims=True)) + eps),
                says="right to a few digits, but epsilon is added after the square root. It "
                "belongs under it: look at the case of a row near zero.",
            ),
            Suspect(
                "sum-instead-of-mean",
                answer=lambda x, w, eps: w * x / np.sqrt((x * x).sum(-1, keepdims=True) + eps),
                says="every row is too short: you divided by the root of the sum of squares, not "
                "of their mean.",
            ),
            Suspect(
                "over-the-whole-array",
                answer=lambda x, w, eps: w * x / np.sqrt((x * x).mean() + eps),
                says="right for a single row only: the mean is taken over the whole array. Each "
                "row (the last axis) has its own; mind axis and keepdims.",
            ),
            Suspect(
                "weight-forgotten",
                answer=lambda x, w, eps: rms_norm(x, np.ones_like(w), eps),
                says="right except where the weights differ from one: multiply by weight.",
            ),
            Suspect(
                "one-plus-weight",
                answer=lambda x, w, eps: rms_norm(x, 1 + w, eps),
                says="you multiplied by 1 + weight, as Gemma does. OLMo 2 stores the "
                "weight itself.",
            ),
        ),
        hints=(
            "The root mean square of a row is one number. After the division, its own root mean "
            "square is 1.",
            "Square, take the mean over the last axis (keepdims=True keeps it broadcastable), add "
            "eps, take the root, divide, multiply by weight.",
            "mean_square = np.mean(x * x, axis=…, keepdims=True)\n"
            "return weight * x / np.sqrt(mean_square + …)",
        ),
    )
)
