"""What a solution notebook must hold: for every exercise a stub, its solution and its check."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from attention_scratch.errors import InputError
from attention_scratch.exercises.checking import TODO_IN_TEXT
from attention_scratch.exercises.exercise import EXERCISE_ID
from attention_scratch.exercises.notebook_form import Cell, Fault, Notebook, source, tags
from attention_scratch.exercises.places import chapter_of

ROLES = ("exercise", "solution", "check")


@dataclass(frozen=True, slots=True)
class ExerciseCells:
    """The cells of one exercise, by their places in the notebook."""

    exercise: str
    stub: int
    solution: int
    check: int


def role(cell: Cell) -> str | None:
    """Which part of an exercise a cell is: one of ``ROLES``, or None for an ordinary cell."""
    return next((tag for tag in tags(cell) if tag in ROLES), None)


def exercise_cells(notebook: Notebook) -> tuple[ExerciseCells, ...]:
    """Every exercise of a notebook without faults, in order."""
    cells = notebook["cells"]
    places: dict[str, dict[str, int]] = {}
    for place, cell in enumerate(cells):
        part = role(cell)
        if part is not None and cell["cell_type"] == "code":
            places.setdefault(cell["metadata"]["exercise"], {})[part] = place
    return tuple(
        ExerciseCells(name, parts["exercise"], parts["solution"], parts["check"])
        for name, parts in places.items()
    )


def contract_faults(notebook: Notebook, name: str, registered: Iterable[str] | None) -> list[Fault]:
    """Everything that breaks the contract of cells.

    Args:
        notebook: a solution notebook.
        name: its path, for the messages; the file's first two digits are its chapter.
        registered: ids in the case list; None skips that question.
    """
    found = list(_tag_faults(notebook, name))
    if found:
        return found
    groups: dict[str, list[tuple[int, Cell]]] = {}
    for place, cell in enumerate(notebook["cells"]):
        if role(cell) is not None:
            groups.setdefault(cell["metadata"]["exercise"], []).append((place, cell))
    known = None if registered is None else set(registered)
    for exercise, cells in groups.items():
        first = str(cells[0][1].get("id", ""))
        found += [Fault(name, first, says) for says in _id_faults(exercise, name, known)]
        counted = list(_count_faults(exercise, cells))
        found += [Fault(name, first, says) for says in counted]
        if not counted:
            found += [Fault(name, cell, says) for cell, says in _cell_faults(exercise, cells)]
            found += [Fault(name, first, says) for says in _task_faults(notebook, cells[0][0])]
    return found


def todo_messages(stub: str) -> tuple[str, ...]:
    """The messages of the ``todo("…")`` that functions of a stub end in.

    Code of another language inside a string may say ``todo("…")`` anywhere in it.
    """
    try:
        tree = ast.parse(without_magics(stub))
    except SyntaxError:
        return ()
    found = [_ending(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [match["message"] for match in TODO_IN_TEXT.finditer(node.value)]
    return tuple(message for message in found if message)


def check_expression(cell: str, exercise: str) -> ast.expr | None:
    """The second argument of ``check("<exercise>", …)`` in a check cell."""
    try:
        tree = ast.parse(without_magics(cell))
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) == "check" and len(node.args) == 2:
            given = node.args[0]
            if isinstance(given, ast.Constant) and given.value == exercise:
                return node.args[1]
    return None


def without_magics(code: str) -> str:
    """Code with IPython's line magics and shell lines blanked, line numbers kept."""
    return "\n".join("" if line.lstrip()[:1] in ("%", "!") else line for line in code.split("\n"))


def require_no_faults(faults: list[Fault]) -> None:
    """Raise one error that lists them all.

    Raises:
        InputError: there are any.
    """
    if faults:
        raise InputError(
            "solution notebooks",
            f"{len(faults)} fault{'s' * (len(faults) > 1)}",
            expected="cells as CONTRIBUTING.md describes them",
            remedy="Mend these:\n" + "\n".join(f"- {fault}" for fault in faults),
        )


def _tag_faults(notebook: Notebook, name: str) -> Iterator[Fault]:
    for cell in notebook["cells"]:
        parts = [tag for tag in tags(cell) if tag in ROLES]
        given = cell.get("metadata", {}).get("exercise")
        cell_id = str(cell.get("id", ""))
        if len(parts) > 1:
            yield Fault(name, cell_id, f"it is tagged {' and '.join(parts)}, expected one of them")
        if parts and (not isinstance(given, str) or not EXERCISE_ID.fullmatch(given)):
            says = f'its metadata has "exercise": {given!r}, expected an id as in "02.softmax"'
            yield Fault(name, cell_id, f"it is tagged {parts[0]}, but {says}")
        if given is not None and not parts:
            says = f"its metadata names exercise {given!r}, but it has none of the tags"
            yield Fault(name, cell_id, f"{says} {', '.join(ROLES)}")


def _id_faults(exercise: str, name: str, known: set[str] | None) -> Iterator[str]:
    chapter = chapter_of(name)
    if exercise[:2] != chapter:
        yield f"exercise {exercise} is not of chapter {chapter}, as the notebook's folder says"
    if known is not None and exercise not in known:
        yield (
            f"exercise {exercise} has no cases: write them in {exercise[3:]}.py beside the notebook"
        )


def _count_faults(exercise: str, cells: list[tuple[int, Cell]]) -> Iterator[str]:
    code = [role(cell) for _, cell in cells if cell["cell_type"] == "code"]
    for part in ROLES:
        if code.count(part) != 1:
            yield f"exercise {exercise} has {code.count(part)} {part} code cells, expected 1"
    if sorted(code, key=lambda part: ROLES.index(part or "")) != code:
        yield f"exercise {exercise}: its cells come {', '.join(map(str, code))}, expected {ROLES}"


def _cell_faults(exercise: str, cells: list[tuple[int, Cell]]) -> Iterator[tuple[str, str]]:
    for _, cell in cells:
        text, cell_id, part = source(cell), str(cell.get("id", "")), role(cell)
        if cell["cell_type"] != "code":
            if part != "solution":
                yield cell_id, f"it is tagged {part}, which is for code cells"
            continue
        if part == "exercise" and not todo_messages(text):
            yield cell_id, 'no function of the stub ends in todo("what is to be done")'
        if part == "solution":
            yield from ((cell_id, says) for says in _solution_faults(cell))
        if part == "check" and check_expression(text, exercise) is None:
            yield cell_id, f'it does not call check("{exercise}", <the answer>)'


def _solution_faults(cell: Cell) -> Iterator[str]:
    if "hide-cell" not in tags(cell):
        yield "a solution is folded on the site: it needs the tag hide-cell"
    if cell["metadata"].get("jupyter", {}).get("source_hidden") is not True:
        yield 'a solution is hidden in JupyterLab: it needs "jupyter": {"source_hidden": true}'
    if re.search(r"\btodo\(", source(cell)):
        yield "a solution still says todo(…)"


def _task_faults(notebook: Notebook, stub: int) -> Iterator[str]:
    if stub == 0 or notebook["cells"][stub - 1]["cell_type"] != "markdown":
        yield "the cell before the stub must be markdown and say what the task is"


def _ending(function: ast.FunctionDef) -> str | None:
    last = function.body[-1]
    call = last.value if isinstance(last, ast.Expr | ast.Return) else None
    if not isinstance(call, ast.Call) or _name(call.func) != "todo" or len(call.args) != 1:
        return None
    given = call.args[0]
    return given.value if isinstance(given, ast.Constant) and type(given.value) is str else None


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
