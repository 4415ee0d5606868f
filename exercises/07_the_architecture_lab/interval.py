"""Exercise 07.interval: by how much one arm is above another, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect

from .common import Array

Ends = tuple[float, float]
T_95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 10: 2.262}  # by the number of seeds


def _paired(
    *,
    ddof: int = 1,
    error: Callable[[float, int], float] = lambda s, n: s / math.sqrt(n),
    factor: Callable[[float], float] = lambda t: t,
    sign: int = 1,
) -> Callable[[Array, Array, float], Ends]:
    """The paired interval with one of its steps done otherwise."""

    def interval(arm: Array, baseline: Array, t: float) -> Ends:
        d = sign * (arm - baseline)
        half = factor(t) * error(float(d.std(ddof=ddof)), len(d))
        return float(d.mean() - half), float(d.mean() + half)

    return interval


def _unpaired(arm: Array, baseline: Array, t: float) -> Ends:
    n = len(arm)
    half = t * math.sqrt(arm.var(ddof=1) / n + baseline.var(ddof=1) / n)
    middle = float(arm.mean() - baseline.mean())
    return middle - half, middle + half


def _two_intervals(arm: Array, baseline: Array, t: float) -> Ends:
    n = len(arm)
    half = t * (arm.std(ddof=1) + baseline.std(ddof=1)) / math.sqrt(n)
    middle = float(arm.mean() - baseline.mean())
    return middle - float(half), middle + float(half)


def _of_the_arm(arm: Array, baseline: Array, t: float) -> Ends:
    return _paired()(arm, np.zeros_like(baseline), t)


def _lowest_and_highest(arm: Array, baseline: Array, t: float) -> Ends:
    d = arm - baseline
    return float(d.min()), float(d.max())


def _runs(
    seeds: int, *, shared: float = 0.02, own: float = 0.01, gain: float = 0.0
) -> Callable[[np.random.Generator], tuple[Array, Array, float]]:
    """Accuracies of two arms; what a seed does to both alike varies by ``shared``."""

    def args(rng: np.random.Generator) -> tuple[Array, Array, float]:
        both = 0.9 + shared * rng.normal(size=seeds)
        arm, baseline = (both + own * rng.normal(size=seeds) for _ in range(2))
        return arm + gain, baseline, T_95[seeds]

    return args


EXERCISE = Exercise(
    id="07.interval",
    title="Better, or lucky?",
    teaches="how sure a difference between two arms is after a few seeds, pair by pair",
    reference=_paired(),
    rtol=1e-9,  # sums of at most 10 numbers below 1 in float64
    atol=1e-12,
    cases=(
        Case("five seeds", _runs(5)),
        Case("three seeds", _runs(3, gain=-0.05)),
        Case("seeds differ more than arms", _runs(5, shared=0.2, own=0.002, gain=0.01)),
        Case("two seeds", _runs(2)),
        Case("ten seeds", _runs(10, gain=0.3)),
        Case("every seed gains the same", _runs(4, own=0.0, gain=0.02)),
    ),
    suspects=(
        Suspect(
            "deviation-over-n",
            answer=_paired(ddof=0),
            says="the deviation was divided by n, not n - 1: np.std does so unless told ddof=1, "
            "and with three seeds it makes the interval a fifth too narrow",
        ),
        Suspect(
            "root-missing",
            answer=_paired(error=lambda s, n: s),
            says="this is how far single seeds spread. The mean of n seeds is surer than one of "
            "them by √n",
        ),
        Suspect(
            "divided-by-n",
            answer=_paired(error=lambda s, n: s / n),
            says="the deviation was divided by n; the error of a mean falls as √n",
        ),
        Suspect(
            "normal-factor",
            answer=_paired(factor=lambda t: 1.96),
            says="1.96 is for a deviation that is known. Here it is estimated from a few seeds, "
            "and t makes up for that: it is 4.303 for three of them",
        ),
        Suspect(
            "no-factor",
            answer=_paired(factor=lambda t: 1.0),
            says="mean ± one standard error holds the truth only about two times in three, and "
            "less often with few seeds: multiply by t",
        ),
        Suspect(
            "not-paired",
            answer=_unpaired,
            says="the spreads of both arms were added up as if they had nothing in common. The "
            "same seed gave both the same data: take the difference seed by seed first, and "
            "what the seed does to both cancels",
        ),
        Suspect(
            "two-intervals-added",
            answer=_two_intervals,
            says="the two arms' intervals were added. Take the difference seed by seed first; "
            "then there is one spread",
        ),
        Suspect(
            "baseline-minus-arm",
            answer=_paired(sign=-1),
            says="the sign is turned: above 0 should mean that the arm is better",
        ),
        Suspect(
            "arm-alone",
            answer=_of_the_arm,
            says="this is the interval of the arm's own accuracy; the question is its difference "
            "from the baseline",
        ),
        Suspect(
            "lowest-and-highest",
            answer=_lowest_and_highest,
            says="these are the smallest and the largest difference seen. More seeds would "
            "spread them further, not make you surer",
        ),
    ),
    hints=(
        "The same seed gave both arms the same data. Which single column of numbers says by how "
        "much the arm was better?",
        "Differences d, one a seed. Their mean is the middle; their standard deviation with "
        "n - 1 in the denominator, divided by √n and multiplied by t, is how far the interval "
        "reaches to both sides.",
        "differences = arm - baseline\n"
        "error = differences.std(ddof=...) / ...\n"
        "return differences.mean() - t * error, ...",
    ),
)
