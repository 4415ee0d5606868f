"""15.smooth: a halo has two ends."""

import numpy as np

from attention_scratch.exercises.cuda_answers import cuda_exercise
from attention_scratch.exercises.cuda_constraints import at_most
from attention_scratch.exercises.cuda_suspects import COOPERATING

from .common import ORDERS, THREADS, blocks, blocks_of, positive

RIGHT = """
extern "C" __global__ void smooth(const float* x, int n, float* out) {
  __shared__ float tile[130];
  int i = blockIdx.x * 128 + threadIdx.x, t = threadIdx.x + 1;
  tile[t] = i < n ? x[i] : 0.0f;
  if (threadIdx.x == 0) tile[0] = i > 0 ? x[i - 1] : 0.0f;
  if (threadIdx.x == 127) tile[129] = i + 1 < n ? x[i + 1] : 0.0f;
  __syncthreads();
  if (i < n) out[i] = (tile[t - 1] + tile[t] + tile[t + 1]) / 3.0f;
}
"""
WITHOUT_A_TILE = """
extern "C" __global__ void smooth(const float* x, int n, float* out) {
  int i = blockIdx.x * 128 + threadIdx.x;
  if (i >= n) return;
  float left = i > 0 ? x[i - 1] : 0.0f, right = i + 1 < n ? x[i + 1] : 0.0f;
  out[i] = (left + x[i] + right) / 3.0f;
}
"""


def smoothed(x, mode="constant"):
    padded = np.pad(x, 1, mode=mode)
    return np.asarray((padded[:-2] + padded[1:-1] + padded[2:]) / 3)


def edges_repeated(x):
    return smoothed(x, mode="edge")


def launch(kernel, x):
    out = np.zeros_like(x)
    kernel(blocks(x.size), THREADS, (x, np.int32(x.size), out))
    return out


EXERCISE = cuda_exercise(
    "15.smooth",
    "A halo has two ends",
    teaches="filling all of a tile, and nothing beyond the array",
    right=RIGHT,
    launch=launch,
    orders=ORDERS,
    reference=smoothed,
    rtol=4 * 2.0**-24,  # two additions and a division of positive numbers
    cases="""
        one whole block: positive(rng, 128)
        one element: positive(rng, 1)
        a ragged end: positive(rng, 300)
        one element in the last block: positive(rng, 257)
        four whole blocks: positive(rng, 512)
    """,
    mistakes=r"""
        edges-repeated: answer edges_repeated
            & i < n ? x[i] : 0.0f → x[min(i, n - 1)]
            & i > 0 ? x[i - 1] : 0.0f → x[max(i - 1, 0)]
            & i + 1 < n ? x[i + 1] : 0.0f → x[min(i + 1, n - 1)]
            outside of the array there are zeros here; yours repeats the first and the last number
        never-written: if (threadIdx.x == 127) tile[129] = i + 1 < n ? x[i + 1] : 0.0f; →
        never-written: if (threadIdx.x == 127) tile[129] = i + 1 < n ? x[i + 1] : 0.0f; →
            & if (threadIdx.x == 0) tile[0] = i > 0 ? x[i - 1] : 0.0f; →
        out-of-bounds: i > 0 ? x[i - 1] : 0.0f → x[i - 1]
            & i + 1 < n ? x[i + 1] : 0.0f → x[i + 1]
        out-of-bounds: tile[129] → tile[130]
        missing-barrier: __syncthreads(); →
        barrier-in-branch: tile[t] = i < n ? x[i] : 0.0f; → if (i >= n) return; tile[t] = x[i];
            & threadIdx.x == 127) tile[129] → threadIdx.x == 127 || i == n - 1) tile[t + 1]
        reads-too-much: answer WITHOUT_A_TILE
    """,
    shared=COOPERATING,
    constraints=(
        at_most(
            "reads-too-much",
            lambda profile: profile.bytes_read,
            lambda case: 4 * (case.args[0].size + 2 * blocks_of(case)),
            lambda counted, needed: (
                f"right, but it reads {counted / needed:.2g}× the bytes it needs: each number once "
                "into the tile, and two more for the halo"
            ),
        ),
    ),
    hints="""
        Name the places of the tile that nobody writes, and the threads that read outside x.

        130 places: 128 for the block's own numbers, one left and one right of them. Every thread
        fills its own; the first and the last thread one more. A zero wherever x has no number.

        tile[t] = i < n ? x[i] : 0.0f;
        if (threadIdx.x == 0) tile[0] = i > 0 ? … : 0.0f;
        if (threadIdx.x == 127) tile[129] = … ? x[i + 1] : 0.0f;
    """,
)
