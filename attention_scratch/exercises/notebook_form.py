"""The one form in which notebooks are committed: no outputs, readable cell ids, stable bytes.

It is nbformat 4.5 as Jupyter itself writes it (JSON, sorted keys, indent 1), so that saving an
unrun notebook in JupyterLab changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attention_scratch.errors import InputError, MissingFileError

Notebook = dict[str, Any]
Cell = dict[str, Any]

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}
CELL_ID = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
RANDOM_ID = re.compile(r"(?=[a-z-]*\d)([0-9a-f]{6,}|[0-9a-f]{8}(-[0-9a-f]{4}){1,3}(-[0-9a-f]+)?)")
# What editors write into a cell's metadata and nobody wants to review.
VOLATILE = ("ExecuteTime", "collapsed", "execution", "executionInfo", "scrolled", "trusted")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a notebook; ``cell`` is its id, or empty for the whole notebook."""

    notebook: str
    cell: str
    fault: str

    def __str__(self) -> str:
        return f"{self.notebook}{f', cell {self.cell}' if self.cell else ''}: {self.fault}"


def read(path: Path) -> Notebook:
    """Read a notebook.

    Raises:
        MissingFileError: no such file.
        InputError: not JSON, or not a notebook of format 4.
    """
    if not path.is_file():
        raise MissingFileError(path, expected="a notebook", remedy="Check its name.")
    try:
        notebook: Any = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(
            str(path), "text that is not JSON", expected="a notebook", remedy=f"Mend it: {error}"
        ) from error
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or notebook.get("nbformat") != 4:
        raise InputError(
            str(path),
            "JSON without cells of nbformat 4",
            expected="a notebook",
            remedy="Save it anew in JupyterLab.",
        )
    if not all(isinstance(c, dict) and c.get("cell_type") and "source" in c for c in cells):
        raise InputError(
            str(path),
            "a cell without type or source",
            expected="cells as nbformat 4.5 has them",
            remedy="Save it anew in JupyterLab.",
        )
    return dict(notebook)


def source(cell: Cell) -> str:
    """The text of a cell."""
    text = cell["source"]
    return text if isinstance(text, str) else "".join(text)


def tags(cell: Cell) -> tuple[str, ...]:
    """The tags of a cell."""
    return tuple(cell.get("metadata", {}).get("tags", ()))


def normal(notebook: Notebook) -> Notebook:
    """The notebook without outputs, counts and editors' leavings; ids where there are none."""
    cells = [_normal_cell(cell) for cell in notebook["cells"]]
    _give_ids(cells)
    metadata = {
        key: value
        for key, value in notebook.get("metadata", {}).items()
        if key not in ("kernelspec", "language_info", "widgets", "toc")
    }
    return {
        "cells": cells,
        "metadata": {**metadata, "kernelspec": KERNEL, "language_info": LANGUAGE},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def as_text(notebook: Notebook) -> str:
    """The bytes that are committed, as text."""
    text = json.dumps(
        notebook, indent=1, sort_keys=True, ensure_ascii=False, separators=(",", ": ")
    )
    return text + "\n"


def form_faults(path: Path, name: str) -> list[Fault]:
    """What keeps a file from being in normal form, cell by cell.

    Raises:
        InputError: it cannot be read at all.
    """
    notebook = read(path)
    found = [Fault(name, *fault) for fault in _form_faults(notebook)]
    if not found and path.read_text(encoding="utf-8") != as_text(normal(notebook)):
        found.append(Fault(name, "", f"not in normal form: {FORMAT_COMMAND}"))
    return found


FORMAT_COMMAND = "run python -m attention_scratch.exercises.notebooks format"


def _form_faults(notebook: Notebook) -> Iterator[tuple[str, str]]:
    if notebook.get("nbformat_minor") != 5:
        yield "", f"nbformat is 4.{notebook.get('nbformat_minor')}, expected 4.5: {FORMAT_COMMAND}"
    kernel = notebook.get("metadata", {}).get("kernelspec", {}).get("name")
    if kernel != "python3":
        yield "", f"its kernel is {kernel!r}, expected 'python3': {FORMAT_COMMAND}"
    ids = [str(cell.get("id", "")) for cell in notebook["cells"]]
    for number, (cell, cell_id) in enumerate(zip(notebook["cells"], ids, strict=True), start=1):
        if not is_readable_id(cell_id):
            start = source(cell).strip().split("\n")[0][:40]
            says = f"number {number} ({start!r}) has the id {cell_id!r}, expected a readable slug"
            yield cell_id, f"{says}, as in softmax-by-hand"
        if ids.count(cell_id) > 1:
            yield cell_id, "another cell has the same id"
        if cell.get("outputs"):
            yield cell_id, f"it has outputs, but notebooks are committed without: {FORMAT_COMMAND}"
        if cell.get("execution_count") is not None:
            yield cell_id, f"it has an execution count: {FORMAT_COMMAND}"


def is_readable_id(cell_id: str) -> bool:
    """Whether an id is a slug made by a person, not one an editor drew at random."""
    fits = CELL_ID.fullmatch(cell_id) is not None and len(cell_id) <= 64
    return fits and RANDOM_ID.fullmatch(cell_id) is None


def _normal_cell(cell: Cell) -> Cell:
    metadata = {k: v for k, v in cell.get("metadata", {}).items() if k not in VOLATILE}
    made: Cell = {
        "cell_type": cell["cell_type"],
        "id": cell.get("id", ""),
        "metadata": metadata,
        "source": source(cell).splitlines(keepends=True),
    }
    if "attachments" in cell:
        made["attachments"] = cell["attachments"]
    if cell["cell_type"] == "code":
        made |= {"execution_count": None, "outputs": []}
    return made


def _give_ids(cells: list[Cell]) -> None:
    """Replace ids that are missing or random by slugs of the cells' own words."""
    taken = {c["id"] for c in cells if is_readable_id(c["id"])}
    for cell in cells:
        if is_readable_id(cell["id"]):
            continue
        stem = _slug(cell)
        number, slug = 1, stem
        while slug in taken:
            number += 1
            slug = f"{stem}-{number}"
        taken.add(slug)
        cell["id"] = slug


def _slug(cell: Cell) -> str:
    role = next((t for t in tags(cell) if t in ("exercise", "solution", "check")), None)
    exercise = str(cell["metadata"].get("exercise", ""))
    words = re.findall(r"[a-z][a-z0-9]+", source(cell).lower())[:4]
    if role and exercise:
        words = [*re.findall(r"[a-z0-9]+", exercise.partition(".")[2]), role]
    slug = "-".join(words)[:48].strip("-") or cell["cell_type"]
    return slug if is_readable_id(slug) else f"cell-{slug}"


def exercise_ids(notebook: Notebook) -> tuple[str, ...]:
    """The ids of the exercises whose cells a notebook has, in order."""
    found = (cell.get("metadata", {}).get("exercise") for cell in notebook["cells"])
    return tuple(dict.fromkeys(str(name) for name in found if name is not None))
