"""Learners' notebooks, generated from the solution notebooks, and what has drifted from them.

``python -m attention_scratch.exercises.notebooks generate | check | format``
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from attention_scratch.config import settings
from attention_scratch.errors import AttentionScratchError
from attention_scratch.exercises import registry
from attention_scratch.exercises.cuda_magic import in_python
from attention_scratch.exercises.notebook_contract import (
    contract_faults,
    require_no_faults,
    role,
)
from attention_scratch.exercises.notebook_form import (
    Cell,
    Fault,
    Notebook,
    as_text,
    form_faults,
    normal,
    read,
    source,
)
from attention_scratch.exercises.places import (
    SOLUTIONS,
    learner_notebooks,
    learners_notebook,
    solution_notebooks,
)
from attention_scratch.files import write_atomically

OWN = "attention_scratch"  # our key in a notebook's metadata
NOTE = "generated-from"  # id of the first cell of a learner's notebook
REGENERATE = "run python -m attention_scratch.exercises.notebooks generate"
# In a markdown cell, the start of a relative link to the folder above.
LINK_UP = re.compile(r'(\]\(|\bsrc="|\bhref="|^\[[^\]]+\]:\s*)\.\./', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Drift:
    """One way in which a learner's notebook is not what its solution notebook would give."""

    notebook: str
    cell: str
    what: str

    def __str__(self) -> str:
        return f"{self.notebook}{f', cell {self.cell}' if self.cell else ''}: {self.what}"


def all_notebooks(root: Path) -> list[Path]:
    """Every committed notebook: chapters, solutions, learners'."""
    chapters = sorted((root / "chapters").glob("*.ipynb"))
    return [*chapters, *solution_notebooks(root), *learner_notebooks(root)]


def learners_version(solution: Notebook, folder: str) -> Notebook:
    """What a learner gets of the solution notebook in ``folder``: all but its solution cells."""
    cells = [_moved_up(cell) for cell in normal(solution)["cells"] if role(cell) != "solution"]
    cells.insert(0, _note(folder))
    made = normal({"cells": cells, "metadata": solution.get("metadata", {})})
    made["metadata"][OWN] = {
        "generated_from": f"exercises/{folder}/{SOLUTIONS}",
        "cells_sha256": fingerprint(made),
    }
    return made


def fingerprint(notebook: Notebook) -> str:
    """Of the cells alone, in normal form: it changes when somebody edits them."""
    cells = json.dumps(normal(notebook)["cells"], sort_keys=True)
    return hashlib.sha256(cells.encode()).hexdigest()[:16]


def generate(root: Path) -> list[Path]:
    """Write every learner's notebook; returns those whose bytes changed.

    A notebook that somebody worked in is first copied to ``<name>.yours.ipynb`` beside it.

    Raises:
        InputError: a solution notebook cannot be read or breaks the contract of cells; nothing
            has been written then.
    """
    sources = {path: read(path) for path in solution_notebooks(root)}
    require_no_faults(
        [fault for path, nb in sources.items() for fault in _contract(nb, _name(path, root), None)]
    )
    written = []
    for path, solution in sources.items():
        target = learners_notebook(path)
        text = as_text(learners_version(solution, path.parent.name))
        if target.is_file() and target.read_text(encoding="utf-8") == text:
            continue
        _keep_own_work(target)
        write_atomically(target, text)
        written.append(target)
    return written


def drift(root: Path) -> list[Drift]:
    """Where learners' notebooks differ from what would be generated, cell by cell."""
    found: list[Drift] = []
    solutions = {learners_notebook(path): path for path in solution_notebooks(root)}
    for target, path in solutions.items():
        shown = _name(target, root)
        if not target.is_file():
            found.append(Drift(shown, "", f"it is not there: {REGENERATE}"))
            continue
        expected = learners_version(read(path), path.parent.name)
        found += [Drift(shown, *what) for what in _differences(target, expected)]
    for path in learner_notebooks(root):
        if path not in solutions:
            says = f"there is no exercises/{path.stem}/{SOLUTIONS} that it comes from: remove it"
            found.append(Drift(_name(path, root), "", says))
    return found


