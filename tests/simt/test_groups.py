"""Cooperative groups: sizes, ranks, exchanges, reductions and scans, against plain models."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest

from attention_scratch import simt
from tests.simt.elementwise import Array, compile_with_nvcc

ORDERS = ("forward", "reverse", "random")
SIZES = (1, 2, 4, 8, 16, 32)
HEAD = """
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>
namespace cg = cooperative_groups;
"""
# Per thread 13 numbers of its tile.
TILES = "".join(
    f"""
extern "C" __global__ void tile{n}(const int* x, int* out) {{
  const cg::thread_block block = cg::this_thread_block();
  const auto tile = cg::tiled_partition<{n}>(block);
  const int i = block.thread_rank();
  int* row = out + 13 * i;
  row[0] = tile.size(); row[1] = tile.thread_rank();
  row[2] = tile.meta_group_rank(); row[3] = tile.meta_group_size();
  row[4] = tile.shfl(x[i], 1); row[5] = tile.shfl_down(x[i], 2); row[6] = tile.shfl_up(x[i], 1);
  row[7] = tile.shfl_xor(x[i], {n} / 2);
  row[8] = tile.any(x[i] > 90); row[9] = tile.all(x[i] > 10); row[10] = tile.ballot(x[i] % 2);
  row[11] = tile.match_any(x[i] % 3);
  int same; tile.match_all(x[i] % 3, same); row[12] = same;
}}
extern "C" __global__ void totals{n}(const int* x, int* out) {{
  const auto tile = cg::tiled_partition<{n}>(cg::this_thread_block());
  const int i = threadIdx.x;
  int* row = out + 6 * i;
  row[0] = cg::reduce(tile, x[i], cg::plus<int>());
  row[1] = cg::reduce(tile, x[i], cg::less<int>());
  row[2] = cg::reduce(tile, x[i], [](int a, int b) {{ return a ^ b; }});
  row[3] = cg::inclusive_scan(tile, x[i]);
  row[4] = cg::exclusive_scan(tile, x[i]);
  row[5] = cg::inclusive_scan(tile, x[i], cg::greater<int>());
}}"""
    for n in SIZES
)
NESTED = """
extern "C" __global__ void nested(unsigned* out) {
  const auto warp = cg::tiled_partition<32>(cg::this_thread_block());
  const auto quad = cg::tiled_partition<4>(warp);
  const cg::thread_block_tile<4> any_quad = quad;
  unsigned* row = out + 5 * threadIdx.x;
  row[0] = quad.meta_group_rank(); row[1] = quad.meta_group_size(); row[2] = quad.thread_rank();
  row[3] = any_quad.meta_group_rank(); row[4] = cg::this_thread().size();
}
struct Pair { double first; float second; };
extern "C" __global__ void structure(const double* x, double* out) {
  const auto warp = cg::tiled_partition<32>(cg::this_thread_block());
  const Pair own{x[threadIdx.x], float(threadIdx.x)};
  const Pair other = warp.shfl(own, 31 - warp.thread_rank());
  out[threadIdx.x] = other.first + other.second;
}
extern "C" __global__ void float_sums(const float* x, float* out) {
  const auto warp = cg::tiled_partition<32>(cg::this_thread_block());
  out[threadIdx.x] = cg::reduce(warp, x[threadIdx.x], cg::plus<float>());
}
"""
PARTS = """
extern "C" __global__ void binary(const int* x, unsigned* out) {
  const auto warp = cg::tiled_partition<32>(cg::this_thread_block());
  const auto part = cg::binary_partition(warp, x[threadIdx.x] > 50);
  unsigned* row = out + 9 * threadIdx.x;
  row[0] = part.size(); row[1] = part.thread_rank();
  row[2] = part.meta_group_rank(); row[3] = part.meta_group_size();
  row[4] = part.shfl(x[threadIdx.x], 0);
  row[5] = cg::reduce(part, x[threadIdx.x], cg::plus<int>());
  row[6] = cg::exclusive_scan(part, x[threadIdx.x]);
  row[7] = part.ballot(x[threadIdx.x] % 2);
  row[8] = part.shfl_down(x[threadIdx.x], 1);
}
extern "C" __global__ void labeled(const int* x, unsigned* out) {
  const auto warp = cg::tiled_partition<32>(cg::this_thread_block());
  const auto part = cg::labeled_partition(warp, x[threadIdx.x] % 5);
  unsigned* row = out + 4 * threadIdx.x;
  row[0] = part.size(); row[1] = part.thread_rank();
  row[2] = part.meta_group_rank(); row[3] = part.meta_group_size();
}
__device__ int summed(cg::thread_group group, int* temp, int value) {
  const int rank = group.thread_rank();
  for (int i = group.size() / 2; i > 0; i /= 2) {
    temp[rank] = value;
    group.sync();
    if (rank < i) value += temp[rank + i];
    group.sync();
  }
  return value;
}
extern "C" __global__ void any_group(const int* x, int* out) {
  __shared__ int temp[64];
  const cg::thread_block block = cg::this_thread_block();
  const int i = block.thread_rank();
  const int of_block = summed(block, temp, x[i]);
  const cg::thread_group part = cg::tiled_partition(block, 8);
  const int of_part = summed(part, temp + i / 8 * 8, x[i]);
  out[2 * i] = of_block;
  out[2 * i + 1] = of_part;
}
extern "C" __global__ void once(int* counts, int* out) {
  const auto tile = cg::tiled_partition<16>(cg::this_thread_block());
  cg::invoke_one(tile, [&] { counts[tile.meta_group_rank()] += 1; });
  out[threadIdx.x] = cg::invoke_one_broadcast(tile, [&] { return int(100 + threadIdx.x); });
}
"""
AGGREGATED = """
__device__ int add_one(int* counter) {
  const cg::coalesced_group active = cg::coalesced_threads();
  int first = 0;
  if (active.thread_rank() == 0) first = atomicAdd(counter, int(active.size()));
  return active.shfl(first, 0) + active.thread_rank();
}
extern "C" __global__ void kept(const int* x, int* out, int* count, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n && x[i] > 50) out[add_one(count)] = x[i];
}
"""
GRID = """
extern "C" __global__ void places(unsigned long long* out) {
  const cg::grid_group grid = cg::this_grid();
  const cg::thread_block block = cg::this_thread_block();
  unsigned long long* row = out + 12 * grid.thread_rank();
  row[0] = grid.size(); row[1] = grid.num_blocks(); row[2] = grid.block_rank();
  row[3] = grid.thread_index().x; row[4] = grid.thread_index().y; row[5] = grid.thread_index().z;
  row[6] = grid.dim_threads().x; row[7] = block.group_index().y; row[8] = block.thread_index().z;
  row[9] = block.num_threads(); row[10] = cg::thread_rank(block); row[11] = grid.is_valid();
}
extern "C" __global__ void misused(int size) {
  cg::tiled_partition(cg::this_thread_block(), size).sync();
}
"""
CODE = HEAD + TILES + NESTED + PARTS + AGGREGATED + GRID


@pytest.fixture(scope="module")
def module() -> simt.RawModule:
    return simt.RawModule(code=CODE)


def numbers(n: int = 96) -> Array:
    return np.random.default_rng(n).integers(0, 100, n).astype(np.int32)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("n", SIZES)
def test_a_tile_is_a_small_warp(module: simt.RawModule, n: int, order: str) -> None:
    x, out = numbers(), np.zeros((96, 13), np.int32)
    module.get_function(f"tile{n}")((1,), (96,), (x, out), order=order)
    for i in range(96):
        first, rank = i - i % n, i % n
        own = x[first : first + n]
        wanted = [
            *(n, rank, i // n, 96 // n),
            *(own[1 % n], own[rank + 2 if rank + 2 < n else rank], own[max(rank - 1, 0)]),
            *(own[rank ^ (n // 2)], (own > 90).any(), (own > 10).all()),
            sum(int(v % 2) << j for j, v in enumerate(own)),
            sum(int(v % 3 == x[i] % 3) << j for j, v in enumerate(own)),
            len(set(own % 3)) == 1,
        ]
        assert [int(v) & 0xFFFFFFFF for v in out[i]] == [int(v) for v in wanted], i


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("n", SIZES)
def test_tiles_reduce_and_scan(module: simt.RawModule, n: int, order: str) -> None:
    x, out = numbers(), np.zeros((96, 6), np.int32)
    module.get_function(f"totals{n}")((1,), (96,), (x, out), order=order)
    for i in range(96):
        own, rank = x[i - i % n :][:n], i % n
        sums = [0, *accumulate(int(v) for v in own)]
        wanted = [sums[-1], own.min(), np.bitwise_xor.reduce(own), sums[rank + 1], sums[rank]]
        assert list(out[i]) == [*wanted, own[: rank + 1].max()], i


def test_floats_are_added_in_the_order_of_nvidias_butterfly(module: simt.RawModule) -> None:
    x = np.random.default_rng(1).standard_normal(32).astype(np.float32)
    out, wanted = np.zeros(32, np.float32), x.copy()
    module.get_function("float_sums")((1,), (32,), (x, out))
    for distance in (16, 8, 4, 2, 1):
        wanted = wanted + wanted[np.arange(32) ^ distance]
    np.testing.assert_array_equal(out, wanted)


def test_a_tile_of_a_tile_is_ranked_within_it(module: simt.RawModule) -> None:
    out = np.zeros((64, 5), np.uint32)
    module.get_function("nested")((1,), (64,), (out,))
    i = np.arange(64)
    np.testing.assert_array_equal(out.T[0], i % 32 // 4)
    np.testing.assert_array_equal(out.T[1:3], [np.full(64, 8), i % 4])
    np.testing.assert_array_equal(out.T[3:], [i % 32 // 4, np.ones(64)])


def test_a_structure_is_shuffled_whole(module: simt.RawModule) -> None:
    x, out = np.random.default_rng(2).standard_normal(32), np.zeros(32)
    module.get_function("structure")((1,), (32,), (x, out))
    np.testing.assert_array_equal(out, (x + np.arange(32))[::-1])


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_a_warp_parts_by_a_predicate(module: simt.RawModule, order: str, checked: bool) -> None:
    x, out = numbers(64), np.zeros((64, 9), np.uint32)
    module.get_function("binary")((1,), (64,), (x, out), order=order, checked=checked)
    for i in range(64):
        warp = range(i - i % 32, i - i % 32 + 32)
        members = [j for j in warp if (x[j] > 50) == (x[i] > 50)]
        rank, own = members.index(i), [int(x[j]) for j in members]
        below = own[min(rank + 1, len(own) - 1)]
        odd = sum(v % 2 << j for j, v in enumerate(own))
        wanted = [len(own), rank, x[i] > 50, 2, own[0], sum(own), sum(own[:rank]), odd, below]
        assert list(out[i]) == wanted, i


@pytest.mark.parametrize("order", ORDERS)
def test_a_warp_parts_by_labels_ranked_by_their_first_lane(
    module: simt.RawModule, order: str
) -> None:
    x, out = numbers(32), np.zeros((32, 4), np.uint32)
    module.get_function("labeled")((1,), (32,), (x, out), order=order)
    labels = list(dict.fromkeys(x % 5))
    for i in range(32):
        members = [j for j in range(32) if x[j] % 5 == x[i] % 5]
        wanted = [len(members), members.index(i), labels.index(x[i] % 5), len(labels)]
        assert list(out[i]) == wanted


@pytest.mark.parametrize("order", ORDERS)
def test_a_function_takes_any_group(module: simt.RawModule, order: str) -> None:
    x, out = numbers(64), np.zeros((64, 2), np.int32)
    module.get_function("any_group")((1,), (64,), (x, out), order=order, checked=True)
    assert out[0, 0] == x.sum()
    np.testing.assert_array_equal(out[::8, 1], x.reshape(8, 8).sum(1))


@pytest.mark.parametrize("order", ORDERS)
def test_one_thread_of_each_group_is_invoked(module: simt.RawModule, order: str) -> None:
    counts, out = np.zeros(4, np.int32), np.zeros(64, np.int32)
    module.get_function("once")((1,), (64,), (counts, out), order=order)
    np.testing.assert_array_equal(counts, 1)
    np.testing.assert_array_equal(out, 100 + np.arange(64) // 16 * 16)


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_the_lanes_of_a_branch_share_one_atomic_operation(
    module: simt.RawModule, order: str, checked: bool
) -> None:
    x, out, count = numbers(200), np.zeros(200, np.int32), np.zeros(1, np.int32)
    args = (x, out, count, np.int32(200))
    with simt.profile() as profile:
        module.get_function("kept")((4,), (64,), args, order=order, checked=checked)
    kept = x[x > 50]
    assert count[0] == kept.size
    np.testing.assert_array_equal(np.sort(out[: kept.size]), np.sort(kept))
    warps_with_some = sum((x[i : i + 32] > 50).any() for i in range(0, 200, 32))
    if checked:
        assert profile.last.atomics == warps_with_some


def test_the_grid_knows_every_threads_place(module: simt.RawModule) -> None:
    grid, block = (3, 2, 2), (4, 2, 3)
    out = np.zeros((12 * 24, 12), np.uint64)
    module.get_function("places")(grid, block, (out,))
    row = 0
    for bz, by, bx in np.ndindex(grid[::-1]):
        for tz, ty, tx in np.ndindex(block[::-1]):
            rank = (tz * 2 + ty) * 4 + tx
            where = [bx * 4 + tx, by * 2 + ty, bz * 3 + tz]
            wanted = [288, 12, (bz * 2 + by) * 3 + bx, *where, 12, by, tz, 24, rank, 0]
            assert list(out[row]) == wanted, row
            row += 1


@pytest.mark.parametrize("size", [0, 3, 64])
def test_a_tile_size_that_is_no_power_of_two_is_misuse(module: simt.RawModule, size: int) -> None:
    with pytest.raises(simt.KernelError, match="power of two") as error:
        module.get_function("misused")((1,), (32,), (np.int32(size),))
    assert error.value.findings[0].kind == "misuse"


def test_the_groups_are_nvidias(tmp_path: Path) -> None:
    compile_with_nvcc(CODE, tmp_path)
