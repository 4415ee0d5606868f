"""Exercises of chapter 14: threads, blocks, warps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from attention_scratch import simt
from attention_scratch.exercises import Attempt, Case, Exercise, Suspect, register
from attention_scratch.exercises.cuda_answers import (
    COALESCED,
    COMMON_SUSPECTS,
    WORK_IS_SHARED,
    cuda_answer,
    found,
    is_past_the_end,
    reads_at_most,
)
from attention_scratch.exercises.exercise import CaseAttempt

Array = npt.NDArray[Any]
Pair = tuple[int, int]

THREADS = 128
PER_THREAD = 8
BLOCKS = 4  # of the grid that does not grow with n

# One operation in float32 rounds once, relative error u = 2^-24; ax + y not fused rounds twice, and
# all inputs are positive, so that nothing cancels: 2u. (Exact where the result needs no rounding.)
RTOL = 2.0**-23


def _vectors(n: int) -> Case:
    names = {1: "one element", 31: "less than a warp", 128: "exactly one block"}
    name = names.get(n, f"{n} elements" + (", no whole number of blocks" if n % THREADS else ""))
    return Case(name, lambda rng: (_positive(rng, n), _positive(rng, n)))


def _scaled_vectors(n: int) -> Case:
    plain = _vectors(n)
    return Case(plain.name, lambda rng: (_positive(rng, 1)[0] + 1, *plain.args(rng)))


def _positive(rng: np.random.Generator, n: int) -> Array:
    return rng.uniform(1.0, 2.0, n).astype(np.float32)


def _untouched(x: Array) -> Array:
    """Room for a result, in which every element nobody writes stays visible as NaN."""
    return np.full_like(x, np.nan)


def _is_untouched(case: CaseAttempt) -> bool:
    return isinstance(case.got, np.ndarray) and bool(np.isnan(case.got).all())


def _only_outsiders_work(attempt: Attempt) -> bool:
    """Where all threads have an element nothing is written; the others run out of bounds."""
    rest = [c for c in attempt.failed_cases if not _is_untouched(c)]
    stopped = [f for f in found(attempt) if is_past_the_end(f)]
    return len(rest) < len(attempt.failed_cases) and len(rest) == len(stopped)


NOTHING_WRITTEN = Suspect(
    "nothing-written",
    when=_only_outsiders_work,
    says="the threads that have an element write nothing: is the condition of the guard the wrong "
    "way around, or is there no store?",
)


# --- 14.global_index ------------------------------------------------------------------------------


def locate(block: Pair, thread: Pair, block_dim: Pair, width: int) -> tuple[int, int, int]:
    """Offset in a row-major matrix, warp and lane of a thread of a two-dimensional launch."""
    column = block[0] * block_dim[0] + thread[0]
    row = block[1] * block_dim[1] + thread[1]
    linear = thread[1] * block_dim[0] + thread[0]
    return row * width + column, linear // 32, linear % 32


def _swapped(block: Pair, thread: Pair, block_dim: Pair, width: int) -> tuple[int, int, int]:
    offset = (block[0] * block_dim[0] + thread[0]) * width + block[1] * block_dim[1] + thread[1]
    return offset, *locate(block, thread, block_dim, width)[1:]


def _unscaled(block: Pair, thread: Pair, block_dim: Pair, width: int) -> tuple[int, int, int]:
    offset = (block[1] + thread[1]) * width + block[0] + thread[0]
    return offset, *locate(block, thread, block_dim, width)[1:]


def _warp_of_x(block: Pair, thread: Pair, block_dim: Pair, width: int) -> tuple[int, int, int]:
    return locate(block, thread, block_dim, width)[0], thread[0] // 32, thread[0] % 32


def _y_first(block: Pair, thread: Pair, block_dim: Pair, width: int) -> tuple[int, int, int]:
    linear = thread[0] * block_dim[1] + thread[1]
    return locate(block, thread, block_dim, width)[0], linear // 32, linear % 32


register(
    Exercise(
        id="14.global_index",
        title="Where am I?",
        teaches="how block and thread numbers become an address, a warp and a lane",
        reference=locate,
        cases=(
            Case("the very first thread", lambda rng: ((0, 0), (0, 0), (8, 4), 100)),
            Case("one row of blocks", lambda rng: ((3, 0), (5, 0), (128, 1), 1000)),
            Case("blocks of 16 × 16", lambda rng: ((2, 5), (7, 9), (16, 16), 640)),
            Case("blocks of 8 × 4", lambda rng: ((1, 2), (6, 3), (8, 4), 64)),
            Case(
                "blocks of 48 × 3, warps across rows", lambda rng: ((4, 1), (40, 2), (48, 3), 333)
            ),
        ),
        suspects=(
            Suspect(
                "block-size-forgotten",
                answer=_unscaled,
                says="the offset counts blocks as if each were one element wide and high: "
                "block b begins at b times the block's size",
            ),
            Suspect(
                "x-and-y-swapped",
                answer=_swapped,
                says="rows and columns changed places: x runs along a row, y from row to row",
            ),
            Suspect(
                "warp-from-x-only",
                answer=_warp_of_x,
                says="warp and lane are right only for blocks of one row: number all the threads "
                "of the block first",
            ),
            Suspect(
                "y-runs-first",
                answer=_y_first,
                says="the threads of a block are numbered along x first, then row by row; yours "
                "run along y first",
            ),
        ),
        hints=(
            "Three questions, one after the other: which column, which row, and the how-many-th "
            "thread of its block?",
            "The column is the block's first column plus threadIdx.x; a block's first column is "
            "the number of blocks before it times their width. Rows likewise. Threads of a block "
            "are numbered along x, row after row, and cut into warps of 32.",
            "column = block[0] * block_dim[0] + thread[0]\n"
            "linear = thread[1] * block_dim[0] + thread[0]\n"
            "return row * width + column, …",
        ),
    )
)


# --- 14.vector_add --------------------------------------------------------------------------------


def _launch_add(kernel: simt.Kernel, x: Array, y: Array) -> Array:
    out = _untouched(x)
    kernel(-(-x.size // THREADS), THREADS, (x, y, out, np.int32(x.size)))
    return out


register(
    Exercise(
        id="14.vector_add",
        title="One thread per element",
        teaches="the index every kernel begins with, and why it needs a guard",
        reference=np.add,
        adapt=cuda_answer("vector_add", _launch_add),
        cases=tuple(_vectors(n) for n in (128, 1, 31, 1000, 2048)),
        rtol=RTOL,
        suspects=(NOTHING_WRITTEN, *COMMON_SUSPECTS),
        constraints=(WORK_IS_SHARED, COALESCED, reads_at_most(8)),
        hints=(
            "Every thread runs the same lines. What differs is blockIdx.x and threadIdx.x.",
            "Work out the thread's index in the whole grid; if it is below n, add the two elements "
            "at that index and store the sum there.",
            "int i = blockIdx.x * blockDim.x + threadIdx.x;\nif (…) out[i] = …;",
        ),
    )
)


# --- 14.saxpy -------------------------------------------------------------------------------------


def _saxpy(a: float, x: Array, y: Array) -> Array:
    return np.asarray(np.float64(a) * x + y)


def _launch_saxpy(kernel: simt.Kernel, a: np.float32, x: Array, y: Array) -> Array:
    result = y.copy()
    kernel(-(-x.size // THREADS), THREADS, (a, x, result, np.int32(x.size)))
    return result


register(
    Exercise(
        id="14.saxpy",
        title="SAXPY, in place",
        teaches="how a kernel takes a value, and changes an array where it lies",
        reference=_saxpy,
        adapt=cuda_answer("saxpy", _launch_saxpy),
        cases=tuple(_scaled_vectors(n) for n in (128, 1, 31, 1000, 2048)),
        rtol=RTOL,
        suspects=(
            *COMMON_SUSPECTS,
            Suspect(
                "y-not-added",
                answer=lambda a, x, y: a * x,
                says="y's old value is lost: it is stored over before it was added",
            ),
            Suspect(
                "a-times-y",
                answer=lambda a, x, y: x + a * y,
                says="the wrong one is scaled: a multiplies x, and y is added as it is",
            ),
            Suspect(
                "y-unchanged",
                answer=lambda a, x, y: y,
                says="y is as it was: nothing was stored into it",
            ),
        ),
        constraints=(WORK_IS_SHARED, COALESCED, reads_at_most(8)),
        hints=(
            "Nothing is new but the right-hand side: the same index, the same guard.",
            "a is a value, the same for all threads: no index. y is read and written by the same "
            "thread, at the same index, so no other thread can come between.",
            "int i = blockIdx.x * blockDim.x + threadIdx.x;\nif (i < n) y[i] = …;",
        ),
    )
)


# --- 14.grid_stride -------------------------------------------------------------------------------


def _launch_grid_stride(kernel: simt.Kernel, a: np.float32, x: Array, y: Array) -> Array:
    result = y.copy()
    kernel(BLOCKS, THREADS, (a, x, result, np.int32(x.size)))
    return result


def _only_the_first_grid(a: float, x: Array, y: Array) -> Array:
    done = np.arange(x.size) < BLOCKS * THREADS
    return np.where(done, np.float32(a) * x + y, y)


register(
    Exercise(
        id="14.grid_stride",
        title="A grid that does not grow",
        teaches="how a fixed number of threads works through any number of elements",
        reference=_saxpy,
        adapt=cuda_answer("saxpy_grid_stride", _launch_grid_stride),
        cases=tuple(_scaled_vectors(n) for n in (128, 1, 512, 1000, 4096)),
        rtol=RTOL,
        suspects=(
            Suspect(
                "stride-is-the-block",
                when=lambda attempt: _races_a_block_apart(attempt),
                says="blocks walk into each other's elements: after its own element a thread must "
                "skip the elements of the whole grid, not only those of its block",
            ),
            *COMMON_SUSPECTS,
            Suspect(
                "one-element-each",
                answer=_only_the_first_grid,
                says=f"the first {BLOCKS * THREADS} elements are done and the rest are not: the "
                f"grid has {BLOCKS * THREADS} threads, so each needs a loop",
            ),
        ),
        constraints=(WORK_IS_SHARED, COALESCED, reads_at_most(8)),
        hints=(
            "Think of the grid as a comb with 512 teeth. Having done its first element, where does "
            "each tooth go next?",
            "Start at the thread's index in the grid, as always. Loop while the index is below n; "
            "after each round go on by the number of threads in the whole grid: gridDim.x blocks "
            "of blockDim.x threads.",
            "for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += …)\n  y[i] = …;",
        ),
    )
)


def _races_a_block_apart(attempt: Attempt) -> bool:
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


# --- 14.coalesced ---------------------------------------------------------------------------------


def _launch_squares(kernel: simt.Kernel, x: Array) -> Array:
    out = _untouched(x)
    stretch = THREADS * PER_THREAD
    kernel(-(-x.size // stretch), THREADS, (x, out, np.int32(x.size)))
    return out


def _one_each(x: Array) -> Array:
    """Each block does the first ``THREADS`` elements of its stretch."""
    done = np.arange(x.size) % (THREADS * PER_THREAD) < THREADS
    return np.where(done, x * x, np.nan).astype(np.float32)


register(
    Exercise(
        id="14.coalesced",
        title="Eight elements a thread, four sectors a request",
        teaches="that which thread takes which element decides how much memory moves",
        reference=np.square,
        adapt=cuda_answer("squares", _launch_squares),
        cases=(
            Case("one whole stretch", lambda rng: (_positive(rng, 1024),)),
            Case("one element", lambda rng: (_positive(rng, 1),)),
            Case("a ragged end", lambda rng: (_positive(rng, 5000),)),
            Case("eight whole stretches", lambda rng: (_positive(rng, 8192),)),
        ),
        rtol=RTOL,
        suspects=(
            NOTHING_WRITTEN,
            *COMMON_SUSPECTS,
            Suspect(
                "one-element-each",
                answer=_one_each,
                says="each thread did one element of its eight: the rest of every stretch is "
                "untouched",
            ),
        ),
        constraints=(WORK_IS_SHARED, COALESCED, reads_at_most(4)),
        hints=(
            "Look at one moment: all 32 threads of a warp execute the same load. Which 32 elements "
            "should that be?",
            "The block's stretch begins at blockIdx.x * blockDim.x * 8. In round k let the whole "
            "block take the next blockDim.x elements of it, thread 0 the first of them.",
            "int first = blockIdx.x * blockDim.x * 8;\n"
            "for (int k = 0; k < 8; ++k) {\n"
            "  int i = first + k * … + threadIdx.x;\n"
            "  …\n}",
        ),
    )
)
