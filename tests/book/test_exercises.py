"""Every exercise of the book is proved: solution, stub, mutants.

The solution passes, the unfilled stub says what is to be done, and every mutant fails with
exactly the diagnosis written for it.
"""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from attention_scratch.exercises import Exercise, all_exercises, state
from attention_scratch.exercises.exercise import HINT_LEVELS, Mutant
from attention_scratch.exercises.notebook_form import exercise_ids, read
from attention_scratch.exercises.notebooks import faults
from attention_scratch.exercises.places import solution_notebooks
from attention_scratch.exercises.prove import Task, result_of_mutant, tasks

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = solution_notebooks(ROOT)
LEAST_MUTANTS = 3


PLACES = {exercise: path for path in NOTEBOOKS for exercise in exercise_ids(read(path))}
EXERCISES = all_exercises()
MUTANTS = [mutant for exercise in EXERCISES for mutant in exercise.mutants]


@pytest.fixture(autouse=True)
def _state_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "path", lambda: tmp_path / "progress.json")


@functools.cache
def tasks_of(notebook: Path) -> dict[str, Task]:
    """A notebook's plain cells are executed once for all its exercises."""
    return tasks(notebook)


def task(exercise: str) -> Task:
    return tasks_of(PLACES[exercise])[exercise]


def test_solution_notebooks_have_exercises() -> None:
    for notebook in NOTEBOOKS:
        assert exercise_ids(read(notebook)), f"{notebook.parent.name} has no exercise"
    assert bool(PLACES) == bool(NOTEBOOKS)


def test_solution_notebooks_keep_the_contract_of_cells() -> None:
    assert [str(fault) for fault in faults(ROOT)] == []


@pytest.mark.parametrize("exercise", PLACES)
def test_the_solution_passes(exercise: str) -> None:
    result = task(exercise).result_of_solution()
    assert result.status == "passed", f"\n{result}"
    assert result.faults == ()


@pytest.mark.parametrize("exercise", PLACES)
def test_the_unfilled_stub_says_what_is_to_be_done(exercise: str) -> None:
    result = task(exercise).result_of_stub()
    assert result.status == "unsolved", f"\n{result}"
    assert result.message in task(exercise).stub_messages()


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_every_mutant_fails_with_its_own_diagnosis(mutant: Mutant) -> None:
    result = result_of_mutant(mutant)
    assert (result.status, result.diagnosis) == ("failed", mutant.diagnosis), f"\n{result}"
    assert result.faults == ()


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_every_registered_exercise_is_complete(exercise: Exercise) -> None:
    assert exercise.id in PLACES, "no solution notebook has a cell of it"
    own = [mutant for mutant in MUTANTS if mutant.exercise == exercise.id]
    assert len(own) >= LEAST_MUTANTS, f"it has {len(own)} mutants"
    assert len({mutant.diagnosis for mutant in own}) > 1, "all its mutants get one diagnosis"
    assert len(set(exercise.hints)) == HINT_LEVELS, "a hint is given twice"


@pytest.mark.parametrize("chapter", sorted({exercise.chapter for exercise in EXERCISES}))
def test_every_suspect_and_constraint_is_met_by_a_mutant_of_its_chapter(chapter: str) -> None:
    met = {mutant.diagnosis for mutant in MUTANTS if mutant.exercise[:2] == chapter}
    exercises = [exercise for exercise in EXERCISES if exercise.chapter == chapter]
    known = {item.key for e in exercises for item in (*e.suspects, *e.constraints)}
    assert known <= met, f"no mutant gets {', '.join(sorted(known - met))}"


def test_every_module_of_an_exercise_is_registered() -> None:
    modules = [
        p for n in NOTEBOOKS for p in n.parent.glob("*.py") if "EXERCISE = " in p.read_text()
    ]
    written = {f"{path.parent.name[:2]}.{path.stem}" for path in modules}
    assert written == {exercise.id for exercise in EXERCISES}
