"""Interleaving, ratios, and reports that survive the disk."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from attention_scratch.bench import (
    Comparison,
    Report,
    Row,
    Timing,
    compare,
    load_reports,
    provenance,
    write_report,
)
from attention_scratch.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


def test_runs_alternate_and_every_round_swaps_the_order() -> None:
    calls: list[str] = []
    compare(lambda: calls.append("o"), lambda: calls.append("p"), rounds=4, warmup=1)
    assert "".join(calls) == "po" + "po" + "op" + "po" + "op"


def test_slower_peer_shows_as_a_speedup() -> None:
    measured = compare(lambda: time.sleep(0.001), lambda: time.sleep(0.05), rounds=5)
    assert measured.speedup > 2  # fifty on an idle core; a busy one may stretch a sleep


def test_speedup_is_the_median_of_paired_ratios_not_the_ratio_of_medians() -> None:
    measured = Comparison(ours=Timing((1.0, 2.0, 4.0)), peer=Timing((3.0, 3.0, 20.0)))
    assert measured.speedups == (3.0, 1.5, 5.0)
    assert measured.speedup == 3.0


def test_too_few_rounds_are_refused() -> None:
    with pytest.raises(InputError, match="rounds: got 2"):
        compare(lambda: None, lambda: None, rounds=2)


def test_report_reads_back_as_it_was_written(tmp_path: Path) -> None:
    measured = Comparison(ours=Timing((1.0, 1.0, 2.0)), peer=Timing((3.0, 2.0, 2.0)))
    row = Row.of("case", measured, goal=2.5)
    report = Report("name", "Title", "peer", "how", (row,), provenance())
    path = write_report(report, tmp_path)
    assert path == tmp_path / "cpu" / "name.json"
    assert load_reports(tmp_path) == [report]
    assert row.met is False
    assert not list(path.parent.glob("*.tmp"))


def test_a_table_gives_both_times_the_spread_and_the_verdict() -> None:
    measured = Comparison(ours=Timing((1.0, 1.0, 2.0)), peer=Timing((3.0, 2.0, 2.0)))
    rows = (Row.of("missed", measured, goal=2.5), Row.of("met", measured, goal=2.0))
    rows += (Row.of("no goal", measured),)
    lines = Report("name", "Title", "peer", "how", rows, provenance()).table().splitlines()
    assert [line.split()[0] for line in lines] == ["missed", "met", "no"]
    assert "ours   1000.000 ms   peer   2000.000 ms   2.00× [1.00–3.00]" in lines[0]
    assert lines[0].endswith("goal 2.50× MISSED")
    assert lines[1].endswith("goal 2.00× met")
    assert lines[2].endswith("]")
    assert "goal" not in lines[2].removeprefix("no goal")


def test_broken_report_is_named(tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "x.json").write_text(json.dumps({"schema": 99}))
    with pytest.raises(InputError, match=r"x\.json.*make bench"):
        load_reports(tmp_path)


def test_provenance_tells_the_commit_and_the_cores() -> None:
    here = provenance()
    command = ["git", "rev-parse", "--short=12", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        assert here.commit.startswith(done.stdout.strip())
    assert here.cores == psutil.cpu_count()
    assert here.packages["numpy"]
