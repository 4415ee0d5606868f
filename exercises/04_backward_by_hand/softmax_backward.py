"""04.softmax_backward: better than the average."""

import numpy as np

from attention_scratch.exercises.authoring import exercise, keeps_dtype
from attention_scratch.nn import functional as F  # noqa: N812


def softmax_backward(grad, p):
    average = (grad * p).sum(axis=-1, keepdims=True)
    return p * (grad - average)


def through_the_jacobian_of_eye(grad, p):
    jacobian = p[..., None] * (np.eye(p.shape[-1]) - p[..., None, :])
    return np.einsum("...ij,...i->...j", jacobian, grad)


EXERCISE = exercise(
    "04.softmax_backward",
    "Back through softmax",
    teaches="that a score is worth raising if its key is better than the average",
    right=softmax_backward,
    rtol=1e-6,
    atol=1e-5,  # float32: weights that sum to 1, grad up to 4: 4 (S + 10) u, u = 2**-24
    cases="""
        a row of three: np.array([4.0, 0, 8]), np.array([0.5, 0.25, 0.25])
        as many rows as columns: normal(4, 4), F.softmax(normal(4, 4))
        batch and heads: normal(2, 3, 2, 5), F.softmax(normal(2, 3, 2, 5))
        hidden keys, and a query that sees none: normal(3, 5), F.softmax(
            np.where([[1, 1, 0, 0, 0], [0] * 5, [1] * 5], normal(3, 5), -inf))
        nearly all weight on one key: normal(3, 4), F.softmax(12 * normal(3, 4))
        a single key: normal(3, 1), F.softmax(normal(3, 1))
        float32: normal(2, 3, 4, dtype=np.float32), F.softmax(normal(2, 3, 4, dtype=np.float32))
    """,
    mistakes="""
        diagonal-only: grad - average → grad * (1 - p)
            grad · p · (1 − p) is what a score does to its own weight. It changes all others of its
            row, too: each of them loses p_i p_j
        average-not-weighted: (grad * p).sum → grad.mean
            the plain mean of grad was subtracted: the average has the weights p
        average-missing: - average →
            p · grad is the first of two terms. What all weights of the row lose, because they sum
            to 1, is missing: the average of grad
        weight-in-front-missing: p * (grad - average) → grad - average
            grad minus its average is there; each is still to be multiplied by its weight p
        one-sum-for-all: axis=-1, keepdims=True →
            the average was summed over the whole array. Each row has its own
        sums-over-the-wrong-axis: axis=-1 → axis=0
            the average was summed over the wrong axis: a row is x[..., :], the last one
        keepdims-missing: , keepdims=True →
            the sum lost its axis, so the averages were lined up with the columns and not with the
            rows: keepdims=True keeps it, with size 1
        dtype-not-kept: answer through_the_jacobian_of_eye
    """,
    constraints=(keeps_dtype(),),
    hints="""
        Raise one score by a little. Its own weight grows; what happens to the others of its row,
        given that they sum to 1?

        The average of grad under the weights p, one for each row (keepdims=True). Then p times what
        grad is above it.

        average = (...).sum(axis=-1, keepdims=True)   # (..., 1)
        return p * (... - ...)
    """,
)
