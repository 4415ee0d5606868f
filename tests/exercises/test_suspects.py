"""Suspects come first, constraints last; a fault in one of them is no crash."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attention_scratch.exercises import Attempt, Constraint, Suspect
from tests.exercises.tiny import ramp, verdict

SQUARE, WIDE, LONG = ramp(4, 4), ramp(3, 5), ramp(12)


def transform(x: Any) -> Any:
    """The tiny tasks' reference: nothing symmetric about it."""
    return np.sqrt(x) + np.arange(x.shape[-1]) ** 2


def test_a_suspect_comes_before_any_generic_diagnosis() -> None:
    doubled = Suspect("doubled", answer=lambda x: 2 * transform(x), says="it is doubled")
    result = verdict(lambda x: transform(x) * 2, transform, WIDE, suspects=(doubled,))
    assert (result.diagnosis, result.message) == ("doubled", "It is doubled.")


def test_the_first_suspect_that_explains_every_failure_wins() -> None:
    half_right = Suspect(
        "half", answer=lambda x: 2 * transform(x) if x.ndim == 2 else x, says="half of it"
    )
    always = Suspect("always", when=lambda a: True, says="anything")
    doubled = Suspect("doubled", answer=lambda x: 2 * transform(x), says="doubled")
    args = (lambda x: 2 * transform(x), transform, WIDE, LONG)
    assert verdict(*args, suspects=(half_right, doubled, always)).diagnosis == "doubled"
    assert verdict(*args, suspects=(half_right, always, doubled)).diagnosis == "always"


def test_a_suspect_is_compared_on_failed_cases_alone() -> None:
    def answer(x: Any) -> Any:
        return transform(x) if x.ndim == 2 else x

    same = Suspect("one-axis", answer=lambda x: x, says="it does nothing where there is one axis")
    result = verdict(answer, transform, WIDE, LONG, suspects=(same,))
    assert result.diagnosis == "one-axis"
    assert "Right in 1 of 2 cases; not in 'case b'." in result.details


def test_a_suspect_that_raises_alike_explains_an_exception() -> None:
    def unguarded(x: Any) -> Any:
        return x[len(x)]

    known = Suspect("no-guard", answer=unguarded, says="the last one reads past the end")
    result = verdict(lambda x: x[len(x) + 1], transform, WIDE, suspects=(known,))
    assert result.diagnosis == "no-guard"


def test_a_predicate_sees_the_whole_attempt() -> None:
    seen: list[Attempt] = []
    spy = Suspect("spy", when=lambda a: bool(seen.append(a)), says="never")

    def answer(x: Any) -> Any:
        print("hello")
        return transform(x) if x.ndim == 2 else 1 / 0

    verdict(answer, transform, WIDE, LONG, suspects=(spy,))
    [attempt] = seen
    assert attempt.answer is answer
    assert [c.name for c in attempt.passed_cases] == ["case a"]
    [failed] = attempt.failed_cases
    assert isinstance(failed.error, ZeroDivisionError)
    assert attempt.case("case b") is failed
    np.testing.assert_array_equal(attempt.cases[0].want, transform(WIDE))
    assert attempt.cases[0].seconds > 0
    assert failed.printed == "hello\n"


def test_a_suspect_that_stumbles_is_a_fault_and_no_crash() -> None:
    stumbles = Suspect("stumbles", when=lambda a: a.failed_cases[0].got.shape == (), says="no")
    result = verdict(lambda x: None, transform, WIDE, suspects=(stumbles,))
    assert result.diagnosis == "returned-none"
    assert result.faults == (
        "suspect stumbles: AttributeError: 'NoneType' object has no attribute 'shape'",
    )


def test_a_constraint_fails_a_right_answer() -> None:
    kept = Constraint(
        "dtype-kept",
        holds=lambda a: all(c.got.dtype == c.args[0].dtype for c in a.cases),
        says="correct, but float32 came back as float64",
    )
    x = WIDE.astype(np.float32)
    right = verdict(transform_32, transform, x, constraints=(kept,), rtol=1e-5)
    assert right, str(right)
    result = verdict(
        lambda x: transform(x.astype(np.float64)), transform, x, constraints=(kept,), rtol=1e-5
    )
    assert (result.status, result.diagnosis) == ("failed", "dtype-kept")


def transform_32(x: Any) -> Any:
    return transform(x).astype(np.float32)


def test_constraints_are_not_asked_of_a_wrong_answer() -> None:
    never = Constraint("never", holds=lambda a: pytest.fail("asked"), says="no")
    assert verdict(lambda x: x, transform, WIDE, constraints=(never,)).status == "failed"


def test_a_constraint_that_stumbles_is_owned_up_to() -> None:
    stumbles = Constraint("stumbles", holds=lambda a: 1 / 0 > 0, says="no")
    result = verdict(transform, transform, WIDE, constraints=(stumbles,))
    assert result
    assert "not yours" in str(result)


def test_an_exercise_may_compare_in_its_own_way() -> None:
    sums = {"agrees": lambda got, want: got.sum() == want.sum()}
    assert verdict(lambda x: x[::-1], lambda x: x, ramp(5), **sums)
    assert verdict(lambda x: x + 1, lambda x: x, ramp(5), **sums).diagnosis == "offset"
    assert verdict(lambda x: None, lambda x: x, ramp(5), **sums).diagnosis == "returned-none"
