"""15.reverse_tiles: turn every tile around."""

import numpy as np

from attention_scratch.exercises import Constraint
from attention_scratch.exercises.cuda_answers import cuda_exercise
from attention_scratch.exercises.cuda_constraints import at_most, profile_of
from attention_scratch.exercises.cuda_suspects import COOPERATING

from .common import ORDERS, THREADS, blocks_of, positive

RIGHT = """
extern "C" __global__ void reverse_tiles(const float* x, float* out) {
  __shared__ float tile[128];
  int t = threadIdx.x, first = blockIdx.x * 128;
  tile[t] = x[first + t];
  __syncthreads();
  out[first + t] = tile[127 - t];
}
"""


def reverse(x):
    return np.ascontiguousarray(x.reshape(-1, THREADS)[:, ::-1]).ravel()


def launch(kernel, x):
    out = np.zeros_like(x)
    kernel(x.size // THREADS, THREADS, (x, out))
    return out


EXERCISE = cuda_exercise(
    "15.reverse_tiles",
    "Turn every tile around",
    teaches="where a barrier belongs, and which",
    right=RIGHT,
    launch=launch,
    orders=ORDERS,
    reference=reverse,
    cases="""
        one tile: positive(rng, 128)
        three tiles: positive(rng, 384)
    """,
    mistakes=r"""
        unchanged-order: answer lambda x: x
            & tile[127 - t] → tile[t]
            every number is where it was: nothing was turned around
        missing-barrier: __syncthreads(); → // __syncthreads();
        barrier-misplaced: __syncthreads(); →
            & tile[t] = → __syncthreads(); tile[t] =
        barrier-misplaced: __syncthreads(); →
            & tile[127 - t]; → tile[127 - t]; __syncthreads();
        syncwarp-is-not-enough: __syncthreads → __syncwarp
        barrier-in-branch: __syncthreads → if (t < 64) __syncthreads
        too-many-barriers: tile[t] = → __syncthreads(); tile[t] =
            & tile[127 - t]; → tile[127 - t]; __syncthreads();
        shared-memory-unused: tile[t] = x[first + t]; →
            & tile[127 - t] → x[first + 127 - t]
        out-of-bounds: 127 - t → 128 - t
        does-not-compile: __syncthreads(); → __syncthreads; barrier();
        not-in-the-emulator: tile[t] = x[first + t];
            → float* copy = (float*)malloc(4); tile[t] = *copy;
        parameters-changed: const float* x, float* out → const float* x, int n, float* out
    """,
    shared=COOPERATING,
    constraints=(
        Constraint(
            "shared-memory-unused",
            holds=lambda attempt: profile_of(attempt.cases[-1]).shared_loads > 0,
            says="right, and without the tile. That is even simpler here; but mend the kernel that "
            "has one, since most kernels cannot do without",
        ),
        at_most(
            "too-many-barriers",
            lambda profile: profile.barriers,
            blocks_of,
            lambda counted, needed: (
                f"right, but with {counted / needed:g} barriers where 1 is enough: a barrier "
                "stands between a write and a read, and there is one such place"
            ),
        ),
    ),
    hints="""
        Thread 0 reads what thread 127 wrote. Who says that thread 127 has done so?

        One barrier, for the whole block, that no thread passes before every number of the tile is
        in place.

        tile[t] = x[first + t];
        __sync…();
        out[first + t] = tile[…];
    """,
)
