"""A small solution notebook with two exercises and their modules, as an author writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attention_scratch.exercises import registry
from attention_scratch.exercises.notebook_form import as_text, normal

FOLDER = "97_softmax"

SOFTMAX = r'''
import numpy as np
from attention_scratch.exercises.authoring import exercise

def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)

EXERCISE = exercise(
    "97.softmax", "Softmax", teaches="why the maximum is subtracted",
    right=softmax, rtol=1e-6,
    cases="""
        a row: np.array([1.0, 2.0, 3.0])
        scores of 1000: np.array([1000.0, 1001.0, 999.0])
    """,
    mistakes="""
        max-not-subtracted: - x.max(-1, keepdims=True) →
            try scores of 1000
        factor: / e.sum(-1, keepdims=True) →
        returned-none: return e → e
    """,
    hints="""
        look at the largest score

        maximum, exp, sum

        e = np.exp(x - ...)
    """,
)
'''

ENTROPY = r'''
import numpy as np
from attention_scratch.exercises.authoring import exercise
from .softmax import softmax

def entropy(x):
    p = softmax(x)
    return -(p * np.log(p)).sum(-1)

EXERCISE = exercise(
    "97.entropy", "Entropy", teaches="how flat a row is",
    right=entropy, rtol=1e-6, atol=1e-9,
    cases="a matrix: normal(3, 5)",
    mistakes=r"""
        time-limit: p = softmax(x) → while True:\n        p = softmax(x)
        sign: return - → return
        shape: sum(-1) → sum()
    """,
    hints="""
        one number a row

        minus the sum

        p = ...
    """,
)
'''


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
    folder = root / "exercises" / FOLDER
    folder.mkdir(parents=True)
    (folder / "softmax.py").write_text(SOFTMAX)
    (folder / "entropy.py").write_text(ENTROPY)
    path = folder / "solutions.ipynb"
    path.write_text(as_text(notebook or solution_notebook()))
    return path


def registered(solutions: Path) -> Path:
    """A book's solution notebook, after its exercises were registered."""
    registry.load(solutions.parent)
    return solutions


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
