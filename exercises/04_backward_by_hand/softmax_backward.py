"""Exercise 04.softmax_backward: better than the average."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Constraint, Exercise, Suspect
from .common import Array, keeps_dtype, normal
from attention_scratch.nn import functional as F  # noqa: N812


def _backward(grad: Array, p: Array) -> Array:
    return np.asarray(p * (grad - (grad * p).sum(axis=-1, keepdims=True)))


def _without_keepdims(grad: Array, p: Array) -> Array:
    return np.asarray(p * (grad - (grad * p).sum(axis=-1)))


def _args(
    *shape: int, dtype: type = np.float64, size: float = 1.0
) -> Callable[..., tuple[Array, Array]]:
    def args(rng: np.random.Generator) -> tuple[Array, Array]:
        grad, scores = normal(shape, shape, dtype=dtype)(rng)
        return grad, F.softmax(dtype(size) * scores)

    return args


def _hidden(rng: np.random.Generator) -> tuple[Array, Array]:
    grad, scores = normal((3, 5), (3, 5))(rng)
    scores[0, 2:], scores[1] = -np.inf, -np.inf
    return grad, F.softmax(scores)


EXERCISE = Exercise(
    id="04.softmax_backward",
    title="Back through softmax",
    teaches="that a score is worth raising if its key is better than the average",
    reference=_backward,
    rtol=1e-6,
    atol=1e-5,
    cases=(
        Case("a row of three", lambda rng: (np.array([4.0, 0, 8]), np.array([0.5, 0.25, 0.25]))),
        Case("as many rows as columns", _args(4, 4)),
        Case("batch and heads", _args(2, 3, 2, 5)),
        Case("hidden keys, and a query that sees none", _hidden),
        Case("nearly all weight on one key", _args(3, 4, size=12.0)),
        Case("a single key", _args(3, 1)),
        Case("float32", _args(2, 3, 4, dtype=np.float32)),
    ),
    suspects=(
        Suspect(
            "diagonal-only",
            answer=lambda grad, p: grad * p * (1 - p),
            says="grad · p · (1 − p) is what a score does to its own weight. It changes all others "
            "of its row, too: each of them loses p_i p_j",
        ),
        Suspect(
            "average-not-weighted",
            answer=lambda grad, p: p * (grad - grad.mean(axis=-1, keepdims=True)),
            says="the plain mean of grad was subtracted: the average has the weights p",
        ),
        Suspect(
            "average-missing",
            answer=lambda grad, p: p * grad,
            says="p · grad is the first of two terms. What all weights of the row lose, because "
            "they sum to 1, is missing: the average of grad",
        ),
        Suspect(
            "weight-in-front-missing",
            answer=lambda grad, p: grad - (grad * p).sum(axis=-1, keepdims=True),
            says="grad minus its average is there; each is still to be multiplied by its weight p",
        ),
        Suspect(
            "one-sum-for-all",
            answer=lambda grad, p: p * (grad - (grad * p).sum()),
            says="the average was summed over the whole array. Each row has its own",
        ),
        Suspect(
            "sums-over-the-wrong-axis",
            answer=lambda grad, p: p * (grad - (grad * p).sum(axis=0, keepdims=True)),
            says="the average was summed over the wrong axis: a row is x[..., :], the last one",
        ),
        Suspect(
            "keepdims-missing",
            answer=_without_keepdims,
            says="the sum lost its axis, so the averages were lined up with the columns and not "
            "with the rows: keepdims=True keeps it, with size 1",
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
        "Raise one score by a little. Its own weight grows; what happens to the others of its "
        "row, given that they sum to 1?",
        "The average of grad under the weights p, one for each row (keepdims=True). Then p times "
        "what grad is above it.",
        "average = (...).sum(axis=-1, keepdims=True)   # (..., 1)\nreturn p * (... - ...)",
    ),
)
