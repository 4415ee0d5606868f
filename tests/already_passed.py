"""Skips a module of conformance tests whose identical bytes have passed on this machine.

Of the modules in ``FAMILIES``, one whose tests have all passed is noted in the cache folder under a
hash of everything its verdict depends on: its own text, the files of its family, compilers,
packages, processor. While nothing of that changes it is not collected again, and the summary says
so. It runs always with ``--full``, with ``-k`` or ``--lf``, and where it is named on the command
line. What a run in full has passed need not be drawn from again, so one record serves both.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Generator, Mapping
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from attention_scratch.config import ENV_PREFIX, settings
from attention_scratch.files import write_atomically

EMULATOR = (
    "attention_scratch/*.py",
    "attention_scratch/simt/**",
    "config.yaml",
    "pyproject.toml",
    "tests/*.py",
    "tests/simt/**",
)
NVCC = (*EMULATOR, "attention_scratch/kernels/**", "cuda/**", "tests/kernels/*")
WORDS = "async_ corpus_ groups half_ integer math mbarrier ptx_ sanitizer warp wmma"
# Files of tests by pattern, and what they depend on besides themselves: all that these patterns
# match, but tests only where a pattern is of tests.
FAMILIES = {f"tests/simt/test_{word}*.py": EMULATOR for word in WORDS.split(" ")}
FAMILIES["tests/simt/test_half_*.py"] += ("tests/simt/test_half_*.py",)
FAMILIES["tests/kernels/test_nvcc.py"] = NVCC
TOOLS = ("g++", "clang++", "nvcc", "ptxas", "ld", "addr2line", "objdump")
# Options that choose among tests or draw other examples: such a run proves something else.
CHOOSING = ("-k", "--lf", "--hypothesis-profile", "--hypothesis-seed")


class AlreadyPassed:
    """The plugin: ``root`` holds the files, ``folder`` the records."""

    def __init__(
        self,
        config: pytest.Config,
        families: Mapping[str, tuple[str, ...]] = FAMILIES,
        folder: Path | None = None,
    ) -> None:
        self.root = config.rootpath
        self.families = families
        self.folder = folder or settings().paths.cache / "passed"
        self.ordinary = not any(config.getoption(name, None) for name in CHOOSING)
        self.full = config.getoption("--full")
        self.workerinput: dict[str, Any] | None = getattr(config, "workerinput", None)
        self.counted: Counter[str] = Counter()  # tests of a module, before any is deselected
        self.stated: dict[str, int] = {}  # the same, as the reports say it
        self.passed: dict[str, set[str]] = defaultdict(set)
        self.partial = {arg.split("::")[0] for arg in config.args if "::" in arg}

    @cached_property
    def keys(self) -> dict[str, str]:
        """The hash of each module of the families, as the files are when the run begins."""
        return keys(self.root, self.families)

    @cached_property
    def records(self) -> dict[str, dict[str, Any]]:
        """The records of the modules that need not run."""
        if self.workerinput is not None:
            return dict(self.workerinput["already_passed"])
        if self.full or not self.ordinary:
            return {}
        found = {module: record(self.folder, key) for module, key in self.keys.items()}
        return {module: noted for module, noted in found.items() if noted}

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker process what it need not run: all must collect the same."""
        node.workerinput["already_passed"] = self.records

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        # pytest does not ask about files that are named on the command line.
        if not any(collection_path.match(family) for family in self.families):
            return None
        return self._module(collection_path) in self.records or None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.counted.update(self._module(item.path) for item in items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, Any]:
        report = yield
        report.tests_of_its_module = self.counted[self._module(item.path)]
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        module = report.nodeid.split("::")[0]
        self.stated[module] = getattr(
            report, "tests_of_its_module", 0
        )  # a crashed worker's has none
        if report.failed:
            self.partial.add(module)
        elif report.when == "call" and report.passed:
            self.passed[module].add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Note the modules of which every test has passed, if no file changed meanwhile."""
        if self.workerinput is not None or not self.ordinary:
            return
        whole = {m for m, ids in self.passed.items() if len(ids) == self.stated[m]} - self.partial
        if not any(Path(m).match(family) for m in whole for family in self.families):
            return
        now = keys(self.root, self.families)
        for module in sorted(whole & now.keys()):
            if now[module] == self.keys.get(module):
                note(self.folder, now[module], module, len(self.passed[module]))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        by_day: dict[str, list[str]] = defaultdict(list)
        for module, noted in sorted(self.records.items()):
            if module not in self.passed:
                by_day[noted["day"]].append(f"{module} ({noted['tests']} tests)")
        for day, modules in sorted(by_day.items()):
            terminalreporter.write_line(
                f"not run again, identical bytes passed on {day}: {', '.join(modules)}"
            )

    def _module(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def keys(root: Path, families: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """For each test module of the families: a hash of all that decides whether it passes."""
    here = json.dumps(machine())
    found = {}
    for family, patterns in families.items():
        shared = hashlib.sha256(here.encode())
        _digest(shared, root, depends_on(root, patterns))
        for module in root.glob(family):
            own = shared.copy()
            _digest(own, root, {module})
            found[module.relative_to(root).as_posix()] = own.hexdigest()
    return found


def depends_on(root: Path, patterns: tuple[str, ...]) -> set[Path]:
    """The files that the patterns of a family mean."""
    return {
        path
        for pattern in patterns
        for path in root.glob(pattern + "/*" if pattern.endswith("**") else pattern)
        if path.is_file() and "__pycache__" not in path.parts
        if not path.name.startswith("test_") or "test_" in pattern
    }


def _digest(into: Any, root: Path, paths: set[Path]) -> None:
    for path in sorted(paths):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        into.update(f"{path.relative_to(root)}\0{content}\n".encode())


def machine() -> dict[str, Any]:
    """What besides the repository's files decides: tools, packages, processor, settings."""
    named = {k: v for k, v in os.environ.items() if k.startswith(ENV_PREFIX)}
    packages = sorted(f"{d.metadata['Name']} {d.version}" for d in metadata.distributions())
    return {
        "python": [sys.version, platform.platform(), packages],
        "processor": [os.cpu_count(), _processor()],
        "tools": {tool: _version(tool) for tool in (*TOOLS, *_compiler())},
        "settings": {k: v for k, v in sorted(named.items()) if "_PATHS_" not in k},
    }


def _processor() -> list[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return [platform.processor()]
    return sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})


def _compiler() -> tuple[str, ...]:
    named = settings().simt.compiler
    return () if named == "auto" else tuple(shlex.split(named)[:1])


def _version(tool: str) -> str:
    path = shutil.which(tool)
    if path is None:
        return "none"
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    return f"{Path(path).resolve()} {done.stdout}"


def record(folder: Path, key: str) -> dict[str, Any] | None:
    """The note under ``key``; None if there is none or it is damaged."""
    try:
        noted = json.loads((folder / f"{key}.json").read_text(encoding="utf-8"))
        sound = noted["key"] == key and noted["tests"] > 0 and isinstance(noted["day"], str)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return noted if sound else None


def note(folder: Path, key: str, module: str, tests: int) -> None:
    """Write down that all of a module's tests have passed."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    noted = {"key": key, "module": module, "tests": tests, "day": today}
    write_atomically(folder / f"{key}.json", json.dumps(noted))
