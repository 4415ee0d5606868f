"""Exercises in which the threads of a block share a tile: reversal, reduction, stencil."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from attention_scratch import simt
from attention_scratch.exercises import Attempt, Case, Constraint, Exercise, Suspect, register
from .suspects import DIAGNOSES, ORDERS
from attention_scratch.exercises.cuda_answers import at_most, cuda_answer, profile_of
from attention_scratch.exercises.exercise import CaseAttempt

Array = npt.NDArray[Any]

THREADS = 128
LEVELS = 7  # of a tree over 128 numbers


def positive(rng: np.random.Generator, n: int) -> Array:
    """Nothing cancels in sums of these."""
    return rng.uniform(1.0, 2.0, n).astype(np.float32)


def blocks(n: int) -> int:
    """Blocks of 128 threads that give each of n elements a thread."""
    return -(-n // THREADS)


def shared_loads(profile: simt.LaunchProfile) -> int:
    """Warp-wide loads from shared memory."""
    loads = profile.of(space="shared", operation="load").accesses
    return sum(a.requests for a in loads)


def blocks_of(case: CaseAttempt) -> int:
    """Blocks of the launch in a case whose first argument is the input."""
    return blocks(case.args[0].size)


# --- 15.reverse_tiles -----------------------------------------------------------------------------


def _reverse(x: Array) -> Array:
    return np.ascontiguousarray(x.reshape(-1, THREADS)[:, ::-1]).ravel()


def _launch_reverse(kernel: simt.Kernel, x: Array) -> Array:
    out = np.zeros_like(x)
    kernel(x.size // THREADS, THREADS, (x, out))
    return out


def _uses_shared_memory(attempt: Attempt) -> bool:
    return profile_of(attempt.cases[-1]).shared_loads > 0


register(
    Exercise(
        id="15.reverse_tiles",
        title="Turn every tile around",
        teaches="where a barrier belongs, and which",
        reference=_reverse,
        adapt=cuda_answer("reverse_tiles", _launch_reverse, orders=ORDERS),
        cases=(
            Case("one tile", lambda rng: (positive(rng, 128),)),
            Case("three tiles", lambda rng: (positive(rng, 384),)),
        ),
        suspects=(
            *DIAGNOSES,
            Suspect(
                "unchanged-order",
                answer=lambda x: x,
                says="every number is where it was: nothing was turned around",
            ),
        ),
        constraints=(
            Constraint(
                "shared-memory-unused",
                holds=_uses_shared_memory,
                says="right, and without the tile. That is even simpler here; but mend the kernel "
                "that has one, since most kernels cannot do without",
            ),
            at_most(
                "too-many-barriers",
                lambda profile: profile.barriers,
                blocks_of,
                lambda counted, needed: (
                    f"right, but with {counted / needed:g} barriers where 1 is enough: a "
                    "barrier stands between a write and a read, and there is one such place"
                ),
            ),
        ),
        hints=(
            "Thread 0 reads what thread 127 wrote. Who says that thread 127 has done so?",
            "One barrier, for the whole block, that no thread passes before every number of the "
            "tile is in place.",
            "tile[t] = x[first + t];\n__sync…();\nout[first + t] = tile[…];",
        ),
    )
)


# --- 15.block_sum ---------------------------------------------------------------------------------


def _block_sums(x: Array) -> Array:
    return np.asarray(np.pad(x, (0, -x.size % THREADS)).reshape(-1, THREADS).sum(axis=1))


def _launch_sums(kernel: simt.Kernel, x: Array) -> Array:
    out = np.zeros(blocks(x.size), np.float32)
    kernel(out.size, THREADS, (x, np.int32(x.size), out))
    return out


register(
    Exercise(
        id="15.block_sum",
        title="The barrier in the branch",
        teaches="guard the work, not the barrier",
        reference=_block_sums,
        adapt=cuda_answer("block_sum", _launch_sums, orders=ORDERS),
        cases=(
            Case("one whole block", lambda rng: (positive(rng, 128),)),
            Case("one element", lambda rng: (positive(rng, 1),)),
            Case("a ragged end", lambda rng: (positive(rng, 1000),)),
            Case("16 whole blocks", lambda rng: (positive(rng, 2048),)),
        ),
        rtol=THREADS * 2.0**-24,  # at most 127 roundings of positive sums, in whatever order
        suspects=(
            *DIAGNOSES,
            Suspect(
                "half-of-it",
                answer=lambda x: _block_sums(np.where(np.arange(x.size) % THREADS < 64, x, 0)),
                says="only the first half of every block is in the sum: how far apart are the "
                "first two numbers that are added?",
            ),
        ),
        constraints=(
            at_most(
                "atomics-everywhere",
                lambda profile: profile.atomics,
                blocks_of,
                lambda counted, needed: (
                    f"right, but with {counted:,.0f} atomic operations, {counted / needed:.0f} "
                    "for each block: let the threads add in shared memory instead"
                ),
            ),
            at_most(
                "one-thread-adds",
                shared_loads,
                lambda case: 40 * blocks_of(case),  # a tree takes about 20 loads a block
                lambda counted, needed: (
                    f"right, but it takes {counted * 40 / needed:.0f} loads from shared memory one "
                    "after another in each block, where a tree takes about 20: let all threads add"
                ),
            ),
            at_most(
                "too-many-barriers",
                lambda profile: profile.barriers,
                lambda case: (LEVELS + 2) * blocks_of(case),
                lambda counted, needed: (
                    f"right, but with {counted * (LEVELS + 2) / needed:.0f} barriers a block: one "
                    f"after the tile is filled and one for each of {LEVELS} levels are enough"
                ),
            ),
        ),
        hints=(
            "Which threads come to the barrier in the loop, and which in the first line?",
            "No thread may leave before the last barrier. Those without an element put a zero into "
            "s; in the loop, only the addition is for some, and the barrier for all.",
            "s[t] = i < n ? x[i] : 0.0f;\n__syncthreads();\n"
            "for (…) {\n  if (t < half) s[t] += s[t + half];\n  …\n}",
        ),
    )
)


# --- 15.smooth ------------------------------------------------------------------------------------


def _smooth(x: Array) -> Array:
    padded = np.pad(x, 1)
    return np.asarray((padded[:-2] + padded[1:-1] + padded[2:]) / 3)


def _edges_repeated(x: Array) -> Array:
    padded = np.pad(x, 1, mode="edge")
    return np.asarray((padded[:-2] + padded[1:-1] + padded[2:]) / 3)


def _launch_smooth(kernel: simt.Kernel, x: Array) -> Array:
    out = np.zeros_like(x)
    kernel(blocks(x.size), THREADS, (x, np.int32(x.size), out))
    return out


register(
    Exercise(
        id="15.smooth",
        title="A halo has two ends",
        teaches="filling all of a tile, and nothing beyond the array",
        reference=_smooth,
        adapt=cuda_answer("smooth", _launch_smooth, orders=ORDERS),
        cases=(
            Case("one whole block", lambda rng: (positive(rng, 128),)),
            Case("one element", lambda rng: (positive(rng, 1),)),
            Case("a ragged end", lambda rng: (positive(rng, 300),)),
            Case("one element in the last block", lambda rng: (positive(rng, 257),)),
            Case("four whole blocks", lambda rng: (positive(rng, 512),)),
        ),
        rtol=4 * 2.0**-24,  # two additions and a division of positive numbers
        suspects=(
            *DIAGNOSES,
            Suspect(
                "edges-repeated",
                answer=_edges_repeated,
                says="outside of the array there are zeros here; yours repeats the first and the "
                "last number",
            ),
        ),
        constraints=(
            at_most(
                "reads-too-much",
                lambda profile: profile.bytes_read,
                lambda case: 4 * (case.args[0].size + 2 * blocks_of(case)),
                lambda counted, needed: (
                    f"right, but it reads {counted / needed:.2g}× the bytes it needs: each number "
                    "once into the tile, and two more for the halo"
                ),
            ),
        ),
        hints=(
            "Name the places of the tile that nobody writes, and the threads that read outside x.",
            "130 places: 128 for the block's own numbers, one left and one right of them. "
            "Every thread fills its own; the first and the last thread one more. A zero wherever x "
            "has no number.",
            "tile[t] = i < n ? x[i] : 0.0f;\n"
            "if (threadIdx.x == 0) tile[0] = i > 0 ? … : 0.0f;\n"
            "if (threadIdx.x == 127) tile[129] = … ? x[i + 1] : 0.0f;",
        ),
    )
)
