"""What the emulator finds in kernels whose threads work together, in the learner's terms."""

from __future__ import annotations

from collections.abc import Callable

from attention_scratch import simt
from attention_scratch.exercises import Attempt, Suspect
from attention_scratch.exercises.cuda_answers import (
    BUILD_SUSPECTS,
    found,
    with_finding,
)

ORDERS = ("forward", "reverse", "random")


def source(attempt: Attempt) -> str:
    """The learner's code without its comments, so that a word in one is not taken for a call."""
    lines = str(attempt.answer).splitlines()
    return "\n".join(line.split("//")[0] for line in lines)


def whenever_stopped(test: Callable[[simt.Finding], bool]) -> Callable[[Attempt], bool]:
    """A predicate: cases were stopped, each for a reason that fits. Others may just be wrong."""

    def holds(attempt: Attempt) -> bool:
        findings = found(attempt)
        return bool(findings) and all(map(test, findings))

    return holds


def is_kind(*kinds: str) -> Callable[[Attempt], bool]:
    """What stopped the kernel is of one of these kinds."""
    return whenever_stopped(lambda finding: finding.kind in kinds)


def races_in(space: str) -> Callable[[Attempt], bool]:
    """What stopped the kernel is a race in that memory."""
    return whenever_stopped(lambda finding: finding.kind == "race" and finding.space == space)


def races_with_itself(finding: simt.Finding) -> bool:
    """Both sides of a race in shared memory stand on one line: threads share an element there."""
    other = finding.conflict
    return (
        finding.kind == "race"
        and finding.space == "shared"
        and other is not None
        and other.place.line == finding.place.line
    )


def _barrier_not_met(attempt: Attempt) -> list[simt.Finding]:
    """The findings about barriers that only some threads came to."""
    errors = [c.error for c in attempt.failed_cases if isinstance(c.error, simt.KernelError)]
    return [f for e in errors for f in e.findings if f.kind.startswith("barrier-")]


BARRIER_IN_BRANCH = Suspect(
    "barrier-in-branch",  # races follow from it, so it comes before them
    when=lambda attempt: bool(_barrier_not_met(attempt)),
    says=lambda attempt: (
        "not all threads of the block come to the same barrier: guard the work, not the barrier"
        f"\n\n{_barrier_not_met(attempt)[0]}"
    ),
)

SYNCWARP_IS_NOT_ENOUGH = Suspect(
    "syncwarp-is-not-enough",
    when=lambda attempt: (
        races_in("shared")(attempt)
        and "__syncwarp" in source(attempt)
        and "__syncthreads" not in source(attempt)
    ),
    says=with_finding(
        "__syncwarp() orders the 32 threads of one warp; these two are in different warps"
    ),
)

BARRIER_MISPLACED = Suspect(
    "barrier-misplaced",
    when=lambda attempt: races_in("shared")(attempt) and "__syncthreads" in source(attempt),
    says=with_finding("there is a barrier, but not between these two accesses"),
)

MISSING_BARRIER = Suspect(
    "missing-barrier",
    when=races_in("shared"),
    says=with_finding("two threads meet at one element, and no barrier says who comes first"),
)

UNINITIALIZED = Suspect(
    "never-written",
    when=is_kind("uninitialized"),
    says=with_finding("part of the shared array is read that nobody has filled"),
)

OUT_OF_BOUNDS = Suspect(
    "out-of-bounds",
    when=is_kind("out-of-bounds"),
    says=with_finding("a thread touches memory beside an array"),
)

LANES_MISSING = Suspect(
    "lanes-missing",
    when=is_kind("warp-absent", "inactive-lane", "warp-mask", "warp-divergence"),
    says=with_finding(
        "lanes of the mask do not take part: let every lane come, with a zero if it has nothing"
    ),
)

FAULT = Suspect(
    "kernel-fault",
    when=whenever_stopped(lambda finding: True),
    says=with_finding("the emulator stopped the kernel"),
)

# The kinds an exercise of this chapter may meet, the more particular first.
DIAGNOSES = (
    *BUILD_SUSPECTS,
    BARRIER_IN_BRANCH,
    SYNCWARP_IS_NOT_ENOUGH,
    BARRIER_MISPLACED,
    MISSING_BARRIER,
    UNINITIALIZED,
    OUT_OF_BOUNDS,
    FAULT,
)
