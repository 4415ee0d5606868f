"""A trace holds what each thread of a block did, in order."""

from __future__ import annotations

import numpy as np
import pytest

from attention_scratch import simt
from attention_scratch.errors import InputError
from attention_scratch.simt.report.tracing import KINDS, SPACES

REVERSE = r"""
extern "C" __global__ void reverse(const float* x, float* y) {
  __shared__ float s[8];
  s[threadIdx.x] = x[8 * blockIdx.x + threadIdx.x];
  __syncthreads();
  y[8 * blockIdx.x + threadIdx.x] = s[7 - threadIdx.x];
}"""


def traced(block: int = 0, **options: object) -> simt.Trace:
    x, y = np.arange(16, dtype=np.float32), np.zeros(16, np.float32)
    with simt.trace(block=(block, 0, 0)) as t:
        simt.RawModule(REVERSE).get_function("reverse")(2, 8, (x, y), **options)  # type: ignore[arg-type]
    return t


@pytest.mark.parametrize("order", ["forward", "reverse", "random"])
def test_every_thread_reads_writes_waits_reads_writes_and_exits(order: str) -> None:
    t = traced(order=order)
    assert t.block_dim == (8, 1, 1)
    for thread in range(8):
        mine = t.events[t.events["thread"] == thread]
        told = [
            (KINDS[e["kind"]], SPACES[e["space"]], int(e["line"]), int(e["index"])) for e in mine
        ]
        assert told == [
            ("read", "global", 4, thread),
            ("write", "shared", 4, thread),
            ("arrives at barrier", "none", 5, 0),
            ("leaves barrier", "none", 5, 0),
            ("read", "shared", 6, 7 - thread),
            ("write", "global", 6, thread),
            ("exits", "none", 0, 0),
        ]


def test_nobody_leaves_the_barrier_before_the_last_one_arrives() -> None:
    kinds = [KINDS[k] for k in traced(order="random").events["kind"]]
    last = max(i for i, k in enumerate(kinds) if k == "arrives at barrier")
    assert last < min(i for i, k in enumerate(kinds) if k == "leaves barrier")


def test_names_say_which_array_an_event_is_about() -> None:
    t = traced()
    shared = t.events[t.events["space"] == 1]
    assert {t.names[i] for i in shared["array"]} == {"s"}
    assert {t.names[e["array"]] for e in t.events if e["array"] >= 0} == {"x", "y", "s"}


def test_another_block_can_be_traced() -> None:
    t = traced(block=1)
    reads = t.events[(t.events["kind"] == 0) & (t.events["space"] == 0)]
    assert sorted(reads["index"]) == list(range(8, 16))


def test_a_block_outside_the_grid_and_too_many_events_are_refused() -> None:
    with pytest.raises(simt.LaunchError, match="a block of the grid"):
        traced(block=2)
    with pytest.raises(InputError, match="max_events"), simt.trace(max_events=0):
        pass
    x, y = np.zeros(16, np.float32), np.zeros(16, np.float32)
    with (
        pytest.raises(simt.LaunchError, match="Trace a smaller launch"),
        simt.trace(max_events=10),
    ):
        simt.RawModule(REVERSE).get_function("reverse")(2, 8, (x, y))
