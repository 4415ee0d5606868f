"""Shared memory: its size, its limits, its banks."""

from __future__ import annotations

import numpy as np
import pytest

from attention_scratch import simt

BANKS = r"""
extern "C" __global__ void stride(const float* x, float* y, int step) {
  __shared__ float s[32 * 33];
  for (int i = threadIdx.x; i < 32 * 33; i += 32) s[i] = x[0];
  __syncwarp();
  y[threadIdx.x] = s[threadIdx.x * step];
}
extern "C" __global__ void broadcast(const float* x, float* y) {
  __shared__ float s[32];
  s[threadIdx.x] = x[threadIdx.x];
  __syncwarp();
  y[threadIdx.x] = s[7];
}
extern "C" __global__ void wide(const float* x, float* y) {
  __shared__ float4 s[32];
  s[threadIdx.x] = make_float4(x[0], x[1], x[2], x[3]);
  __syncwarp();
  y[threadIdx.x] = s[threadIdx.x].w;
}
extern "C" __global__ void doubles(const double* x, double* y) {
  __shared__ double s[32];
  s[threadIdx.x] = x[threadIdx.x];
  __syncwarp();
  y[threadIdx.x] = s[31 - threadIdx.x];
}
"""
SIZES = r"""
extern "C" __global__ void dynamic(float* out, int n) {
  extern __shared__ float room[];
  for (int i = threadIdx.x; i < n; i += blockDim.x) room[i] = i;
  __syncthreads();
  for (int i = threadIdx.x; i < n; i += blockDim.x) out[i] = room[n - 1 - i];
}
extern "C" __global__ void much(float* out) {
  __shared__ float room[12 * 1024 + 1];
  room[threadIdx.x] = 1.0f;
  out[threadIdx.x] = room[threadIdx.x];
}
extern "C" __global__ void both(float* out) {
  __shared__ float fixed[1024];
  extern __shared__ float rest[];
  fixed[threadIdx.x] = 1.0f;
  rest[threadIdx.x] = 2.0f;
  out[threadIdx.x] = fixed[threadIdx.x] + rest[threadIdx.x];
}
"""


def profiled(name: str, *args: object) -> simt.LaunchProfile:
    with simt.profile() as p:
        simt.RawModule(BANKS).get_function(name)(1, 32, args)
    return p.last


def reads(p: simt.LaunchProfile) -> simt.AccessCounts:
    (row,) = p.of(array="s", operation="load").accesses
    return row


# 32 banks of 4 bytes: a stride of k words puts gcd(k, 32) lanes on each bank they use.
@pytest.mark.parametrize(
    ("step", "ways"), [(0, 1), (1, 1), (2, 2), (3, 1), (4, 4), (8, 8), (16, 16), (32, 32), (33, 1)]
)
def test_a_stride_conflicts_as_often_as_it_shares_banks(step: int, ways: int) -> None:
    x, y = np.ones(1, np.float32), np.zeros(32, np.float32)
    row = reads(profiled("stride", x, y, step))
    assert (row.requests, row.wavefronts) == (1, ways)
    assert row.bank_conflicts == ways - 1


def test_lanes_that_read_the_same_word_share_it() -> None:
    x, y = np.arange(32, dtype=np.float32), np.zeros(32, np.float32)
    p = profiled("broadcast", x, y)
    assert reads(p).wavefronts == 1
    assert p.bank_conflicts == 0


@pytest.mark.parametrize(("name", "dtype", "portions"), [("wide", "f4", 4), ("doubles", "f8", 2)])
def test_wide_accesses_go_out_in_portions_of_128_bytes(
    name: str, dtype: str, portions: int
) -> None:
    x, y = np.ones(32, dtype), np.zeros(32, dtype)
    p = profiled(name, x, y)
    (store,) = p.of(array="s", operation="store").accesses
    assert (store.requests, store.wavefronts, store.bank_conflicts) == (1, portions, 0)


@pytest.mark.parametrize("n", [1, 100, 12 * 1024, 56 * 1024])
def test_dynamic_shared_memory_has_the_size_of_the_launch(n: int) -> None:
    kernel = simt.RawModule(SIZES).get_function("dynamic")
    kernel.max_dynamic_shared_size_bytes = 227 * 1024
    out = np.zeros(n, np.float32)
    kernel(2, 64, (out, n), shared_mem=4 * n)
    np.testing.assert_array_equal(out, np.arange(n)[::-1])
    with pytest.raises(simt.KernelError) as caught:
        kernel(1, 64, (out, n), shared_mem=4 * n - 4, checked=True)
    found = caught.value.findings[0]
    assert (found.kind, found.array, found.space) == ("out-of-bounds", "room", "shared")
    assert found.index == n - 1


def test_more_than_48_kilobytes_must_be_asked_for() -> None:
    kernel = simt.RawModule(SIZES).get_function("dynamic")
    out = np.zeros(8, np.float32)
    with pytest.raises(simt.LaunchError, match="max_dynamic_shared_size_bytes"):
        kernel(1, 8, (out, 8), shared_mem=48 * 1024 + 4)
    kernel.max_dynamic_shared_size_bytes = 10**6
    with pytest.raises(simt.LaunchError, match="at most 232448 bytes"):
        kernel(1, 8, (out, 8), shared_mem=228 * 1024)


def test_variables_of_fixed_size_count_towards_the_limit() -> None:
    module = simt.RawModule(SIZES)
    out = np.zeros(32, np.float32)
    with pytest.raises(simt.LaunchError, match="49156 bytes"):
        module.get_function("much")(1, 32, (out,))
    module.get_function("both")(1, 32, (out,), shared_mem=128)
    assert (out == 3).all()
    with pytest.raises(simt.LaunchError, match="besides 4096 bytes"):
        module.get_function("both")(1, 32, (out,), shared_mem=45 * 1024)
