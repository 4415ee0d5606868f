"""Saying what is wrong: the exercise's own suspects first, then what can be said of any answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attention_scratch.config import settings
from attention_scratch.exercises import blame, compare, generic, patterns
from attention_scratch.exercises.exercise import Attempt, CaseAttempt, Says, Suspect, Unsolved
from attention_scratch.exercises.generic import Diagnosis
from attention_scratch.exercises.guard import TimeLimitExceeded, call
from attention_scratch.exercises.run import prepare


def unsolved(attempt: Attempt) -> Unsolved | None:
    """The stub's own message, where any case reached ``todo``."""
    return next((c.error for c in attempt.cases if isinstance(c.error, Unsolved)), None)


def diagnose(attempt: Attempt, faults: list[str]) -> Diagnosis | None:
    """What is wrong with an attempt (None: nothing).

    Args:
        attempt: all its cases, run.
        faults: gets a line for every suspect or constraint that itself raised.
    """
    if attempt.failed_cases:
        return _suspected(attempt, faults) or generic.diagnose(attempt)
    return _constrained(attempt, faults) or generic.changed_argument(attempt)


def _suspected(attempt: Attempt, faults: list[str]) -> Diagnosis | None:
    for suspect in attempt.exercise.suspects:
        try:
            guilty = _explains(suspect, attempt)
            says = _say(suspect.says, attempt) if guilty else ""
        except Exception as error:
            faults.append(f"suspect {suspect.key}: {blame.message(error)}")
            continue
        if guilty:
            return Diagnosis(suspect.key, says, generic.in_which(attempt))
    return None


def _explains(suspect: Suspect, attempt: Attempt) -> bool:
    if suspect.when is not None:
        return bool(suspect.when(attempt))
    answer = suspect.answer
    assert answer is not None  # Suspect sees to it that one of the two is given
    return all(_same_output(answer, attempt, case) for case in attempt.failed_cases)


def _same_output(answer: Callable[..., Any], attempt: Attempt, case: CaseAttempt) -> bool:
    names = [c.name for c in attempt.exercise.cases]
    if case.name not in names or isinstance(case.error, TimeLimitExceeded):
        return False
    args, kwargs = prepare(attempt.exercise, names.index(case.name)).arguments()
    limit = attempt.exercise.time_limit or settings().exercises.time_limit
    outcome = call(lambda: answer(*args, **kwargs), limit=limit)
    if outcome.error is not None or case.error is not None:
        return type(outcome.error) is type(case.error)
    exercise = attempt.exercise
    rtol, atol = patterns.SLACK * exercise.rtol, patterns.SLACK * exercise.atol
    return compare.difference(case.got, outcome.value, rtol=rtol, atol=atol) is None


def _constrained(attempt: Attempt, faults: list[str]) -> Diagnosis | None:
    for constraint in attempt.exercise.constraints:
        try:
            if constraint.holds(attempt):
                continue
            return Diagnosis(constraint.key, _say(constraint.says, attempt))
        except Exception as error:
            faults.append(f"constraint {constraint.key}: {blame.message(error)}")
    return None


def _say(says: Says, attempt: Attempt) -> str:
    return says if isinstance(says, str) else says(attempt)
