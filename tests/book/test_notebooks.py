"""Committed notebooks: valid, without outputs, with readable ids; learners' ones as generated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from attention_scratch.exercises.notebook_contract import role
from attention_scratch.exercises.notebook_form import form_faults, source
from attention_scratch.exercises.notebooks import (
    all_notebooks,
    drift,
    learner_notebooks,
    solution_notebooks,
)

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = {path.relative_to(ROOT).as_posix(): path for path in all_notebooks(ROOT)}
LEARNERS = {path.name: path for path in learner_notebooks(ROOT)}


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
    assert [path.name for path in solution_notebooks(ROOT)] == list(LEARNERS)


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
