"""The command, run as a reader runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from attention_scratch.cli import main

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from attention_scratch.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_lists_the_commands() -> None:
    done = run("--help")
    assert done.returncode == 0
    for command in ("doctor", "generate", "train", "exercises"):
        assert command in done.stdout


def test_generate_writes_a_story() -> None:
    done = run("generate", "Once upon a time", "--max-new-tokens", "12", "--temperature", "0")
    assert done.returncode == 0
    assert done.stdout.startswith("Once upon a time")
    assert len(done.stdout.split()) > 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("generate", ""), "prompt"),
        (("generate", "Hello", "--model", "no/such/folder"), "Hugging Face layout"),
        (("generate", "Hello", "--temperature", "-1"), "temperature"),
        (("generate", "Hello", "--max-new-tokens", "0"), "max_new_tokens"),
        (("train", "olmo2-tiny", "--out", "models"), "out"),
        (("train", "olmo2-tiny", "--out", "x", "--minutes", "0"), "minutes"),
        (("train", "olmo2-tiny", "--out", "x", "--text", "no/such.txt"), "text"),
    ],
)
def test_bad_input_is_one_line_and_exit_status_two(
    arguments: tuple[str, ...],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["attention-scratch", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert len(error.strip().splitlines()) == 1


def test_bad_input_ends_the_process_so_too() -> None:
    done = run("generate", "Hello", "--temperature", "-1")
    assert done.returncode == 2
    assert "temperature" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_doctor_prints_json_only() -> None:
    done = run("doctor", "--json")
    assert json.loads(done.stdout)
    assert done.returncode in (0, 10)
