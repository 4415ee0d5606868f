"""Proving exercises: the solution passes, the stub says so politely, each mutant is recognized.

The cells of a solution notebook are executed here, without a kernel, in the order a learner
would: plain cells, and the solutions of the exercises before the one in question.
"""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attention_scratch.exercises import registry
from attention_scratch.exercises.checking import examine
from attention_scratch.exercises.cuda_magic import in_python
from attention_scratch.exercises.exercise import Mutant
from attention_scratch.exercises.notebook_contract import (
    check_expression,
    contract_faults,
    exercise_cells,
    require_no_faults,
    role,
    todo_messages,
    without_magics,
)
from attention_scratch.exercises.notebook_form import Cell, read, source, tags
from attention_scratch.exercises.result import Result

PLOT = "plot"  # tag of plain cells that only draw: not executed here
MUTANT_TIME_LIMIT = 2.0  # seconds a case, for mutants that are to run out of time


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One exercise of a notebook, ready to be tried."""

    exercise: str
    stub: str
    solution: str
    answer: ast.expr
    namespace: dict[str, Any]
    where: str

    def result_of_stub(self) -> Result:
        """The verdict on the unfilled stub."""
        return self._result(self.stub, "stub")

    def result_of_solution(self) -> Result:
        """The verdict on the solution."""
        return self._result(self.solution, "solution")

    def stub_messages(self) -> tuple[str, ...]:
        """What the stub may say of itself."""
        return todo_messages(self.stub)

    def _result(self, code: str, part: str) -> Result:
        namespace = dict(self.namespace)
        filename = f"<{self.where}, {part} of {self.exercise}>"
        execute(code, namespace, filename)
        answer = eval(compile(ast.Expression(self.answer), filename, "eval"), namespace)
        return examine(registry.get(self.exercise), answer)


def tasks(notebook: Path) -> dict[str, Task]:
    """Every exercise of a solution notebook, with the names its stub would find defined.

    Raises:
        InputError: the notebook breaks the contract of cells.
        Exception: whatever a plain cell or a solution of it raises.
    """
    loaded = in_python(read(notebook))
    require_no_faults(contract_faults(loaded, "/".join(notebook.parts[-2:]), None))
    groups = {group.solution: group for group in exercise_cells(loaded)}
    namespace: dict[str, Any] = {"__name__": "__main__"}
    found: dict[str, Task] = {}
    cells: list[Cell] = loaded["cells"]
    with contextlib.chdir(notebook.parent), contextlib.redirect_stdout(io.StringIO()):
        _draw_off_screen()
        for place, cell in enumerate(cells):
            group = groups.get(place)
            if group is not None:
                answer = check_expression(source(cells[group.check]), group.exercise)
                assert answer is not None  # contract_faults has seen to it
                stub = source(cells[group.stub])
                found[group.exercise] = Task(
                    group.exercise,
                    stub,
                    source(cell),
                    answer,
                    dict(namespace),
                    notebook.parent.name,
                )
            if _to_execute(cell):
                execute(source(cell), namespace, f"<{notebook.parent.name}, cell {cell.get('id')}>")
    return found


def result_of_mutant(mutant: Mutant) -> Result:
    """The verdict on a mutant."""
    limit = MUTANT_TIME_LIMIT if mutant.diagnosis == "time-limit" else None
    return examine(registry.get(mutant.exercise), mutant.answer, time_limit=limit)


def execute(code: str, namespace: dict[str, Any], filename: str) -> None:
    """Execute code whose lines tracebacks and ``inspect.getsource`` can show."""
    text = without_magics(code)
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    exec(compile(text, filename, "exec", dont_inherit=True), namespace)


def _to_execute(cell: Cell) -> bool:
    if cell["cell_type"] != "code" or source(cell).startswith("%%"):
        return False
    return role(cell) in (None, "solution") and PLOT not in tags(cell)


def _draw_off_screen() -> None:
    try:
        import matplotlib
    except ImportError:
        return
    matplotlib.use("Agg")
