"""Exercises on memory that all blocks share: a histogram, and vector loads from anywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from attention_scratch import simt
from attention_scratch.exercises import Attempt, Case, Constraint, Exercise, Suspect, register
from .suspects import (
    DIAGNOSES,
    ORDERS,
    is_kind,
    races_in,
    races_with_itself,
    whenever_stopped,
)
from .tiles import positive
from attention_scratch.exercises.cuda_answers import (
    at_most,
    cuda_answer,
    profile_of,
    with_finding,
)

Array = npt.NDArray[Any]

# --- 15.histogram ---------------------------------------------------------------------------------

BINS = 64
GRID, BLOCK = 4, 128


def _histogram(x: Array) -> Array:
    return np.bincount(x, minlength=BINS).astype(np.int32)


def _launch_histogram(kernel: simt.Kernel, x: Array) -> Array:
    bins = np.zeros(BINS, np.int32)
    kernel(GRID, BLOCK, (x, np.int32(x.size), bins))
    return bins


def _values(rng: np.random.Generator, n: int) -> Array:
    return rng.integers(0, BINS, n).astype(np.uint8)


register(
    Exercise(
        id="15.histogram",
        title="Count without losing any",
        teaches="atomics, and how to need few of them",
        reference=_histogram,
        adapt=cuda_answer("histogram", _launch_histogram, orders=ORDERS),
        cases=(
            Case("1,000 values", lambda rng: (_values(rng, 1000),)),
            Case("one value", lambda rng: (_values(rng, 1),)),
            Case("all the same", lambda rng: (np.full(600, 63, np.uint8),)),
            Case("8,192 values", lambda rng: (_values(rng, 8192),)),
        ),
        suspects=(
            Suspect(
                "race-in-global-memory",
                when=races_in("global"),
                says=with_finding(
                    "read, add and write are three steps, and threads come between each other's: "
                    "counts are lost"
                ),
            ),
            Suspect(
                "not-atomic-in-shared-memory",
                when=whenever_stopped(races_with_itself),
                says=with_finding(
                    "the threads of a block share these bins as well: no barrier can order two "
                    "threads on one line; an atomic operation can"
                ),
            ),
            *DIAGNOSES,
        ),
        constraints=(
            at_most(
                "atomics-everywhere",
                lambda profile: profile.of(space="global").atomics,
                lambda case: GRID * BINS,
                lambda counted, needed: (
                    f"right, but with {counted:,.0f} atomic operations on global memory, "
                    f"{counted / needed:.1f}× the {needed} that are enough: let each block count "
                    "in shared memory first"
                ),
            ),
        ),
        hints=(
            "Who else may be adding to bins[x[i]] at the same moment? And how many threads stand "
            "in line there?",
            "Each block gets 64 bins of its own in shared memory: set them to zero, barrier, count "
            "with atomicAdd, barrier, then one thread for each bin adds it to the result.",
            "__shared__ int mine[64];\nif (threadIdx.x < 64) mine[threadIdx.x] = 0;\n"
            "__syncthreads();\nfor (…) atomicAdd(&mine[x[i]], 1);\n…",
        ),
    )
)


# --- 15.quads -------------------------------------------------------------------------------------

QUAD_THREADS = 64
UNTOUCHED = np.float32(-1)


def _quads(x: Array, first: int) -> Array:
    return np.where(np.arange(x.size) >= first, 2 * x, UNTOUCHED)


def _launch_quads(kernel: simt.Kernel, x: Array, first: int) -> Array:
    out = np.full_like(x, UNTOUCHED)
    quads = -(-x.size // 4) - first // 4
    blocks = -(-quads // QUAD_THREADS)
    kernel(blocks, QUAD_THREADS, (x, np.int32(first), np.int32(x.size), out))
    return out


def _begins_too_early(x: Array, first: int) -> Array:
    return _quads(x, first // 4 * 4)


def _without_the_tail(x: Array, first: int) -> Array:
    return np.where(np.arange(x.size) < x.size // 4 * 4, _quads(x, first), UNTOUCHED)


def _wide_loads(attempt: Attempt) -> int:
    loads = profile_of(attempt.cases[-1]).of(array="x", operation="load").accesses
    return sum(a.accesses for a in loads if a.size == 16)


def _whole_quads(attempt: Attempt) -> int:
    x, first = attempt.cases[-1].args
    return int(x.size // 4 - -(-first // 4))


register(
    Exercise(
        id="15.quads",
        title="Four at a time, from anywhere",
        teaches="alignment, heads and tails",
        reference=_quads,
        adapt=cuda_answer("double_from", _launch_quads, orders=ORDERS),
        cases=(
            Case("from the start, a multiple of four", lambda rng: (positive(rng, 256), 0)),
            Case("from the start, a ragged end", lambda rng: (positive(rng, 255), 0)),
            Case("from element 3", lambda rng: (positive(rng, 256), 3)),
            Case("from element 5 to 6", lambda rng: (positive(rng, 7), 5)),
            Case("from element 2, a ragged end", lambda rng: (positive(rng, 1001), 2)),
        ),
        suspects=(
            Suspect(
                "misaligned",
                when=is_kind("misaligned"),
                says=with_finding(
                    "four floats at once begin at a multiple of four only: which elements of x are "
                    "that, counted from the start of the array?"
                ),
            ),
            *DIAGNOSES,
            Suspect(
                "begins-too-early",
                answer=_begins_too_early,
                says="elements before `first` were written: they share a group of four with it, "
                "but are not yours",
            ),
            Suspect(
                "tail-forgotten",
                answer=_without_the_tail,
                says="the last elements are untouched, where fewer than four are left",
            ),
        ),
        constraints=(
            Constraint(
                "one-float-at-a-time",
                holds=lambda attempt: _wide_loads(attempt) >= _whole_quads(attempt),
                says=lambda attempt: (
                    f"right, but {_wide_loads(attempt)} loads of 16 bytes where "
                    f"{_whole_quads(attempt)} groups of four are complete: load those as float4"
                ),
            ),
        ),
        hints=(
            "The array itself is aligned. Which of its elements does a float4 begin at?",
            "Let thread k own the group of four that begins at (first / 4 + k) * 4. If all four "
            "lie between first and n, move them as a float4; otherwise one by one, each with its "
            "own guard.",
            "int i = (first / 4 + k) * 4;\nif (i >= first && i + 4 <= n) { … float4 … }\n"
            "else for (int j = i; j < i + 4; ++j) if (…) out[j] = …;",
        ),
    )
)
