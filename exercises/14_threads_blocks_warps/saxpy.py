"""14.saxpy: a value, and an array changed where it lies."""

import numpy as np

from attention_scratch.exercises.cuda_answers import cuda_exercise
from attention_scratch.exercises.cuda_constraints import COALESCED, WORK_IS_SHARED, reads_at_most

from . import common
from .common import RTOL, THREADS, positive

RIGHT = """
extern "C" __global__ void saxpy(float a, const float* x, float* y, int n) {
  int i = blockDim.x * blockIdx.x + threadIdx.x;
  if (i < n) y[i] = a * x[i] + y[i];
}
"""


def scaled(rng, n):
    return positive(rng, 1)[0] + 1, positive(rng, n), positive(rng, n)


def launch(kernel, a, x, y):
    result = y.copy()
    kernel(-(-x.size // THREADS), THREADS, (a, x, result, np.int32(x.size)))
    return result


EXERCISE = cuda_exercise(
    "14.saxpy",
    "SAXPY, in place",
    teaches="how a kernel takes a value, and changes an array where it lies",
    right=RIGHT,
    launch=launch,
    reference=common.saxpy,
    rtol=RTOL,
    cases="""
        exactly one block: *scaled(rng, 128)
        one element: *scaled(rng, 1)
        less than a warp: *scaled(rng, 31)
        1000 elements, no whole number of blocks: *scaled(rng, 1000)
        2048 elements: *scaled(rng, 2048)
    """,
    mistakes=r"""
        y-not-added: answer lambda a, x, y: a * x
            & a * x[i] + y[i] → a * x[i]
            y's old value is lost: it is stored over before it was added
        a-times-y: answer lambda a, x, y: x + a * y
            & a * x[i] + y[i] → x[i] + a * y[i]
            the wrong one is scaled: a multiplies x, and y is added as it is
        y-unchanged: answer lambda a, x, y: y
            & y[i] = a * x[i] + y[i]; → { float sum = a * x[i] + y[i]; (void)sum; }
            y is as it was: nothing was stored into it
        no-guard: if (i < n) →
        guard-off-by-one: i < n → i < n + 1
        endless-loop: if (i < n) → while (i < n)
        kernel-fault: x[i] → x[i - 1]
        parameters-changed: float a, const float* x → const float* x, float a
    """,
    constraints=(WORK_IS_SHARED, COALESCED, reads_at_most(8)),
    hints="""
        Nothing is new but the right-hand side: the same index, the same guard.

        a is a value, the same for all threads: no index. y is read and written by the same thread,
        at the same index, so no other thread can come between.

        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i < n) y[i] = …;
    """,
)
