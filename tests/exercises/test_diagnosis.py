"""Each way of being wrong is called by its name, and the right value is never told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from attention_scratch.exercises import Case, todo
from attention_scratch.exercises.checking import examine
from tests.exercises.tiny import exercise, ramp, verdict

SQUARE, WIDE, LONG = ramp(4, 4), ramp(3, 5), ramp(12)


def transform(x: Any) -> Any:
    """The tiny tasks' reference: nothing symmetric about it."""
    return np.sqrt(x) + np.arange(x.shape[-1]) ** 2


def test_the_right_answer_passes() -> None:
    result = verdict(transform, transform, SQUARE, WIDE)
    assert result
    assert (result.status, result.diagnosis) == ("passed", "passed")
    assert "how it is done" in str(result)


def test_a_stub_is_unsolved_with_its_own_message() -> None:
    def stub(x: Any) -> Any:
        """Shape (4,)."""
        todo("take the root, add the squares")

    result = verdict(stub, transform, SQUARE)
    assert not result
    assert (result.status, result.message) == ("unsolved", "take the root, add the squares")


def test_source_text_with_a_todo_left_in_it_is_unsolved_before_it_is_adapted() -> None:
    source = 'void f() {\n  // todo("guard the last block")\n}'
    result = verdict(source, transform, SQUARE, adapt=lambda text: pytest.fail("compiled"))
    assert (result.status, result.message) == ("unsolved", "guard the last block")


def keep_axis(x: Any) -> Any:
    return x.sum(-1, keepdims=True)


def half(x: Any) -> Any:
    return np.argmax(x, -1)


