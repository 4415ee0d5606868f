"""Progress survives crashes, broken files and two kernels at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from attention_scratch.exercises import check, progress, register, state
from attention_scratch.exercises.state import Entry, ProgressNotSaved
from tests.exercises.tiny import exercise

WRITER = """
import sys
from pathlib import Path
from attention_scratch.exercises import state
file = Path(sys.argv[1])
state.path = lambda: file
for i in range(25):
    state.note_hint(f"99.{sys.argv[2]}")
    state.note_hint("99.shared")
"""


def test_a_check_is_counted_and_a_pass_is_kept(state_file: Path) -> None:
    register(exercise(abs, -1.0))
    check("99.tiny", lambda x: x)
    assert state.read()["99.tiny"] == Entry(checks=1, passed=False)
    check("99.tiny", abs)
    check("99.tiny", lambda x: x)
    assert state.read()["99.tiny"] == Entry(checks=3, passed=True)


def test_an_unsolved_stub_counts_as_untouched(state_file: Path) -> None:
    from attention_scratch.exercises import todo

    register(exercise(abs, -1.0))
    check("99.tiny", lambda x: todo("take the absolute value"))
    assert not state_file.exists()


def test_a_check_that_is_not_to_be_recorded_is_not(state_file: Path) -> None:
    register(exercise(abs, -1.0))
    check("99.tiny", abs, record=False)
    assert not state_file.exists()


def test_a_check_among_the_solutions_is_not_the_learners(
    state_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "exercises" / "99_tiny"
    folder.mkdir(parents=True)
    (folder / "solutions.ipynb").touch()
    register(exercise(abs, -1.0))
    monkeypatch.chdir(folder)
    assert check("99.tiny", abs)
    assert not state_file.exists()
    monkeypatch.chdir(folder.parent)
    assert check("99.tiny", abs)
    assert state_file.exists()


def test_processes_writing_at_once_lose_nothing(state_file: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(state_file), name])
        for name in ("a", "b", "c")
    ]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    entries = state.read()
    assert {name: entry.hints for name, entry in entries.items()} == {
        "99.a": 25,
        "99.b": 25,
        "99.c": 25,
        "99.shared": 75,
    }
    assert not list(state_file.parent.glob("*.tmp"))


def test_a_reader_never_sees_half_a_file(state_file: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(state_file), "a"])
    seen = 0
    while writer.poll() is None:
        if state_file.exists():
            json.loads(state_file.read_text())
            seen += 1
    assert writer.returncode == 0
    assert seen


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"version": 2, "exercises": {}}',
        b'{"version": 1, "exercises": {"99.a": {"checks": "many", "passed": true, "hints": 0}}}',
        b'{"version": 1, "exercises": {"99.a": {"checks": 1}}}',
        b'{"version": 1, "exercises": {"99.a": 3}}',
        b"[" * 100_000,
    ],
)
def test_a_broken_file_is_kept_aside_told_once_and_begun_afresh(
    state_file: Path, content: bytes
) -> None:
    state_file.parent.mkdir(parents=True)
    state_file.write_bytes(content)
    with pytest.warns(ProgressNotSaved, match="begins afresh") as caught:
        assert state.note_hint("99.a") == Entry(hints=1)
    assert len(caught) == 1
    [copy] = state_file.parent.glob("*.broken-*")
    assert copy.read_bytes() == content
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert state.note_hint("99.a") == Entry(hints=2)


def test_a_failed_write_leaves_the_old_file_and_no_litter(
    state_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.note_hint("99.a")
    before = state_file.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.warns(ProgressNotSaved, match="until this kernel ends"):
        assert state.note_hint("99.a").hints >= 1
    assert state_file.read_bytes() == before
    assert not list(state_file.parent.glob("*.tmp"))


def test_a_folder_that_cannot_be_made_keeps_progress_in_memory_and_says_so_once(
    state_file: Path,
) -> None:
    state_file.parent.parent.mkdir(parents=True, exist_ok=True)
    state_file.parent.write_text("a file where the folder should be")
    register(exercise(abs, -1.0))
    with pytest.warns(ProgressNotSaved, match=r"paths\.state"):
        assert check("99.tiny", abs)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check("99.tiny", abs)
    [row] = [row for row in progress().rows if row.exercise == "99.tiny"]
    assert row.standing == "done"


def test_the_file_is_readable_by_a_person(state_file: Path) -> None:
    state.note_check("99.a", passed=True)
    assert json.loads(state_file.read_text()) == {
        "version": 1,
        "exercises": {"99.a": {"checks": 1, "passed": True, "hints": 0}},
    }
    assert state_file.read_text().endswith("}\n")
