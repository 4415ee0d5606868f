"""Calling somebody's code: with a time limit, its prints caught, whatever it raises returned."""

from __future__ import annotations

import contextlib
import contextvars
import ctypes
import io
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

PRINTED_LIMIT = 4000  # characters kept of what the learner's function prints
TICK = 0.05  # seconds between interrupts once time is up
PATIENCE = 2  # interrupts that a bare except may swallow before it is stopped line by line
LINES = 11  # at most so many lines after an interrupt
GRACE = 1.0  # seconds a thread gets to notice before it is left behind


class TimeLimitExceeded(BaseException):
    """The call took longer than it may. Not an ``Exception``: ``except Exception`` lets it by."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a guarded call returned or raised, how long it took and what it said meanwhile."""

    value: Any
    error: BaseException | None
    seconds: float
    printed: str
    warnings: tuple[str, ...]


def call(function: Callable[[], Any], *, limit: float) -> Outcome:
    """Call ``function``; every exception but ``KeyboardInterrupt`` is returned, not raised.

    On the main thread a timer's signal interrupts it; elsewhere an exception is set on a worker
    thread (where a bare except may swallow it: the thread is then left behind). Neither can
    interrupt one long call inside compiled code; it is stopped after it.
    """
    printed = _Printed()
    value, error = None, None
    with contextlib.redirect_stdout(printed), _numpy_warnings() as heard:
        start = time.perf_counter()
        try:
            value = _within(function, limit)
        except KeyboardInterrupt:
            raise
        except BaseException as raised:  # a learner's SystemExit must not end the notebook
            error = raised
        seconds = time.perf_counter() - start
    said = tuple(dict.fromkeys(str(w.message) for w in heard))
    return Outcome(value, error, seconds, printed.text(), said)


def _within(function: Callable[[], Any], limit: float) -> Any:
    on_main = threading.current_thread() is threading.main_thread()
    if on_main and hasattr(signal, "setitimer"):
        return _with_timer(function, limit)
    return _with_thread(function, limit)


def _with_timer(function: Callable[[], Any], limit: float) -> Any:
    rings = 0

    def ring(signum: int, frame: FrameType | None) -> None:
        nonlocal rings
        if frame is None or frame.f_code.co_filename == __file__:
            return  # the call has ended, or has not begun
        rings += 1
        if rings > PATIENCE:
            _raise_at_a_later_line(frame, rings % LINES)
        else:
            raise TimeLimitExceeded

    trace = sys.gettrace()
    handler = signal.signal(signal.SIGALRM, ring)
    outer, outer_interval = signal.setitimer(signal.ITIMER_REAL, limit, TICK)
    start = time.monotonic()
    try:
        return function()
    finally:
        if rings:
            sys.settrace(trace)  # before anything else: it would trace what follows
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if outer:  # somebody else's timer was running: give back what is left of it
            left = max(outer - (time.monotonic() - start), TICK)
            signal.setitimer(signal.ITIMER_REAL, left, outer_interval)


def _raise_at_a_later_line(frame: FrameType | None, lines: int) -> None:
    """Stop code that catches everything: raise after so many lines, sooner or later in a handler.

    ``while True: try: … except: pass`` swallows whatever is raised inside its ``try``.
    """

    def trace(at: FrameType, event: str, arg: Any) -> Any:
        nonlocal lines
        if at.f_code.co_filename == __file__:
            return None
        if event == "line":
            lines -= 1
            if lines < 0:
                raise TimeLimitExceeded
        return trace

    sys.settrace(trace)
    while frame is not None and frame.f_code.co_filename != __file__:
        frame.f_trace = trace
        frame = frame.f_back


def _with_thread(function: Callable[[], Any], limit: float) -> Any:
    box: list[Any] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            box.append(function())
        except BaseException as raised:
            failure.append(raised)

    worker = threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True)
    worker.start()
    worker.join(limit)
    if worker.is_alive():
        _interrupt(worker)
        raise TimeLimitExceeded
    if failure:
        raise failure[0]
    return box[0]


def _interrupt(worker: threading.Thread) -> None:
    give_up = time.monotonic() + GRACE
    while worker.is_alive() and time.monotonic() < give_up:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(worker.ident or 0), ctypes.py_object(TimeLimitExceeded)
        )
        worker.join(TICK)


@contextlib.contextmanager
def _numpy_warnings() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as heard, np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", RuntimeWarning)
        yield heard


class _Printed(io.TextIOBase):
    """Keeps the first ``PRINTED_LIMIT`` characters: an endless loop may print all the while."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._room = PRINTED_LIMIT
        self._cut = False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        kept = text[: self._room]
        self._cut = self._cut or len(kept) < len(text)
        if kept:
            self._parts.append(kept)
            self._room -= len(kept)
        return len(text)

    def text(self) -> str:
        return "".join(self._parts) + ("\n… (cut here)" if self._cut else "")
