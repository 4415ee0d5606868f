"""A small solution notebook with two exercises, its cases and its mutants, as an author writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attention_scratch.exercises.notebook_form import as_text, normal

CASES = """
import numpy as np
from attention_scratch.exercises import Case, Exercise, Suspect, register

def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)

def naive(x):
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)

hints = ("look at the largest score", "maximum, exp, sum", "e = np.exp(x - ...)")
register(Exercise(
    id="97.softmax", title="Softmax", teaches="why the maximum is subtracted",
    reference=softmax, rtol=1e-6, hints=hints,
    cases=(
        Case("a row", lambda rng: (np.array([1.0, 2.0, 3.0]),)),
        Case("scores of 1000", lambda rng: (np.array([1000.0, 1001.0, 999.0]),)),
    ),
    suspects=(Suspect("max-not-subtracted", answer=naive, says="try scores of 1000"),),
))
register(Exercise(
    id="97.entropy", title="Entropy", teaches="how flat a row is",
    reference=lambda x: -(softmax(x) * np.log(softmax(x))).sum(-1), rtol=1e-6, atol=1e-9,
    hints=hints,
    cases=(Case("a matrix", lambda rng: (rng.normal(size=(3, 5)),)),),
))
"""

MUTANTS = """
import numpy as np
from attention_scratch.exercises import mutant

@mutant("97.softmax", diagnosis="max-not-subtracted")
def forgot_the_maximum(x):
    weights = np.exp(x)
    return weights / weights.sum()

@mutant("97.softmax", diagnosis="factor")
def not_normalized(x):
    return np.exp(x - np.max(x))

@mutant("97.softmax", diagnosis="returned-none")
def forgot_the_return(x):
    np.exp(x - np.max(x))

@mutant("97.entropy", diagnosis="time-limit")
def never_ends(x):
    while True:
        pass

@mutant("97.entropy", diagnosis="sign")
def forgot_the_minus(x):
    e = np.exp(x)
    p = e / e.sum(-1, keepdims=True)
    return (p * np.log(p)).sum(-1)

@mutant("97.entropy", diagnosis="shape")
def summed_everything(x):
    e = np.exp(x)
    p = e / e.sum(-1, keepdims=True)
    return -(p * np.log(p)).sum()
"""


def cell(kind: str, name: str, text: str, *tags: str, exercise: str = "") -> dict[str, Any]:
    """A cell with an id, tags and the exercise it belongs to."""
    metadata: dict[str, Any] = {"tags": list(tags)} if tags else {}
    if exercise:
        metadata["exercise"] = exercise
    if "hide-cell" in tags:
        metadata["jupyter"] = {"source_hidden": True}
    return {"cell_type": kind, "id": name, "metadata": metadata, "source": text}


def solution_notebook() -> dict[str, Any]:
    """Two exercises; the second uses the first one's function, and a plain cell calls it."""
    cells = [
        cell("markdown", "title", "# Softmax\n\nSee [chapter](../../chapters/97_softmax.ipynb)."),
        cell(
            "code",
            "imports",
            "%matplotlib inline\nimport numpy as np\n"
            "from attention_scratch.exercises import check, todo",
        ),
        cell("code", "drawing", "raise SystemError('not to be executed in a proof')", "plot"),
        cell("markdown", "softmax-task", "## Write softmax\n\nShape (..., N)."),
        cell(
            "code",
            "softmax-stub",
            'def softmax(x):\n    """x: (..., N)."""\n    todo("subtract the row maximum first")',
            "exercise",
            exercise="97.softmax",
        ),
        cell(
            "code",
            "softmax-solution",
            "def softmax(x):\n    e = np.exp(x - x.max(-1, keepdims=True))\n"
            "    return e / e.sum(-1, keepdims=True)",
            "solution",
            "hide-cell",
            exercise="97.softmax",
        ),
        cell(
            "markdown", "softmax-why", "Because exp overflows.", "solution", exercise="97.softmax"
        ),
        cell(
            "code",
            "softmax-check",
            'check("97.softmax", softmax)',
            "check",
            exercise="97.softmax",
        ),
        cell("code", "constant", "LOG = np.log"),
        cell("markdown", "entropy-task", "## Write entropy"),
        cell(
            "code",
            "entropy-stub",
            'def entropy(x):\n    p = softmax(x)  # (..., N)\n    return todo("minus the sum")',
            "exercise",
            exercise="97.entropy",
        ),
        cell(
            "code",
            "entropy-solution",
            "def entropy(x):\n    p = softmax(x)\n    return -(p * LOG(p)).sum(-1)",
            "solution",
            "hide-cell",
            exercise="97.entropy",
        ),
        cell(
            "code",
            "entropy-check",
            'result = check("97.entropy", entropy)\nresult',
            "check",
            exercise="97.entropy",
        ),
    ]
    return normal({"cells": cells, "metadata": {}})


def write_book(root: Path, notebook: dict[str, Any] | None = None) -> Path:
    """Lay out a tiny book; returns the solution notebook's path."""
    solutions = root / "exercises" / "solutions"
    solutions.mkdir(parents=True)
    (root / "exercises" / "mutants").mkdir()
    (root / "exercises" / "mutants" / "ch97.py").write_text(MUTANTS)
    path = solutions / "97_softmax.ipynb"
    path.write_text(as_text(notebook or solution_notebook()))
    return path


def register_cases() -> None:
    """Execute the case list, as importing its module would."""
    exec(compile(CASES, "<cases of chapter 97>", "exec"), {"__name__": "cases97"})


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a notebook's file."""
    notebook = json.loads(path.read_text())
    change(notebook)
    path.write_text(as_text(notebook))


def set_source(cell_id: str, text: str) -> Callable[[dict[str, Any]], None]:
    """A change that gives a cell another text."""

    def change(notebook: dict[str, Any]) -> None:
        [found] = [c for c in notebook["cells"] if c["id"] == cell_id]
        found["source"] = text.splitlines(keepends=True)

    return change


def remove(cell_id: str) -> Callable[[dict[str, Any]], None]:
    """A change that removes a cell."""

    def change(notebook: dict[str, Any]) -> None:
        notebook["cells"] = [c for c in notebook["cells"] if c["id"] != cell_id]

    return change
