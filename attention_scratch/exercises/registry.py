"""The list of all exercises: a chapter's folder is read when one of its exercises is asked for."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
from pathlib import Path

from attention_scratch.config import settings
from attention_scratch.errors import InputError
from attention_scratch.exercises.exercise import EXERCISE_ID, Exercise
from attention_scratch.exercises.notebook_form import exercise_ids, read
from attention_scratch.exercises.places import SOLUTIONS, chapter_of, solution_notebooks

EXERCISES: dict[str, Exercise] = {}


def register(exercise: Exercise) -> Exercise:
    """Add ``exercise`` to the list (registering the same id again replaces it)."""
    EXERCISES[exercise.id] = exercise
    return exercise


def get(exercise_id: str) -> Exercise:
    """The exercise with that id; reads its chapter's folder alone.

    Raises:
        InputError: not an id, or no such exercise; names the nearest ones.
    """
    if not isinstance(exercise_id, str) or not EXERCISE_ID.fullmatch(exercise_id):
        raise InputError(
            "exercise id",
            exercise_id,
            expected="a chapter's two digits, a dot and a name, as in 02.softmax",
            remedy="progress() lists them all.",
        )
    chapter = exercise_id[:2]
    if exercise_id not in EXERCISES and chapter in folders():
        load(folders()[chapter])
    if exercise_id not in EXERCISES:
        known = sorted(name for name in EXERCISES if name[:2] == chapter)
        raise InputError(
            "exercise id",
            exercise_id,
            expected=f"one of {', '.join(known)}" if known else "a chapter that has exercises",
            remedy="progress() lists them all.",
        )
    return EXERCISES[exercise_id]


def all_exercises() -> tuple[Exercise, ...]:
    """Every exercise of every chapter, in the book's order."""
    for folder in folders().values():
        load(folder)
    return tuple(sorted(EXERCISES.values(), key=lambda exercise: exercise.chapter))


def folders() -> dict[str, Path]:
    """The chapters that have exercises, by their two digits."""
    found = solution_notebooks(settings().root)
    return {chapter_of(str(path)): path.parent for path in found}


def load(folder: Path) -> None:
    """Register a chapter's exercises in the order of its notebook, each from its own module."""
    for exercise_id in exercise_ids(read(folder / SOLUTIONS)):
        module = exercise_id.partition(".")[2]
        if exercise_id not in EXERCISES and (folder / f"{module}.py").is_file():
            register(importlib.import_module(f"{_package(folder)}.{module}").EXERCISE)


def _package(folder: Path) -> str:
    """The name under which a folder's modules are imported: its own begins with a digit."""
    name = f"exercises_{folder.name}"
    if name not in sys.modules:
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        sys.modules[name] = importlib.util.module_from_spec(spec)
    return name
