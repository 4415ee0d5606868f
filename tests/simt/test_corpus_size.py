"""The corpus is as large as promised, and every source of it has its entry."""

from __future__ import annotations

import pytest

from tests.simt.corpus.case import FOLDER
from tests.simt.corpus.catalog import BUGS, RIGHT
from tests.simt.corpus.planted import Planted


def test_there_are_enough_right_kernels_and_planted_bugs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with capsys.disabled():
        print(f"\ncorpus: {len(RIGHT)} right kernels, {len(BUGS)} planted bugs")
    assert len(RIGHT) >= 40
    assert len(BUGS) >= 20


@pytest.mark.parametrize(("folder", "entries"), [("right", RIGHT), ("bugs", BUGS)])
def test_every_source_has_one_entry(folder: str, entries: tuple[object, ...]) -> None:
    files = sorted(path.stem for path in (FOLDER / folder).glob("*.cu"))
    assert sorted(map(str, entries)) == files


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_planted_bug_marks_one_line(bug: Planted) -> None:
    assert len(bug.lines("bug")) == 1
