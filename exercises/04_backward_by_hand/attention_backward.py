"""Exercise 04.attention_backward: four products in the right order."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from attention_scratch.exercises import Case, Constraint, Exercise, Suspect
from .common import Array, keeps_dtype, normal
from attention_scratch.nn import functional as F  # noqa: N812

Gradients = tuple[Array, Array, Array]


def _t(x: Array) -> Array:
    return x.swapaxes(-1, -2)


def _softmax_backward(grad: Array, p: Array) -> Array:
    return np.asarray(p * (grad - (grad * p).sum(axis=-1, keepdims=True)))


def _backward(
    *,
    scale_back: Callable[[int], float] = lambda D: 1 / math.sqrt(D),
    through: Callable[[Array, Array], Array] = _softmax_backward,
    by_key: Callable[[Array, Array], Array] = lambda s, query: _t(s) @ query,
    by_value: Callable[[Array, Array], Array] = lambda p, grad: _t(p) @ grad,
    masked: bool = True,
    weights: Callable[[Array], Array] = F.softmax,
) -> Callable[..., Gradients]:
    """The three gradients, with one step done otherwise."""

    def backward(
        grad: Array, query: Array, key: Array, value: Array, mask: Array | None = None
    ) -> Gradients:
        D = query.shape[-1]
        scores = query @ _t(key) / math.sqrt(D)
        if mask is not None and masked:
            scores = np.where(mask, scores, -np.inf)
        p = weights(scores)
        by_scores = through(grad @ _t(value), p) * scale_back(D)
        return by_scores @ key, by_key(by_scores, query), by_value(p, grad)

    return backward


def _swapped(*arguments: Any) -> Gradients:
    by_query, by_key, by_value = _backward()(*arguments)
    return by_key, by_query, by_value


def _own_softmax(scores: Array) -> Array:
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def _args(
    T: int, S: int, *, D: int = 4, Dv: int = 3, leading: tuple[int, ...] = (), **kinds: Any
) -> Callable[..., tuple[Any, ...]]:
    shapes = (*leading, T, Dv), (*leading, T, D), (*leading, S, D), (*leading, S, Dv)
    return normal(*shapes, **kinds)


def _masked(rng: np.random.Generator, *, empty_row: bool = False) -> tuple[Any, ...]:
    mask = F.causal_mask(3, 5)
    mask[1] &= not empty_row
    return *_args(3, 5, leading=(2,))(rng), mask


EXERCISE = Exercise(
    id="04.attention_backward",
    title="Back through attention",
    teaches="how four products and softmax's formula make the gradients of attention, and where "
    "the scale goes",
    reference=_backward(),
    rtol=1e-6,
    atol=2e-4,
    cases=(
        Case("3 queries, 4 keys", _args(3, 4)),
        Case("as many queries as keys", _args(4, 4, D=5, Dv=5)),
        Case("batch and heads", _args(3, 5, leading=(2, 2))),
        Case("a mask", _masked),
        Case("a query that sees nothing", functools.partial(_masked, empty_row=True)),
        Case("one query, one key", _args(1, 1)),
        Case("float32", _args(4, 3, leading=(2,), dtype=np.float32)),
    ),
    suspects=(
        Suspect(
            "scale-forgotten",
            answer=_backward(scale_back=lambda D: 1.0),
            says="the gradient by the values is right, those by queries and keys are √D times too "
            "large: the scores were divided by √D on the way forward, so their gradient is "
            "divided by it, too",
        ),
        Suspect(
            "scaled-twice",
            answer=_backward(scale_back=lambda D: 1 / D),
            says="the gradients by queries and keys were divided by √D twice: the scale was used "
            "once forward",
        ),
        Suspect(
            "softmax-not-gone-through",
            answer=_backward(through=lambda grad, p: grad),
            says="the gradient by the weights was taken for that by the scores: softmax stands "
            "between them (04.softmax_backward)",
        ),
        Suspect(
            "average-missing",
            answer=_backward(through=lambda grad, p: p * grad),
            says="softmax was gone back through as p · grad: the average of grad under p is still "
            "to be subtracted",
        ),
        Suspect(
            "keys-without-transpose",
            answer=_backward(by_key=lambda s, query: s @ query),
            says="by_scores @ query fits only where there are as many queries as keys. A key meets "
            "all queries in a *column* of the scores: transpose them",
        ),
        Suspect(
            "values-without-transpose",
            answer=_backward(by_value=lambda p, grad: p @ grad),
            says="p @ grad fits only where there are as many queries as keys. A value goes to all "
            "queries, by a *column* of the weights: transpose them",
        ),
        Suspect(
            "query-and-key-swapped",
            answer=_swapped,
            says="the gradients by queries and by keys changed places: return by_query, by_key, "
            "by_value",
        ),
        Suspect(
            "mask-ignored",
            answer=_backward(masked=False),
            says="right without a mask; the weights have to be made with it",
        ),
        Suspect(
            "empty-row",
            answer=_backward(weights=_own_softmax),
            says="right except for a query that sees nothing: -inf - (-inf) is NaN. "
            "functional.softmax gives such a row weights of 0, and then its gradients are 0",
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
        "Do the forward pass up to the weights. Then go back: which two arrays were multiplied "
        "last, and what are the gradients of a product by its two factors?",
        "By the values: weightsᵀ @ grad. By the weights: grad @ valuesᵀ. Through softmax, divided "
        "by √D: by the scores. By queries: by_scores @ keys. By keys: by_scoresᵀ @ queries.",
        "p = functional.softmax(...)                    # (..., T, S), with the mask\n"
        "by_weights = grad @ ...                        # (..., T, S)\n"
        "by_scores = p * (by_weights - ...) / ...\n"
        "return by_scores @ ..., by_scores.swapaxes(-1, -2) @ ..., p.swapaxes(-1, -2) @ ...",
    ),
)
