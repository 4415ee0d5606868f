"""Events of threads that ran one after another, regrouped into what a warp does together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_scratch.viz import trace_steps as ts
from tests.viz.trace_kernels import (
    Act,
    Kernel,
    Recorded,
    barrier,
    block_sum,
    meeting,
    record,
    strided,
    touch,
    transpose,
)


def steps_of(kernel: Kernel, threads: int = 32) -> list[ts.WarpStep]:
    return list(traces(record(kernel, threads, ("x", "y")))[0].steps)


def traces(recorded: Recorded) -> list[ts.WarpTrace]:
    return ts.warp_traces(recorded.events, threads=recorded.block_dim[0])


def work(steps: list[ts.WarpStep] | tuple[ts.WarpStep, ...]) -> list[tuple[int, int, list[int]]]:
    """(kind, line, lanes) of each step but the exits."""
    return [(s.kind, s.line, s.lanes.tolist()) for s in steps if s.kind != ts.EXIT]


ALL = list(range(32))


def test_lanes_that_execute_one_line_do_it_in_one_step() -> None:
    load, store, _ = traces(strided(3))[0].steps
    assert (load.kind, load.line, load.lanes.tolist()) == (ts.READ, 3, ALL)
    assert load.index.tolist() == [3 * lane for lane in ALL]
    assert load.offset.tolist() == [12 * lane for lane in ALL]
    assert (store.kind, store.array, store.index.tolist()) == (ts.WRITE, 1, ALL)


def test_rounds_of_a_loop_stay_apart_and_in_order() -> None:
    def kernel(t: int) -> Iterator[Act]:
        for k in range(3):
            yield touch(ts.READ, 5, 0, 32 * k + t)
            yield touch(ts.READ, 6, 1, 32 * k + t)

    steps = steps_of(kernel)
    assert [s.line for s in steps] == [5, 6, 5, 6, 5, 6, 0]
    assert [int(s.index[0]) for s in steps[::2]] == [0, 32, 64, 0]


def test_two_arrays_read_on_one_line_are_two_steps() -> None:
    def kernel(t: int) -> Iterator[Act]:
        yield touch(ts.READ, 5, 0, t)
        yield touch(ts.READ, 5, 1, t)

    assert [(s.array, len(s.lanes)) for s in steps_of(kernel)[:2]] == [(0, 32), (1, 32)]


def test_lanes_meet_again_after_a_branch_that_some_took() -> None:
    def kernel(t: int) -> Iterator[Act]:
        if t % 2:
            yield touch(ts.READ, 5, 0, t)
        yield touch(ts.WRITE, 7, 1, t)

    assert work(steps_of(kernel)) == [(ts.READ, 5, ALL[1::2]), (ts.WRITE, 7, ALL)]


def test_both_arms_of_a_branch_come_one_after_the_other() -> None:
    def kernel(t: int) -> Iterator[Act]:
        yield touch(ts.READ, 5 if t < 8 else 7, 0, t)
        yield touch(ts.WRITE, 9, 1, t)

    assert [(s.line, len(s.lanes)) for s in steps_of(kernel)[:3]] == [(5, 8), (7, 24), (9, 32)]


def test_a_read_that_some_lanes_skip_comes_before_the_write_of_its_line() -> None:
    def kernel(t: int) -> Iterator[Act]:  # y[t] = t < 20 ? x[t] : 0;
        if t < 20:
            yield touch(ts.READ, 5, 0, t)
        yield touch(ts.WRITE, 5, 1, t)

    assert work(steps_of(kernel)) == [(ts.READ, 5, ALL[:20]), (ts.WRITE, 5, ALL)]


def test_lanes_that_leave_a_loop_early_wait_behind_it() -> None:
    def kernel(t: int) -> Iterator[Act]:
        for k in range(t + 1):
            yield touch(ts.READ, 5, 0, k)
        yield touch(ts.WRITE, 7, 1, t)

    steps = steps_of(kernel, threads=4)
    assert [(s.line, s.lanes.tolist()) for s in steps[:5]] == [
        (5, [0, 1, 2, 3]),
        (5, [1, 2, 3]),
        (5, [2, 3]),
        (5, [3]),
        (7, [0, 1, 2, 3]),
    ]


def test_a_barrier_keeps_apart_what_it_separates() -> None:
    def kernel(t: int) -> Iterator[Act]:
        for k in range(4):
            if t == k:
                yield touch(ts.READ, 5, 0, k)
            yield barrier(6)

    reads = [s for s in steps_of(kernel, threads=4) if s.kind == ts.READ]
    assert [s.lanes.tolist() for s in reads] == [[0], [1], [2], [3]]


def test_a_warp_that_comes_to_a_barrier_and_goes_on_takes_one_step() -> None:
    first, second = traces(transpose())
    for warp in (first, second):
        [meeting_step] = [s for s in warp.steps if s.kind in (ts.ARRIVE, ts.LEAVE)]
        assert meeting_step.opens
        assert meeting_step.waiting == set(range(32))
        assert warp.steps[warp.steps.index(meeting_step) + 1].waiting == frozenset()


def test_lanes_in_different_barriers_are_shown_waiting_and_going_on() -> None:
    def kernel(t: int) -> Iterator[Act]:
        yield barrier(5 if t < 8 else 7)
        yield touch(ts.READ, 9, 0, t)

    steps = steps_of(kernel)
    assert [(s.kind, len(s.lanes), s.opens) for s in steps[:2]] == [
        (ts.ARRIVE, 8, False),
        (ts.ARRIVE, 24, False),
    ]
    assert len(steps[1].waiting) == 32
    assert [(s.kind, len(s.lanes), len(s.waiting)) for s in steps[2:4]] == [
        (ts.LEAVE, 32, 0),
        (ts.READ, 32, 0),
    ]


def test_lanes_at_a_barrier_that_never_opens_wait_to_the_end() -> None:
    recorded = block_sum()
    arrived = np.flatnonzero(recorded.events["kind"] == ts.ARRIVE)
    stuck = recorded.events[: arrived[63] + 1]  # the launch was stopped when all were there
    last = ts.warp_traces(stuck, threads=64)[0].steps[-1]
    assert (last.kind, last.opens, last.waiting) == (ts.ARRIVE, False, set(range(32)))


def test_a_warp_operation_of_all_lanes_is_one_step() -> None:
    def kernel(t: int) -> Iterator[Act]:
        yield touch(ts.READ, 4, 0, t)
        for _ in range(5):
            yield meeting(6)

    steps = steps_of(kernel)
    assert [s.kind for s in steps] == [ts.READ, *[ts.MEET] * 5, ts.EXIT]
    assert all(s.opens and len(s.lanes) == 32 for s in steps[1:-1])


def test_a_tree_of_halves_loses_lanes_round_by_round() -> None:
    writes = [
        len(s.lanes) for s in traces(block_sum())[0].steps if s.kind == ts.WRITE and s.line == 8
    ]
    assert writes == [32, 16, 8, 4, 2, 1]


def test_threads_that_have_exited_stay_done() -> None:
    def kernel(t: int) -> Iterator[Act]:
        if t < 4:
            yield barrier(5)
            yield touch(ts.READ, 6, 0, t)

    steps = steps_of(kernel, threads=8)
    assert [(s.kind, sorted(s.done)) for s in steps] == [
        (ts.EXIT, [4, 5, 6, 7]),
        (ts.ARRIVE, [4, 5, 6, 7]),
        (ts.READ, [4, 5, 6, 7]),
        (ts.EXIT, list(range(8))),
    ]


def test_the_last_warp_of_a_block_may_be_short() -> None:
    first, last = traces(strided(1, threads=40))
    assert (first.lanes, last.lanes) == (32, 8)
    assert last.steps[0].lanes.tolist() == list(range(8))
    assert last.steps[0].index.tolist() == list(range(32, 40))


def test_blocks_are_told_apart() -> None:
    one = strided(1).events
    two = one.copy()
    two["block"], two["step"] = 3, one["step"] + len(one)
    found = ts.warp_traces(np.concatenate([one, two]), threads=32)
    assert [(warp.block, warp.warp, len(warp.steps)) for warp in found] == [(0, 0, 3), (3, 0, 3)]


def test_events_may_come_in_any_order() -> None:
    recorded = block_sum()
    shuffled = np.random.default_rng(7).permutation(recorded.events)
    sorted_again = ts.warp_traces(shuffled, threads=64)
    assert [work(w.steps) for w in sorted_again] == [work(w.steps) for w in traces(recorded)]


@st.composite
def programs(draw: st.DrawFn) -> Kernel:
    """A loop of branches, inner loops, barriers and warp operations, different for each lane."""
    rounds = draw(st.integers(1, 3))
    takes = draw(st.lists(st.integers(0, 7), min_size=8, max_size=8))
    has_barrier, has_meeting = draw(st.booleans()), draw(st.booleans())

    def kernel(t: int) -> Iterator[Act]:
        mine = takes[t % 8]
        for k in range(rounds):
            for inner in range(mine % 3):
                yield touch(ts.READ, 5, 0, 100 * k + 10 * inner + t)
            if has_barrier:
                yield barrier(6)
            if mine & 4:
                yield touch(ts.WRITE, 8, 1, t)
            if has_meeting:
                yield meeting(9)

    return kernel


@given(programs(), st.sampled_from([1, 8, 31, 32]))
def test_every_lane_does_what_it_did_in_its_own_order(kernel: Kernel, threads: int) -> None:
    recorded = record(kernel, threads, ("x", "y"))
    [warp] = traces(recorded)
    for lane in range(threads):
        own = recorded.events[recorded.events["thread"] == lane]
        did = [(int(e["kind"]), int(e["line"]), int(e["index"])) for e in own]
        shown: list[tuple[int, int, int]] = []
        for step in warp.steps:
            for at in np.flatnonzero(step.lanes == lane):
                shown.append((step.kind, step.line, int(step.index[at])))
                if step.opens:
                    shown.append((ts.OPENINGS[step.kind], step.line, 0))
        assert shown == did


@given(programs())
def test_nobody_is_past_a_barrier_that_somebody_has_not_come_to(kernel: Kernel) -> None:
    steps = steps_of(kernel)
    arrived, left = dict.fromkeys(range(32), 0), dict.fromkeys(range(32), 0)
    for step in steps:
        for lane in step.lanes.tolist():
            arrived[lane] += step.kind == ts.ARRIVE
            left[lane] += step.kind == ts.LEAVE or (step.kind == ts.ARRIVE and step.opens)
        assert max(left.values()) <= min(arrived.values())


@pytest.mark.parametrize("threads", [1, 31, 33, 64])
def test_all_events_are_shown_once(threads: int) -> None:
    recorded = strided(2, threads)
    shown = sum(len(step.lanes) for warp in traces(recorded) for step in warp.steps)
    assert shown == len(recorded.events)


def test_every_round_of_a_long_loop_is_a_step() -> None:
    def kernel(t: int) -> Iterator[Act]:
        for k in itertools.repeat(0, 500):
            yield touch(ts.READ, 5, 0, t + k)

    assert len(steps_of(kernel)) == 501
