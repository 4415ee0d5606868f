"""02.softmax: a softmax that survives large scores."""

import numpy as np

from attention_scratch.exercises.authoring import exercise, keeps_dtype
from attention_scratch.nn import functional as F  # noqa: N812


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def straight_from_the_formula(x):
    exponentials = np.exp(x)
    return exponentials / np.sum(exponentials, axis=-1, keepdims=True)


EXERCISE = exercise(
    "02.softmax",
    "Softmax that survives large scores",
    teaches="why the largest score of each row is subtracted, and that it changes nothing",
    right=softmax,
    reference=F.softmax,
    atol=2e-6,  # float32, S <= 8: u (S + log S + 10), exponentials 4 u each, u = 2**-24
    cases="""
        a row of three: np.array([1.0, 2.0, 3.0])
        a batch of rows: normal(2, 3, 5)
        as many rows as columns: normal(4, 4)
        scores of 1000: np.array([[1000.0, 1001.0, 999.0]])
        rows of very different sizes: np.array([[0.0, 1.0, 2.0], [-1000.0, -999.0, -998.0]])
        a hidden score (-inf): np.array([0.0, -inf, 1.0])
        float32: normal(3, 8, dtype=np.float32)
    """,
    mistakes=r"""
        one-maximum-for-all: x.max(-1, keepdims=True) → x.max()
            one maximum of the whole array was subtracted: in a row far below it every exponential
            rounds to 0, and 0 / 0 is left. Each row needs its own
        max-not-subtracted: - x.max(-1, keepdims=True) →
            right for small scores, but row maxima were never subtracted: try 1000
        max-not-subtracted: answer straight_from_the_formula
        keepdims-missing: , keepdims=True →
            the maximum (or the sum) lost the axis it was taken over, so it was lined up with the
            columns and not with the rows: keepdims=True keeps it, with size 1
        not-normalized: / e.sum(-1, keepdims=True) →
            the ratios are right, but the rows do not sum to 1: divide by their sum
        one-sum-for-all: e.sum(-1, keepdims=True) → e.sum()
            the whole array sums to 1; every row should: sum over the last axis alone
        wrong-axis: -1 → 0
            the first axis sums to 1; the last one should. A row is x[..., :]
        changed-argument: e = np.exp( → x -= x.max(-1, keepdims=True)\n    e = np.exp(
        dtype-not-kept: np.exp( → np.exp(np.zeros(1) +
        returned-none: return e → e
    """,
    constraints=(keeps_dtype(),),
    hints="""
        exp(1000) is infinite in every floating-point format you have. Which number could you
        subtract from all scores of a row without changing its softmax?

        Three steps, all along the last axis and all keeping it (keepdims=True): the maximum of
        each row; the exponential of what is left after subtracting it; division by the sum of
        these exponentials.

        shifted = x - x.max(axis=-1, keepdims=True)
        exponentials = np.exp(...)
        return exponentials / ...
    """,
)