def faults(root: Path) -> list[Fault]:
    """What is wrong with the committed notebooks: their form, and the contract of cells."""
    found = [f for path in all_notebooks(root) for f in form_faults(path, _name(path, root))]
    registered = {exercise.id for exercise in registry.all_exercises()}
    for path in solution_notebooks(root):
        found += _contract(read(path), _name(path, root), registered)
    return found


def format_notebooks(root: Path) -> list[Path]:
    """Bring chapters and solutions into normal form; returns those that changed."""
    changed = []
    for path in [*sorted((root / "chapters").glob("*.ipynb")), *solution_notebooks(root)]:
        text = as_text(normal(read(path)))
        if path.read_text(encoding="utf-8") != text:
            write_atomically(path, text)
            changed.append(path)
    return changed


def _contract(notebook: Notebook, name: str, registered: set[str] | None) -> list[Fault]:
    return contract_faults(in_python(notebook), name, registered)


def _differences(target: Path, expected: Notebook) -> Iterator[tuple[str, str]]:
    actual = read(target)
    mine = {str(cell.get("id", "")): cell for cell in normal(actual)["cells"]}
    theirs = {str(cell["id"]): cell for cell in expected["cells"]}
    for cell_id, cell in theirs.items():
        if cell_id not in mine:
            yield cell_id, f"it is missing: {REGENERATE}"
        elif mine[cell_id] != cell:
            yield cell_id, f"{_first_difference(mine[cell_id], cell)}: {REGENERATE}"
    for cell_id in mine:
        if cell_id not in theirs:
            yield cell_id, f"its solution notebook has no such cell: {REGENERATE}"
    if mine == theirs and list(mine) != list(theirs):
        yield "", f"its cells come in another order: {REGENERATE}"
    elif mine == theirs and target.read_text(encoding="utf-8") != as_text(expected):
        yield "", f"its outputs, metadata or form differ: {REGENERATE}"


def _first_difference(mine: Cell, theirs: Cell) -> str:
    lines = (source(mine).split("\n"), source(theirs).split("\n"))
    for number, (a, b) in enumerate(zip(*lines, strict=False), start=1):
        if a != b:
            return f"line {number} is {a!r}, generated would be {b!r}"
    if len(lines[0]) != len(lines[1]):
        return f"it has {len(lines[0])} lines, generated would be {len(lines[1])}"
    return "its type or metadata differ"


def _keep_own_work(target: Path) -> None:
    """Copy a notebook aside in which somebody changed a cell since it was generated."""
    if not target.is_file():
        return
    try:
        existing = read(target)
        recorded = existing.get("metadata", {}).get(OWN, {}).get("cells_sha256")
        untouched = recorded == fingerprint(existing)
    except AttentionScratchError:
        untouched = False
    if untouched:
        return
    copy, number = target.with_suffix(".yours.ipynb"), 1
    while copy.exists():
        number += 1
        copy = target.with_suffix(f".yours-{number}.ipynb")
    write_atomically(copy, target.read_text(encoding="utf-8", errors="replace"))
    print(f"{target.name} had been edited: your version is kept as {copy.name}", file=sys.stderr)


def _moved_up(cell: Cell) -> Cell:
    """A cell whose relative links hold one folder higher."""
    if cell["cell_type"] != "markdown":
        return cell
    return {**cell, "source": LINK_UP.sub(r"\1", source(cell))}


def _note(folder: str) -> Cell:
    return {
        "cell_type": "markdown",
        "id": NOTE,
        "metadata": {},
        "source": (
            f"*Generated from [exercises/{folder}/{SOLUTIONS}]({folder}/{SOLUTIONS}), where the "
            "folded solutions are. Fill in the functions that end in `todo(…)` and run the checks.*"
        ),
    }


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit status is 0 where all is well."""
    parser = argparse.ArgumentParser(prog="python -m attention_scratch.exercises.notebooks")
    parser.add_argument("command", choices=("generate", "check", "format"))
    parser.add_argument("--root", type=Path, default=settings().root, help="the repository")
    given = parser.parse_args(arguments)
    try:
        if given.command == "check":
            problems = [str(p) for p in (*faults(given.root), *drift(given.root))]
            print("\n".join(problems) or "Every notebook is in form and none has drifted.")
            return 1 if problems else 0
        work = generate if given.command == "generate" else format_notebooks
        for path in work(given.root):
            print(f"wrote {_name(path, given.root)}")
    except AttentionScratchError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
