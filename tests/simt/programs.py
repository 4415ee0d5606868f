"""Kernels as learners write them: right ones with their oracle, planted bugs with their line.

All right ones are compiled as one module, and so are all bugs; the i-th one's ``k`` is ``k{i}``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Args = tuple[Any, ...]


@dataclasses.dataclass(frozen=True)
class Program:
    """A right kernel: its arguments for a size n, and what NumPy in float64 makes of them."""

    name: str
    code: str
    arguments: Callable[[np.random.Generator, int], Args]
    expected: Callable[..., Array]
    output: int
    grid: Callable[[int], tuple[int, ...]] = lambda n: (-(-n // 128),)
    block: tuple[int, ...] = (128,)

    def __str__(self) -> str:
        return self.name


def _floats(rng: np.random.Generator, n: int) -> Array:
    return rng.standard_normal(n).astype(np.float32)


HEAD = "int i = blockIdx.x * blockDim.x + threadIdx.x;"

RIGHT = (
    Program(
        "vector addition",
        r"""
extern "C" __global__ void k(const float* x, const float* y, float* out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) out[i] = x[i] + y[i];
}""",
        lambda rng, n: (_floats(rng, n), _floats(rng, n), np.empty(n, np.float32), n),
        lambda x, y, *_: x.astype(float) + y,
        2,
    ),
    Program(
        "grid-stride loop",
        r"""
extern "C" __global__ void k(float a, const float* __restrict__ x, float* __restrict__ y, int n) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    y[i] = a * x[i] + y[i];
}""",
        lambda rng, n: (np.float32(1.5), _floats(rng, n), _floats(rng, n), n),
        lambda a, x, y, _: float(a) * x.astype(float) + y,
        2,
        grid=lambda n: (3,),
        block=(64,),
    ),
    Program(
        "each thread a stretch of its own",
        r"""
extern "C" __global__ void k(const float* x, float* out, int n, int each) {
  int first = (blockIdx.x * blockDim.x + threadIdx.x) * each;
  for (int i = first; i < first + each && i < n; ++i) out[i] = 2.0f * x[i];
}""",
        lambda rng, n: (_floats(rng, n), np.empty(n, np.float32), n, 5),
        lambda x, *_: 2.0 * x.astype(float),
        1,
        grid=lambda n: (-(-n // 320),),
        block=(64,),
    ),
    Program(
        "reversal",
        r"""
extern "C" __global__ void k(const int* x, int* out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  out[n - 1 - i] = x[i];
}""",
        lambda rng, n: (
            rng.integers(-(2**31), 2**31, n, dtype=np.int32),
            np.empty(n, np.int32),
            n,
        ),
        lambda x, *_: x[::-1],
        1,
    ),
    Program(
        "three-point stencil",
        r"""
__device__ float at(const float* x, int i, int n) { return i < 0 || i >= n ? 0.0f : x[i]; }
extern "C" __global__ void k(const float* x, float* out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) out[i] = at(x, i - 1, n) + at(x, i, n) + at(x, i + 1, n);
}""",
        lambda rng, n: (_floats(rng, n), np.empty(n, np.float32), n),
        lambda x, *_: (
            np.convolve(x.astype(float), np.ones(3), "same")
            if x.size > 2
            else np.full(x.size, x.astype(float).sum())
        ),
        1,
    ),
    Program(
        "a row per block row, two dimensions",
        r"""
extern "C" __global__ void k(const double* x, double* out, int rows, int columns) {
  int c = blockIdx.x * blockDim.x + threadIdx.x, r = blockIdx.y * blockDim.y + threadIdx.y;
  if (r < rows && c < columns) out[c * rows + r] = x[r * columns + c];
}""",
        lambda rng, n: (rng.standard_normal((7, n)), np.empty((n, 7)), 7, n),
        lambda x, *_: x.T,
        1,
        grid=lambda n: (-(-n // 16), 2),
        block=(16, 4),
    ),
    Program(
        "three dimensions",
        r"""
