"""Exercise 02.softmax: softmax that survives large scores."""

from __future__ import annotations

import numpy as np

from attention_scratch.exercises import Case, Constraint, Exercise, Suspect
from attention_scratch.exercises.cases.ch02.common import Array, keeps_dtype, naive_softmax, normal
from attention_scratch.nn import functional as F  # noqa: N812


def _without_keepdims(x: Array) -> Array:
    e = np.exp(x - x.max(-1))
    return np.asarray(e / e.sum(-1))


EXERCISE = Exercise(
    id="02.softmax",
    title="Softmax that survives large scores",
    teaches="why the largest score of each row is subtracted, and that it changes nothing",
    reference=F.softmax,
    atol=2e-6,
    cases=(
        Case("a row of three", lambda rng: (np.array([1.0, 2.0, 3.0]),)),
        Case("a batch of rows", normal((2, 3, 5))),
        Case("as many rows as columns", normal((4, 4))),
        Case("scores of 1000", lambda rng: (np.array([[1000.0, 1001.0, 999.0]]),)),
        Case(
            "rows of very different sizes",
            lambda rng: (np.array([[0.0, 1.0, 2.0], [-1000.0, -999.0, -998.0]]),),
        ),
        Case("a hidden score (-inf)", lambda rng: (np.array([0.0, -np.inf, 1.0]),)),
        Case("float32", normal((3, 8), dtype=np.float32)),
    ),
    suspects=(
        Suspect(
            "one-maximum-for-all",
            answer=lambda x: naive_softmax(x, x.max()),
            says="one maximum of the whole array was subtracted: in a row far below it every "
            "exponential rounds to 0, and 0 / 0 is left. Each row needs its own",
        ),
        Suspect(
            "max-not-subtracted",
            answer=naive_softmax,
            says="right for small scores, but row maxima were never subtracted: try 1000",
        ),
        Suspect(
            "keepdims-missing",
            answer=_without_keepdims,
            says="the maximum (or the sum) lost the axis it was taken over, so it was lined up "
            "with the columns and not with the rows: keepdims=True keeps it, with size 1",
        ),
        Suspect(
            "not-normalized",
            answer=lambda x: np.exp(x - x.max(-1, keepdims=True)),
            says="the ratios are right, but the rows do not sum to 1: divide by their sum",
        ),
        Suspect(
            "one-sum-for-all",
            answer=lambda x: naive_softmax(x, x.max(-1, keepdims=True), None),
            says="the whole array sums to 1; every row should: sum over the last axis alone",
        ),
        Suspect(
            "wrong-axis",
            answer=lambda x: F.softmax(x, axis=0),
            says="the first axis sums to 1; the last one should. A row is x[..., :]",
        ),
    ),
    constraints=(
        Constraint(
            "dtype-not-kept",
            holds=keeps_dtype,
            says="correct, but float32 went in and another dtype came out",
        ),
    ),
    hints=(
        "exp(1000) is infinite in every floating-point format you have. Which number could you "
        "subtract from all scores of a row without changing its softmax?",
        "Three steps, all along the last axis and all keeping it (keepdims=True): the maximum "
        "of each row; the exponential of what is left after subtracting it; division by the "
        "sum of these exponentials.",
        "shifted = x - x.max(axis=-1, keepdims=True)\n"
        "exponentials = np.exp(...)\n"
        "return exponentials / ...",
    ),
)
