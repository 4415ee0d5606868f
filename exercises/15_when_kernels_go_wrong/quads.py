"""15.quads: four at a time, from anywhere."""

import numpy as np

from attention_scratch.exercises import Constraint
from attention_scratch.exercises.cuda_answers import cuda_exercise
from attention_scratch.exercises.cuda_constraints import profile_of
from attention_scratch.exercises.cuda_suspects import COOPERATING, is_kind

from .common import ORDERS, positive

QUAD_THREADS = 64
UNTOUCHED = np.float32(-1)
RIGHT = """
extern "C" __global__ void double_from(const float* x, int first, int n, float* out) {
  int i = (first / 4 + blockIdx.x * blockDim.x + threadIdx.x) * 4;
  if (i >= first && i + 4 <= n) {
    float4 v = *reinterpret_cast<const float4*>(x + i);
    *reinterpret_cast<float4*>(out + i) = make_float4(2 * v.x, 2 * v.y, 2 * v.z, 2 * v.w);
  } else {
    for (int j = i; j < i + 4; ++j) {
      if (j >= first && j < n) out[j] = 2 * x[j];
    }
  }
}
"""


def doubled(x, first):
    return np.where(np.arange(x.size) >= first, 2 * x, UNTOUCHED)


def begins_too_early(x, first):
    return doubled(x, first // 4 * 4)


def without_the_tail(x, first):
    return np.where(np.arange(x.size) < x.size // 4 * 4, doubled(x, first), UNTOUCHED)


def launch(kernel, x, first):
    out = np.full_like(x, UNTOUCHED)
    quads = -(-x.size // 4) - first // 4
    kernel(-(-quads // QUAD_THREADS), QUAD_THREADS, (x, np.int32(first), np.int32(x.size), out))
    return out


def wide_loads(attempt):
    loads = profile_of(attempt.cases[-1]).of(array="x", operation="load").accesses
    return sum(a.accesses for a in loads if a.size == 16)


def whole_quads(attempt):
    x, first = attempt.cases[-1].args
    return int(x.size // 4 - -(-first // 4))


EXERCISE = cuda_exercise(
    "15.quads",
    "Four at a time, from anywhere",
    teaches="alignment, heads and tails",
    right=RIGHT,
    launch=launch,
    orders=ORDERS,
    reference=doubled,
    cases="""
        from the start, a multiple of four: positive(rng, 256), 0
        from the start, a ragged end: positive(rng, 255), 0
        from element 3: positive(rng, 256), 3
        from element 5 to 6: positive(rng, 7), 5
        from element 2, a ragged end: positive(rng, 1001), 2
    """,
    mistakes=r"""
        misaligned: when is_kind("misaligned")
            & (first / 4 + blockIdx.x * blockDim.x + threadIdx.x) * 4
            → first + (blockIdx.x * blockDim.x + threadIdx.x) * 4
            four floats at once begin at a multiple of four only: which elements of x are that,
            counted from the start of the array?
        begins-too-early: answer begins_too_early
            & i >= first && i + 4 <= n → i + 4 <= n
            & j >= first && j < n → j < n
            elements before `first` were written: they share a group of four with it, but are not
            yours
        tail-forgotten: answer without_the_tail
            & if (i >= first → if (i + 4 > n) return;\n  if (i >= first
            the last elements are untouched, where fewer than four are left
        out-of-bounds: i + 4 <= n → i < n
        one-float-at-a-time: i + 4 <= n → n < 0
        kernel-fault: out[j] = 2 * x[j] → out[j] = ((float*)x)[j] *= 2
    """,
    shared=COOPERATING,
    constraints=(
        Constraint(
            "one-float-at-a-time",
            holds=lambda attempt: wide_loads(attempt) >= whole_quads(attempt),
            says=lambda attempt: (
                f"right, but {wide_loads(attempt)} loads of 16 bytes where {whole_quads(attempt)} "
                "groups of four are complete: load those as float4"
            ),
        ),
    ),
    hints="""
        The array itself is aligned. Which of its elements does a float4 begin at?

        Let thread k own the group of four that begins at (first / 4 + k) * 4. If all four lie
        between first and n, move them as a float4; otherwise one by one, each with its own guard.

        int i = (first / 4 + k) * 4;
        if (i >= first && i + 4 <= n) { … float4 … }
        else for (int j = i; j < i + 4; ++j) if (…) out[j] = …;
    """,
)
