"""The summary of a run says where its time went, and nothing that did not happen."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests import balance, times

ROOT = Path(__file__).resolve().parents[2]


def test_a_family_is_a_file_of_tests() -> None:
    assert times.family("tests/nn/test_linear.py::test_x[a::b]") == "nn/test_linear"


def test_the_ten_slowest_families_are_told_and_all_others_in_one_line() -> None:
    lines = times.table(Counter({f"family{n}": float(n) for n in range(1, 14)}))
    assert [line.split()[-1] for line in lines[:-1]] == [f"family{n}" for n in range(13, 3, -1)]
    assert lines[-1].split() == ["6.0", "s", "7%", "all", "others"]


def test_stages_that_overlap_are_not_added_up() -> None:
    now = time.time()
    told = times.total(f"{now - 90} 30.0 lint\n{now - 90} 60.2 book\n", 29.6)
    assert told == "lint 30 s · book 60 s · tests 30 s · in all 90 s of a budget of 600 s"


def test_a_page_is_handed_out_alone_and_a_file_whole() -> None:
    page = f"{balance.PAGES}::test_page_is_sound[chapters/01_one]"
    assert balance.unit(page) == page
    assert balance.unit(f"{balance.PAGES}::test_search") == balance.PAGES
    assert balance.unit("tests/nn/test_linear.py::test_x[1]") == "tests/nn/test_linear.py"
    assert (ROOT / balance.PAGES).is_file()


def test_a_stage_is_noted_and_its_status_passed_on(tmp_path: Path) -> None:
    for name, code in (("good", "0"), ("two words", "3")):
        command = [ROOT / ".ci" / "stage", name, sys.executable, "-c", f"raise SystemExit({code})"]
        assert subprocess.run(command, cwd=tmp_path, check=False).returncode == int(code)
    lines = (tmp_path / "_build" / "stages.txt").read_text(encoding="utf-8").splitlines()
    assert [line.split(maxsplit=2)[2] for line in lines] == ["good", "two words"]
