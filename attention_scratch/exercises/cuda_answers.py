"""What all exercises answered in CUDA C++ share: how they run, and what any kernel can get wrong.

The learner's source is compiled and launched on the CPU emulator with every memory access checked
and counted; the emulator's findings become the diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from attention_scratch import simt
from attention_scratch.errors import InputError
from attention_scratch.exercises import Attempt, Constraint, Suspect, record
from attention_scratch.exercises.exercise import CaseAttempt

LAUNCH_SECONDS = 3.0  # far more than any case needs; far less than a learner's patience
SEED = 15  # of the random order
SAME = 1e-4  # float atomics may add up in another order; a wrong sum is farther off than that


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


def profile_of(case: CaseAttempt) -> simt.LaunchProfile:
    """The counters of one case that ran to its end."""
    profile: simt.LaunchProfile = case.counters["profile"]
    return profile


# --- what the emulator found ----------------------------------------------------------------------

Test = Callable[[simt.Finding], bool]


def found(attempt: Attempt) -> list[simt.Finding]:
    """The first finding of every case the emulator stopped."""
    errors = [c.error for c in attempt.failed_cases]
    return [e.findings[0] for e in errors if isinstance(e, simt.KernelError) and e.findings]


def every_failure(test: Test) -> Callable[[Attempt], bool]:
    """A predicate: each failed case was stopped by the emulator for a reason that fits."""

    def holds(attempt: Attempt) -> bool:
        findings = found(attempt)
        return len(findings) == len(attempt.failed_cases) and all(map(test, findings))

    return holds


def with_finding(text: str) -> Callable[[Attempt], str]:
    """What is said: a sentence, then the emulator's own words on the first case."""
    return lambda attempt: f"{text}\n\n{found(attempt)[0]}"


def is_past_the_end(finding: simt.Finding) -> bool:
    return finding.kind == "out-of-bounds" and (finding.index or 0) > 0


def _is_one_past_the_end(finding: simt.Finding) -> bool:
    return is_past_the_end(finding) and finding.count == 1


def _same_thread_of_another_block(finding: simt.Finding) -> bool:
    other = finding.conflict
    return other is not None and other.block != finding.block and other.thread == finding.thread


def _same_sum_of_block_and_thread(finding: simt.Finding) -> bool:
    other = finding.conflict
    if other is None or finding.block is None or finding.thread is None:
        return False
    mine, theirs = finding.block[0] + finding.thread[0], other.block[0] + other.thread[0]
    return other.block != finding.block and mine == theirs


def _compile_text(attempt: Attempt) -> str:
    return str(attempt.failed_cases[0].error)


def _first_error(kind: type[Exception]) -> Callable[[Attempt], bool]:
    return lambda attempt: any(isinstance(c.error, kind) for c in attempt.failed_cases)


# What keeps any kernel from running to its end.
BUILD_SUSPECTS = (
    Suspect(
        "not-in-the-emulator",
        when=_first_error(simt.UnsupportedFeatureError),
        says=lambda attempt: f"{_compile_text(attempt)}\n\nThis exercise does not need it.",
    ),
    Suspect(
        "does-not-compile",
        when=_first_error(simt.CompileError),
        says=_compile_text,
    ),
    Suspect(
        "parameters-changed",
        when=_first_error(simt.LaunchError),
        says=lambda attempt: f"keep the parameters as they are given: {_compile_text(attempt)}",
    ),
    Suspect(
        "endless-loop",
        when=every_failure(lambda f: f.kind == "time-limit"),
        says=with_finding("a thread never comes to its end"),
    ),
)

# An exercise with a thread for every element has these, after suspects of its own.
COMMON_SUSPECTS = (
    *BUILD_SUSPECTS,
    Suspect(
        "guard-off-by-one",
        when=every_failure(_is_one_past_the_end),
        says=with_finding(
            "right but for one thread: the guard lets one index too many through. "
            "The last element of n is number n - 1"
        ),
    ),
    Suspect(
        "no-guard",
        when=every_failure(is_past_the_end),
        says=with_finding(
            "the last block has more threads than there are elements left, and those threads "
            "touch memory behind the arrays: let only those below n work"
        ),
    ),
    Suspect(
        "block-forgotten",
        when=every_failure(_same_thread_of_another_block),
        says=with_finding(
            "threads with the same threadIdx.x in different blocks work on the same element: "
            "does the index depend on the block?"
        ),
    ),
    Suspect(
        "block-size-forgotten",
        when=every_failure(_same_sum_of_block_and_thread),
        says=with_finding(
            "blocks overlap: block 1 begins one element after block 0, not blockDim.x elements"
        ),
    ),
    Suspect(
        "race",
        when=every_failure(lambda f: f.kind == "race"),
        says=with_finding("two threads work on one element, and nothing says who comes first"),
    ),
    Suspect(
        "kernel-fault",
        when=every_failure(lambda f: True),
        says=with_finding("the emulator stopped the kernel"),
    ),
)


# --- what the counters say ------------------------------------------------------------------------


def _lanes_at_work(attempt: Attempt) -> float:
    profile = profile_of(attempt.cases[-1])
    return (profile.loads + profile.stores) / profile.requests


def _sectors(attempt: Attempt) -> float:
    return profile_of(attempt.cases[-1]).sectors_per_request


# Both look at the last case: it must be a large one, with no ragged warp.
WORK_IS_SHARED = Constraint(
    "one-thread-does-all",
    holds=lambda attempt: _lanes_at_work(attempt) > 16,
    says=lambda attempt: (
        f"right, but of the 32 threads of a warp {_lanes_at_work(attempt):.3g} work at a time: "
        "share the elements out, so that each thread has its own"
    ),
)

COALESCED = Constraint(
    "strided",
    holds=lambda attempt: _sectors(attempt) <= 4.5,
    says=lambda attempt: (
        f"right, but a request touches {_sectors(attempt):.3g} sectors where 4 would do: memory "
        f"moves {_sectors(attempt) / 4:.3g}× the bytes. Neighboring threads should touch "
        "neighboring elements at the same moment"
    ),
)


def reads_at_most(bytes_per_element: int) -> Constraint:
    """The constraint that each element is read once: ``bytes_per_element`` in all."""

    def ratio(attempt: Attempt) -> float:
        profile = profile_of(attempt.cases[-1])
        elements = int(attempt.cases[-1].want.size)
        return profile.bytes_read / (bytes_per_element * elements)

    return Constraint(
        "reads-too-much",
        holds=lambda attempt: ratio(attempt) <= 1.0,
        says=lambda attempt: (
            f"right, but it reads {ratio(attempt):.3g}× the bytes it needs: "
            "read each element once and keep it in a local variable"
        ),
    )


def at_most(
    key: str,
    count: Callable[[simt.LaunchProfile], float],
    limit: Callable[[CaseAttempt], float],
    says: Callable[[float, float], str],
) -> Constraint:
    """The constraint that a counter of the last case is within what the task needs.

    Args:
        key: the diagnosis.
        count: reads the counter from the profile.
        limit: what the case needs at most.
        says: the text, from the count and the limit.
    """

    def numbers(attempt: Attempt) -> tuple[float, float]:
        last = attempt.cases[-1]
        return count(profile_of(last)), limit(last)

    def holds(attempt: Attempt) -> bool:
        counted, most = numbers(attempt)
        return counted <= most

    return Constraint(key, holds=holds, says=lambda attempt: says(*numbers(attempt)))
