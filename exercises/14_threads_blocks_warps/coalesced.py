"""14.coalesced: eight elements a thread, four sectors a request."""

import numpy as np

from attention_scratch.exercises.cuda_answers import cuda_exercise
from attention_scratch.exercises.cuda_constraints import COALESCED, WORK_IS_SHARED, reads_at_most
from attention_scratch.exercises.cuda_suspects import ELEMENTWISE

from .common import NOTHING_WRITTEN, RTOL, THREADS, positive, untouched

STRETCH = THREADS * 8
RIGHT = """
extern "C" __global__ void squares(const float* x, float* out, int n) {
  int first = blockIdx.x * blockDim.x * 8;
  for (int k = 0; k < 8; ++k) {
    int i = first + k * blockDim.x + threadIdx.x;
    if (i < n) out[i] = x[i] * x[i];
  }
}
"""
COPIES_FIRST_AND_SQUARES_THEN = """
extern "C" __global__ void squares(const float* x, float* out, int n) {
  int first = blockIdx.x * blockDim.x * 8 + threadIdx.x;
  int end = min(n, int((blockIdx.x + 1) * blockDim.x * 8));
  for (int i = first; i < end; i += blockDim.x) out[i] = x[i];
  for (int i = first; i < end; i += blockDim.x) out[i] *= x[i];
}
"""


def launch(kernel, x):
    out = untouched(x)
    kernel(-(-x.size // STRETCH), THREADS, (x, out, np.int32(x.size)))
    return out


def one_each(x):
    """Each block does the first ``THREADS`` elements of its stretch."""
    return np.where(np.arange(x.size) % STRETCH < THREADS, x * x, np.nan).astype(np.float32)


EXERCISE = cuda_exercise(
    "14.coalesced",
    "Eight elements a thread, four sectors a request",
    teaches="that which thread takes which element decides how much memory moves",
    right=RIGHT,
    launch=launch,
    reference=np.square,
    rtol=RTOL,
    cases="""
        one whole stretch: positive(rng, 1024)
        one element: positive(rng, 1)
        a ragged end: positive(rng, 5000)
        eight whole stretches: positive(rng, 8192)
    """,
    mistakes=r"""
        one-element-each: answer one_each
            & k < 8 → k < 1
            each thread did one element of its eight: the rest of every stretch is untouched
        strided: k * blockDim.x + threadIdx.x → threadIdx.x * 8 + k
        no-guard: if (i < n) →
        race: k * blockDim.x → k
        reads-too-much: answer COPIES_FIRST_AND_SQUARES_THEN
        one-thread-does-all: k < 8 → k < 8 * blockDim.x && threadIdx.x == 0
            & k * blockDim.x + threadIdx.x → k
    """,
    shared=(NOTHING_WRITTEN, *ELEMENTWISE),
    constraints=(WORK_IS_SHARED, COALESCED, reads_at_most(4)),
    hints="""
        Look at one moment: all 32 threads of a warp execute the same load. Which 32 elements should
        that be?

        The block's stretch begins at blockIdx.x * blockDim.x * 8. In round k let the whole block
        take the next blockDim.x elements of it, thread 0 the first of them.

        int first = blockIdx.x * blockDim.x * 8;
        for (int k = 0; k < 8; ++k) {
          int i = first + k * … + threadIdx.x;
          …
        }
    """,
)
