"""The contract of cells: every breach names the notebook, the cell and the fault."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from attention_scratch.exercises.notebook_contract import contract_faults, todo_messages
from tests.exercises.notebook import remove, set_source, solution_notebook

NAME = "exercises/97_softmax/solutions.ipynb"


def faults_after(change: Callable[[dict[str, Any]], None]) -> list[str]:
    notebook = copy.deepcopy(solution_notebook())
    change(notebook)
    return [str(f) for f in contract_faults(notebook, NAME, {"97.softmax", "97.entropy"})]


def test_the_contract_is_kept_by_a_good_notebook() -> None:
    assert faults_after(lambda nb: None) == []


def by_id(notebook: dict[str, Any], cell_id: str) -> dict[str, Any]:
    [found] = [c for c in notebook["cells"] if c["id"] == cell_id]
    assert isinstance(found, dict)
    return found


def swap(a: int, b: int) -> Callable[[dict[str, Any]], None]:
    def change(notebook: dict[str, Any]) -> None:
        cells = notebook["cells"]
        cells[a], cells[b] = cells[b], cells[a]

    return change


@pytest.mark.parametrize(
    ("change", "cell_id", "says"),
    [
        (remove("softmax-solution"), "softmax-stub", "has 0 solution code cells"),
        (remove("softmax-stub"), "softmax-solution", "has 0 exercise code cells"),
        (
            lambda nb: nb["cells"].append(copy.deepcopy(nb["cells"][7])),
            "softmax-stub",
            "has 2 check code cells",
        ),
        (swap(5, 7), "softmax-stub", "its cells come exercise, check, solution"),
        (
            set_source("softmax-stub", "def softmax(x):\n    pass"),
            "softmax-stub",
            "no function of the stub ends in todo",
        ),
        (
            set_source("softmax-stub", "def softmax(x):\n    todo('a')\n    return 1"),
            "softmax-stub",
            "no function of the stub ends in todo",
        ),
        (
            set_source("softmax-check", 'check("97.sofmax", softmax)'),
            "softmax-check",
            'does not call check("97.softmax"',
        ),
        (
            set_source("softmax-solution", "def softmax(x):\n    todo('later')"),
            "softmax-solution",
            "still says todo",
        ),
        (
            lambda nb: by_id(nb, "softmax-solution")["metadata"]["tags"].remove("hide-cell"),
            "softmax-solution",
            "tag hide-cell",
        ),
        (
            lambda nb: by_id(nb, "softmax-solution")["metadata"].pop("jupyter"),
            "softmax-solution",
            "source_hidden",
        ),
        (
            lambda nb: by_id(nb, "softmax-stub")["metadata"].pop("exercise"),
            "softmax-stub",
            'metadata has "exercise": None',
        ),
        (
            lambda nb: by_id(nb, "softmax-stub")["metadata"].update(exercise="softmax"),
            "softmax-stub",
            "expected an id as in",
        ),
        (
            lambda nb: by_id(nb, "softmax-stub")["metadata"]["tags"].append("check"),
            "softmax-stub",
            "tagged exercise and check",
        ),
        (
            lambda nb: by_id(nb, "constant")["metadata"].update(exercise="97.softmax"),
            "constant",
            "has none of the tags",
        ),
        (remove("softmax-task"), "softmax-stub", "must be markdown and say what the task is"),
    ],
)
def test_a_breach_of_the_contract_names_notebook_cell_and_fault(
    change: Callable[[dict[str, Any]], None], cell_id: str, says: str
) -> None:
    found = faults_after(change)
    assert any(f.startswith(f"{NAME}, cell {cell_id}: ") and says in f for f in found), found


def test_an_exercise_without_cases_is_named() -> None:
    found = contract_faults(solution_notebook(), NAME, {"97.softmax"})
    assert [f.cell for f in found] == ["entropy-stub"]
    assert "write them in entropy.py beside the notebook" in found[0].fault


def test_an_exercise_of_another_chapter_is_named() -> None:
    found = contract_faults(solution_notebook(), "exercises/96_other/solutions.ipynb", None)
    assert "is not of chapter 96" in str(found[0])


def test_todo_is_found_in_methods_and_in_source_text_of_another_language() -> None:
    stub = (
        "class Cache:\n    def put(self, k):\n        todo('append')\n"
        "    def get(self):\n        return todo('stack')\n"
        'SOURCE = """void f() { // todo("guard")\n}"""\n'
    )
    assert set(todo_messages(stub)) == {"append", "stack", "guard"}
