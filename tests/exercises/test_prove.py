"""The whole machinery on a small book: solution passes, stub is polite, mutants are recognized."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from attention_scratch.errors import InputError
from attention_scratch.exercises import prove, registry
from attention_scratch.exercises.notebook_form import as_text
from attention_scratch.exercises.notebooks import generate
from attention_scratch.exercises.prove import Task, result_of_mutant, tasks
from tests.exercises.notebook import registered, solution_notebook, write_book

IDS = ("97.softmax", "97.entropy")


@pytest.fixture
def proofs(tmp_path: Path) -> dict[str, Task]:
    return tasks(registered(write_book(tmp_path)))


def test_every_exercise_of_the_notebook_is_found(proofs: dict[str, Task]) -> None:
    assert tuple(proofs) == IDS


@pytest.mark.parametrize("exercise", IDS)
def test_the_solution_passes(proofs: dict[str, Task], exercise: str) -> None:
    assert proofs[exercise].result_of_solution().status == "passed"


def test_the_stub_is_unsolved_with_its_own_message(proofs: dict[str, Task]) -> None:
    results = {name: task.result_of_stub() for name, task in proofs.items()}
    assert {r.status for r in results.values()} == {"unsolved"}
    assert results["97.softmax"].message == "subtract the row maximum first"
    assert results["97.entropy"].message in proofs["97.entropy"].stub_messages()


def test_every_mutant_gets_its_diagnosis(tmp_path: Path) -> None:
    registered(write_book(tmp_path))
    mutants = [mutant for name in IDS for mutant in registry.get(name).mutants]
    assert len(mutants) == 6
    for mutant in mutants:
        result = result_of_mutant(mutant)
        assert (result.status, result.diagnosis) == ("failed", mutant.diagnosis), str(mutant)


def test_a_wrong_solution_is_found_out(tmp_path: Path) -> None:
    notebook: dict[str, Any] = solution_notebook()
    text = as_text(notebook).replace("x - x.max(-1, keepdims=True)", "x")
    path = registered(write_book(tmp_path))
    path.write_text(text)
    result = tasks(path)["97.softmax"].result_of_solution()
    assert (result.status, result.diagnosis) == ("failed", "max-not-subtracted")


def test_the_learners_own_line_is_told_in_code_of_a_cell(tmp_path: Path) -> None:
    path = registered(write_book(tmp_path))
    path.write_text(as_text(solution_notebook()).replace("x.max(-1, keepdims=True)", "x.maxi()"))
    result = tasks(path)["97.softmax"].result_of_solution()
    assert "In line 2 of softmax: e = np.exp(x - x.maxi())" in result.details


def test_a_notebook_that_breaks_the_contract_is_refused(tmp_path: Path) -> None:
    path = write_book(tmp_path)
    path.write_text(path.read_text().replace('check(\\"97.softmax\\", softmax)', "softmax"))
    with pytest.raises(InputError, match="does not call check"):
        tasks(path)


def test_a_plain_cell_that_raises_is_not_swallowed(tmp_path: Path) -> None:
    path = registered(write_book(tmp_path))
    path.write_text(path.read_text().replace("LOG = np.log", "LOG = np.lg"))
    with pytest.raises(AttributeError):
        tasks(path)


def test_a_proof_leaves_the_working_directory_alone(tmp_path: Path) -> None:
    before = Path.cwd()
    tasks(registered(write_book(tmp_path)))
    assert Path.cwd() == before


def test_a_mutant_without_an_end_takes_its_time_limit_alone() -> None:
    assert prove.MUTANT_TIME_LIMIT <= 2.0


@pytest.mark.slow
def test_a_learner_fills_in_the_generated_notebook_in_a_real_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTENTION_SCRATCH_PATHS_STATE", str(tmp_path / "state"))
    folder = write_book(tmp_path).parent
    [path] = generate(tmp_path)
    notebook = nbformat.read(path, as_version=4)
    load = (
        "from pathlib import Path\nfrom attention_scratch.exercises import registry\n"
        f"registry.load(Path({str(folder)!r}))"
    )
    notebook.cells.insert(0, nbformat.v4.new_code_cell(load))
    drawing = next(c for c in notebook.cells if c.id == "drawing")
    drawing.source = "pass"
    entropy = next(c for c in notebook.cells if c.id == "entropy-stub")
    entropy.source = "def entropy(x):\n    while True:\n        pass"
    entropy_check = next(c for c in notebook.cells if c.id == "entropy-check")
    entropy_check.source = 'check("97.entropy", entropy, time_limit=0.5)'
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, kernel_name="python3", timeout=60, resources=where).execute()
    shown = {
        c.id: "".join(o.get("data", {}).get("text/html", "") for o in c.outputs)
        for c in notebook.cells
        if c.cell_type == "code"
    }
    assert "Not solved yet" in shown["softmax-check"]
    assert "subtract the row maximum first" in shown["softmax-check"]
    assert "did not return within 0.5 s" in shown["entropy-check"]
    for c in notebook.cells:
        assert not [o for o in c.get("outputs", ()) if o.output_type == "display_data"], c.id
    assert (tmp_path / "state" / "progress.json").exists()
