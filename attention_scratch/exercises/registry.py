"""The list of all exercises: one module of cases per chapter, imported when first asked for."""

from __future__ import annotations

import importlib
import pkgutil
import re

from attention_scratch.errors import InputError
from attention_scratch.exercises.model import EXERCISE_ID, Exercise

CASES = "attention_scratch.exercises.cases"

EXERCISES: dict[str, Exercise] = {}


def register(exercise: Exercise) -> Exercise:
    """Add ``exercise`` to the list (registering the same id again replaces it)."""
    EXERCISES[exercise.id] = exercise
    return exercise


def get(exercise_id: str) -> Exercise:
    """The exercise with that id; imports its chapter's cases alone.

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
    if exercise_id not in EXERCISES and chapter in chapters():
        importlib.import_module(f"{CASES}.ch{chapter}")
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
    """Every exercise of every chapter, in the order of chapters, then of registration."""
    for chapter in chapters():
        importlib.import_module(f"{CASES}.ch{chapter}")
    return tuple(sorted(EXERCISES.values(), key=lambda exercise: exercise.chapter))


def chapters() -> tuple[str, ...]:
    """The two digits of every chapter that has cases, without importing any."""
    package = importlib.import_module(CASES)
    names = (module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(sorted(name[2:] for name in names if re.fullmatch(r"ch\d\d", name)))
