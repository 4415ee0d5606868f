"""Counters agree exactly with what one can work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from attention_scratch import simt
from attention_scratch.simt.compile import toolchain

COPY = r"""
extern "C" __global__ void strided(const float* x, float* out, int n, int stride) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) out[i] = x[i * stride];
}
extern "C" __global__ void shifted(const float* x, float* out, int shift) {
  out[threadIdx.x] = x[threadIdx.x + shift];
}
extern "C" __global__ void broadcast(const float* x, float* out) { out[threadIdx.x] = x[5]; }
extern "C" __global__ void wide(const float4* x, float4* out) { out[threadIdx.x] = x[threadIdx.x]; }
extern "C" __global__ void bytes(const unsigned char* x, double* out) {
  out[threadIdx.x] = x[threadIdx.x];
}
extern "C" __global__ void lonely(const float* x, float* out, int n) {
  if (threadIdx.x == 0)
    for (int i = 0; i < n; ++i) out[i] = x[i];
}
extern "C" __global__ void halves(const float* x, float* out) {
  if (threadIdx.x % 2 == 0)
    out[threadIdx.x] = x[threadIdx.x];
  else
    out[threadIdx.x] = 2.0f * x[threadIdx.x];
}
extern "C" __global__ void square(const float* x, float* out, int width) {
  out[threadIdx.y * width + threadIdx.x] = x[threadIdx.x * width + threadIdx.y];
}
"""


def count(
    name: str, grid: object, block: object, args: tuple[object, ...], **options: object
) -> simt.LaunchProfile:
    with simt.profile() as p:
        simt.RawModule(COPY).get_function(name)(grid, block, args, **options)  # type: ignore[arg-type]
    return p.last


def floats(n: int) -> np.ndarray:
    return np.zeros(n, np.float32)


@pytest.mark.parametrize("stride", [1, 2, 3, 4, 8, 9, 16, 32])
def test_a_stride_spreads_a_warp_over_that_many_more_sectors(stride: int) -> None:
    warps = 6
    p = count("strided", 2, 96, (floats(192 * stride), floats(192), 192, stride))
    loads = p.of(operation="load")
    # 32 lanes, 4 * stride bytes apart: each sector of 32 bytes holds 8 / stride of them
    touched = {4 * stride * lane // 32 for lane in range(32)}
    assert loads.requests == warps
    assert loads.sectors == warps * len(touched)
    assert loads.sectors_per_request == len(touched) == min(32, 4 * stride)
    assert p.of(operation="store").sectors_per_request == 4
    assert (p.loads, p.stores) == (192, 192)
    assert (p.bytes_read, p.bytes_written) == (768, 768)
    assert loads.bytes_moved == 32 * loads.sectors


@pytest.mark.parametrize(("shift", "sectors"), [(0, 4), (1, 5), (7, 5), (8, 4)])
def test_a_shift_off_the_sector_boundary_costs_one_more(shift: int, sectors: int) -> None:
    assert count("shifted", 1, 32, (floats(40), floats(32), shift)).of(array="x").sectors == sectors


def test_one_address_for_all_lanes_is_one_sector() -> None:
    p = count("broadcast", 1, 64, (floats(8), floats(64)))
    assert (p.of(array="x").requests, p.of(array="x").sectors) == (2, 2)


def test_wide_and_narrow_elements_count_their_own_bytes() -> None:
    wide = count("wide", 1, 32, (floats(128), floats(128)))
    assert (wide.loads, wide.bytes_read, wide.of(array="x").sectors) == (32, 512, 16)
    narrow = count("bytes", 1, 32, (np.zeros(32, np.uint8), np.zeros(32)))
    assert (narrow.of(array="x").sectors, narrow.of(array="out").sectors) == (1, 8)
    assert (narrow.bytes_read, narrow.bytes_written) == (32, 256)


def test_one_thread_alone_makes_a_request_of_every_element() -> None:
    p = count("lonely", 1, 32, (floats(100), floats(100), 100)).of(array="x")
    assert (p.loads, p.requests, p.sectors) == (100, 100, 100)


@pytest.mark.parametrize("size", [12, 24, 256])
def test_copies_of_structures_are_seen_whole(size: int) -> None:
    code = r"""
struct Record { int field[SIZE / 4]; };
extern "C" __global__ void copy(const Record* x, Record* out, int n) {
  int i = threadIdx.x;
  if (i < n) out[i] = x[i];
}"""
    kernel = simt.RawModule(code, options=(f"-DSIZE={size}",)).get_function("copy")
    x = np.arange(10 * size // 4, dtype=np.int32)
    out = np.zeros_like(x)
    with simt.profile() as p:
        kernel(1, 32, (x, out, 10))
    assert (p.last.bytes_read, p.last.bytes_written) == (10 * size, 10 * size)
    np.testing.assert_array_equal(out, x)
    with pytest.raises(simt.KernelError, match="out of bounds"):
        kernel(1, 32, (x, out, 11), checked=True)


gcc_only = pytest.mark.skipif(
    toolchain.compiler().is_clang, reason="clang makes one load of those in both branches"
)


@gcc_only
def test_the_two_sides_of_a_branch_are_requests_of_their_own() -> None:
    p = count("halves", 1, 32, (floats(32), floats(32)))
    assert (p.of(array="x").requests, p.of(array="x").sectors) == (2, 8)


def test_lanes_of_a_two_dimensional_block_follow_x_first() -> None:
    p = count("square", 1, (16, 16), (floats(256), floats(256), 16))
    # a warp is two rows of 16: stores fill 2 * 64 bytes, loads touch 16 rows, two floats in each
    assert p.of(array="out").sectors_per_request == 4
    assert p.of(array="x").sectors_per_request == 16


@pytest.mark.parametrize("order", ["reverse", "random"])
def test_counts_do_not_depend_on_the_order_of_threads(order: str) -> None:
    args = (floats(1000), floats(250), 250, 4)
    assert count("strided", 3, 96, args, order=order, seed=2) == count("strided", 3, 96, args)


def test_a_ragged_tail_counts_only_the_lanes_that_ran() -> None:
    p = count("strided", 2, 64, (floats(100), floats(100), 100, 1))
    assert p.loads == 100
    assert p.of(array="x").requests == 4
    assert p.of(array="x").sectors == 4 + 4 + 4 + 1  # lanes 96 to 99 lie in one sector


@gcc_only
def test_rows_name_the_source_line() -> None:
    p = count("halves", 1, 32, (floats(32), floats(32)))
    assert [(a.line, a.array, a.operation) for a in p.accesses] == [
        (20, "x", "load"),
        (20, "out", "store"),
        (22, "x", "load"),
        (22, "out", "store"),
    ]
    assert p.accesses[0].text == "out[threadIdx.x] = x[threadIdx.x];"
    assert "per request" in p.table().splitlines()[0]
    assert len(p.table().splitlines()) == 5


def test_every_launch_inside_a_profile_is_kept_and_none_outside() -> None:
    kernel = simt.RawModule(COPY).get_function("broadcast")
    args = (floats(8), floats(32))
    with simt.profile() as p:
        kernel(1, 32, args)
        kernel(1, 16, args)
    kernel(1, 32, args)
    assert [launch.block for launch in p.launches] == [(32, 1, 1), (16, 1, 1)]
    with simt.profile() as empty:
        pass
    with pytest.raises(LookupError, match="no kernel was launched"):
        empty.last  # noqa: B018
