"""Exercise 02.merge: two attentions over different keys become one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Constraint, Exercise, Suspect
from .common import Array

Parts = tuple[Array, Array, Array, Array]
Merged = tuple[Array, Array]
NOTHING = -np.inf
BOTH = "a query that saw nothing in both"


def _merge(output_a: Array, log_sum_a: Array, output_b: Array, log_sum_b: Array) -> Merged:
    a, b = _rescaled(log_sum_a, log_sum_b)
    total = np.where(a + b > 0, a + b, 1)
    output = (output_a * a[..., None] + output_b * b[..., None]) / total[..., None]
    return output, np.maximum(log_sum_a, log_sum_b) + np.log(total)


def _with(
    *,
    shares: Callable[[Array, Array], tuple[Array, Array]] | None = None,
    log_sum: Callable[[Array, Array], Array] | None = None,
    swapped: bool = False,
) -> Callable[..., Merged]:
    """The merge with one of its parts done otherwise."""

    def merge(output_a: Array, log_sum_a: Array, output_b: Array, log_sum_b: Array) -> Merged:
        right = _merge(output_a, log_sum_a, output_b, log_sum_b)
        if swapped:
            right = (_merge(output_b, log_sum_a, output_a, log_sum_b)[0], right[1])
        output = right[0]
        if shares is not None:
            a, b = shares(log_sum_a, log_sum_b)
            output = output_a * np.asarray(a)[..., None] + output_b * np.asarray(b)[..., None]
        return output, right[1] if log_sum is None else log_sum(log_sum_a, log_sum_b)

    return merge


def _rescaled(log_sum_a: Array, log_sum_b: Array) -> tuple[Array, Array]:
    """What each part weighs beside the heavier one."""
    largest = np.maximum(log_sum_a, log_sum_b)
    finite = np.where(np.isneginf(largest), 0, largest)
    return np.exp(log_sum_a - finite), np.exp(log_sum_b - finite)


def _unshifted(output_a: Array, log_sum_a: Array, output_b: Array, log_sum_b: Array) -> Merged:
    a, b = np.exp(log_sum_a)[..., None], np.exp(log_sum_b)[..., None]
    return (output_a * a + output_b * b) / (a + b), np.log(a + b)[..., 0]


def _parts(
    *leading: int, at: tuple[float, float] = (0.0, 0.0), dtype: type = np.float64
) -> Callable[[np.random.Generator], Parts]:
    """Random outputs, (..., 4), and log-sums around ``at``."""

    def args(rng: np.random.Generator) -> Parts:
        outputs: list[Array] = [rng.normal(size=(*leading, 4)).astype(dtype) for _ in at]
        sums: list[Array] = [(center + rng.normal(size=leading)).astype(dtype) for center in at]
        return outputs[0], sums[0], outputs[1], sums[1]

    return args


def _blind(a: bool, b: bool) -> Callable[[np.random.Generator], Parts]:
    """Query 1 saw nothing in part a, in part b: zeros, and the logarithm of 0."""

    def args(rng: np.random.Generator) -> Parts:
        parts = _parts(3)(rng)
        for empty, output, log_sum in ((a, *parts[:2]), (b, *parts[2:])):
            if empty:
                output[1], log_sum[1] = 0, NOTHING
        return parts

    return args


EXERCISE = Exercise(
    id="02.merge",
    title="Two attentions over different keys become one",
    teaches="that outputs and log-sums are all one needs to join parts of an attention, in any "
    "order; so they may be computed in any order, or side by side",
    reference=_merge,
    rtol=1e-6,
    atol=2e-6,
    cases=(
        Case("one query", _parts(1)),
        Case("several queries", _parts(5)),
        Case("as many queries as numbers in an output", _parts(4)),
        Case("batch and heads", _parts(2, 3, 5)),
        Case("one part weighs far more", _parts(3, at=(40.0, -40.0))),
        Case("log-sums around 1000", _parts(3, at=(1000.0, 1001.0))),
        Case("log-sums around -1000", _parts(3, at=(-1000.0, -1001.0))),
        Case("float32", _parts(3, dtype=np.float32)),
        Case("a query that saw nothing in one part", _blind(True, False)),
        Case(BOTH, _blind(True, True)),
    ),
    suspects=(
        Suspect(
            "averages-averaged",
            answer=_with(shares=lambda a, b: (np.full_like(a, 0.5), np.full_like(b, 0.5))),
            says="the two outputs were averaged alike. A part whose keys match better weighs more: "
            "each counts by its sum of exponentials",
        ),
        Suspect(
            "weighed-by-logarithms",
            answer=_with(shares=lambda a, b: (a / (a + b), b / (a + b))),
            says="the outputs were weighed by the logarithms of the sums; the sums themselves, "
            "their exponentials, are the weights",
        ),
        Suspect(
            "swapped",
            answer=_with(swapped=True),
            says="each output got the other one's share",
        ),
        Suspect(
            "not-divided",
            answer=_with(shares=_rescaled),
            says="the two shares do not sum to 1: divide them by their sum",
        ),
        Suspect(
            "logarithms-added",
            answer=_with(log_sum=lambda a, b: a + b),
            says="the outputs are right. The logarithms were added, which multiplies the sums: add "
            "the sums and take the logarithm of that",
        ),
        Suspect(
            "larger-logarithm",
            answer=_with(log_sum=np.maximum),
            says="the outputs are right. The new log-sum is the larger of the two: the smaller "
            "part's exponentials belong to the sum as well",
        ),
        Suspect(
            "empty-query",
            when=lambda attempt: [case.name for case in attempt.failed_cases] == [BOTH],
            says="right except for a query that saw nothing in either part: -inf - (-inf) is NaN. "
            "Its output is zeros and its log-sum -inf",
        ),
        Suspect(
            "max-not-subtracted",
            answer=_unshifted,
            says="right for small log-sums, but their exponentials overflow: try 1000. Subtract "
            "the larger one first, as in softmax",
        ),
    ),
    constraints=(
        Constraint(
            "dtype-not-kept",
            holds=lambda attempt: all(
                np.asarray(case.got[0]).dtype == case.args[0].dtype for case in attempt.cases
            ),
            says="correct, but float32 went in and float64 came out",
        ),
    ),
    hints=(
        "An output is already divided by its sum of exponentials. Which number must it be "
        "multiplied with again before two of them can be added?",
        "With the larger log-sum subtracted from both, their exponentials say how much each part "
        "weighs. Divide by the sum of the two; the new log-sum is its logarithm plus what was "
        "subtracted. Where both are -inf, subtract 0 instead.",
        "largest = np.maximum(log_sum_a, log_sum_b)\n"
        "largest = np.where(np.isneginf(largest), 0, largest)\n"
        "a, b = np.exp(log_sum_a - largest), ...\n"
        "total = ...\n"
        "output = (a[..., None] * output_a + ...) / np.where(total > 0, total, 1)[..., None]",
    ),
)
