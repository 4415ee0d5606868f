"""14.grid_stride: a grid that does not grow."""

import numpy as np

from attention_scratch.exercises.cuda_answers import cuda_exercise
from attention_scratch.exercises.cuda_constraints import COALESCED, WORK_IS_SHARED, reads_at_most
from attention_scratch.exercises.cuda_suspects import found

from .common import BLOCKS, RTOL, THREADS, saxpy
from .saxpy import scaled

RIGHT = """
extern "C" __global__ void saxpy_grid_stride(float a, const float* x, float* y, int n) {
  int first = blockIdx.x * blockDim.x + threadIdx.x;
  for (int i = first; i < n; i += gridDim.x * blockDim.x) y[i] += a * x[i];
}
"""
A_STRETCH_FOR_EACH_THREAD = """
extern "C" __global__ void saxpy_grid_stride(float a, const float* x, float* y, int n) {
  int first = blockIdx.x * blockDim.x + threadIdx.x;
  int each = (n + gridDim.x * blockDim.x - 1) / (gridDim.x * blockDim.x);
  for (int i = first * each; i < n && i < (first + 1) * each; ++i) y[i] += a * x[i];
}
"""


def launch(kernel, a, x, y):
    result = y.copy()
    kernel(BLOCKS, THREADS, (a, x, result, np.int32(x.size)))
    return result


def only_the_first_grid(a, x, y):
    return np.where(np.arange(x.size) < BLOCKS * THREADS, np.float32(a) * x + y, y)


def races_a_block_apart(attempt):
    """Only where the elements reach past one block's, and not within the same thread number."""
    races = found(attempt)
    return len(races) == len(attempt.failed_cases) and all(
        f.kind == "race"
        and f.conflict is not None
        and f.conflict.block != f.block
        and f.conflict.thread == f.thread
        and (f.index or 0) >= THREADS
        for f in races
    )


EXERCISE = cuda_exercise(
    "14.grid_stride",
    "A grid that does not grow",
    teaches="how a fixed number of threads works through any number of elements",
    right=RIGHT,
    launch=launch,
    reference=saxpy,
    rtol=RTOL,
    cases="""
        exactly one block: *scaled(rng, 128)
        one element: *scaled(rng, 1)
        512 elements: *scaled(rng, 512)
        1000 elements, no whole number of blocks: *scaled(rng, 1000)
        4096 elements: *scaled(rng, 4096)
    """,
    mistakes=r"""
        stride-is-the-block: when races_a_block_apart
            & gridDim.x * blockDim.x → blockDim.x
            blocks walk into each other's elements: after its own element a thread must skip the
            elements of the whole grid, not only those of its block
        one-element-each: answer only_the_first_grid
            & for (int i = first; i < n; i += gridDim.x * blockDim.x) → int i = first; if (i < n)
            the first 512 elements are done and the rest are not: the grid has 512 threads, so each
            needs a loop
        race: i += gridDim.x * blockDim.x → ++i
        guard-off-by-one: i < n → i <= n
        strided: answer A_STRETCH_FOR_EACH_THREAD
        one-thread-does-all: for (int i = first; → if (first == 0) for (int i = 0;
            & i += gridDim.x * blockDim.x → ++i
        endless-loop: i += gridDim.x * blockDim.x →
    """,
    constraints=(WORK_IS_SHARED, COALESCED, reads_at_most(8)),
    hints="""
        Think of the grid as a comb with 512 teeth. Having done its first element, where does each
        tooth go next?

        Start at the thread's index in the grid, as always. Loop while the index is below n; after
        each round go on by the number of threads in the whole grid: gridDim.x blocks of blockDim.x
        threads.

        for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += …)
          y[i] = …;
    """,
)
