"""Where a run's time went: the ten slowest families of tests, and what came before the tests.

A family is a file of tests, with the setups it alone asked for. ``--spent FILE`` names what
``.ci/stage`` wrote: a line for each stage of ``make test``, seconds and name.
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

SLOWEST = 10
BUDGET = 600  # seconds of `.ci/run` on two quiet cores, from a fresh clone


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--spent", type=Path, help="seconds and name of each stage before the tests")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Times(config.getoption("--spent")), "times")


class Times:
    """Adds up the seconds of the workers' reports; speaks last."""

    def __init__(self, spent: Path | None) -> None:
        self.spent = spent
        self.started = time.time()
        self.seconds: Counter[str] = Counter()
        self.by_record: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[family(report.nodeid)] += report.duration
        if report.when == "call" and report.passed:
            self.by_record += [str(v) for k, v in report.user_properties if k == "by record"]

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        say = terminalreporter.write_line
        if self.by_record:
            names = ", ".join(sorted(self.by_record))
            say(f"Run once, by the book's build, and proved by its record: {names}")
        terminalreporter.section("where the time went")
        for line in table(self.seconds):
            say(line)
        tests = time.time() - self.started
        if self.spent is not None and self.spent.is_file():
            say(total(self.spent.read_text(encoding="utf-8"), tests))


def family(nodeid: str) -> str:
    """The file of a test: ``tests/nn/test_linear.py::test_x[1]`` → ``nn/test_linear``."""
    return nodeid.partition("::")[0].removeprefix("tests/").removesuffix(".py")


def table(seconds: Counter[str]) -> list[str]:
    """The slowest families, slowest first, in seconds and as a share of all tests."""
    whole = sum(seconds.values()) or 1.0
    slowest = seconds.most_common(SLOWEST)
    rest = whole - sum(spent for _, spent in slowest)
    lines = [f"{spent:8.1f} s  {spent / whole:4.0%}  {name}" for name, spent in slowest]
    return [*lines, f"{rest:8.1f} s  {rest / whole:4.0%}  all others"]


def total(stages: str, tests: float) -> str:
    """One line: every stage, the tests, their sum beside the budget.

    Stages overlap: the sum is the time since the first of them started.
    """
    parts = [line.split(maxsplit=2) for line in stages.splitlines()]
    shown = " · ".join(f"{name} {float(seconds):.0f} s" for _, seconds, name in parts)
    first = min((float(start) for start, _, _ in parts), default=time.time() - tests)
    wall = time.time() - first
    return f"{shown} · tests {tests:.0f} s · in all {wall:.0f} s of a budget of {BUDGET} s"
