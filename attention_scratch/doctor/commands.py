"""Commands that may fail, hang or be missing, and calls that are answered a single time."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

COMMAND_LIMIT = 10.0  # seconds a command may take
AT_ONCE = threading.BoundedSemaphore(4)  # child processes at a time
Method = TypeVar("Method", bound=Callable[..., Any])


class ProbeError(Exception):
    """A check got no answer; the text says why."""


class CommandMissingError(ProbeError):
    """The command is not on PATH or cannot be started."""


class TookTooLongError(ProbeError):
    """The command or question did not end within its limit and was killed."""


class Ran(NamedTuple):
    """How a command ended: its exit status and its two outputs as text."""

    status: int
    out: str
    err: str = ""

    @property
    def said(self) -> str:
        """The first line it printed, errors first; for messages."""
        lines = [line.strip() for line in (self.err + "\n" + self.out).splitlines()]
        return next((line for line in lines if line), f"exit status {self.status}")


def run(command: tuple[str, ...], limit: float) -> Ran:
    """Run a command; after ``limit`` seconds it is killed with all it started.

    Raises:
        CommandMissingError: it cannot be started.
        TookTooLongError: it did not end in time.
    """
    with AT_ONCE:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise CommandMissingError(f"{command[0]} cannot be started: {error}") from error
        try:
            out, err = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired as error:
            _kill(process)
            text = f"{Path(command[0]).name} gave no answer within {limit:g} s"
            raise TookTooLongError(text) from error
    return Ran(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


def once(method: Method) -> Method:
    """Answer a call a single time, errors included, however many checks ask."""

    @functools.wraps(method)
    def asked(self: Any, *arguments: str, **options: float) -> Any:
        mine: Future[Any] = Future()
        answer = self.answered.setdefault((method.__name__, *arguments), mine)
        if answer is mine:
            try:
                mine.set_result(method(self, *arguments, **options))
            except Exception as error:  # raised to each who asks
                mine.set_exception(error)
        return answer.result()

    return cast(Method, asked)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)  # its own session: pid is the group
    else:
        process.kill()
    process.communicate()
