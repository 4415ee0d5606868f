"""Exercise 05.clip_global_norm: one length for the whole gradient."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from attention_scratch.exercises import Attempt, Case, Constraint, Exercise, Suspect
from .common import Array

Clipped = tuple[list[Array], float]


def _norm(grads: list[Array]) -> float:
    return math.sqrt(sum(float(np.sum(np.square(g, dtype=np.float64))) for g in grads))


def _times(grads: list[Array], factor: float) -> list[Array]:
    return [np.asarray(g * np.asarray(factor, g.dtype)) for g in grads]


def _factor(norm: float, most: float) -> float:
    return most / norm if norm > most else 1.0


def _clip(grads: list[Array], most: float) -> Clipped:
    norm = _norm(grads)
    return _times(grads, _factor(norm, most)), norm


def _each_alone(grads: list[Array], most: float) -> Clipped:
    return [_clip([g], most)[0][0] for g in grads], _norm(grads)


def _always(grads: list[Array], most: float) -> Clipped:
    norm = np.float64(_norm(grads))  # of zeros: most / 0 is infinite, and no error
    return _times(grads, most / norm), float(norm)


def _each_element(grads: list[Array], most: float) -> Clipped:
    return [np.clip(g, -most, most) for g in grads], _norm(grads)


def _by(measure: Callable[[list[Array]], float]) -> Callable[[list[Array], float], Clipped]:
    """Clipping by another measure of the gradient's length."""

    def clip(grads: list[Array], most: float) -> Clipped:
        length = measure(grads)
        return _times(grads, _factor(length, most)), length

    return clip


def _returns_the_clipped_norm(grads: list[Array], most: float) -> Clipped:
    norm = _norm(grads)
    return _times(grads, _factor(norm, most)), min(norm, most)


def _args(
    *shapes: tuple[int, ...], most: float, size: float = 1.0, dtype: type = np.float64
) -> Callable[..., tuple[Any, ...]]:
    def args(rng: np.random.Generator) -> tuple[list[Array], float]:
        return [(size * rng.normal(size=shape)).astype(dtype) for shape in shapes], most

    return args


def _keeps_dtype(attempt: Attempt) -> bool:
    return all(
        g.dtype == given.dtype
        for case in attempt.cases
        for g, given in zip(case.got[0], case.args[0], strict=True)
    )


EXERCISE = Exercise(
    id="05.clip_global_norm",
    title="One length for the whole gradient",
    teaches="why clipping scales all gradients by one factor: it shortens the step and keeps its "
    "direction",
    reference=_clip,
    rtol=1e-5,  # room for the 1e-6 that PyTorch adds to the norm
    atol=1e-12,
    cases=(
        Case("two matrices and a vector", _args((3, 4), (2, 2), (5,), most=1.0)),
        Case("a gradient that is short enough", _args((3, 2), (4,), most=100.0)),
        Case("one part far larger than the others", _args((40, 40), (3,), (2, 2), most=5.0)),
        Case("a single number", _args((1,), most=0.01)),
        Case("a gradient of zeros", lambda rng: ([np.zeros((2, 3)), np.zeros(4)], 1.0)),
        Case("float32", _args((4, 4), (4,), most=0.5, dtype=np.float32)),
    ),
    suspects=(
        Suspect(
            "each-array-alone",
            answer=_each_alone,
            says="each array was clipped by its own norm. That bends the step toward the arrays "
            "that were short: one norm over all of them, one factor for all of them",
        ),
        Suspect(
            "each-number-alone",
            answer=_each_element,
            says="each number was cut off at ±most. That bends the step; all numbers are to be "
            "multiplied by one factor",
        ),
        Suspect(
            "always-scaled",
            answer=_always,
            says="right for long gradients, but a short one was stretched (and one of zeros "
            "divided by zero): the factor is most / norm only where norm > most, else 1",
        ),
        Suspect(
            "norms-added",
            answer=_by(lambda grads: sum(_norm([g]) for g in grads)),
            says="the norms of the arrays were added. Lengths at right angles add as squares: add "
            "the squares of all numbers, then take one root",
        ),
        Suspect(
            "root-forgotten",
            answer=_by(lambda grads: _norm(grads) ** 2),
            says="this is the sum of the squares; the norm is its root",
        ),
        Suspect(
            "mean-square",
            answer=_by(
                lambda grads: _norm(grads) / math.sqrt(max(1, sum(np.size(g) for g in grads)))
            ),
            says="the root of the MEAN square was taken. A norm has no division by the number of "
            "numbers",
        ),
        Suspect(
            "absolute-values",
            answer=_by(lambda grads: float(sum(np.abs(g).sum() for g in grads))),
            says="the absolute values were added; the norm is the root of the sum of squares",
        ),
        Suspect(
            "norm-after-clipping",
            answer=_returns_the_clipped_norm,
            says="the gradients are right, but the norm returned is the one after clipping. What "
            "one wants to see in a log is the one before: the spike",
        ),
    ),
    constraints=(
        Constraint(
            "dtype-not-kept",
            holds=_keeps_dtype,
            says="correct, but float32 gradients came back as float64: the factor was a NumPy "
            "float64, which pulls every array it meets with it. float(factor) is plain",
        ),
    ),
    hints=(
        "All gradients together are one long vector; the arrays are just how it is stored. What is "
        "the length of that vector, and by which factor is it too long?",
        "The sum of the squares of all numbers of all arrays, then its root: that is norm. The "
        "factor is most / norm where norm is larger than most, else 1. Multiply every array by it "
        "and return them with norm.",
        "norm = math.sqrt(sum(float(... .sum()) for g in grads))\n"
        "factor = ... if norm > most else 1.0\n"
        "return [g * factor for g in grads], norm",
    ),
)
