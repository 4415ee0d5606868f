"""What the learner has done, in one small file; two kernels may write it at once.

The file is replaced as a whole, under a lock, so no reader ever sees half of it and no writer
loses another's entry. A broken file is set aside with a copy kept, and begun afresh. Where the
file cannot be written at all, what was done is remembered until the kernel ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from attention_scratch.config import settings
from attention_scratch.errors import AttentionScratchError
from attention_scratch.files import write_atomically

VERSION = 1
FILE = "progress.json"


class ProgressNotSaved(UserWarning):
    """Progress could not be read or written; the message says what became of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One exercise: times checked, whether it ever passed, hint levels taken."""

    checks: int = 0
    passed: bool = False
    hints: int = 0


_unsaved: dict[str, Entry] = {}


def path() -> Path:
    """Where the state is kept."""
    return settings().paths.state / FILE


def read() -> dict[str, Entry]:
    """Every exercise that was touched."""
    return {**_load(path()), **_unsaved}


def note_check(exercise_id: str, *, passed: bool) -> Entry:
    """Count a check."""
    return _update(
        exercise_id, lambda e: replace(e, checks=e.checks + 1, passed=e.passed or passed)
    )


def note_hint(exercise_id: str) -> Entry:
    """Count a hint."""
    return _update(exercise_id, lambda e: replace(e, hints=e.hints + 1))


def _update(exercise_id: str, change: Callable[[Entry], Entry]) -> Entry:
    file = path()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _locked(file.with_suffix(".lock")):
            entries = {**_load(file), **_unsaved}
            entries[exercise_id] = change(entries.get(exercise_id, Entry()))
            _save(file, entries)
            _unsaved.clear()
            return entries[exercise_id]
    except OSError as error:
        first = not _unsaved
        _unsaved[exercise_id] = change(_unsaved.get(exercise_id, Entry()))
        if first:
            _warn(
                f"progress cannot be saved in {file} ({error.strerror or error}); it is kept "
                "until this kernel ends. Set paths.state in config.yaml to a folder you may write."
            )
        return _unsaved[exercise_id]


def _load(file: Path) -> dict[str, Entry]:
    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError, PermissionError, IsADirectoryError):
        return {}
    except UnicodeDecodeError:
        return _set_aside(file)
    try:
        return _parsed(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return _set_aside(file)


def _parsed(raw: Mapping[str, Any]) -> dict[str, Entry]:
    if raw["version"] != VERSION:
        raise ValueError
    return {str(name): _entry(**fields) for name, fields in raw["exercises"].items()}


def _entry(*, checks: int, passed: bool, hints: int) -> Entry:
    counts_fit = all(type(n) is int and n >= 0 for n in (checks, hints))
    if not counts_fit or type(passed) is not bool:
        raise ValueError
    return Entry(checks, passed, hints)


def _set_aside(file: Path) -> dict[str, Entry]:
    copy = file.with_name(f"{file.stem}.broken-{os.getpid()}-{file.stat().st_mtime_ns}.json")
    with contextlib.suppress(OSError):
        file.replace(copy)
        _warn(f"{file} could not be understood. It is kept as {copy.name}; progress begins afresh.")
    return {}


def _save(file: Path, entries: Mapping[str, Entry]) -> None:
    exercises = {name: asdict(entries[name]) for name in sorted(entries)}
    text = json.dumps({"version": VERSION, "exercises": exercises}, indent=1) + "\n"
    write_atomically(file, text)


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold an exclusive lock; it ends with the process, however that ends."""
    with file.open("a+b") as stream:
        try:
            import fcntl
        except ImportError as error:  # pragma: no cover - not on Linux or macOS
            raise AttentionScratchError(
                "progress: file locks need Linux, macOS or WSL; run the book there."
            ) from error
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _warn(message: str) -> None:
    warnings.warn(message, ProgressNotSaved, stacklevel=4)
