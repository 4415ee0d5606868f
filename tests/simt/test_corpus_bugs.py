"""Every planted bug is diagnosed: what it is, on which line, and which element it hits."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from attention_scratch import simt
from tests.simt.corpus.case import Array, Problem, run
from tests.simt.corpus.catalog import BUGS
from tests.simt.corpus.planted import Planted

pytestmark = pytest.mark.slow
ORDERS = ("forward", "reverse", "random")
SOMEWHERE = ("time-limit", "stack-overflow")  # in the loop, in the function
OF_TWO = ("race", "barrier-divergence", "warp-divergence", "warp-absent")
each_bug = pytest.mark.parametrize("bug", BUGS, ids=str)
in_every_order = pytest.mark.parametrize("order", ORDERS)


@functools.cache
def module(bug: Planted) -> simt.RawModule:
    return simt.RawModule(path=bug.path)


def arrays(problem: Problem) -> list[Array]:
    return [a for launch in problem.launches for a in launch.args if isinstance(a, np.ndarray)]


@functools.cache
def diagnosis(bug: Planted, order: str) -> tuple[simt.KernelError, bool]:
    """What a checked launch says, and whether it left every array as it was."""
    problem = bug.problem()
    before = [a.tobytes() for a in arrays(problem)]
    options: dict[str, Any] = {"order": order, "checked": True, "time_limit": bug.time_limit}
    with pytest.raises(simt.KernelError) as caught:
        run(module(bug), problem, **options)
    return caught.value, before == [a.tobytes() for a in arrays(problem)]


def of_kind(bug: Planted, order: str) -> simt.Finding:
    error, _ = diagnosis(bug, order)
    return next(f for f in error.findings if f.kind == bug.kind)


def lines(finding: simt.Finding) -> set[int]:
    conflict = {finding.conflict.place.line} if finding.conflict else set()
    return {finding.place.line} | conflict


@in_every_order
@each_bug
def test_the_bug_is_found_and_nothing_else(bug: Planted, order: str) -> None:
    error, _ = diagnosis(bug, order)
    kinds = {f.kind for f in error.findings}
    assert bug.kind in kinds, str(error)
    assert kinds <= {bug.kind} | bug.also, str(error)


@in_every_order
@each_bug
def test_the_diagnosis_names_the_line(bug: Planted, order: str) -> None:
    error, _ = diagnosis(bug, order)
    faulty, involved = bug.lines("bug"), bug.lines("bug") | bug.lines("other")
    assert len(faulty) == 1
    named = {line for f in error.findings for line in lines(f)}
    if bug.kind == "time-limit":  # the stop may meet a thread inside the emulator, where no line is
        named.discard(0)
    assert named <= involved, str(error)
    if bug.kind not in SOMEWHERE:
        assert named & faulty, str(error)
    for line in named:
        assert f"{bug.path.name}:{line}" in str(error)


@in_every_order
@each_bug
def test_the_diagnosis_names_the_thread_and_the_other_one(bug: Planted, order: str) -> None:
    error, _ = diagnosis(bug, order)
    finding = of_kind(bug, order)
    assert finding.thread is not None, str(error)
    assert finding.block is not None, str(error)
    if bug.kind in OF_TWO:
        assert finding.conflict is not None, str(error)
        other = (finding.conflict.block, finding.conflict.thread)
        assert other != (finding.block, finding.thread), str(error)


@in_every_order
@each_bug
def test_the_diagnosis_names_the_element(bug: Planted, order: str) -> None:
    error, _ = diagnosis(bug, order)
    finding = of_kind(bug, order)
    if bug.array is not None:
        assert finding.array == bug.array, str(error)
    if bug.index is not None:
        assert finding.index in bug.index, str(error)
    if bug.space is not None:
        assert finding.space == bug.space, str(error)


@in_every_order
@each_bug
def test_the_arrays_are_left_as_they_were(bug: Planted, order: str) -> None:
    assert diagnosis(bug, order)[1]


@each_bug
def test_a_fast_launch_of_it_ends_and_spares_the_arrays_if_it_fails(bug: Planted) -> None:
    problem = bug.problem()
    before = [a.tobytes() for a in arrays(problem)]
    try:
        run(module(bug), problem, time_limit=bug.time_limit or 5.0)
    except simt.KernelError:
        assert before == [a.tobytes() for a in arrays(problem)]


def test_every_kind_of_mistake_is_planted() -> None:
    kinds = {bug.kind for bug in BUGS}
    assert kinds == {
        "out-of-bounds",
        "misaligned",
        "race",
        "uninitialized",
        "barrier-exit",
        "barrier-divergence",
        "warp-absent",
        "warp-mask",
        "warp-divergence",
        "inactive-lane",
        "deadlock",
        "time-limit",
        "const-write",
        "assertion",
        "misuse",
        "arithmetic",
        "stack-overflow",
    }
    spaces = {(bug.kind, bug.space) for bug in BUGS}
    assert {("out-of-bounds", s) for s in ("global", "shared", "local", "constant")} <= spaces
    assert {("race", "global"), ("race", "shared")} <= spaces
