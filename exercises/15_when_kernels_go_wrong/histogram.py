"""15.histogram: count without losing any."""

import numpy as np

from attention_scratch.exercises.cuda_answers import cuda_exercise
from attention_scratch.exercises.cuda_constraints import at_most
from attention_scratch.exercises.cuda_suspects import (
    COOPERATING,
    races_in,
    races_with_itself,
    whenever_stopped,
)

from .common import ORDERS

BINS = 64
GRID, BLOCK = 4, 128
RIGHT = """
extern "C" __global__ void histogram(const unsigned char* x, int n, int* bins) {
  __shared__ int mine[64];
  int first = blockIdx.x * blockDim.x + threadIdx.x, threads = gridDim.x * blockDim.x;
  if (threadIdx.x < 64) mine[threadIdx.x] = 0;
  __syncthreads();  // before the first count
  for (int i = first; i < n; i += threads) atomicAdd(&mine[x[i]], 1);
  __syncthreads();  // before the sums go out
  if (threadIdx.x < 64) atomicAdd(&bins[threadIdx.x], mine[threadIdx.x]);
}
"""
STRAIGHT_INTO_THE_BINS = """
extern "C" __global__ void histogram(const unsigned char* x, int n, int* bins) {
  int first = blockIdx.x * blockDim.x + threadIdx.x, threads = gridDim.x * blockDim.x;
  for (int i = first; i < n; i += threads) atomicAdd(&bins[x[i]], 1);
}
"""
AS_IT_WAS = STRAIGHT_INTO_THE_BINS.replace("atomicAdd(&bins[x[i]], 1)", "bins[x[i]] += 1")


def counts(x):
    return np.bincount(x, minlength=BINS).astype(np.int32)


def launch(kernel, x):
    bins = np.zeros(BINS, np.int32)
    kernel(GRID, BLOCK, (x, np.int32(x.size), bins))
    return bins


EXERCISE = cuda_exercise(
    "15.histogram",
    "Count without losing any",
    teaches="atomics, and how to need few of them",
    right=RIGHT,
    launch=launch,
    orders=ORDERS,
    reference=counts,
    cases="""
        1,000 values: integers(0, BINS, 1000).astype(np.uint8)
        one value: integers(0, BINS, 1).astype(np.uint8)
        all the same: np.full(600, 63, np.uint8)
        8,192 values: integers(0, BINS, 8192).astype(np.uint8)
    """,
    mistakes=r"""
        race-in-global-memory: when races_in("global")
            read, add and write are three steps, and threads come between each other's: counts are
            lost
        race-in-global-memory: answer AS_IT_WAS
        race-in-global-memory: atomicAdd(&bins[threadIdx.x], mine[threadIdx.x])
            → bins[threadIdx.x] += mine[threadIdx.x]
        not-atomic-in-shared-memory: when whenever_stopped(races_with_itself)
            & atomicAdd(&mine[x[i]], 1) → mine[x[i]] += 1
            the threads of a block share these bins as well: no barrier can order two threads on one
            line; an atomic operation can
        atomics-everywhere: answer STRAIGHT_INTO_THE_BINS
        never-written: if (threadIdx.x < 64) mine[threadIdx.x] = 0; →
        barrier-misplaced: __syncthreads();  // before the first count →
        barrier-misplaced: __syncthreads();  // before the sums go out →
        barrier-in-branch: atomicAdd(&mine[x[i]], 1);
            → { __syncthreads(); atomicAdd(&mine[x[i]], 1); }
    """,
    shared=COOPERATING,
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
    hints="""
        Who else may be adding to bins[x[i]] at the same moment? And how many threads stand in line
        there?

        Each block gets 64 bins of its own in shared memory: set them to zero, barrier, count with
        atomicAdd, barrier, then one thread for each bin adds it to the result.

        __shared__ int mine[64];
        if (threadIdx.x < 64) mine[threadIdx.x] = 0;
        __syncthreads();
        for (…) atomicAdd(&mine[x[i]], 1);
        …
    """,
)
