"""How far a mean over few runs, or a share of few answers, may be off, and what many tests show."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_scratch.errors import InputError

# Student's t: 95 % of the distribution with so many degrees of freedom lies within ± this.
T_95 = (
    *(12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281),
    *(2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860),
    *(2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423),
)
Z_95 = 1.959964  # the same of the normal distribution


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the ends of its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half its width."""
        return (self.high - self.low) / 2

    def __contains__(self, number: float) -> bool:
        return self.low <= number <= self.high


def t_95(degrees: int) -> float:
    """Student's t for a 95 % interval with so many degrees of freedom; the normal's beyond 30.

    Raises:
        InputError: fewer than one.
    """
    if degrees < 1:
        raise InputError(
            "degrees", degrees, expected="1 or more", remedy="One number has no spread."
        )
    return T_95[degrees - 1] if degrees <= len(T_95) else Z_95


def mean_interval(values: ArrayLike) -> Interval:
    """The mean of independent runs, ``mean ± t · s / √n`` (Student 1908).

    Args:
        values: (n,), one number a run; ``s`` is their deviation with n - 1 in the denominator.

    Raises:
        InputError: fewer than two runs.
    """
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or len(x) < 2:
        raise InputError(
            "values", f"shape {x.shape}", expected="(n,), n at least 2", remedy="Run more seeds."
        )
    mean = float(x.mean())
    half = t_95(len(x) - 1) * float(x.std(ddof=1)) / math.sqrt(len(x))
    return Interval(mean, mean - half, mean + half)


def difference_interval(arm: ArrayLike, baseline: ArrayLike) -> Interval:
    """By how much an arm is above the baseline, pair by pair: entry i of both is seed i.

    What a seed does to both of them alike cancels; two intervals side by side would count it twice.

    Raises:
        InputError: not as many of both, or fewer than two.
    """
    a, b = np.asarray(arm, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    if a.shape != b.shape:
        raise InputError(
            "arm, baseline",
            f"shapes {a.shape} and {b.shape}",
            expected="one number a seed in both",
            remedy="Pair them by seed.",
        )
    return mean_interval(a - b)


def holm(p_values: ArrayLike, *, level: float = 0.05) -> NDArray[np.bool_]:
    """Which of several differences are shown when all are asked at once (Holm 1979).

    If no difference exists, all answers together are wrong with probability ``level`` at most,
    however they depend on each other. The smallest p-value is compared with ``level / m``, the next
    with ``level / (m - 1)``, and so on; the first that is too large ends it.

    Args:
        p_values: (m,), one a comparison, from 0 to 1.

    Returns:
        (m,), True where the difference is shown.

    Raises:
        InputError: not one number a comparison, or one outside 0 to 1.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise InputError(
            "p_values", p, expected="(m,), each from 0 to 1", remedy="One for each comparison."
        )
    order = np.argsort(p, kind="stable")
    passed = p[order] <= level / np.arange(len(p), 0, -1)
    shown = np.empty(len(p), np.bool_)
    shown[order] = np.logical_and.accumulate(passed)
    return shown


def share_interval(hits: int, asked: int) -> Interval:
    """The share of right answers among ``asked``, with Wilson's interval (1927).

    Unlike ``share ± 1.96 · √(share (1 - share) / asked)`` it does not shrink to nothing when all
    answers were right, and never leaves 0 to 1.

    Raises:
        InputError: nothing asked, or more hits than that.
    """
    if asked < 1 or not 0 <= hits <= asked:
        raise InputError(
            "hits, asked",
            f"{hits}, {asked}",
            expected="0 ≤ hits ≤ asked, asked at least 1",
            remedy="Count the answers.",
        )
    share, z2 = hits / asked, Z_95**2
    center = (share + z2 / (2 * asked)) / (1 + z2 / asked)
    half = Z_95 / (1 + z2 / asked) * math.sqrt(share * (1 - share) / asked + z2 / (4 * asked**2))
    return Interval(share, max(0.0, center - half), min(1.0, center + half))
