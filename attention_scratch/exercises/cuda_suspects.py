"""What a kernel can get wrong, told from what the emulator found."""

from __future__ import annotations

from collections.abc import Callable

from attention_scratch import simt
from attention_scratch.exercises.exercise import Attempt, Suspect

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
    """What is said: a sentence, then the emulator's own words on the first case it stopped."""
    return lambda attempt: "\n\n".join([text, *map(str, found(attempt)[:1])])


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
ELEMENTWISE = (
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


# --- threads that work together ------------------------------------------------------------------


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

# An exercise whose threads work together has these.
COOPERATING = (
    *BUILD_SUSPECTS,
    BARRIER_IN_BRANCH,
    SYNCWARP_IS_NOT_ENOUGH,
    BARRIER_MISPLACED,
    MISSING_BARRIER,
    UNINITIALIZED,
    OUT_OF_BOUNDS,
    FAULT,
)
