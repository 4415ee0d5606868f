"""Mutants: plausible wrong answers, each with the diagnosis it must get."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from attention_scratch.errors import InputError, MissingFileError
from attention_scratch.exercises.model import EXERCISE_ID

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, eq=False)
class Mutant:
    """A wrong answer to an exercise; ``name`` is the function's or the variable's."""

    exercise: str
    diagnosis: str
    answer: Any
    name: str

    def __str__(self) -> str:
        return f"{self.exercise}/{self.name}"


_declared: list[Mutant] = []


def mutant(
    exercise_id: str, *, diagnosis: str, name: str | None = None
) -> Callable[[Answer], Answer]:
    """Declare a wrong answer: decorates a function, or is called with any other object."""
    if not EXERCISE_ID.fullmatch(exercise_id):
        raise InputError(
            "mutant: exercise id",
            exercise_id,
            expected="an id as in 02.softmax",
            remedy="Use the id the exercise is registered with.",
        )

    def declare(answer: Answer) -> Answer:
        called = name or str(getattr(answer, "__name__", ""))
        _declared.append(Mutant(exercise_id, diagnosis, answer, called))
        return answer

    return declare


def load_mutants(path: Path) -> tuple[Mutant, ...]:
    """Import one file of mutants afresh and return what it declares, in order.

    Raises:
        MissingFileError: no such file.
        InputError: two mutants of one exercise have the same name.
    """
    if not path.is_file():
        raise MissingFileError(
            path, expected="a file of mutants", remedy="Write it: three per exercise."
        )
    before = len(_declared)
    module = _import(path)
    found = [_named(mutant, module) for mutant in _declared[before:]]
    del _declared[before:]
    names = [str(mutant) for mutant in found]
    for twice in {n for n in names if names.count(n) > 1}:
        raise InputError(
            str(path), twice, expected="one mutant of that name", remedy="Rename one of the two."
        )
    return tuple(found)


def all_mutants(root: Path) -> tuple[Mutant, ...]:
    """Those of every ``exercises/mutants/chNN.py`` under ``root``."""
    files = sorted((root / "exercises" / "mutants").glob("ch[0-9][0-9].py"))
    return tuple(mutant for file in files for mutant in load_mutants(file))


def _import(path: Path) -> ModuleType:
    name = f"_attention_scratch_mutants_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None  # a .py file always has one
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _named(mutant: Mutant, module: ModuleType) -> Mutant:
    if mutant.name:
        return mutant
    bound = (name for name, value in vars(module).items() if value is mutant.answer)
    return replace(mutant, name=next(bound, mutant.diagnosis))
