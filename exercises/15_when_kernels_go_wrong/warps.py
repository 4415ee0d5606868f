"""The exercise on lanes that have nothing to bring."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from attention_scratch import simt
from attention_scratch.exercises import Case, Exercise, Suspect, register
from .suspects import DIAGNOSES, LANES_MISSING, ORDERS
from .tiles import positive
from attention_scratch.exercises.cuda_answers import at_most, cuda_answer

Array = npt.NDArray[Any]

WARP = 32


def _matrix(rng: np.random.Generator, rows: int, columns: int) -> Array:
    return positive(rng, rows * columns).reshape(rows, columns)


def _sums(x: Array) -> Array:
    return np.asarray(x.sum(axis=1))


def _launch(kernel: simt.Kernel, x: Array) -> Array:
    rows, columns = x.shape
    out = np.zeros(rows, np.float32)
    kernel(rows, WARP, (x, np.int32(columns), out))
    return out


def _even_lanes(x: Array) -> Array:
    return _sums(x[:, np.arange(x.shape[1]) % 2 == 0])


register(
    Exercise(
        id="15.row_sums",
        title="The lanes that have nothing",
        teaches="masks, and lanes that bring a zero",
        reference=_sums,
        adapt=cuda_answer("row_sums", _launch, orders=ORDERS),
        cases=(
            Case("32 columns", lambda rng: (_matrix(rng, 2, 32),)),
            Case("20 columns", lambda rng: (_matrix(rng, 3, 20),)),
            Case("one column", lambda rng: (_matrix(rng, 2, 1),)),
            Case("100 columns", lambda rng: (_matrix(rng, 4, 100),)),
        ),
        rtol=100 * 2.0**-24,  # at most 99 roundings of positive sums, in whatever order
        suspects=(
            LANES_MISSING,
            *DIAGNOSES,
            Suspect(
                "one-step-short",
                answer=_even_lanes,
                says="the numbers of every other lane are missing: the last step of the sum, "
                "between neighbors, was not done",
            ),
        ),
        constraints=(
            at_most(
                "shared-memory-used",
                lambda profile: profile.shared_loads + profile.shared_stores,
                lambda case: 0,
                lambda counted, needed: (
                    f"right, but through shared memory, {counted} accesses: the lanes of a warp "
                    "can hand each other their numbers"
                ),
            ),
            at_most(
                "atomics-everywhere",
                lambda profile: profile.atomics,
                lambda case: 0,
                lambda counted, needed: (
                    f"right, but with {counted} atomic operations: 5 shuffles do it without any"
                ),
            ),
        ),
        hints=(
            "32 lanes are named in the mask. Do all of them come to the shuffle, in every row?",
            "Let no lane return. One without an element adds up nothing: its sum is zero, and with "
            "that it takes part in all five shuffles.",
            "float sum = 0.0f;\nfor (int c = lane; c < columns; c += 32) sum += row[c];\n"
            "for (…) sum += __shfl_down_sync(0xffffffff, sum, d);  // by all 32",
        ),
    )
)
