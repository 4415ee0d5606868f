"""Code that does not return, exits, prints without end: the caller lives on."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from attention_scratch.exercises.guard import PRINTED_LIMIT, Outcome, TimeLimitExceeded, call

LIMIT = 0.3


def forever() -> None:
    while True:
        pass


def forever_catching_exceptions() -> None:
    while True:
        try:
            time.sleep(0.001)
        except Exception:
            continue


def forever_catching_everything() -> None:
    while True:
        try:  # noqa: SIM105 - what a learner may write
            sum(range(100))
        except:  # noqa: E722
            pass


def forever_catching_everything_in_a_helper() -> None:
    while True:
        forever_catching_everything()


def forever_asleep() -> None:
    time.sleep(60)


def forever_printing() -> None:
    while True:
        print("again and again")


def on_a_thread(function: Callable[[], Any]) -> Outcome:
    """Make the guarded call from a thread that is not the main one."""
    box: list[Outcome] = []
    worker = threading.Thread(target=lambda: box.append(call(function, limit=LIMIT)))
    worker.start()
    worker.join(20)
    return box[0]


@pytest.mark.parametrize(
    "endless",
    [
        forever,
        forever_catching_exceptions,
        forever_catching_everything,
        forever_catching_everything_in_a_helper,
        forever_asleep,
        forever_printing,
    ],
)
def test_an_endless_call_is_stopped_on_the_main_thread(endless: Callable[[], None]) -> None:
    start = time.perf_counter()
    outcome = call(endless, limit=LIMIT)
    assert isinstance(outcome.error, TimeLimitExceeded)
    assert LIMIT <= time.perf_counter() - start < LIMIT + 2


@pytest.mark.parametrize("endless", [forever, forever_catching_exceptions, forever_printing])
def test_an_endless_call_is_stopped_on_another_thread(endless: Callable[[], None]) -> None:
    before = threading.active_count()
    outcome = on_a_thread(endless)
    assert isinstance(outcome.error, TimeLimitExceeded)
    assert threading.active_count() == before


def test_a_thread_that_cannot_be_interrupted_is_left_behind() -> None:
    started = time.perf_counter()
    outcome = on_a_thread(lambda: time.sleep(4))
    assert isinstance(outcome.error, TimeLimitExceeded)
    assert time.perf_counter() - started < 3


def test_the_value_comes_back_from_both_kinds_of_thread() -> None:
    assert call(lambda: 41 + 1, limit=LIMIT).value == 42
    assert on_a_thread(lambda: 41 + 1).value == 42


def test_printing_is_kept_up_to_a_limit() -> None:
    printed = call(forever_printing, limit=LIMIT).printed
    assert printed.startswith("again and again\n")
    assert printed.endswith("(cut here)")
    assert len(printed) < PRINTED_LIMIT + 20


@pytest.mark.parametrize(
    "raised", [SystemExit(3), MemoryError(), RecursionError(), GeneratorExit(), ValueError("x")]
)
def test_whatever_is_raised_is_returned(raised: BaseException) -> None:
    def fail() -> None:
        raise raised

    assert call(fail, limit=LIMIT).error is raised
    assert on_a_thread(fail).error is raised


def test_a_keyboard_interrupt_passes_through() -> None:
    def interrupted() -> None:
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        call(interrupted, limit=LIMIT)


def test_real_infinite_recursion_is_returned() -> None:
    def again(n: int) -> int:
        return again(n + 1) + 1

    assert isinstance(call(lambda: again(0), limit=5).error, RecursionError)


def test_somebody_elses_timer_still_rings() -> None:
    rung: list[float] = []
    old = signal.signal(signal.SIGALRM, lambda *_: rung.append(time.monotonic()))
    outer = signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        call(lambda: time.sleep(0.1), limit=LIMIT)
        assert 0.2 < signal.getitimer(signal.ITIMER_REAL)[0] < 0.45
        time.sleep(0.6)
        assert len(rung) == 1
    finally:
        signal.signal(signal.SIGALRM, old)
        signal.setitimer(signal.ITIMER_REAL, *outer)


def test_no_timer_and_no_handler_are_left_behind() -> None:
    handler, timer = signal.getsignal(signal.SIGALRM), signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        call(lambda: None, limit=LIMIT)
        assert signal.getsignal(signal.SIGALRM) is handler
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)


def test_output_is_where_it_was_afterwards() -> None:
    before = sys.stdout
    call(forever_printing, limit=LIMIT)
    assert sys.stdout is before


def test_numpy_warnings_are_heard_once_each() -> None:
    def overflow() -> None:
        for _ in range(3):
            np.exp(np.array([1000.0]))

    assert call(overflow, limit=LIMIT).warnings == ("overflow encountered in exp",)


def test_a_debuggers_trace_function_is_restored() -> None:
    def trace(frame: object, event: str, arg: object) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call(forever_catching_everything, limit=LIMIT)
        assert sys.gettrace() is trace
    finally:
        sys.settrace(before)