WRONG: dict[str, tuple[str, Callable[..., Any], Callable[..., Any], tuple[Any, ...]]] = {
    "returns nothing": ("returned-none", lambda x: None, transform, (SQUARE,)),
    "returns a list": ("type", lambda x: transform(x).tolist(), transform, (SQUARE,)),
    "returns text": ("type", lambda x: "0.5", transform, (SQUARE,)),
    "transposes": ("transposed", lambda x: transform(x).T, transform, (WIDE,)),
    "transposes a square": ("transposed", lambda x: transform(x).T, transform, (SQUARE,)),
    "drops an axis": ("missing-axis", lambda x: x.sum(-1), keep_axis, (WIDE,)),
    "adds an axis": ("extra-axis", lambda x: transform(x)[:, None], transform, (WIDE,)),
    "cuts": ("shape", lambda x: transform(x)[:, :2], transform, (WIDE,)),
    "floats for integers": ("dtype", lambda x: half(x).astype(float), half, (WIDE,)),
    "half precision": ("dtype", lambda x: transform(x).astype(np.float16), transform, (WIDE,)),
    "makes nan": ("not-finite", lambda x: transform(x) * np.nan, transform, (WIDE,)),
    "overflows": ("not-finite", lambda x: transform(x) * np.exp(x * 100), transform, (WIDE,)),
    "wrong sign": ("sign", lambda x: -transform(x), transform, (WIDE, LONG)),
    "twice": ("factor", lambda x: 2 * transform(x), transform, (WIDE, LONG)),
    "scaled by size": (
        "factor",
        lambda x: transform(x) * np.sqrt(x.shape[-1]),
        transform,
        (WIDE, LONG),
    ),
    "row by row": ("row-factor", lambda x: transform(x) * x[..., :1], transform, (WIDE,)),
    "off by a constant": ("offset", lambda x: transform(x) + 7, transform, (WIDE, LONG)),
    "backward": ("reversed", lambda x: transform(x)[..., ::-1], transform, (WIDE, LONG)),
    "late by one": ("shifted", lambda x: np.roll(transform(x), 1, -1), transform, (LONG,)),
    "early by two": ("shifted", lambda x: np.roll(transform(x), -2, -1), transform, (LONG,)),
    "wrong in one case": (
        "except-cases",
        lambda x: transform(x) + 0.5 * np.eye(*x.shape, dtype=bool) * (len(x) == 3),
        transform,
        (SQUARE, WIDE),
    ),
    "something else": ("wrong-values", lambda x: x**2 % 5, transform, (WIDE,)),
    "raises": ("raised", lambda x: x[99], transform, (WIDE,)),
    "exits": ("raised", lambda x: exit(), transform, (WIDE,)),
    "takes two": ("signature", lambda x, y: x, transform, (WIDE,)),
    "sleeps": ("time-limit", lambda x: time.sleep(9), transform, (WIDE,)),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_is_called_by_its_name(name: str) -> None:
    expected, answer, reference, values = WRONG[name]
    result = verdict(answer, reference, *values, limit=0.3)
    assert (result.status, result.diagnosis) == ("failed", expected), str(result)
    assert not result
    assert not result.faults


def test_something_that_is_no_function_is_said_to_be_none() -> None:
    result = verdict(transform(WIDE), transform, WIDE)
    assert result.diagnosis == "not-a-function"
    assert "without calling it" in result.message


def test_an_argument_changed_in_place_fails_even_a_right_answer() -> None:
    def change(x: Any) -> Any:
        right = transform(x)
        x -= 1
        return right

    result = verdict(change, transform, WIDE)
    assert result.diagnosis == "changed-argument"
    assert result.message.startswith("The result is right, but argument 1")


def test_an_argument_may_be_changed_where_that_is_the_task() -> None:
    def change(x: Any) -> Any:
        x -= 1
        return transform(x + 1)

    assert verdict(change, transform, WIDE, in_place=True, rtol=1e-6)


def test_a_wrong_answer_that_changed_its_argument_everywhere_is_told_that() -> None:
    def change(x: Any) -> Any:
        x[0] = 0
        return transform(x)

    result = verdict(change, transform, WIDE, SQUARE)
    assert result.diagnosis == "changed-argument"
    assert result.message.startswith("The result is wrong, and")


def test_overflow_is_spoken_of() -> None:
    result = verdict(lambda x: np.exp(x * 1000), transform, WIDE)
    assert result.message == "There is infinity at [0, 0] (15 of 15 positions)."
    assert "NumPy warned: overflow encountered in exp." in result.details


def test_cases_names_tell_the_property() -> None:
    def only_multiples_of_32(x: Any) -> Any:
        y = np.zeros_like(x)
        n = len(x) // 32 * 32
        y[:n] = x[:n] ** 2
        return y

    sizes = {"N = 32": 32, "N = 64": 64, "N % 32 != 0": 47}
    made = exercise(
        np.square,
        cases=tuple(Case(n, lambda r, s=s: (r.normal(size=s),)) for n, s in sizes.items()),
    )
    result = examine(made, only_multiples_of_32)
    assert result.diagnosis == "except-cases"
    assert result.message == "Right except in 'N % 32 != 0'."
    assert any("15 of 47 positions are wrong, all from index 32 on" in d for d in result.details)


def test_the_first_wrong_position_shows_the_learners_own_value() -> None:
    def spoil(x: Any) -> Any:
        y = transform(x)
        y[1, 2] = 123.5
        return y

    result = verdict(spoil, transform, WIDE)
    assert "First wrong position [1, 2], where yours is 123.5." in result.details


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (np.s_[:, -1], "all at index 4 along axis 1 (the last)"),
        (np.s_[2, :], "all at index 2 along axis 0"),
        (np.s_[:, 2:], "all from index 2 on along axis 1"),
        (np.s_[:, :2], "all before index 2 along axis 1"),
        (np.s_[:, 1::2], "all 2 apart along axis 1, starting at index 1"),
        (np.triu_indices(5, 1), "all above the diagonal"),
        (np.tril_indices(5, -1), "all below the diagonal"),
    ],
)
def test_where_the_wrong_values_lie_is_told(wrong: Any, expected: str) -> None:
    square = ramp(5, 5)

    def spoil(x: Any) -> Any:
        y = transform(x)
        y[wrong] = np.sin(np.arange(y[wrong].size) * 7).reshape(y[wrong].shape)
        return y

    result = verdict(spoil, transform, square)
    assert any(expected in line for line in result.details), str(result)


def test_the_factor_is_named_when_it_is_a_root() -> None:
    result = verdict(lambda x: transform(x) * np.sqrt(8), transform, WIDE)
    assert "2.83 (√8) times too large" in result.message


def test_a_single_number_does_not_give_itself_away_by_a_factor() -> None:
    assert verdict(lambda x: 6.0, lambda x: 3.0, 1.0).diagnosis == "wrong-values"
