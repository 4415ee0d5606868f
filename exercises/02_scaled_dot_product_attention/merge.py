"""02.merge: two attentions over different keys become one."""

import numpy as np

from attention_scratch.exercises import Constraint
from attention_scratch.exercises.authoring import exercise

BOTH = "a query that saw nothing in both"


def parts(rng, *leading, at=(0.0, 0.0), dtype=float, blind=0):
    """Outputs (..., 4) and log-sums around ``at``; query 1 saw nothing in ``blind`` parts."""
    found = []
    for part, center in enumerate(at):
        output = rng.normal(size=(*leading, 4)).astype(dtype)
        log_sum = (center + rng.normal(size=leading)).astype(dtype)
        if part < blind:
            output[1], log_sum[1] = 0, -np.inf
        found += [output, log_sum]
    return found


def merge(output_a, log_sum_a, output_b, log_sum_b):
    largest = np.maximum(log_sum_a, log_sum_b)
    finite = np.where(np.isneginf(largest), 0, largest)
    a, b = np.exp(log_sum_a - finite), np.exp(log_sum_b - finite)
    total = np.where(a + b > 0, a + b, 1)
    share_a, share_b = (a / total)[..., None], (b / total)[..., None]
    return share_a * output_a + share_b * output_b, largest + np.log(total)


def shares_the_wrong_way_round(output_a, log_sum_a, output_b, log_sum_b):
    log_sum = np.logaddexp(log_sum_a, log_sum_b)
    a, b = np.nan_to_num(np.exp([log_sum_a - log_sum, log_sum_b - log_sum]))[..., None]
    return b * output_a + a * output_b, log_sum


EXERCISE = exercise(
    "02.merge",
    "Two attentions over different keys become one",
    teaches="that outputs and log-sums are all one needs to join parts of an attention, in any "
    "order; so they may be computed in any order, or side by side",
    right=merge,
    rtol=1e-6,
    atol=2e-6,  # float32: the softmax of two log-sums, as in 02.softmax
    cases="""
        one query: *parts(rng, 1)
        several queries: *parts(rng, 5)
        as many queries as numbers in an output: *parts(rng, 4)
        batch and heads: *parts(rng, 2, 3, 5)
        one part weighs far more: *parts(rng, 3, at=(40.0, -40.0))
        log-sums around 1000: *parts(rng, 3, at=(1000.0, 1001.0))
        log-sums around -1000: *parts(rng, 3, at=(-1000.0, -1001.0))
        float32: *parts(rng, 3, dtype=np.float32)
        a query that saw nothing in one part: *parts(rng, 3, blind=1)
        a query that saw nothing in both: *parts(rng, 3, blind=2)
    """,
    mistakes="""
        averages-averaged: share_a * output_a + share_b * output_b → (output_a + output_b) / 2
            the two outputs were averaged alike. A part whose keys match better weighs more: each
            counts by its sum of exponentials
        weighed-by-logarithms: a / total → log_sum_a / (log_sum_a + log_sum_b)
            & b / total → log_sum_b / (log_sum_a + log_sum_b)
            the outputs were weighed by the logarithms of the sums; the sums themselves, their
            exponentials, are the weights
        swapped: share_a * output_a + share_b * output_b → share_b * output_a + share_a * output_b
            each output got the other one's share
        swapped: answer shares_the_wrong_way_round
        not-divided: / total →
            the two shares do not sum to 1: divide them by their sum
        logarithms-added: largest + np.log(total) → log_sum_a + log_sum_b
            the outputs are right. The logarithms were added, which multiplies the sums: add the
            sums and take the logarithm of that
        larger-logarithm: + np.log(total) →
            the outputs are right. The new log-sum is the larger of the two: the smaller part's
            exponentials belong to the sum as well
        empty-query: when lambda attempt: [case.name for case in attempt.failed_cases] == [BOTH]
            right except for a query that saw nothing in either part: -inf - (-inf) is NaN. Its
            output is zeros and its log-sum -inf
        empty-query: np.where(np.isneginf(largest), 0, largest) → largest
        max-not-subtracted: np.where(np.isneginf(largest), 0, largest) → 0
            & np.where(a + b > 0, a + b, 1) → a + b
            & largest + np.log → np.log
            right for small log-sums, but their exponentials overflow: try 1000. Subtract the
            larger one first, as in softmax
        dtype-not-kept: a / total → a.astype(float) / total
    """,
    constraints=(
        Constraint(
            "dtype-not-kept",
            holds=lambda attempt: all(
                np.asarray(case.got[0]).dtype == case.args[0].dtype for case in attempt.cases
            ),
            says="correct, but float32 went in and float64 came out",
        ),
    ),
    hints="""
        An output is already divided by its sum of exponentials. Which number must it be multiplied
        with again before two of them can be added?

        With the larger log-sum subtracted from both, their exponentials say how much each part
        weighs. Divide by the sum of the two; the new log-sum is its logarithm plus what was
        subtracted. Where both are -inf, subtract 0 instead.

        largest = np.maximum(log_sum_a, log_sum_b)
        largest = np.where(np.isneginf(largest), 0, largest)
        a, b = np.exp(log_sum_a - largest), ...
        total = ...
        output = (a[..., None] * output_a + ...) / np.where(total > 0, total, 1)[..., None]
    """,
)
