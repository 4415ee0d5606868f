"""14.vector_add: one thread per element."""

import numpy as np

from attention_scratch.exercises.cuda_answers import cuda_exercise
from attention_scratch.exercises.cuda_constraints import COALESCED, WORK_IS_SHARED, reads_at_most
from attention_scratch.exercises.cuda_suspects import ELEMENTWISE

from .common import NOTHING_WRITTEN, RTOL, THREADS, positive, untouched

RIGHT = """
extern "C" __global__ void vector_add(const float* x, const float* y, float* out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) out[i] = x[i] + y[i];
}
"""


def vectors(rng, n):
    return positive(rng, n), positive(rng, n)


def launch(kernel, x, y):
    out = untouched(x)
    kernel(-(-x.size // THREADS), THREADS, (x, y, out, np.int32(x.size)))
    return out


EXERCISE = cuda_exercise(
    "14.vector_add",
    "One thread per element",
    teaches="the index every kernel begins with, and why it needs a guard",
    right=RIGHT,
    launch=launch,
    reference=np.add,
    rtol=RTOL,
    cases="""
        exactly one block: *vectors(rng, 128)
        one element: *vectors(rng, 1)
        less than a warp: *vectors(rng, 31)
        1000 elements, no whole number of blocks: *vectors(rng, 1000)
        2048 elements: *vectors(rng, 2048)
    """,
    mistakes=r"""
        no-guard: if (i < n) →
        guard-off-by-one: i < n → i <= n
        block-forgotten: blockIdx.x * blockDim.x + →
        block-size-forgotten: blockIdx.x * blockDim.x → blockIdx.x
        nothing-written: i < n → i > n
        one-thread-does-all: int i = blockIdx.x * blockDim.x + threadIdx.x; →
            & if (i < n) → if (blockIdx.x == 0 && threadIdx.x == 0) for (int i = 0; i < n; ++i)
        race: int i = blockIdx.x * blockDim.x + threadIdx.x; →
            & if (i < n) → for (int i = 0; i < n; ++i)
        does-not-compile: threadIdx.x; → threadIdx.x
        not-in-the-emulator: if (i < n) → float* sum = (float*)malloc(4); *sum = x[i] + y[i];
    """,
    shared=(NOTHING_WRITTEN, *ELEMENTWISE),
    constraints=(WORK_IS_SHARED, COALESCED, reads_at_most(8)),
    hints="""
        Every thread runs the same lines. What differs is blockIdx.x and threadIdx.x.

        Work out the thread's index in the whole grid; if it is below n, add the two elements at
        that index and store the sum there.

        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (…) out[i] = …;
    """,
)
