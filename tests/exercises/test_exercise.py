"""The parts of an exercise refuse what cannot be meant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attention_scratch.errors import InputError
from attention_scratch.exercises import Case, Constraint, Suspect, Unsolved, todo
from attention_scratch.exercises.exercise import Arguments
from tests.exercises.tiny import cases, exercise


def test_todo_raises_with_its_own_message() -> None:
    with pytest.raises(Unsolved, match="subtract the row maximum") as caught:
        todo("subtract the row maximum")
    assert caught.value.message == "subtract the row maximum"


def test_a_stub_called_in_ipython_shows_its_message_and_no_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell().run_cell(
        "from attention_scratch.exercises import todo\ntodo('subtract the maximum')"
    )
    shown = capsys.readouterr().out
    assert "Not solved yet: subtract the maximum" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("bad", ["softmax", "2.softmax", "02.Softmax", "02.", "02.a b", None, 2])
def test_an_exercise_refuses_a_malformed_id(bad: Any) -> None:
    with pytest.raises(InputError, match=r"Exercise\.id"):
        exercise(np.exp, 1.0, id=bad)


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"cases": ()}, "cases"),
        ({"cases": cases(1.0) + cases(2.0)}, "cases"),
        ({"rtol": -1.0}, "rtol"),
        ({"atol": float("nan")}, "atol"),
        (
            {
                "suspects": (Suspect("same", answer=abs, says="a"),),
                "constraints": (Constraint("same", holds=bool, says="b"),),
            },
            "diagnoses",
        ),
    ],
)
def test_an_exercise_names_the_field_at_fault(fields: dict[str, Any], names: str) -> None:
    with pytest.raises(InputError, match=names):
        exercise(np.exp, 1.0, **fields)


@pytest.mark.parametrize("bad", [("a", "b"), ("a", "b", "c", "d"), ["a", "b", "c"], ("a", "b", "")])
def test_an_exercise_wants_exactly_three_hints(bad: Any) -> None:
    from attention_scratch.exercises import Exercise

    with pytest.raises(InputError, match="hints"):
        Exercise(
            id="99.tiny",
            title="t",
            teaches="t",
            reference=abs,
            cases=cases(1.0),
            hints=bad,
        )


def test_a_suspect_has_an_answer_or_a_predicate_but_not_both() -> None:
    with pytest.raises(InputError, match="exactly one"):
        Suspect("key", says="text")
    with pytest.raises(InputError, match="exactly one"):
        Suspect("key", says="text", answer=abs, when=bool)


@pytest.mark.parametrize("bad", ["", "Two Words", "under_score", "-dash", None])
def test_keys_are_words_with_hyphens(bad: Any) -> None:
    with pytest.raises(InputError, match="key"):
        Suspect(bad, says="text", answer=abs)


def test_a_case_that_forgets_the_comma_is_told_so() -> None:
    forgot = Case("one", lambda rng: np.ones(3))  # type: ignore[arg-type, return-value]
    with pytest.raises(InputError, match="comma"):
        forgot.arguments(np.random.default_rng(0))


def test_a_case_gives_positional_arguments_alone_or_keywords_as_well() -> None:
    rng = np.random.default_rng(0)
    assert Case("m", lambda rng: (1,)).arguments(rng) == ((1,), {})
    made = Case("f", lambda rng: Arguments((1,), {"n": 2})).arguments(rng)
    assert made == ((1,), {"n": 2})
