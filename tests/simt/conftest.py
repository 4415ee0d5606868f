"""Says how large the corpus is that the emulator was proved on."""

from __future__ import annotations

from collections import Counter

import pytest

CORPUS = "tests/simt/test_corpus_"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line of counts after any run of the corpus's tests."""
    counts = Counter(
        outcome
        for outcome in ("passed", "failed", "error")
        for report in terminalreporter.stats.get(outcome, ())
        if report.nodeid.startswith(CORPUS)
    )
    if not counts:
        return
    from tests.simt.corpus.catalog import BUGS, RIGHT

    kinds = len({bug.kind for bug in BUGS})
    tests = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    terminalreporter.write_line(
        f"corpus: {len(RIGHT)} right kernels, {len(BUGS)} planted bugs of {kinds} kinds; "
        f"tests: {tests}"
    )


# What `make check` runs: the emulator's backbone. Whole families of functions take their time.
FAMILIES = ("async_", "groups", "half_", "integer", "math", "mbarrier", "ptx_", "warp", "wmma")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of whole families as slow."""
    for item in items:
        if item.path.parent.name == "simt" and item.path.stem[5:].startswith(FAMILIES):
            item.add_marker(pytest.mark.slow)
