"""``%%cuda NAME`` binds source text: in a running IPython, in a proof, in a real kernel."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from sphinx.application import Sphinx
from traitlets.config import Config

from attention_scratch.errors import InputError
from attention_scratch.exercises import CudaSource, cuda_magic
from attention_scratch.exercises.cuda_magic import bound, in_python, read_cell
from attention_scratch.exercises.notebook_contract import contract_faults, todo_messages
from attention_scratch.exercises.notebook_form import as_text, normal
from attention_scratch.exercises.notebooks import faults, generate
from attention_scratch.exercises.prove import Task, tasks
from tests.exercises.notebook import cell, write_book

ROOT = Path(__file__).resolve().parents[2]
BODY = 'extern "C" __global__ void add(float* x, int n) {\n  x[0] += n % 2;\n}\n'
STUB = '%%cuda add\nextern "C" __global__ void add(float* x) {\n  // todo("add one to x[0]")\n}'
SOLUTION = '%%cuda add\nextern "C" __global__ void add(float* x) {\n  x[0] += 1;\n}'
CASES = """
from attention_scratch.exercises import Case, Exercise, register

register(Exercise(
    id="96.add", title="Add one", teaches="nothing much",
    reference=lambda: True, adapt=lambda text: lambda: "x[0] += 1" in text,
    hints=("a", "b", "c"), cases=(Case("the text", lambda rng: ()),),
))
"""


def code(text: str) -> dict[str, Any]:
    return cell("code", "kernel", text)


def notebook_with_kernel() -> dict[str, Any]:
    cells = [
        cell("markdown", "task", "## Add one"),
        cell("code", "stub", STUB, "exercise", exercise="96.add"),
        cell("code", "solution", SOLUTION, "solution", "hide-cell", exercise="96.add"),
        cell("code", "check", 'check("96.add", add)', "check", exercise="96.add"),
    ]
    setup = cell("code", "setup", "from attention_scratch.exercises import check")
    return normal({"cells": [setup, *cells], "metadata": {}})


def register_case() -> None:
    exec(compile(CASES, "<cases of chapter 96>", "exec"), {"__name__": "cases96"})


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[InteractiveShell]:
    without_history = Config({"HistoryManager": {"enabled": False}})
    shell = InteractiveShell.instance(config=without_history, ipython_dir=str(tmp_path))
    cuda_magic.register()
    yield shell
    InteractiveShell.clear_instance()


# --- what a cell says -----------------------------------------------------------------------------


def test_a_cell_gives_its_name_and_its_source() -> None:
    read = read_cell(code(f"%%cuda add\n{BODY}"))
    assert read == ("add", "\n" + BODY)


def test_line_numbers_of_the_source_are_those_of_the_cell() -> None:
    text = f"%%cuda add\n{BODY}"
    read = read_cell(code(text))
    assert read is not None
    assert read[1].split("\n")[1:] == text.split("\n")[1:]


@pytest.mark.parametrize("text", ["", "x = 1", "%%time\nx = 1", "%%cudagraph\nx", "'%%cuda add'"])
def test_a_cell_of_another_kind_is_left_alone(text: str) -> None:
    assert read_cell(code(text)) is None
    assert in_python({"cells": [code(text)]})["cells"] == [code(text)]


def test_markdown_that_shows_the_magic_is_left_alone() -> None:
    assert read_cell(cell("markdown", "text", "%%cuda add\nint i;")) is None


@pytest.mark.parametrize("line", ["", "two words", "3d", "class", "a-b"])
def test_a_name_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(InputError, match="expected the name of a variable"):
        bound(line, BODY)


def test_a_cell_without_code_is_refused_by_its_id() -> None:
    with pytest.raises(InputError, match="%%cuda in cell kernel: got no code"):
        read_cell(code("%%cuda add\n\n"))


# --- the source -----------------------------------------------------------------------------------


def test_a_source_is_text() -> None:
    source = CudaSource(BODY)
    assert isinstance(source, str)
    assert source == BODY
    assert f"{source}" == BODY


@pytest.mark.parametrize(
    ("text", "kernels"),
    [
        (BODY, ("add(float* x, int n)",)),
        ("__global__ void __launch_bounds__(256, 2) k(int\n  n) {}", ("k(int n)",)),
        ("__global__ __launch_bounds__(128) void k() {}", ("k()",)),
        ("template <int N>\n__global__ void k(float* x) {}", ("k(float* x)",)),
        ("__global__ void a() {} __global__ void b() {}", ("a()", "b()")),
        ("// __global__ void a() {}\n/* __global__ void b() {} */", ()),
        ('const char* s = "__global__ void a() {}";', ()),
        ("__device__ void helper() {}", ()),
    ],
)
def test_a_source_knows_its_kernels(text: str, kernels: tuple[str, ...]) -> None:
    assert CudaSource(text).kernels() == kernels


def test_a_source_is_shown_by_its_kernels() -> None:
    assert repr(CudaSource(BODY)) == "<CUDA C++, 3 lines, kernel add(float* x, int n)>"
    assert repr(CudaSource("int i;")) == "<CUDA C++, 1 line, no kernel>"


# --- in IPython -----------------------------------------------------------------------------------


def test_running_a_cell_binds_the_name(shell: InteractiveShell) -> None:
    assert shell.run_cell(f"%%cuda add\n{BODY}").success
    assert type(shell.user_ns["add"]) is CudaSource
    assert shell.user_ns["add"] == "\n" + BODY


@pytest.mark.parametrize("text", [BODY, "!x\n", 'auto s = R"x(""")x"; // {name} $name \\n\n'])
def test_ipython_and_the_prover_bind_the_same_text(shell: InteractiveShell, text: str) -> None:
    shell.run_cell(f"%%cuda add\n{text}")
    namespace: dict[str, Any] = {}
    [made] = in_python({"cells": [code(f"%%cuda add\n{text}")]})["cells"]
    exec(made["source"], namespace)
    assert namespace["add"] == shell.user_ns["add"]


