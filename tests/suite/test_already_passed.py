"""A module is left out only where the same bytes have passed, all of it, on this machine."""

from __future__ import annotations

import ast
import functools
import json
from pathlib import Path

import pytest

from tests import already_passed
from tests.already_passed import FAMILIES, depends_on, keys

ROOT = Path(__file__).resolve().parents[2]
CONFTEST = """
from pathlib import Path
from tests import already_passed

pytest_plugins = ["tests.families"]
FAMILIES = {"proofs/test_math*.py": ("engine/**", "proofs/*")}

def pytest_configure(config):
    ledger = already_passed.AlreadyPassed(config, FAMILIES, Path(config.rootpath, "cache"))
    config.pluginmanager.register(ledger)
"""
TWO = "def test_one(): pass\ndef test_two(): pass\n"


@pytest.fixture(autouse=True)
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An engine, its family of one module that has passed, and an ordinary test."""
    monkeypatch.setattr(already_passed, "machine", lambda: "this one")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # others take a second to load
    pytester.makeconftest(CONFTEST)
    pytester.makeini("[pytest]\naddopts = -p no:cacheprovider")
    for name, text in {
        "engine/run.cpp": "int run();",
        "proofs/helper.txt": "help",
        "proofs/test_math.py": TWO,
        "proofs/test_other.py": "def test_it(): pass\n",
    }.items():
        path = pytester.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return pytester.path


def passed(pytester: pytest.Pytester, *args: str) -> int:
    """Run, and say how many tests passed."""
    return pytester.runpytest_inprocess(*args).parseoutcomes().get("passed", 0)


def test_what_has_passed_is_not_run_again_and_named(pytester: pytest.Pytester) -> None:
    assert passed(pytester) == 3
    again = pytester.runpytest_inprocess()
    assert again.parseoutcomes() == {"passed": 1}
    again.stdout.re_match_lines(
        [r"not run again, identical bytes passed on \d{4}-\d\d-\d\d: proofs/test_math.py \(2 tests"]
    )


@pytest.mark.parametrize("file", ["engine/run.cpp", "proofs/helper.txt", "proofs/test_math.py"])
def test_a_changed_byte_runs_it_again_and_the_old_bytes_do_not(
    pytester: pytest.Pytester, project: Path, file: str
) -> None:
    assert passed(pytester) == 3
    old = (project / file).read_text()
    (project / file).write_text(old + "#")
    if file == "proofs/test_math.py":
        (project / file).write_text(old + "def test_three(): pass\n")
    assert passed(pytester) >= 3
    (project / file).write_text(old)
    assert passed(pytester) == 1


def test_a_new_file_of_the_engine_and_another_machine_run_it_again(
    pytester: pytest.Pytester, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert passed(pytester) == 3
    (project / "engine" / "more.cpp").write_text("")
    assert passed(pytester) == 3
    monkeypatch.setattr(already_passed, "machine", lambda: "another one")
    assert passed(pytester) == 3


def test_another_test_file_of_the_folder_does_not_matter(
    pytester: pytest.Pytester, project: Path
) -> None:
    assert passed(pytester) == 3
    (project / "proofs" / "test_other.py").write_text("def test_that(): pass\n")
    assert passed(pytester) == 1


@pytest.mark.parametrize(
    "bad",
    [
        "def test_two(): assert False",
        "import pytest\n@pytest.mark.skip\ndef test_two(): pass",
        "import pytest\n@pytest.fixture\ndef x():\n  yield\n  assert False\ndef test_two(x): pass",
    ],
)
def test_a_failure_a_skip_and_a_failing_teardown_are_not_recorded(
    pytester: pytest.Pytester, project: Path, bad: str
) -> None:
    (project / "proofs" / "test_math.py").write_text(f"def test_one(): pass\n{bad}\n")
    assert passed(pytester) >= 2
    assert passed(pytester) >= 2


@pytest.mark.parametrize(
    "chosen",
    [
        ("-k", "one or it"),
        ("-k", "test"),
        ("--deselect", "proofs/test_math.py::test_one"),
        ("proofs/test_math.py::test_one",),
        ("--collect-only",),
        ("-m", "nothing"),
    ],
)
def test_a_part_of_it_is_not_recorded(pytester: pytest.Pytester, chosen: tuple[str, ...]) -> None:
    pytester.runpytest_inprocess(*chosen)
    assert passed(pytester) == 3


def test_a_file_changed_while_it_ran_is_not_recorded(
    pytester: pytest.Pytester, project: Path
) -> None:
    code = "from pathlib import Path\ndef test_one(): Path('engine/new.cpp').touch()\n"
    (project / "proofs" / "test_math.py").write_text(code)
    assert passed(pytester) == 2
    assert passed(pytester) == 2
    assert passed(pytester) == 1


def test_full_a_choice_and_its_own_name_run_it_always(pytester: pytest.Pytester) -> None:
    assert passed(pytester) == 3
    assert passed(pytester, "--full") == 3
    assert passed(pytester, "-k", "test_one") == 1
    assert passed(pytester, "proofs/test_math.py") == 2
    assert passed(pytester, "proofs") == 1


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"key": "0", "tests": 2}', "\x00"])
def test_a_damaged_record_means_run(pytester: pytest.Pytester, project: Path, content: str) -> None:
    assert passed(pytester) == 3
    (record,) = (project / "cache").iterdir()
    assert json.loads(record.read_text())["tests"] == 2
    record.write_text(content)
    assert passed(pytester) == 3
    assert passed(pytester) == 1


def test_workers_report_to_the_process_that_writes_the_record(
    pytester: pytest.Pytester, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    conftest = CONFTEST.replace(
        "\npytest_plugins", "\nalready_passed.machine = str\npytest_plugins"
    )
    (project / "conftest.py").write_text(conftest)
    for wanted in (3, 1):
        result = pytester.runpytest_subprocess("-p", "xdist", "-n1")
        assert result.parseoutcomes() == {"passed": wanted}
    result.stdout.fnmatch_lines(["not run again*: proofs/test_math.py (2 tests)"])


def test_a_hash_covers_every_file_of_the_project_that_a_module_imports() -> None:
    for family, patterns in FAMILIES.items():
        files = depends_on(ROOT, patterns)
        assert any(file.suffix == ".cpp" for file in files)
        modules = sorted(ROOT.glob(family))
        assert modules, family
        for module in modules:
            assert imported(module) - {module} <= files, module


def test_every_module_has_a_hash_of_its_own() -> None:
    found = keys(ROOT, FAMILIES)
    assert {"tests/simt/test_wmma.py", "tests/kernels/test_nvcc.py"} <= found.keys()
    assert len(set(found.values())) == len(found) > 20


def imported(module: Path) -> set[Path]:
    """The project's files that a module imports, wherever in it, and those they import."""
    reached, waiting = set(), [module]
    while waiting:
        new = imports(waiting.pop()) - reached
        reached |= new
        waiting += new
    return reached


@functools.cache
def imports(module: Path) -> set[Path]:
    names: list[str] = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    paths = [ROOT / name.replace(".", "/") for name in names]
    files = [file for p in paths for file in (p.with_suffix(".py"), p / "__init__.py")]
    return {file for file in files if file.is_file()}
