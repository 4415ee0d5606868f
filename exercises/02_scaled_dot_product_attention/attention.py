"""Exercise 02.attention: scores, mask, softmax and average."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from attention_scratch.exercises import Attempt, Case, Constraint, Exercise, Suspect
from .common import (
    Array,
    keeps_dtype,
    naive_softmax,
    normal,
    scores_times,
)
from attention_scratch.nn import functional as F  # noqa: N812


def _reference_attention(
    query: Array, key: Array, value: Array, mask: Array | None = None
) -> Array:
    return F.scaled_dot_product_attention(query, key, value, mask=mask)


SCALED = scores_times(lambda T, S, D: 1 / math.sqrt(D))

Step = Callable[[Array, Array], Array]


def _hide(scores: Array, mask: Array) -> Array:
    return np.where(mask, scores, -np.inf)


def _weigh(scores: Array, mask: Array) -> Array:
    return F.softmax(scores)


def _own_softmax(scores: Array, mask: Array) -> Array:
    return naive_softmax(scores, scores.max(-1, keepdims=True))


def _attention(
    *, scores: Callable[..., Array] = SCALED, hide: Step = _hide, weigh: Step = _weigh
) -> Callable[..., Array]:
    """Attention with one step of its three done otherwise."""

    def attention(query: Array, key: Array, value: Array, mask: Array | None = None) -> Array:
        s = scores(query, key)
        may = np.ones_like(s, dtype=bool) if mask is None else mask
        return np.asarray(weigh(hide(s, may), may) @ value)

    return attention


def _only_first_item(attempt: Attempt) -> bool:
    def first_alone(got: Any, want: Array) -> bool:
        if want.ndim < 3 or np.shape(got) != want.shape:
            return False
        right = np.isclose(got, want, rtol=0, atol=2e-4).all(axis=tuple(range(1, want.ndim)))
        return bool(right[0]) and not right[1:].any()

    return all(first_alone(case.got, case.want) for case in attempt.failed_cases)


def _masked(rng: np.random.Generator, *, empty_row: bool = False) -> tuple[Array, ...]:
    query, key, value = normal((3, 6), (4, 6), (4, 5))(rng)
    mask = np.array([[1, 1, 0, 1], [0, 1, 1, 0], [1, 0, 0, 0]], dtype=bool)
    mask[1] &= not empty_row
    return query, key, value, mask


def _padded(rng: np.random.Generator) -> tuple[Array, ...]:
    arrays = normal((2, 3, 5, 8), (2, 3, 7, 8), (2, 3, 7, 4), dtype=np.float32)(rng)
    lengths = np.array([7, 4])
    return *arrays, (np.arange(7) < lengths[:, None])[:, None, None, :]  # (B, 1, 1, S)


_STEPS: tuple[tuple[str, Callable[..., Array], str], ...] = (
    (
        "mask-ignored",
        _attention(hide=lambda s, mask: s),
        "right without a mask; the mask changes nothing yet",
    ),
    (
        "mask-inverted",
        _attention(hide=lambda s, mask: np.where(mask, -np.inf, s)),
        "the mask is read upside down: True means that the key may be seen",
    ),
    (
        "mask-as-zero",
        _attention(hide=lambda s, mask: np.where(mask, s, 0)),
        "a hidden score became 0, but exp(0) is 1: the key is still seen, and more than one with "
        "a negative score. The score whose exponential is 0 is -inf",
    ),
    (
        "mask-added",
        _attention(hide=lambda s, mask: s + mask),
        "the mask was added to the scores, as 1 and 0. Added masks hold 0 and -inf; this one is "
        "True and False: choose with np.where",
    ),
    (
        "masked-after-softmax",
        _attention(hide=lambda s, mask: s, weigh=lambda s, mask: F.softmax(s) * mask),
        "the hidden keys were taken out after the softmax, so the weights left no longer sum to 1: "
        "hide their scores before it",
    ),
    (
        "hidden-but-finite",
        _attention(hide=lambda s, mask: np.where(mask, s, -1e9)),
        "a large negative number hides a key only while another one is seen. Where all are hidden, "
        "softmax subtracts it again and every key gets the same weight: use -inf",
    ),
    (
        "empty-row",
        _attention(weigh=_own_softmax),
        "right except for a query that sees nothing: -inf - (-inf) is NaN. Its row should be zeros",
    ),
    (
        "softmax-over-queries",
        _attention(weigh=lambda s, mask: F.softmax(s, axis=-2)),
        "the weights of each key sum to 1 over the queries; those of each query should, over the "
        "keys: the softmax runs along the last axis",
    ),
    (
        "not-scaled",
        _attention(scores=scores_times(lambda T, S, D: 1.0)),
        "right up to the scale: the scores were not divided by √D",
    ),
    (
        "scaled-by-width",
        _attention(scores=scores_times(lambda T, S, D: 1 / D)),
        "right up to the scale: the scores were divided by D and not by √D",
    ),
    (
        "scaled-by-number-of-keys",
        _attention(scores=scores_times(lambda T, S, D: 1 / math.sqrt(S))),
        "right up to the scale: divided by √S. D is the width of a key, not their number",
    ),
    (
        "no-softmax",
        _attention(hide=lambda s, mask: np.where(mask, s, 0), weigh=lambda s, mask: s),
        "the values were summed with the scores themselves: weights come out of the softmax",
    ),
)


def _scaled_after_softmax(
    query: Array, key: Array, value: Array, mask: Array | None = None
) -> Array:
    unscaled = _attention(scores=scores_times(lambda T, S, D: 1.0))
    return np.asarray(unscaled(query, key, value, mask) / math.sqrt(query.shape[-1]))


EXERCISE = Exercise(
    id="02.attention",
    title="Attention, masked and batched",
    teaches="how scores, mask, softmax and average fit together for any leading axes",
    reference=_reference_attention,
    rtol=1e-6,
    atol=2e-4,
    cases=(
        Case("3 queries, 4 keys", normal((3, 6), (4, 6), (4, 5))),
        Case("as many queries as keys", normal((4, 6), (4, 6), (4, 4))),
        Case("batch and heads", normal((2, 3, 5, 8), (2, 3, 7, 8), (2, 3, 7, 4))),
        Case("a mask", _masked),
        Case("padded sequences in float32", _padded),
        Case("a query that sees nothing", functools.partial(_masked, empty_row=True)),
    ),
    suspects=(
        *(Suspect(key, answer=answer, says=says) for key, answer, says in _STEPS),
        Suspect(
            "scaled-after-softmax",
            answer=_scaled_after_softmax,
            says="the division by √D came after the softmax: there it shrinks the average. It "
            "belongs to the scores",
        ),
        Suspect(
            "only-first-item",
            when=_only_first_item,
            says="right for the first sequence of the batch alone: matmul (@) and softmax "
            "treat all leading axes at once, without a loop",
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
        "Four lines, one for each step of this chapter: scores, mask, softmax, average. Which "
        "of them may look at a hidden key?",
        "Scores (..., T, S) as in 02.scores; np.where puts -inf where the mask is False (only "
        "if there is a mask); softmax along the last axis; then @ value. functional.softmax turns "
        "a row of nothing but -inf into zeros.",
        "scores = query @ ... / math.sqrt(...)\n"
        "if mask is not None:\n"
        "    scores = np.where(mask, ..., ...)\n"
        "return functional.softmax(...) @ ...",
    ),
)