def test_a_cell_without_a_name_says_how_to_write_it(shell: InteractiveShell) -> None:
    with pytest.raises(UsageError, match="%%cuda vector_add"):
        shell.run_cell_magic("cuda", "", BODY)


def test_a_bare_import_does_not_import_ipython() -> None:
    program = "import attention_scratch.exercises, sys; sys.exit('IPython' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# --- in a proof -----------------------------------------------------------------------------------


def test_the_todo_of_a_kernel_is_found() -> None:
    [made] = in_python({"cells": [code(STUB)]})["cells"]
    assert todo_messages(made["source"]) == ("add one to x[0]",)


def test_a_notebook_with_kernel_cells_keeps_the_contract() -> None:
    notebook = in_python(notebook_with_kernel())
    assert contract_faults(notebook, "exercises/96_add/solutions.ipynb", {"96.add"}) == []


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A notebook with one kernel exercise, in a book of its own."""
    register_case()
    folder = write_book(tmp_path, notebook_with_kernel()).parent
    return folder.rename(folder.with_name("96_add")) / "solutions.ipynb"


def test_a_kernel_is_proved_from_its_cells(book: Path) -> None:
    task: Task = tasks(book)["96.add"]
    stub = task.result_of_stub()
    assert (stub.status, stub.message) == ("unsolved", "add one to x[0]")
    assert task.stub_messages() == ("add one to x[0]",)
    assert task.result_of_solution().status == "passed"


def test_a_learner_gets_the_kernel_cell_as_it_is_written(book: Path, tmp_path: Path) -> None:
    [path] = generate(tmp_path)
    cells = {c["id"]: "".join(c["source"]) for c in json.loads(path.read_text())["cells"]}
    assert cells["stub"] == STUB
    assert "solution" not in cells


def test_a_kernel_cell_without_its_todo_is_a_fault(book: Path, tmp_path: Path) -> None:
    book.write_text(book.read_text().replace("todo(", "to do("))
    found = [str(fault) for fault in faults(tmp_path)]
    assert any("cell stub: no function of the stub ends in todo" in fault for fault in found)


def test_a_kernel_cell_is_lint_clean_for_ruff(tmp_path: Path) -> None:
    path = tmp_path / "96_add.ipynb"
    path.write_text(as_text(normal({"cells": [code(f"%%cuda add\n{BODY}")], "metadata": {}})))
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check", "--isolated"], ["format", "--isolated", "--check"]):
        done = subprocess.run([*ruff, *command, str(path)], capture_output=True, check=False)
        assert done.returncode == 0, done.stdout.decode()


@pytest.mark.slow
def test_a_kernel_cell_runs_in_a_real_kernel(tmp_path: Path) -> None:
    cells = [
        nbformat.v4.new_code_cell("from attention_scratch.exercises import check"),
        nbformat.v4.new_code_cell(f"%%cuda add\n{BODY}"),
        nbformat.v4.new_code_cell("add"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, kernel_name="python3", timeout=60, resources=where).execute()
    assert notebook.cells[1].outputs == []
    shown = notebook.cells[2].outputs[0]["data"]["text/plain"]
    assert shown == "<CUDA C++, 3 lines, kernel add(float* x, int n)>"


# --- on the site ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_kernel_cell_is_shown_as_cuda_without_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    notebook = normal(
        {"cells": [code(f"%%cuda add\n{BODY}"), cell("code", "python", "import x")], "metadata": {}}
    )
    (tmp_path / "index.ipynb").write_text(as_text(notebook))
    extensions = ["myst_nb", "attention_book.cuda_cells"]
    options = {"extensions": extensions, "nb_execution_mode": "off"}
    warnings = io.StringIO()
    folders = [str(tmp_path), None, str(tmp_path / "html"), str(tmp_path / "trees")]
    Sphinx(*folders, "html", options, status=None, warning=warnings).build()
    assert warnings.getvalue() == ""
    page = BeautifulSoup((tmp_path / "html" / "index.html").read_text(), "html.parser")
    kernel, python = page.select("div.cell_input div.highlight")
    assert kernel.get_text().strip() == f"%%cuda add\n{BODY}".strip()
    assert [kind.string for kind in kernel.select("span.kr")] == ["__global__"]
    assert [kind.string for kind in kernel.select("span.kt")] == ["void", "float", "int"]
    assert [kind.string for kind in python.select("span.kn")] == ["import"]
