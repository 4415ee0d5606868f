"""15.block_sum: the barrier in the branch."""

import numpy as np

from attention_scratch.exercises.cuda_answers import cuda_exercise
from attention_scratch.exercises.cuda_constraints import at_most
from attention_scratch.exercises.cuda_suspects import COOPERATING

from .common import ORDERS, THREADS, blocks, blocks_of, positive

LEVELS = 7  # of a tree over 128 numbers
RIGHT = """
extern "C" __global__ void block_sum(const float* x, int n, float* out) {
  __shared__ float s[128];
  int t = threadIdx.x, i = blockIdx.x * 128 + t;
  s[t] = i < n ? x[i] : 0.0f;
  __syncthreads();
  for (int half = 64; half > 0; half /= 2) {
    if (t < half) s[t] += s[t + half];
    __syncthreads();
  }
  if (t == 0) out[blockIdx.x] = s[0];
}
"""


def block_sums(x):
    return np.asarray(np.pad(x, (0, -x.size % THREADS)).reshape(-1, THREADS).sum(axis=1))


def launch(kernel, x):
    out = np.zeros(blocks(x.size), np.float32)
    kernel(out.size, THREADS, (x, np.int32(x.size), out))
    return out


def half_of_it(x):
    return block_sums(np.where(np.arange(x.size) % THREADS < 64, x, 0))


def shared_loads(profile):
    """Warp-wide loads from shared memory."""
    return sum(a.requests for a in profile.of(space="shared", operation="load").accesses)


EXERCISE = cuda_exercise(
    "15.block_sum",
    "The barrier in the branch",
    teaches="guard the work, not the barrier",
    right=RIGHT,
    launch=launch,
    orders=ORDERS,
    reference=block_sums,
    rtol=THREADS * 2.0**-24,  # at most 127 roundings of positive sums, in whatever order
    cases="""
        one whole block: positive(rng, 128)
        one element: positive(rng, 1)
        a ragged end: positive(rng, 1000)
        16 whole blocks: positive(rng, 2048)
    """,
    mistakes=r"""
        half-of-it: answer half_of_it
            & half = 64 → half = 32
            only the first half of every block is in the sum: how far apart are the first two
            numbers that are added?
        barrier-in-branch: s[t] = i < n ? x[i] : 0.0f; → if (i >= n) return; s[t] = x[i];
            & if (t < half) → if (t < half && i + half < n)
        barrier-in-branch: s[t + half];\n    __syncthreads(); → s[t + half], __syncthreads();
        barrier-in-branch: s[t] += s[t + half];\n    __syncthreads();
            → {\n s[t] += s[t + half];\n __syncthreads();\n }\n else __syncthreads();
        barrier-misplaced: s[t + half];\n    __syncthreads(); → s[t + half];
        syncwarp-is-not-enough: __syncthreads → __syncwarp
        never-written: s[t] = i < n ? x[i] : 0.0f; → if (i < n) s[t] = x[i];
        endless-loop: half /= 2 →
        one-thread-adds: for (int half = 64; half > 0; half /= 2) {
            → if (t == 0) for (int k = 1; k < 128; ++k) s[0] += s[k];
            & if (t < half) s[t] += s[t + half];\n    __syncthreads();\n  } →
        too-many-barriers: if (t < half) s[t] += s[t + half];
            → float other = t < half ? s[t + half] : 0; __syncthreads(); s[t] += other;
        atomics-everywhere: s[t] = i < n ? x[i] : 0.0f;
            → if (i < n) atomicAdd(&out[blockIdx.x], x[i]);
            & if (t < half) s[t] += s[t + half];\n    __syncthreads(); →
            & if (t == 0) out[blockIdx.x] = s[0]; →
    """,
    shared=COOPERATING,
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
    hints="""
        Which threads come to the barrier in the loop, and which in the first line?

        No thread may leave before the last barrier. Those without an element put a zero into s; in
        the loop, only the addition is for some, and the barrier for all.

        s[t] = i < n ? x[i] : 0.0f;
        __syncthreads();
        for (…) {
          if (t < half) s[t] += s[t + half];
          …
        }
    """,
)
