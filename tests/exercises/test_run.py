"""Cases are run alike every time, on copies, and costs are noted."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from attention_scratch.exercises import Case, Constraint, Suspect, record
from attention_scratch.exercises.exercise import Arguments
from attention_scratch.exercises.run import as_floating, attempt, prepare
from tests.exercises.tiny import exercise, verdict

RANDOM = (
    Case("first", lambda rng: (rng.normal(size=4),)),
    Case("second", lambda rng: (rng.normal(size=4),)),
)


def test_a_case_gets_the_same_arguments_every_time() -> None:
    seen = [attempt(exercise(abs, cases=RANDOM), np.abs).cases[0].args[0] for _ in range(2)]
    np.testing.assert_array_equal(*seen)


def test_two_cases_get_different_arguments() -> None:
    tried = attempt(exercise(np.abs, cases=RANDOM), np.abs)
    assert not np.array_equal(tried.cases[0].args[0], tried.cases[1].args[0])


def test_unseeded_randomness_of_the_learner_repeats_and_leaves_no_trace() -> None:
    def noisy(x: float) -> float:
        return float(np.random.rand() + random.random())

    np.random.seed(7)
    expected = np.random.rand()
    np.random.seed(7)
    values = {attempt(exercise(abs, 1.0), noisy).cases[0].got for _ in range(3)}
    assert len(values) == 1
    assert np.random.rand() == expected


def test_the_reference_sees_float64_and_the_learner_what_the_case_made() -> None:
    seen: list[Any] = []
    made = exercise(lambda x: seen.append(x.dtype) or x, np.ones(3, np.float32))
    tried = attempt(made, lambda x: x)
    assert seen == [np.float64]
    assert tried.cases[0].got.dtype == np.float32


def test_the_reference_sees_the_arrays_as_they_are_where_the_exercise_says_so() -> None:
    seen: list[Any] = []
    made = exercise(
        lambda x: seen.append(x.dtype) or x, np.ones(3, np.float32), reference_dtype=None
    )
    attempt(made, lambda x: x)
    assert seen == [np.float32]


def test_the_reference_is_computed_once() -> None:
    calls: list[int] = []
    made = exercise(lambda x: calls.append(1) or x, np.ones(3))
    for _ in range(3):
        attempt(made, lambda x: x)
    assert len(calls) == 1


def test_a_shared_array_of_the_case_list_cannot_be_spoilt() -> None:
    shared = np.ones(3)
    made = exercise(lambda x: x, shared)

    def spoil(x: Any) -> Any:
        x[:] = 5
        return x

    attempt(made, spoil)
    assert shared.sum() == 3
    assert prepare(made, 0).args[0].sum() == 3


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_only_floating_arrays_are_widened(dtype: Any) -> None:
    wide = as_floating((np.ones(2, dtype), [np.arange(2)], {"k": np.float32(1)}), np.float64)
    assert wide[0].dtype == np.float64
    assert wide[1][0].dtype.kind == "i"
    assert wide[2]["k"].dtype == np.float64


@pytest.mark.parametrize("how", ["positional", "keyword", "nested"])
def test_an_argument_changed_in_place_is_noticed(how: str) -> None:
    case = {
        "positional": Case("c", lambda rng: (np.zeros(3),)),
        "keyword": Case("c", lambda rng: Arguments((), {"x": np.zeros(3)})),
        "nested": Case("c", lambda rng: ({"x": [np.zeros(3)]},)),
    }[how]

    def change(x: Any) -> int:
        (x if isinstance(x, np.ndarray) else x["x"][0])[1] = 1.0
        return 3

    result = attempt(exercise(lambda x: 3, cases=(case,)), change)
    assert result.cases[0].changed == (("x",) if how == "keyword" else ("argument 1",))


def test_reading_an_argument_with_nan_is_no_change() -> None:
    tried = attempt(exercise(lambda x: 3, np.array([np.nan, 1.0])), lambda x: 3)
    assert tried.cases[0].changed == ()


def test_costs_recorded_by_an_adapted_answer_reach_the_constraints() -> None:
    def adapt(answer: Any) -> Any:
        def run(x: Any) -> Any:
            record(bytes_read=2 * x.nbytes)
            return answer(x)

        return run

    def reference(x: Any) -> Any:
        record(bytes_read=x.nbytes)
        return x + 1

    frugal = Constraint(
        "read-twice",
        holds=lambda a: a.cases[0].counters == a.cases[0].reference_counters,
        says=lambda a: (
            "correct, but it read K twice: "
            f"{a.cases[0].counters['bytes_read'] / a.cases[0].reference_counters['bytes_read']:.1f}"
            "× the bytes of the reference"
        ),
    )
    result = verdict(
        lambda x: x + 1, reference, np.ones(4), adapt=adapt, constraints=(frugal,), id="99.k"
    )
    assert (result.status, result.diagnosis) == ("failed", "read-twice")
    assert "2.0×" in result.message


def test_recording_outside_a_check_does_nothing() -> None:
    record(bytes_read=1)


def test_cases_after_one_out_of_time_are_not_run() -> None:
    def slow_once(x: float) -> float:
        while x == 2.0:
            pass
        return x

    result = verdict(slow_once, lambda x: x, 1.0, 2.0, 3.0, limit=0.2)
    assert result.diagnosis == "time-limit"
    assert [c.outcome for c in result.cases] == ["right", "error", "not run"]


def test_a_suspect_that_overflows_is_recognized_in_the_learners_own_dtype() -> None:
    def stable(x: Any) -> Any:
        e = np.exp(x - x.max())
        return e / e.sum()

    def naive(x: Any) -> Any:
        return np.exp(x) / np.exp(x).sum()

    # exp(100) overflows in float32 and not in float64
    result = verdict(
        lambda x: np.exp(x) / np.sum(np.exp(x)),
        stable,
        np.array([1, 2, 3], np.float32),
        np.array([100, 101, 99], np.float32),
        rtol=1e-5,
        suspects=(Suspect("max-not-subtracted", answer=naive, says="subtract the maximum"),),
    )
    assert result.diagnosis == "max-not-subtracted"


def test_an_answer_that_cannot_be_adapted_is_diagnosed_with_its_whole_text() -> None:
    def adapt(source: Any) -> Any:
        raise RuntimeError(f"line 1: expected ';'\n  {source}\n  ^")

    result = verdict("int x", lambda x: x, 1.0, adapt=adapt)
    assert (result.status, result.diagnosis) == ("failed", "raised")
    assert "expected ';'\n  int x\n  ^" in result.message
    assert [c.outcome for c in result.cases] == ["error", "not run"]


def test_an_adapter_may_find_the_answer_unsolved() -> None:
    from attention_scratch.exercises import todo

    result = verdict("", lambda x: x, 1.0, adapt=lambda source: todo("write the kernel"))
    assert (result.status, result.message) == ("unsolved", "write the kernel")
