"""The words exercises are written in: edits of one right source, cases as lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attention_scratch.errors import InputError
from attention_scratch.exercises.authoring import exercise, keeps_dtype
from attention_scratch.exercises.checking import examine
from attention_scratch.exercises.exercise import Attempt, Exercise

HINTS = """
    look at the
    sign

    think

    y = ...
    return y
"""
ROOT = 2.0


def inner(x):  # type: ignore[no-untyped-def]
    return x + 1


def double(x, *, shift=0.0):  # type: ignore[no-untyped-def]
    y = inner(x) - 1
    return ROOT * y + shift


def all_wrong(attempt: Attempt) -> bool:
    return not attempt.passed_cases


def in_another_spelling(x: Any, shift: float = 0.0) -> Any:
    return np.add(x, x) * -1


def written(mistakes: str, cases: str = "ones: np.ones(3)", **fields: Any) -> Exercise:
    return exercise(
        "99.double",
        "Double",
        teaches="how to double",
        right=(inner, double),
        atol=1e-6,
        cases=cases,
        mistakes=mistakes,
        hints=HINTS,
        **fields,
    )


def test_a_mistake_with_words_is_a_suspect_and_a_mutant() -> None:
    made = written("halved: ROOT * y → y / ROOT\n    it was halved,\n    not doubled")
    [suspect], [mutant] = made.suspects, made.mutants
    assert (suspect.key, suspect.says) == ("halved", "it was halved, not doubled")
    assert (mutant.diagnosis, str(mutant)) == ("halved", "99.double/halved")
    np.testing.assert_array_equal(mutant.answer(np.ones(2)), [0.5, 0.5])
    assert examine(made, lambda x, shift=0.0: x / 2).diagnosis == "halved"
    assert examine(made, double)


def test_a_mistake_without_words_is_a_mutant_alone_and_repeated_keys_are_numbered() -> None:
    made = written("sign: ROOT * → -ROOT *\nsign: answer in_another_spelling")
    assert made.suspects == ()
    assert [m.name for m in made.mutants] == ["sign", "sign-2"]
    assert made.mutants[1].answer is in_another_spelling


def test_a_predicate_sees_the_attempt_and_its_mutant_follows() -> None:
    made = written("none-right: when all_wrong\n    none is right\nnone-right: ROOT * y → y + 7")
    [suspect], [mutant] = made.suspects, made.mutants
    assert suspect.when is all_wrong
    assert mutant.answer(1.0) == 8


def test_several_edits_make_one_mistake_and_may_be_in_a_function_it_calls() -> None:
    made = written("both: + 1 → + 2\n    & ROOT * y → y\n    words")
    assert made.mutants[0].answer(1.0) == 2
    assert made.suspects[0].says == "words"
    assert inner(1.0) == 2  # the right one is as it was


def test_an_edit_may_begin_a_new_line_and_may_remove() -> None:
    made = written(r"twice: y = inner(x) - 1 → y = x\n    y = y + y" + "\nshifted: + shift →")
    assert [m.answer(1.0, shift=1.0) for m in made.mutants] == [5, 2]


def test_an_edit_of_what_does_not_stand_there_shows_the_source() -> None:
    with pytest.raises(InputError, match=r"(?s)mistake gone: got ROOT / y; .*return ROOT \* y"):
        written("gone: ROOT / y → y")


@pytest.mark.parametrize("bad", ["no-arrow: ROOT * y", "nothing: → y"])
def test_a_mistake_without_an_edit_says_how_one_is_written(bad: str) -> None:
    with pytest.raises(InputError, match="expected old → new"):
        written(bad)


def test_a_case_is_a_line_with_the_arguments_of_the_call() -> None:
    made = written(
        "",
        """
        a row: np.array([1.0, 2.0]), shift=3.0
        drawn, and long: normal(2, 3, dtype=np.float32) +
            uniform(0, 1, 2, 3) * integers(1, 2, 1) + ROOT
        of a helper: *[inner(1.0)]
        """,
    )
    rng = np.random.default_rng(0)
    assert [case.name for case in made.cases] == ["a row", "drawn, and long", "of a helper"]
    args, kwargs = made.cases[0].arguments(rng)
    assert (args[0].tolist(), kwargs) == ([1.0, 2.0], {"shift": 3.0})
    [drawn], _ = made.cases[1].arguments(rng)
    again = np.random.default_rng(0)
    normal = again.normal(size=(2, 3)).astype(np.float32)
    np.testing.assert_array_equal(drawn, normal + again.uniform(0, 1, (2, 3)) + ROOT)
    assert made.cases[2].arguments(rng) == ((2.0,), {})


def test_a_case_without_a_colon_is_refused() -> None:
    with pytest.raises(InputError, match="Put a colon and a space after the name"):
        written("", "np.ones(3)")


def test_hints_are_two_paragraphs_and_code_that_keeps_its_lines() -> None:
    assert written("").hints == ("look at the sign", "think", "y = ...\nreturn y")


@pytest.mark.parametrize("shape", [lambda y: y, lambda y: (y, [y]), lambda y: {"y": y}])
def test_every_array_of_a_result_keeps_the_dtype(shape: Any) -> None:
    made = exercise(
        "99.twice",
        "Twice",
        teaches="it",
        right=double,
        reference=lambda x: shape(2 * x),
        atol=1e-6,
        cases="single: np.ones(3, np.float32)",
        mistakes="",
        hints=HINTS,
        constraints=(keeps_dtype("it is wider now"),),
    )
    assert examine(made, lambda x: shape(2 * x))
    result = examine(made, lambda x: shape(2 * x.astype(np.float64)))
    assert (result.diagnosis, result.message) == ("dtype-not-kept", "It is wider now.")


def test_torchs_float32_is_numpys() -> None:
    import torch

    made = written("", "single: np.ones(3, np.float32)", constraints=(keeps_dtype(),))
    assert examine(made, lambda x: 2 * torch.from_numpy(x))


def test_an_error_inside_an_edited_source_shows_its_line() -> None:
    made = written("raised: inner(x) - 1 → inner(x.no_such_name)")
    result = examine(made, made.mutants[0].answer)
    assert result.diagnosis == "raised"
    assert "In line 6 of double: y = inner(x.no_such_name)" in result.details
