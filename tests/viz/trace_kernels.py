"""Traces of small kernels, as an emulator records them: a thread runs until it has to wait.

A kernel is a Python generator here: it says what the thread does, in order, and where the source
says so. What a figure makes of it is checked against the kernel, not against this module.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from attention_scratch.viz import trace_steps as ts

Act = tuple[int, int, int, int, int, int, int]  # kind, line, space, array, index, offset, size
Kernel = Callable[[int], Iterator[Act]]


@dataclass(frozen=True)
class Recorded:
    """What ``simt.trace()`` gives."""

    events: ts.Events
    names: tuple[str, ...]
    source: str
    block_dim: tuple[int, int, int]


def touch(kind: int, line: int, array: int, index: int, *, space: int = ts.GLOBAL, base: int = 0,
          size: int = 4) -> Act:  # fmt: skip
    return kind, line, space, array, index, base + index * size, size


def barrier(line: int) -> Act:
    return ts.ARRIVE, line, ts.NONE, -1, 0, 0, 0


def meeting(line: int) -> Act:
    return ts.MEET, line, ts.NONE, -1, 0, 0, 0


def record(kernel: Kernel, threads: int, names: tuple[str, ...], source: str = "") -> Recorded:
    """Run every thread until it waits or ends; open a barrier when nobody else can come to it."""
    rows: list[tuple[int, ...]] = []
    running = {t: kernel(t) for t in range(threads)}
    at: dict[int, Act] = {}

    def note(thread: int, act: Act, kind: int | None = None) -> None:
        own, line, space, array, index, offset, size = act
        what = own if kind is None else kind
        rows.append((len(rows), 0, thread, what, line, space, array, index, offset, size))

    def run(thread: int) -> None:
        for act in running[thread]:
            note(thread, act)
            if act[0] in ts.OPENINGS:
                at[thread] = act
                return
        note(thread, (ts.EXIT, 0, ts.NONE, -1, 0, 0, 0))
        del running[thread]

    for thread in range(threads):
        run(thread)
    while at:
        warp = min(t // 32 for t, act in at.items()) if _is_warp_wide(at) else None
        opened = sorted(t for t in at if warp is None or t // 32 == warp)
        for thread in opened:
            act = at.pop(thread)
            note(thread, act, ts.OPENINGS[act[0]])
            run(thread)
    return Recorded(np.array(rows, ts.EVENT), names, source, (threads, 1, 1))


def _is_warp_wide(at: dict[int, Act]) -> bool:
    return any(act[0] == ts.MEET for act in at.values())


TRANSPOSE = """\
#define TILE 32

extern "C" __global__ void transpose(const float* x, float* out) {
  __shared__ float tile[TILE][TILE];
  int row = threadIdx.x / TILE, column = threadIdx.x % TILE;
  for (int k = 0; k < TILE; k += 2)  // 64 threads: two rows a round
    tile[row + k][column] = x[(row + k) * TILE + column];
  __syncthreads();  // every write above before every read below
  for (int k = 0; k < TILE; k += 2)
    out[(row + k) * TILE + column] = tile[column][row + k];
}
"""


def transpose(rounds: int = 2, pitch: int = 32) -> Recorded:
    """64 threads; ``pitch`` 33 is the padded tile, without conflicts."""

    def kernel(t: int) -> Iterator[Act]:
        row, column = divmod(t, 32)
        for k in range(0, 2 * rounds, 2):
            yield touch(ts.READ, 7, 0, (row + k) * 32 + column)
            yield touch(ts.WRITE, 7, 1, (row + k) * pitch + column, space=ts.SHARED)
        yield barrier(8)
        for k in range(0, 2 * rounds, 2):
            yield touch(ts.READ, 10, 1, column * pitch + row + k, space=ts.SHARED)
            yield touch(ts.WRITE, 10, 2, (row + k) * 32 + column)

    source = TRANSPOSE if pitch == 32 else TRANSPOSE.replace("[TILE];", f"[{pitch}];")
    return record(kernel, 64, ("x", "tile", "out"), source)


REDUCE = """\
extern "C" __global__ void block_sum(const float* x, float* total, int n) {
  __shared__ float s[64];
  int t = threadIdx.x;
  s[t] = t < n ? x[t] : 0.0f;
  for (int half = 32; half > 0; half /= 2) {
    __syncthreads();  // the round before has written what this one reads
    if (t < half)
      s[t] += s[t + half];
  }
  if (t == 0) atomicAdd(total, s[0]);
}
"""


def block_sum(n: int = 50) -> Recorded:
    """64 threads sum n ≤ 64 numbers; lanes drop out round by round."""

    def kernel(t: int) -> Iterator[Act]:
        if t < n:
            yield touch(ts.READ, 4, 0, t)
        yield touch(ts.WRITE, 4, 1, t, space=ts.SHARED)
        for half in itertools.takewhile(lambda h: h > 0, (32 >> k for k in range(7))):
            yield barrier(6)
            if t < half:
                yield touch(ts.READ, 8, 1, t + half, space=ts.SHARED)
                yield touch(ts.READ, 8, 1, t, space=ts.SHARED)
                yield touch(ts.WRITE, 8, 1, t, space=ts.SHARED)
        if t == 0:
            yield touch(ts.READ, 10, 1, 0, space=ts.SHARED)
            yield touch(ts.ATOMIC, 10, 2, 0)

    return record(kernel, 64, ("x", "s", "total"), REDUCE)


STRIDED = """\
extern "C" __global__ void copy_strided(const float* x, float* out, int stride) {
  int i = threadIdx.x;
  out[i] = x[i * stride];
}
"""


def strided(stride: int, threads: int = 32) -> Recorded:
    """One load at ``stride`` elements from lane to lane, one store side by side."""

    def kernel(t: int) -> Iterator[Act]:
        yield touch(ts.READ, 3, 0, t * stride)
        yield touch(ts.WRITE, 3, 1, t)

    return record(kernel, threads, ("x", "out"), STRIDED)
