"""What a right kernel must also keep to, told from the emulator's counters."""

from __future__ import annotations

from collections.abc import Callable

from attention_scratch import simt
from attention_scratch.exercises.exercise import Attempt, CaseAttempt, Constraint


def profile_of(case: CaseAttempt) -> simt.LaunchProfile:
    """The counters of one case that ran to its end."""
    profile: simt.LaunchProfile = case.counters["profile"]
    return profile


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
