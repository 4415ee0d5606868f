"""The command, run as a reader runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from attention_scratch import doctor
from attention_scratch.doctor import Report
from tests.doctor.simulated import SimulatedMachine

CALL = "import sys; from attention_scratch import doctor; sys.exit(doctor.main({}))"


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> Report:
    """``main`` on a simulated machine; the last test runs it on the real one."""
    report = doctor.examine(SimulatedMachine())
    monkeypatch.setattr(doctor, "examine", lambda: report)
    return report


def test_json_is_all_that_is_printed(
    examined: Report, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status = doctor.main(json_output=True, report=tmp_path)
    printed = capsys.readouterr()
    assert Report.from_json(printed.out) == examined
    assert status == json.loads(printed.out)["verdict"]["exit_status"]
    assert printed.err.count("Wrote ") == 3


def test_the_report_on_disk_is_the_one_that_was_printed(
    examined: Report, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    doctor.main(report=tmp_path)
    assert examined.headline in capsys.readouterr().out
    text = (tmp_path / "environment.json").read_text(encoding="utf-8")
    assert Report.from_json(text) == examined


@pytest.mark.slow
def test_a_fresh_process_prints_json_and_exits_with_the_verdict() -> None:
    command = [sys.executable, "-c", CALL.format("json_output=True")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    assert ran.returncode == int(Report.from_json(ran.stdout).verdict)
