"""What can be said of any wrong answer: exceptions, type, shape, dtype, values.

Nothing here shows an expected value: of the reference only shapes and dtypes are told, and by
how much (a factor, an offset) an answer of several numbers is off.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np

from attention_scratch.exercises import blame, compare, keys, patterns
from attention_scratch.exercises.compare import Difference
from attention_scratch.exercises.exercise import Attempt, CaseAttempt
from attention_scratch.exercises.guard import TimeLimitExceeded

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is the matter: a key, one sentence, and lines that go further."""

    key: str
    says: str
    details: tuple[str, ...] = ()


def diagnose(attempt: Attempt) -> Diagnosis:
    for examine in (_error, _structure, _not_finite, _wrong_and_changed, _pattern):
        found = examine(attempt)
        if found is not None:
            return found
    return _values(attempt)


# --- exceptions ---------------------------------------------------------------------------------


def _error(attempt: Attempt) -> Diagnosis | None:
    case = next((c for c in attempt.cases if c.error is not None), None)
    if case is None or case.error is None:
        return None
    which = in_which(attempt)
    if isinstance(case.error, TimeLimitExceeded):
        return Diagnosis(
            keys.TIME_LIMIT,
            f"it did not return within {case.seconds:.1f} s in the case '{case.name}' and was "
            "stopped: does a loop never end?",
            _stopped_at(case.error),
        )
    refused = _refused_call(attempt, case)
    if refused:
        return refused
    line = blame.own_line(case.error)
    remark = blame.remark(case.error)
    says = f"it raised {blame.message(case.error)}"
    details = (f"in {line}" if line else None, remark)
    return Diagnosis(keys.RAISED, says, (*(d for d in details if d), *which))


def _stopped_at(error: BaseException) -> tuple[str, ...]:
    line = blame.own_line(error)
    return (f"it was then in {line}",) if line else ()


def _refused_call(attempt: Attempt, case: CaseAttempt) -> Diagnosis | None:
    """A TypeError that arose from the call itself, not inside the function."""
    answer = attempt.answer
    if attempt.exercise.adapt is not None or not isinstance(case.error, TypeError):
        return None
    if not callable(answer):
        kind = type(answer).__name__
        says = f"what was given is a {kind}, not a function: pass the function without calling it"
        return Diagnosis(keys.NOT_A_FUNCTION, f"{says}, as in check(…, name) and not name(…)")
    try:
        inspect.signature(answer).bind(*case.args, **case.kwargs)
    except TypeError as error:
        count = len(case.args)
        named = f" and {', '.join(case.kwargs)} by name" if case.kwargs else ""
        says = f"it cannot be called with {count} argument{'s' * (count != 1)}{named}: {error}"
        return Diagnosis(keys.SIGNATURE, says, ("The stub's first line says which it gets.",))
    except ValueError:  # built-in functions have no signature to look at
        return None
    return None


# --- type, shape, dtype -------------------------------------------------------------------------


def _differences(attempt: Attempt) -> list[tuple[CaseAttempt, Difference]]:
    """What differs in each failed case; a comparison of the author's own yields bare "values"."""
    exercise = attempt.exercise
    found = []
    for case in attempt.failed_cases:
        differs = compare.difference(
            case.got, case.want, rtol=exercise.rtol, atol=exercise.atol
        ) or Difference("values", "", case.got, case.want)
        if exercise.agrees is not None and differs.kind in ("dtype", "not-finite", "values"):
            differs = Difference("values", "", case.got, case.want)
        found.append((case, differs))
    return found


def _structure(attempt: Attempt) -> Diagnosis | None:
    differences = _differences(attempt)
    for kind, tell in (("none", _none), ("type", _type), ("shape", _shape), ("dtype", _dtype)):
        for case, differs in differences:
            if differs.kind == kind:
                key, says = tell(differs)
                return Diagnosis(key, f"{_part(differs)}{says}", in_which(attempt, case))
    return None


def _none(differs: Difference) -> tuple[str, str]:
    return keys.RETURNED_NONE, "it returned None: is a return missing?"


def _type(differs: Difference) -> tuple[str, str]:
    return keys.TYPE, f"the result has the wrong type: {differs.says}"


def _shape(differs: Difference) -> tuple[str, str]:
    got, want = differs.got.shape, differs.want.shape
    says = f"the shape is {got}, expected {want}"
    if got != want and len(got) == len(want) > 1 and sorted(got) == sorted(want):
        return keys.TRANSPOSED, f"{says}: transposed?"
    if _without_one(want, got):
        return keys.MISSING_AXIS, f"{says}: an axis of size 1 got lost (keepdims=True keeps it)"
    if _without_one(got, want):
        return keys.EXTRA_AXIS, f"{says}: there is an axis of size 1 too many"
    return keys.SHAPE, says


def _without_one(longer: tuple[int, ...], shorter: tuple[int, ...]) -> bool:
    """Whether dropping one axis of size 1 from ``longer`` gives ``shorter``."""
    return any(
        size == 1 and longer[:i] + longer[i + 1 :] == shorter for i, size in enumerate(longer)
    )


