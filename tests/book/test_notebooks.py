"""Committed notebooks: valid, without outputs, with readable ids; learners' ones as generated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
import stale
from execution import executed_notebook
from nbclient import NotebookClient
from nbval.plugin import find_comment_markers, find_metadata_tags

from attention_scratch.exercises.notebook_contract import role
from attention_scratch.exercises.notebook_form import form_faults, source
from attention_scratch.exercises.notebooks import all_notebooks, drift
from attention_scratch.exercises.places import (
    learner_notebooks,
    learners_notebook,
    solution_notebooks,
)

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = {path.relative_to(ROOT).as_posix(): path for path in all_notebooks(ROOT)}
LEARNERS = {path.name: path for path in learner_notebooks(ROOT)}
BUILT = [name for name, path in NOTEBOOKS.items() if path not in LEARNERS.values()]


def test_no_notebook_escapes_these_tests() -> None:
    kept_out = ("_build", ".ipynb_checkpoints", ".venv", ".yours")
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in ("chapters", "exercises", "book")
        for path in (ROOT / folder).rglob("*.ipynb")
        if not any(part in str(path) for part in kept_out)
    }
    assert found == set(NOTEBOOKS)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_valid_nbformat(name: str) -> None:
    notebook = nbformat.read(NOTEBOOKS[name], as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_committed_in_normal_form(name: str) -> None:
    assert [str(fault) for fault in form_faults(NOTEBOOKS[name], name)] == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_jupyter_would_save_a_notebook_byte_for_byte(name: str) -> None:
    notebook = nbformat.read(NOTEBOOKS[name], as_version=nbformat.NO_CONVERT)
    assert nbformat.writes(notebook) + "\n" == NOTEBOOKS[name].read_text(encoding="utf-8")


def test_learners_notebooks_are_as_generated() -> None:
    assert [str(found) for found in drift(ROOT)] == []


def test_every_solution_notebook_has_its_learners_notebook() -> None:
    assert [learners_notebook(path) for path in solution_notebooks(ROOT)] == [*LEARNERS.values()]


@pytest.fixture(scope="module")
def record(site: Path) -> None:
    """The build's run of everything as it is now, brought up to date first."""
    assert site.is_dir()
    assert stale.is_current(ROOT)


@pytest.mark.slow
@pytest.mark.usefixtures("record")
@pytest.mark.parametrize("name", BUILT)
def test_the_build_ran_a_notebook_cell_by_cell_without_an_error(
    name: str, record_property: Callable[[str, str], None]
) -> None:
    """All that nbval finds in a run of its own, from the record of the build's run.

    The record is kept by content: of these cells, and of all that a notebook's outputs depend on.
    """
    cells = [c for c in executed_notebook(ROOT, Path(name)).cells if c.cell_type == "code"]
    assert cells
    for cell in cells:
        assert cell.execution_count, f"not run: {cell.source}"
        assert [o for o in cell.outputs if o.output_type == "error"] == [], cell.source
        asked = [*find_comment_markers(cell.source), *find_metadata_tags(cell.metadata)]
        assert asked == [], "nbval is asked for more than a run: let make test run it here"
    record_property("by record", name)


@pytest.mark.slow
@pytest.mark.usefixtures("record")
def test_a_record_of_other_bytes_proves_nothing(tmp_path: Path) -> None:
    notebook = nbformat.read(NOTEBOOKS[BUILT[0]], as_version=4)
    next(c for c in notebook.cells if c.cell_type == "code").source += "\nx = 1"
    nbformat.write(notebook, tmp_path / "other.ipynb")
    with pytest.raises(KeyError):
        executed_notebook(ROOT, tmp_path / "other.ipynb")


@pytest.mark.slow
@pytest.mark.parametrize("name", LEARNERS)
def test_an_unfilled_notebook_runs_without_a_traceback(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTENTION_SCRATCH_PATHS_STATE", str(tmp_path))
    notebook = nbformat.read(LEARNERS[name], as_version=4)
    where = {"metadata": {"path": str(LEARNERS[name].parent)}}
    NotebookClient(notebook, kernel_name="python3", timeout=120, resources=where).execute()
    checks = [cell for cell in notebook.cells if role(cell) == "check"]
    assert checks
    for cell in checks:
        assert "Not solved yet" in shown(cell), source(cell)
    assert not list(tmp_path.iterdir()), "an unfilled notebook must not count as tried"


def shown(cell: Any) -> str:
    """What a cell displayed, as text."""
    return "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)
