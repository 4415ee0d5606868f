"""Exercise 07.many_comparisons: which of many differences are shown when all are asked at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect

from .common import Array

Shown = Callable[[Array, float], Array]


def _holm(
    *,
    limits: Callable[[int, float], Array] = lambda m, level: level / np.arange(m, 0, -1),
    stops: bool = True,
    put_back: bool = True,
    downwards: bool = False,
) -> Shown:
    """Holm's method with one of its steps done otherwise."""

    def shown(p_values: Array, level: float) -> Array:
        order = np.argsort(-p_values if downwards else p_values, kind="stable")
        passed = p_values[order] <= limits(len(p_values), level)
        if stops:
            passed = np.logical_and.accumulate(passed)
        if not put_back:
            return np.asarray(passed)
        answer = np.empty(len(p_values), bool)
        answer[order] = passed
        return answer

    return shown


def _benjamini_hochberg(p_values: Array, level: float) -> Array:
    m = len(p_values)
    order = np.argsort(p_values, kind="stable")
    below = np.flatnonzero(p_values[order] <= level * np.arange(1, m + 1) / m)
    answer = np.zeros(m, bool)
    answer[order[: below[-1] + 1 if len(below) else 0]] = True
    return answer


def _given(*p_values: float, level: float = 0.05) -> Callable[..., tuple[Array, float]]:
    return lambda rng: (np.array(p_values), level)


def _drawn(rng: np.random.Generator) -> tuple[Array, float]:
    """Half of thirty p-values tiny, half spread from 0 to 1, in random order."""
    return rng.permutation(np.r_[10.0 ** -rng.uniform(1, 6, size=15), rng.random(15)]), 0.05


EXERCISE = Exercise(
    id="07.many_comparisons",
    title="Many questions at once",
    teaches="what is left of several findings when all of them have to be right together",
    reference=_holm(),
    cases=(
        Case("three p-values", _given(0.01, 0.04, 0.03)),
        Case("all are shown", _given(0.004, 0.0001, 0.02, 0.012)),
        Case("a small one behind a large one", _given(0.03, 0.001, 0.031, 0.049, 0.05)),
        Case("the smallest misses its limit", _given(0.03, 0.015, 0.04, 0.2)),
        Case("one alone", _given(0.05)),
        Case("none", _given(0.2, 0.9, 0.03)),
        Case("another level", _given(0.04, 0.06, 0.002, 0.3, level=0.1)),
        Case("thirty of them", _drawn),
    ),
    suspects=(
        Suspect(
            "each-by-itself",
            answer=lambda p_values, level: p_values <= level,
            says="each was compared with the level by itself: with twenty of them where there is "
            "nothing, one passes on average",
        ),
        Suspect(
            "all-against-the-smallest-limit",
            answer=lambda p_values, level: p_values <= level / len(p_values),
            says="every one was compared with level / m (Bonferroni's method). That is safe, and "
            "stricter than it has to be: once the smallest has passed, m - 1 questions are left",
        ),
        Suspect(
            "does-not-stop",
            answer=_holm(stops=False),
            says="the first one that is too large has to end it: no larger one is shown after "
            "it, whatever its own limit says",
        ),
        Suspect(
            "left-in-order-of-size",
            answer=_holm(put_back=False),
            says="right, but in order of size: each answer must go back to its own comparison",
        ),
        Suspect(
            "largest-first",
            answer=_holm(downwards=True),
            says="it began with the largest p-value; the smallest has to meet the strictest limit",
        ),
        Suspect(
            "false-discoveries",
            answer=_benjamini_hochberg,
            says="limits of level · k / m allow a part of all findings to be wrong (Benjamini "
            "and Hochberg's method). Here all of them are to be right together: level / (m - k)",
        ),
        Suspect(
            "limits-shifted",
            answer=_holm(limits=lambda m, level: level / np.maximum(np.arange(m - 1, -1, -1), 1)),
            says="the limits are one step ahead: the smallest p-value is compared with level / m, "
            "the next one with level / (m - 1)",
        ),
    ),
    hints=(
        "Of three p-values the smallest has to be below level / 3. When it is, how many "
        "questions are left to be wrong about?",
        "order = np.argsort(p_values). In that order the limits are level / m, level / (m - 1), "
        "… level / 1. Up to the first that fails all are shown, from there on none. Put the "
        "answers back: answer[order] = ….",
        "order = np.argsort(p_values)\n"
        "passed = p_values[order] <= level / np.arange(m, 0, -1)\n"
        "answer = np.empty(m, dtype=bool)\n"
        "answer[order] = np.logical_and.accumulate(...)",
    ),
)