extern "C" __global__ void k(int* out, int nx, int ny, int nz) {
  int x = blockIdx.x * blockDim.x + threadIdx.x;
  int y = blockIdx.y * blockDim.y + threadIdx.y;
  int z = blockIdx.z * blockDim.z + threadIdx.z;
  if (x < nx && y < ny && z < nz) out[(z * ny + y) * nx + x] = x + 1000 * y + 1000000 * z;
}""",
        lambda rng, n: (np.empty((3, 5, n), np.int32), n, 5, 3),
        lambda out, *_: (
            np.arange(out.shape[2])
            + 1000 * np.arange(5)[:, None]
            + 1000000 * np.arange(3)[:, None, None]
        ),
        0,
        grid=lambda n: (-(-n // 8), 3, 2),
        block=(8, 2, 2),
    ),
    Program(
        "loads of four at once",
        r"""
extern "C" __global__ void k(const float4* x, float4* out, int quads) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= quads) return;
  float4 v = x[i];
  out[i] = make_float4(-v.x, -v.y, -v.z, -v.w);
}""",
        lambda rng, n: (_floats(rng, 4 * n), np.empty(4 * n, np.float32), n),
        lambda x, *_: -x.astype(float),
        1,
    ),
    Program(
        "a structure by value and a local array",
        r"""
struct Cubic { float c[4]; };
extern "C" __global__ void k(Cubic p, const float* x, float* out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float power[4] = {1.0f};
  for (int d = 1; d < 4; ++d) power[d] = power[d - 1] * x[i];
  float sum = 0.0f;
  for (int d = 0; d < 4; ++d) sum += p.c[d] * power[d];
  out[i] = sum;
}""",
        lambda rng, n: (_floats(rng, 4), _floats(rng, n), np.empty(n, np.float32), n),
        lambda p, x, *_: np.polynomial.polynomial.polyval(x.astype(float), p.astype(float)),
        2,
    ),
)


@dataclasses.dataclass(frozen=True)
class Bug:
    """A planted bug: the line that carries the mark ``BUG``, and what must be said of it."""

    name: str
    code: str
    kind: str
    array: str | None
    index: int | None
    operation: str
    thread: tuple[int, int, int]
    block: tuple[int, int, int]
    count: int
    arguments: Callable[[], Args]
    grid: tuple[int, ...] = (4,)
    threads: tuple[int, ...] = (256,)
    also: str = ""  # a word the hint or the summary must contain
    seen_fast: bool = True  # false: nothing faults and no byte beside an array changes

    def __str__(self) -> str:
        return self.name


def _three(n: int = 1000) -> Args:
    return np.ones(n, np.float32), np.ones(n, np.float32), np.zeros(n, np.float32), n


ADD = r"""
extern "C" __global__ void k(const float* x, const float* y, float* out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  %s
}"""

VECTOR = """if (WHO) {
    float4 v = *reinterpret_cast<const float4*>(WHERE);  // BUG
    out[i] = v.x + v.y + v.z + v.w;
  }"""

BUGS = (
    Bug(
        "no guard",
        ADD % "out[i] = x[i] + y[i];  // BUG",
        "out-of-bounds", "x", 1000, "read", (232, 0, 0), (3, 0, 0), 24, _three,
        also="1024 threads were launched for 1000 elements",
    ),
    Bug(
        "guard off by one",
        ADD % "if (i <= n) out[i] = x[i] + y[i];  // BUG",
        "out-of-bounds", "x", 1000, "read", (232, 0, 0), (3, 0, 0), 1, _three,
    ),
    Bug(
        "one element too far",
        ADD % "if (i < n) out[i + 1] = x[i] + y[i];  // BUG",
        "out-of-bounds", "out", 1000, "write", (231, 0, 0), (3, 0, 0), 1, _three,
    ),
    Bug(
        "one element too early",
        ADD % "if (i < n) out[i] = x[i - 1] + y[i];  // BUG",
        "out-of-bounds", "x", -1, "read", (0, 0, 0), (0, 0, 0), 1, _three,
        also="negative", seen_fast=False,
    ),
    Bug(
        "an index far outside",
        ADD % "if (i < n) out[i] = x[i * 100000000];  // BUG",
        "out-of-bounds", "x", 100000000, "read", (1, 0, 0), (0, 0, 0), 999, _three,
    ),
    Bug(
        "an unsigned index below zero",
        ADD % "if (i < n) out[i] = x[threadIdx.x - 1u];  // BUG",
        "out-of-bounds", "x", 2**32 - 1, "read", (0, 0, 0), (0, 0, 0), 4, _three,
    ),
    Bug(
        "sizes of two arrays swapped",
        r"""
