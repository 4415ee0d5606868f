"""07.many_comparisons: which of many differences are shown when all are asked at once."""

import numpy as np

from attention_scratch.exercises.authoring import exercise


def shown(p_values, level):
    m = len(p_values)
    order = np.argsort(p_values)
    passed = p_values[order] <= level / np.arange(m, 0, -1)
    answer = np.empty(m, dtype=bool)
    answer[order] = np.logical_and.accumulate(passed)
    return answer


def each_against_its_own_limit(p_values, level):
    rank = np.argsort(np.argsort(p_values))
    return p_values * (len(p_values) - rank) <= level


def benjamini_and_hochberg(p_values, level):
    m = len(p_values)
    order = np.argsort(p_values)
    answer = np.zeros(m, bool)
    for k in range(m, 0, -1):
        if p_values[order[k - 1]] <= k * level / m:
            answer[order[:k]] = True
            break
    return answer


EXERCISE = exercise(
    "07.many_comparisons",
    "Many questions at once",
    teaches="what is left of several findings when all of them have to be right together",
    right=shown,
    cases="""
        three p-values: np.array([0.01, 0.04, 0.03]), 0.05
        all are shown: np.array([0.004, 0.0001, 0.02, 0.012]), 0.05
        a small one behind a large one: np.array([0.03, 0.001, 0.031, 0.049, 0.05]), 0.05
        the smallest misses its limit: np.array([0.03, 0.015, 0.04, 0.2]), 0.05
        one alone: np.array([0.05]), 0.05
        none: np.array([0.2, 0.9, 0.03]), 0.05
        another level: np.array([0.04, 0.06, 0.002, 0.3]), 0.1
        thirty of them: rng.permutation(np.r_[10.0 ** -uniform(1, 6, 15), rng.random(15)]), 0.05
    """,
    mistakes="""
        each-by-itself: / np.arange(m, 0, -1) →
            each was compared with the level by itself: with twenty of them where there is nothing,
            one passes on average
        all-against-the-smallest-limit: np.arange(m, 0, -1) → m
            every one was compared with level / m (Bonferroni's method). That is safe, and stricter
            than it has to be: once the smallest has passed, m - 1 questions are left
        does-not-stop: np.logical_and.accumulate(passed) → passed
            the first one that is too large has to end it: no larger one is shown after it,
            whatever its own limit says
        does-not-stop: answer each_against_its_own_limit
        left-in-order-of-size: answer[order] → answer[:]
            right, but in order of size: each answer must go back to its own comparison
        largest-first: argsort(p_values) → argsort(-p_values)
            it began with the largest p-value; the smallest has to meet the strictest limit
        false-discoveries: level / np.arange(m, 0, -1) → level * np.arange(1, m + 1) / m
            & np.logical_and.accumulate(passed) → np.logical_or.accumulate(passed[::-1])[::-1]
            limits of level · k / m allow a part of all findings to be wrong (Benjamini and
            Hochberg's method). Here all of them are to be right together: level / (m - k)
        false-discoveries: answer benjamini_and_hochberg
        limits-shifted: np.arange(m, 0, -1) → np.maximum(np.arange(m - 1, -1, -1), 1)
            the limits are one step ahead: the smallest p-value is compared with level / m, the
            next one with level / (m - 1)
        dtype: dtype=bool → dtype=float
    """,
    hints="""
        Of three p-values the smallest has to be below level / 3. When it is, how many questions
        are left to be wrong about?

        order = np.argsort(p_values). In that order the limits are level / m, level / (m - 1), …
        level / 1. Up to the first that fails all are shown, from there on none. Put the answers
        back: answer[order] = ….

        order = np.argsort(p_values)
        passed = p_values[order] <= level / np.arange(m, 0, -1)
        answer = np.empty(m, dtype=bool)
        answer[order] = np.logical_and.accumulate(...)
    """,
)
