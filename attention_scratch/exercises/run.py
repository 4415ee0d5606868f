"""Running a learner's answer on every case of an exercise, beside the reference."""

from __future__ import annotations

import copy
import functools
import random
import tracemalloc
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from attention_scratch.config import settings
from attention_scratch.exercises import compare
from attention_scratch.exercises.exercise import Attempt, CaseAttempt, Exercise, Unsolved
from attention_scratch.exercises.guard import Outcome, TimeLimitExceeded, call

ADAPT_LIMIT = 120.0  # seconds for adapting an answer, which may mean compiling it

_counters: ContextVar[dict[str, Any] | None] = ContextVar("counters", default=None)


def record(**counters: Any) -> None:
    """Note costs (bytes read, barriers, …) of the case that is running.

    An adapted answer calls this; constraints find them in ``CaseAttempt.counters``, and those
    the reference recorded in ``CaseAttempt.reference_counters``. Elsewhere it does nothing.
    """
    running = _counters.get()
    if running is not None:
        running.update(counters)


@contextmanager
def memory_recorded() -> Iterator[None]:
    """Note as counter ``held`` the most bytes held inside, beyond those held before."""
    mine = not tracemalloc.is_tracing()
    if mine:
        tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    try:
        yield
        record(held=tracemalloc.get_traced_memory()[1] - before)
    finally:
        if mine:
            tracemalloc.stop()


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A case with its arguments made and its reference computed once."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    want: Any
    counters: Mapping[str, Any]
    seed: int

    def arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Fresh copies of the arguments."""
        return copy.deepcopy(self.args), copy.deepcopy(self.kwargs)


@functools.lru_cache(maxsize=4096)
def prepare(exercise: Exercise, index: int) -> Prepared:
    """Make the arguments of case ``index`` and what the reference says of them."""
    case = exercise.cases[index]
    seed = zlib.crc32(f"{exercise.id}/{case.name}".encode())
    args, kwargs = case.arguments(np.random.default_rng(seed))
    args, kwargs = copy.deepcopy((args, kwargs))  # a factory may hand out a shared array
    wide_args, wide_kwargs = as_floating((args, kwargs), exercise.reference_dtype)
    with _counting() as counters, np.errstate(all="ignore"), _fixed_seeds(seed):
        want = exercise.reference(*wide_args, **wide_kwargs)
    return Prepared(args, kwargs, want, dict(counters), seed)


def attempt(exercise: Exercise, answer: Any, *, limit: float | None = None) -> Attempt:
    """Run ``answer`` on the cases, each on copies of its arguments.

    Args:
        exercise: what is asked.
        answer: the learner's function, or whatever ``exercise.adapt`` takes.
        limit: seconds per case; by default the exercise's, else the settings'.
    """
    seconds = limit or exercise.time_limit or settings().exercises.time_limit
    function: Callable[..., Any] = answer
    if exercise.adapt is not None:
        adapted = call(functools.partial(exercise.adapt, answer), limit=ADAPT_LIMIT)
        if adapted.error is not None:
            return Attempt(exercise, answer, (_not_adapted(exercise, adapted),))
        function = adapted.value
    done: list[CaseAttempt] = []
    for index in range(len(exercise.cases)):
        done.append(run_case(exercise, index, function, limit=seconds))
        if isinstance(done[-1].error, Unsolved | TimeLimitExceeded):
            break
    return Attempt(exercise, answer, tuple(done))


def run_case(
    exercise: Exercise, index: int, function: Callable[..., Any], *, limit: float
) -> CaseAttempt:
    """Run ``function`` on one case."""
    ready = prepare(exercise, index)
    args, kwargs = ready.arguments()
    with _counting() as counters, _fixed_seeds(ready.seed):
        outcome = call(lambda: function(*args, **kwargs), limit=limit)
    return CaseAttempt(
        name=exercise.cases[index].name,
        args=ready.args,
        kwargs=ready.kwargs,
        got=outcome.value,
        want=ready.want,
        error=outcome.error,
        seconds=outcome.seconds,
        passed=outcome.error is None and compare.agrees(exercise, outcome.value, ready.want),
        changed=_changed(ready, args, kwargs),
        warnings=outcome.warnings,
        printed=outcome.printed,
        counters=dict(counters),
        reference_counters=ready.counters,
    )


def as_floating(value: Any, dtype: type[np.floating[Any]] | None) -> Any:
    """A copy in which floating-point arrays have ``dtype`` (all arrays keep theirs for None)."""
    if dtype is None:
        return copy.deepcopy(value)
    if isinstance(value, np.ndarray | np.floating) and value.dtype.kind == "f":
        return value.astype(dtype)
    if type(value) in (list, tuple):
        return type(value)(as_floating(item, dtype) for item in value)
    if type(value) is dict:
        return {key: as_floating(item, dtype) for key, item in value.items()}
    return copy.deepcopy(value)


def _not_adapted(exercise: Exercise, outcome: Outcome) -> CaseAttempt:
    return CaseAttempt(
        name="before the first case",
        args=(),
        kwargs={},
        error=outcome.error,
        seconds=outcome.seconds,
        printed=outcome.printed,
    )


def _changed(ready: Prepared, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, ...]:
    """Names of the arguments the call changed in place."""
    given = [
        (f"argument {i + 1}", *pair) for i, pair in enumerate(zip(ready.args, args, strict=True))
    ]
    given += [(name, value, kwargs[name]) for name, value in ready.kwargs.items()]
    return tuple(name for name, before, after in given if not compare.identical(before, after))


@contextmanager
def _counting() -> Iterator[dict[str, Any]]:
    counters: dict[str, Any] = {}
    token = _counters.set(counters)
    try:
        yield counters
    finally:
        _counters.reset(token)


@contextmanager
def _fixed_seeds(seed: int) -> Iterator[None]:
    """The global generators start from ``seed`` inside and are as before afterwards."""
    numpy_state, python_state = np.random.get_state(), random.getstate()
    np.random.seed(seed)
    random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)
