"""Special registers of PTX: who a thread is, the masks of its lane, and clocks."""

from __future__ import annotations

import functools
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_scratch import simt
from tests.simt.elementwise import Array

ORDERS = ("forward", "reverse", "random")
AXES = "xyz"
INDICES = ("tid", "ntid", "ctaid", "nctaid", "clusterid", "nclusterid")
NAMES = (
    *(f"{name}.{axis}" for name in INDICES for axis in AXES),
    "laneid", "warpid", "nwarpid", "lanemask_eq", "lanemask_lt", "lanemask_le", "lanemask_gt",
    "lanemask_ge", "smid", "nsmid", "cluster_ctarank", "cluster_nctarank", "dynamic_smem_size",
    "total_smem_size",
)  # fmt: skip
READS = "\n  ".join(
    f'asm volatile("mov.u32 %0, %%{name};" : "=r"(v)); out[at + {number}] = v;'
    for number, name in enumerate(NAMES)
)
CODE = (
    f"""
extern "C" __global__ void registers(unsigned* out) {{
  extern __shared__ int dynamic[];
  __shared__ int fixed[10];
  const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  const unsigned at = (block * blockDim.x * blockDim.y * blockDim.z + thread) * {len(NAMES)};
  fixed[0] = 0;
  unsigned v;
  {READS}
}}
extern "C" __global__ void constants(unsigned long long* out) {{
  unsigned warp;
  asm("mov.u64 %0, %%gridid; mov.u32 %1, WARP_SZ;" : "=l"(out[0]), "=r"(warp));
  out[1] = warp;
}}
"""
    r"""
extern "C" __global__ void clocks(unsigned long long* out, int turns) {
  unsigned long long* mine = out + 8 * threadIdx.x;
  unsigned low, high;
  asm volatile("mov.u64 %0, %%clock64;" : "=l"(mine[0]));
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(mine[1]));
  asm volatile("mov.u32 %0, %%globaltimer_lo; mov.u32 %1, %%globaltimer_hi;"
               : "=r"(low), "=r"(high));
  mine[2] = low | (unsigned long long)high << 32;
  asm volatile("mov.u32 %0, %%clock; mov.u32 %1, %%clock_hi;" : "=r"(low), "=r"(high));
  mine[3] = low | (unsigned long long)high << 32;
  for (volatile int i = 0; i < turns; ++i) {
  }
  asm volatile("mov.u64 %0, %%clock64;" : "=l"(mine[4]));
  mine[5] = clock64();
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(mine[6]));
}
extern "C" __global__ void counter(unsigned* out) {
  asm volatile("mov.u32 %0, %%pm0;" : "=r"(out[0]));
}
extern "C" __global__ void environment(unsigned* out) {
  asm volatile("mov.b32 %0, %%envreg3;" : "=r"(out[0]));
}
extern "C" __global__ void narrow(unsigned* out) {
  asm volatile("mov.u32 %0, %%clock64;" : "=r"(out[0]));
}
extern "C" __global__ void written(unsigned* out) {
  asm volatile("mov.u32 %%laneid, %0;" :: "r"(out[0]));
}
extern "C" __global__ void added(unsigned* out) {
  asm volatile("add.u32 %0, %%laneid, 1;" : "=r"(out[0]));
}
"""
)


@functools.cache
def module() -> simt.RawModule:
    return simt.RawModule(CODE)


def indices(shape: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    x, y, z = shape
    return [(i, j, k) for k in range(z) for j in range(y) for i in range(x)]


def expected(
    thread: tuple[int, ...], block: tuple[int, ...], grid: tuple[int, ...], shape: tuple[int, ...],
    linear: int, dynamic: int,
) -> dict[str, int]:  # fmt: skip
    """By the chapter "Special Registers" of the PTX manual, on one multiprocessor."""
    lane = linear % 32
    values = {
        "laneid": lane,
        "warpid": linear // 32,
        "nwarpid": math.ceil(math.prod(shape) / 32),
        "lanemask_eq": sum(1 << i for i in range(32) if i == lane),
        "lanemask_lt": sum(1 << i for i in range(32) if i < lane),
        "lanemask_le": sum(1 << i for i in range(32) if i <= lane),
        "lanemask_gt": sum(1 << i for i in range(32) if i > lane),
        "lanemask_ge": sum(1 << i for i in range(32) if i >= lane),
        "smid": 0,
        "nsmid": 1,
        "cluster_ctarank": 0,
        "cluster_nctarank": 1,
        "dynamic_smem_size": dynamic,
    }
    triples = zip(INDICES, (thread, shape, block, grid, block, grid), strict=True)
    values |= {f"{name}.{a}": v for name, xyz in triples for a, v in zip(AXES, xyz, strict=True)}
    return values


SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 5), st.integers(1, 3))
GRIDS = st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 2))


@settings(deadline=None, max_examples=25)
@given(GRIDS, SHAPES, st.sampled_from(ORDERS), st.booleans(), st.sampled_from([0, 64, 4096]))
def test_a_thread_knows_who_it_is(
    grid: tuple[int, int, int], shape: tuple[int, int, int], order: str, checked: bool, dynamic: int
) -> None:
    out: Array = np.zeros((math.prod(grid), math.prod(shape), len(NAMES)), np.uint32)
    kernel = module().get_function("registers")
    kernel(grid, shape, (out,), shared_mem=dynamic, order=order, checked=checked)
    for b, block in enumerate(indices(grid)):
        for linear, thread in enumerate(indices(shape)):
            found = dict(zip(NAMES, out[b, linear].tolist(), strict=True))
            assert found.pop("total_smem_size") >= dynamic + 40
            assert found == expected(thread, block, grid, shape, linear, dynamic)


def test_what_is_the_same_for_all() -> None:
    out = np.ones(2, np.uint64)
    module().get_function("constants")(1, 1, (out,))
    assert out.tolist() == [0, 32]


@pytest.mark.parametrize("order", ORDERS)
def test_clocks_go_on_while_a_thread_works_and_count_nanoseconds(order: str) -> None:
    out, turns = np.zeros((32, 8), np.uint64), 20_000
    start = time.perf_counter_ns()
    module().get_function("clocks")(1, 32, (out, turns), order=order)
    passed = time.perf_counter_ns() - start
    for read in out.astype(np.int64):
        assert (np.diff(read[:4]) >= 0).all(), "one clock under several names"
        assert (np.diff(read[4:7]) >= 0).all()
        assert turns // 10 < read[4] - read[3] <= passed  # a turn takes more than 0.1 ns
    assert out[:, :7].max() - out[:, :7].min() <= passed


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize(
    ("name", "kind", "part"),
    [
        ("counter", "unsupported", "the special register %pm0"),
        ("environment", "unsupported", "the special register %envreg3"),
        ("narrow", "misuse", "%clock64 has 64 bits"),
        ("written", "misuse", "expected a register"),
        ("added", "misuse", "expected a register"),
    ],
)
def test_a_register_that_is_not_there_or_not_so_is_named(
    name: str, kind: str, part: str, checked: bool
) -> None:
    with pytest.raises(simt.KernelError) as caught:
        module().get_function(name)(1, 1, (np.zeros(1, np.uint32),), checked=checked)
    finding = caught.value.findings[0]
    line = next(i for i, text in enumerate(CODE.splitlines(), 1) if f"void {name}(" in text) + 1
    assert (finding.kind, finding.place.line) == (kind, line)
    assert part in finding.summary
