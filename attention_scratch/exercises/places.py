"""Where the exercises of the book are: a folder ``exercises/NN_name/`` for each chapter.

In it lie ``solutions.ipynb``, the one written source, and a module for each exercise
(``softmax.py`` for ``02.softmax``) with its cases and mistakes; beside it, generated, the learner's
notebook ``exercises/NN_name.ipynb``.
"""

from __future__ import annotations

from pathlib import Path

SOLUTIONS = "solutions.ipynb"


def solution_notebooks(root: Path) -> list[Path]:
    """The written sources, in the book's order."""
    return sorted((root / "exercises").glob(f"[0-9][0-9]_*/{SOLUTIONS}"))


def learner_notebooks(root: Path) -> list[Path]:
    """The generated ones that are there (copies kept of a learner's own work are not)."""
    found = (root / "exercises").glob("[0-9][0-9]_*.ipynb")
    return sorted(path for path in found if ".yours" not in path.name)


def learners_notebook(solutions: Path) -> Path:
    """The notebook generated from a solution notebook."""
    return solutions.parent.with_name(f"{solutions.parent.name}.ipynb")


def chapter_of(name: str) -> str:
    """The two digits of the chapter a solution notebook belongs to, from its path."""
    return Path(name).parent.name[:2]


def is_among_solutions(folder: Path) -> bool:
    """Whether a folder is one of those with solutions."""
    return folder.parent.name == "exercises" and (folder / SOLUTIONS).is_file()