extern "C" __global__ void k(const float* x, const float* y, float* out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float sum = x[i];
  sum += y[i];  // BUG
  out[i] = sum;
}""",
        "out-of-bounds", "y", 10, "read", (10, 0, 0), (0, 0, 0), 990,
        lambda: (*_three()[:1], np.ones(10, np.float32), *_three()[2:]),
    ),
    Bug(
        "blockDim forgotten",
        ADD.replace("blockIdx.x * blockDim.x + threadIdx.x", "threadIdx.x")
        % "if (i < n) out[i] = x[i] + y[i];  // BUG",
        "race", "out", 0, "write", (0, 0, 0), (1, 0, 0), 768, _three, seen_fast=False,
    ),
    Bug(
        "everybody adds to one element",
        r"""
extern "C" __global__ void k(const float* x, float* sum, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) sum[0] += x[i];  // BUG
}""",
        "race", "sum", 0, "read", (1, 0, 0), (0, 0, 0), 999,
        lambda: (np.ones(1000, np.float32), np.zeros(1, np.float32), 1000), seen_fast=False,
    ),
    Bug(
        "a neighbor read while it is overwritten",
        r"""
extern "C" __global__ void k(float* x, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i + 1 < n) x[i] = x[i + 1];  // BUG
}""",
        "race", "x", 1, "write", (1, 0, 0), (0, 0, 0), 998,
        lambda: (np.ones(1000, np.float32), 1000), seen_fast=False,
    ),
    Bug(
        "const cast away",
        ADD % "if (i < n) const_cast<float*>(x)[i] = y[i];  // BUG",
        "const-write", "x", 0, "write", (0, 0, 0), (0, 0, 0), 1000, _three,
    ),
    Bug(
        "a vector load at a scalar's place",
        ADD % VECTOR.replace("WHO", "i == 1").replace("WHERE", "x + i"),
        "misaligned", "x", 1, "read", (1, 0, 0), (0, 0, 0), 1, _three, seen_fast=False,
    ),
    Bug(
        "a vector load over the end",
        ADD % VECTOR.replace("WHO", "4 * i < n").replace("WHERE", "x + 4 * i"),
        "out-of-bounds", "x", 1000, "read", (250, 0, 0), (0, 0, 0), 1,
        lambda: _three(1001), seen_fast=False,
    ),
    Bug(
        "a local array too short",
        r"""
extern "C" __global__ void k(const float* x, float* out, int n) {
  float last[4];
  int i = threadIdx.x;
  last[i] = x[i];  // BUG
  out[i] = last[(i + 1) % 4];
}""",
        "out-of-bounds", "last", 4, "", (4, 0, 0), (0, 0, 0), 2,
        lambda: (np.ones(6, np.float32), np.zeros(6, np.float32), 6),
        grid=(1,), threads=(6,), also="index 4", seen_fast=False,
    ),
    Bug(
        "an assertion",
        ADD % "assert(i < n);  // BUG",
        "assertion", None, None, "", (232, 0, 0), (3, 0, 0), 24, _three,
        also="i < n",
    ),
)  # fmt: skip


def _joined(codes: list[str]) -> str:
    return "\n".join(code.replace(" k(", f" k{i}(") for i, code in enumerate(codes))


RIGHT_CODE = _joined([program.code for program in RIGHT])
BUGS_CODE = _joined([bug.code for bug in BUGS])


def entry(one: Program | Bug) -> str:
    """The kernel's name in the joined source."""
    among: tuple[Program | Bug, ...] = RIGHT if isinstance(one, Program) else BUGS
    return f"k{among.index(one)}"


def line(bug: Bug) -> int:
    """The line of the joined source that is at fault."""
    lines = BUGS_CODE.splitlines()
    start = next(i for i, text in enumerate(lines) if f" {entry(bug)}(" in text)
    return next(i for i in range(start, len(lines)) if "BUG" in lines[i]) + 1
