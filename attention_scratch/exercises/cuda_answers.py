"""Exercises answered in CUDA C++.

The learner's source is compiled and launched on the CPU emulator with every memory access checked
and counted; the emulator's findings become the diagnosis.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from attention_scratch import simt
from attention_scratch.errors import InputError
from attention_scratch.exercises.authoring import edited, mutants
from attention_scratch.exercises.cuda_suspects import ELEMENTWISE, with_finding
from attention_scratch.exercises.exercise import Exercise, Suspect
from attention_scratch.exercises.notation import Mistake, Names, cases_in, hints_in, mistakes_in
from attention_scratch.exercises.run import record

LAUNCH_SECONDS = 3.0  # far more than any case needs; far less than a learner's patience
SEED = 15  # of the random order
ENTRY = re.compile(r"__global__\s+void\s+(\w+)\s*\(")
SAME = 1e-4  # float atomics may add up in another order; a wrong sum is farther off than that


def cuda_exercise(
    id: str,
    title: str,
    *,
    right: str,
    launch: Callable[..., Any],
    reference: Callable[..., Any],
    cases: str,
    mistakes: str,
    hints: str,
    orders: Sequence[str] = ("forward",),
    shared: Sequence[Suspect] = ELEMENTWISE,
    **fields: Any,
) -> Exercise:
    """An exercise whose answer is CUDA source, written as :func:`authoring.exercise` is.

    A mistake's edits give a mutant. What a learner reads needs a predicate (``key: when NAME``,
    whose words are followed by the emulator's own) or what the mistaken kernel gives in NumPy
    (``key: answer NAME``); an ``answer`` that is text is a mutant of its own.

    Args:
        id, title, cases, mistakes, hints, fields: as there.
        right: the source that mistakes are edits of; its kernel is what the learner writes.
        launch: ``launch(kernel, *case arguments)`` runs it and returns the result.
        reference: the oracle, in NumPy.
        orders: in which the threads run; see :func:`cuda_answer`.
        shared: suspects of any such exercise, after its own.
    """
    names = sys._getframe(1).f_globals
    entry = ENTRY.search(right)
    assert entry is not None, f"{id}: the right source has no __global__ void kernel(…)"
    written = list(mistakes_in(mistakes))
    own = tuple(_suspect(mistake, names) for mistake in written if mistake.says)
    return Exercise(
        id=id,
        title=title,
        reference=reference,
        adapt=cuda_answer(entry[1], launch, orders=orders),
        cases=tuple(cases_in(cases, names)),
        suspects=(*own, *shared),
        mutants=tuple(mutants(id, [(m, _source(id, m, right, names)) for m in written])),
        hints=hints_in(hints),
        **fields,
    )


def _suspect(mistake: Mistake, names: Names) -> Suspect:
    if mistake.when:
        says = with_finding(mistake.says)
        return Suspect(mistake.key, says, when=eval(mistake.when, names))
    answer = eval(mistake.answer, names) if mistake.answer else None
    return Suspect(mistake.key, mistake.says, answer=answer)


def _source(id: str, mistake: Mistake, right: str, names: Names) -> str | None:
    """The wrong kernel a mistake stands for; None where only its result is told."""
    if mistake.edits:
        return edited(id, mistake, right)
    answer = eval(mistake.answer, names) if mistake.answer else None
    return answer if isinstance(answer, str) else None


def cuda_answer(
    entry: str, launch: Callable[..., Any], *, orders: Sequence[str] = ("forward",)
) -> Callable[[Any], Callable[..., Any]]:
    """Make an ``adapt`` for an exercise whose answer is CUDA source with a kernel ``entry``.

    Args:
        entry: the kernel's name.
        launch: ``launch(kernel, *case arguments)`` runs it and returns the result.
        orders: in which the threads run, one launch for each. Where the results differ, the one
            that differs from the first counts.
    """

    def adapt(answer: Any) -> Callable[..., Any]:
        if not isinstance(answer, str):
            raise InputError(
                "answer",
                type(answer).__name__,
                expected="CUDA C++ source",
                remedy=f"Write the kernel in a cell that begins with %%cuda {entry}, and pass "
                f"{entry} itself.",
            )
        module = simt.RawModule(answer, name=f"{entry}.cu", checked=True)
        with simt.profile():  # compiled once, for launches that are counted
            kernel = module.get_function(entry)
        endless: list[simt.KernelError] = []

        def run(*args: Any) -> Any:
            if endless:  # one case has waited for the time limit: that is long enough
                raise endless[0]
            results = []
            try:
                for order in orders:
                    limited = simt.launching(time_limit=LAUNCH_SECONDS, order=order, seed=SEED)
                    with limited, simt.profile() as profile:
                        results.append(launch(kernel, *args))
            except simt.KernelError as error:
                if any(finding.kind == "time-limit" for finding in error.findings):
                    endless.append(error)
                raise
            record(profile=profile.last)
            return _most_telling(results)

        return run

    return adapt


def _most_telling(results: list[Any]) -> Any:
    """The first result, unless another order of the threads gave another one."""
    first, *others = results
    differs = (r for r in others if not np.allclose(r, first, rtol=SAME, equal_nan=True))
    return next(differs, first)
