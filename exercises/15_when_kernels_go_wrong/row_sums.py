"""15.row_sums: the lanes that have nothing."""

import numpy as np

from attention_scratch.exercises.cuda_answers import cuda_exercise
from attention_scratch.exercises.cuda_constraints import at_most
from attention_scratch.exercises.cuda_suspects import COOPERATING, LANES_MISSING

from .common import ORDERS, positive

WARP = 32
RIGHT = """
extern "C" __global__ void row_sums(const float* x, int columns, float* out) {
  int lane = threadIdx.x;
  const float* row = x + blockIdx.x * columns;
  float sum = 0.0f;
  for (int c = lane; c < columns; c += 32) sum += row[c];
  for (int d = 16; d > 0; d /= 2) sum += __shfl_down_sync(0xffffffff, sum, d);
  if (lane == 0) out[blockIdx.x] = sum;
}
"""
SHUFFLES = "for (int d = 16; d > 0; d /= 2) sum += __shfl_down_sync(0xffffffff, sum, d);"
THROUGH_AN_ARRAY = RIGHT.replace(
    SHUFFLES,
    "__shared__ float s[32];\n  s[lane] = sum;\n  __syncwarp();\n"
    "  if (lane == 0) for (int k = 1; k < 32; ++k) sum += s[k];",
)


def matrix(rng, rows, columns):
    return positive(rng, rows * columns).reshape(rows, columns)


def sums(x):
    return np.asarray(x.sum(axis=1))


def even_lanes(x):
    return sums(x[:, np.arange(x.shape[1]) % 2 == 0])


def launch(kernel, x):
    rows, columns = x.shape
    out = np.zeros(rows, np.float32)
    kernel(rows, WARP, (x, np.int32(columns), out))
    return out


EXERCISE = cuda_exercise(
    "15.row_sums",
    "The lanes that have nothing",
    teaches="masks, and lanes that bring a zero",
    right=RIGHT,
    launch=launch,
    orders=ORDERS,
    reference=sums,
    rtol=100 * 2.0**-24,  # at most 99 roundings of positive sums, in whatever order
    cases="""
        32 columns: matrix(rng, 2, 32)
        20 columns: matrix(rng, 3, 20)
        one column: matrix(rng, 2, 1)
        100 columns: matrix(rng, 4, 100)
    """,
    mistakes=r"""
        one-step-short: answer even_lanes
            & d > 0 → d > 1
            the numbers of every other lane are missing: the last step of the sum, between
            neighbors, was not done
        lanes-missing: float sum = → if (lane >= columns) return;\n  float sum =
        lanes-missing: float sum =
            → unsigned mask = __ballot_sync(~0u, lane < columns);\n  float sum =
            & float sum = → if (lane >= columns) return;\n  float sum =
            & _sync(0xffffffff, sum → _sync(mask, sum
        lanes-missing: 0xffffffff → 0xffff
        lanes-missing: sum += __shfl → if (lane < d) sum += __shfl
        shared-memory-used: answer THROUGH_AN_ARRAY
        atomics-everywhere: d = 16 → d = 0
            & if (lane == 0) out[blockIdx.x] = sum; → atomicAdd(&out[blockIdx.x], sum);
    """,
    shared=(LANES_MISSING, *COOPERATING),
    constraints=(
        at_most(
            "shared-memory-used",
            lambda profile: profile.shared_loads + profile.shared_stores,
            lambda case: 0,
            lambda counted, needed: (
                f"right, but through shared memory, {counted} accesses: the lanes of a warp can "
                "hand each other their numbers"
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
    hints="""
        32 lanes are named in the mask. Do all of them come to the shuffle, in every row?

        Let no lane return. One without an element adds up nothing: its sum is zero, and with that
        it takes part in all five shuffles.

        float sum = 0.0f;
        for (int c = lane; c < columns; c += 32) sum += row[c];
        for (…) sum += __shfl_down_sync(0xffffffff, sum, d);  // by all 32
    """,
)