def _dtype(differs: Difference) -> tuple[str, str]:
    asked = {"b": "truth values (bool)", "i": "integers", "u": "integers"}
    expected = asked.get(differs.want.dtype.kind, str(differs.want.dtype))
    return keys.DTYPE, f"the dtype is {differs.got.dtype}, expected {expected}"


# --- values -------------------------------------------------------------------------------------


def _not_finite(attempt: Attempt) -> Diagnosis | None:
    for case, differs in _differences(attempt):
        if differs.kind != "not-finite":
            continue
        at = _first(differs.mask)
        bad = np.asarray(differs.got)[at]
        says = f"{_part(differs)}there is {_spoken(bad)} at {_position(at)}"
        says += f" ({int(np.sum(differs.mask))} of {differs.mask.size} positions)"
        heard = tuple(f"NumPy warned: {w}" for w in case.warnings)
        return Diagnosis(keys.NOT_FINITE, says, (*heard, *in_which(attempt, case)))
    return None


def _spoken(value: Any) -> str:
    if np.isnan(value):
        return "NaN"
    return "infinity" if np.real(value) > 0 else "minus infinity"


def _wrong_and_changed(attempt: Attempt) -> Diagnosis | None:
    if all(case.changed for case in attempt.failed_cases):
        return changed_argument(attempt)
    return None


def changed_argument(attempt: Attempt) -> Diagnosis | None:
    if attempt.exercise.in_place:
        return None
    for case in attempt.cases:
        if case.changed:
            right = "the result is right, but " if case.passed else "the result is wrong, and "
            says = f"{right}{case.changed[0]} was changed in place, in the case '{case.name}'"
            advice = "The caller still needs it: work on a copy; x = x + 1 makes one, x += 1 not."
            return Diagnosis(keys.CHANGED_ARGUMENT, says, (advice,))
    return None


def _pattern(attempt: Attempt) -> Diagnosis | None:
    """One pattern, or half precision, that explains every failed case."""
    exercise = attempt.exercise
    cases, differences = zip(*_differences(attempt), strict=True)
    if all(_half_precision(differs) for differs in differences):
        says = "the dtype is float16, which keeps only three digits: right up to that"
        return Diagnosis(keys.DTYPE, says, in_which(attempt))
    pairs = [(differs.got, differs.want) for differs in differences]
    found = patterns.find(pairs, rtol=exercise.rtol, atol=exercise.atol)
    if found is None:
        return None
    details = in_which(attempt, cases[found.index])
    return Diagnosis(found.key, f"{_part(differences[found.index])}{found.says}", details)


def _half_precision(differs: Difference) -> bool:
    got = differs.got
    if not isinstance(got, np.ndarray) or got.dtype != np.float16:
        return False
    eps = float(np.finfo(np.float16).eps)
    return bool(compare.close(got, differs.want, rtol=8 * eps, atol=8 * eps).all())


def _values(attempt: Attempt) -> Diagnosis:
    case, differs = _differences(attempt)[0]
    details = [_first_wrong(differs)]
    if isinstance(differs.mask, np.ndarray):
        details.append(patterns.where_wrong(differs.mask))
    details += [f"NumPy warned: {w}" for w in case.warnings]
    lines = tuple(d for d in details if d)
    if attempt.passed_cases:
        names = _names(attempt.failed_cases)
        return Diagnosis(
            keys.EXCEPT_CASES, f"right except in {names}", (*lines, *_only_if_many(attempt, case))
        )
    return Diagnosis(keys.WRONG, "the values are wrong", (*lines, *in_which(attempt, case)))


def _first_wrong(differs: Difference) -> str:
    if not isinstance(differs.mask, np.ndarray):
        return ""
    at = _first(differs.mask)
    value = np.asarray(differs.got)[at]
    if not at:
        return f"{_part(differs)}yours is {value:.6g}"
    return f"{_part(differs)}first wrong position {_position(at)}, where yours is {value:.6g}"


def _first(mask: Array) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(mask)[0])


def _position(at: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, at))}]" if at else "the only position"


def _part(differs: Difference) -> str:
    return f"in result{differs.where}: " if differs.where else ""


def _names(cases: tuple[CaseAttempt, ...]) -> str:
    return ", ".join(f"'{case.name}'" for case in cases)


def _only_if_many(attempt: Attempt, case: CaseAttempt) -> tuple[str, ...]:
    return (f"(in the case '{case.name}')",) if len(attempt.failed_cases) > 1 else ()


def in_which(attempt: Attempt, case: CaseAttempt | None = None) -> tuple[str, ...]:
    """In which cases it is wrong, where that tells something."""
    if not attempt.passed_cases:
        return (f"in the case '{case.name}'",) if case is not None else ()
    total = len(attempt.cases)
    names = _names(attempt.failed_cases)
    return (f"right in {len(attempt.passed_cases)} of {total} cases; not in {names}",)
