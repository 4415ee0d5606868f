"""A matrix product as it stands in the wild: cp.async, ldmatrix, mma.sync, in two stages."""

from __future__ import annotations

import numpy as np
import pytest

from attention_scratch import simt

HEAD = r"""
#include <cuda_fp16.h>
#include <stdint.h>

// One block of 128 threads: 64 × 64 elements of C, 32 columns of A at a time.
constexpr int BM = 64, BN = 64, BK = 32, LDA = BK + 8, LDB = BN + 8;

__device__ __forceinline__ void copy16(half* to, const half* from) {
  const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(to));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\n" ::"r"(address), "l"(from));
}
#define COMMIT() asm volatile("cp.async.commit_group;\n" ::)
#define WAIT(n) asm volatile("cp.async.wait_group %0;\n" ::"n"(n))
__device__ __forceinline__ void load_a(uint32_t (&r)[4], const half* p) {
  const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(p));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address));
}
__device__ __forceinline__ void load_b(uint32_t (&r)[2], const half* p) {
  const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(p));
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];\n"
               : "=r"(r[0]), "=r"(r[1]) : "r"(address));
}
__device__ __forceinline__ void multiply(float (&d)[4], const uint32_t (&a)[4],
                                         const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};\n"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
"""
KERNEL = r"""
extern "C" __global__ void __launch_bounds__(128) gemm(
    const half* __restrict__ A,  // (M, K)
    const half* __restrict__ B,  // (K, N)
    float* __restrict__ C,       // (M, N)
    int N, int K) {
  __shared__ __align__(16) half As[2][BM * LDA], Bs[2][BK * LDB];
  const int tid = threadIdx.x, warp = tid / 32, lane = tid % 32;
  const int m0 = blockIdx.y * BM, n0 = blockIdx.x * BN;
  auto load = [&](int stage, int k0) {
    for (int i = tid; i < BM * BK / 8; i += 128)
      copy16(&As[stage][i / 4 * LDA + i % 4 * 8], &A[(m0 + i / 4) * K + k0 + i % 4 * 8]);
    for (int i = tid; i < BK * BN / 8; i += 128)
      copy16(&Bs[stage][i / 8 * LDB + i % 8 * 8], &B[(k0 + i / 8) * N + n0 + i % 8 * 8]);
    COMMIT();
  };
  float sums[8][4] = {};
  load(0, 0);
  for (int k0 = 0, stage = 0; k0 < K; k0 += BK, stage ^= 1) {
    if (k0 + BK < K) {
      load(stage ^ 1, k0 + BK);
      WAIT(1);  // the group just begun may stay in flight
    } else {
      WAIT(0);
    }
    __syncthreads();
    for (int k = 0; k < BK; k += 16) {
      uint32_t a[4], b[2];
      load_a(a, &As[stage][(warp * 16 + lane % 16) * LDA + k + lane / 16 * 8]);
      for (int j = 0; j < 8; ++j) {
        load_b(b, &Bs[stage][(k + lane % 16) * LDB + j * 8]);
        multiply(sums[j], a, b);
      }
    }
    __syncthreads();  // before the stage is filled again
  }
  for (int j = 0; j < 8; ++j)
    for (int h = 0; h < 2; ++h)
      *reinterpret_cast<float2*>(
          &C[(m0 + warp * 16 + lane / 4 + h * 8) * N + n0 + j * 8 + lane % 4 * 2]) =
          make_float2(sums[j][2 * h], sums[j][2 * h + 1]);
}
"""
CODE = HEAD + KERNEL
REFILL = "    __syncthreads();  // before the stage is filled again\n"


def gemm(code: str, m: int, n: int, k: int, **how: object) -> tuple[np.ndarray, np.ndarray]:
    """C as the kernel computes it, and in float64 of the same inputs."""
    rng = np.random.default_rng(m + n + k)
    a = rng.standard_normal((m, k)).astype(np.float16)
    b = rng.standard_normal((k, n)).astype(np.float16)
    c = np.zeros((m, n), np.float32)
    kernel = simt.RawModule(code).get_function("gemm")
    kernel((n // 64, m // 64), 128, (a, b, c, np.int32(n), np.int32(k)), **how)
    return c, a.astype(np.float64) @ b.astype(np.float64)


def assert_close(made: np.ndarray, exact: np.ndarray, k: int) -> None:
    # A sum of k exact products, rounded k times: standard-normal terms, of which few exceed 4.
    np.testing.assert_allclose(made, exact, rtol=0, atol=k * 2.0**-24 * 4 * np.sqrt(k))


@pytest.mark.parametrize("order", ["forward", "reverse", "random"])
def test_it_multiplies_in_every_order_of_threads(order: str) -> None:
    assert_close(*gemm(CODE, 128, 192, 160, order=order, seed=1), k=160)


def test_checked_mode_raises_no_false_alarm() -> None:
    assert_close(*gemm(CODE, 64, 128, 96, checked=True), k=96)


def test_a_single_step_needs_no_second_stage() -> None:
    assert_close(*gemm(CODE, 64, 64, 32, checked=True), k=32)


def finding_of(code: str) -> simt.Finding:
    with pytest.raises(simt.KernelError) as caught:
        gemm(code, 64, 64, 96, checked=True)
    return caught.value.findings[0]


def test_a_missing_wait_is_diagnosed() -> None:
    wait = "      WAIT(1);  // the group just begun may stay in flight\n"
    assert wait in CODE
    finding = finding_of(CODE.replace(wait, "\n"))
    assert finding.kind in ("uninitialized", "race")
    assert finding.array == "As"


def test_a_wait_for_too_few_groups_is_diagnosed() -> None:
    finding = finding_of(CODE.replace("      WAIT(0);", "      WAIT(1);"))
    assert finding.kind in ("uninitialized", "race")


def test_a_missing_barrier_before_the_stage_is_filled_again_is_a_race() -> None:
    assert REFILL in CODE
    finding = finding_of(CODE.replace(REFILL, "\n"))
    assert finding.kind == "race"
    assert finding.array in ("As", "Bs")


def test_a_missing_barrier_after_the_wait_is_a_race_or_a_read_too_early() -> None:
    before, after = CODE.split("    __syncthreads();\n    for (int k = 0")
    finding = finding_of(before + "    for (int k = 0" + after)
    assert finding.kind in ("race", "uninitialized")


def test_the_copies_count_as_loads_of_sixteen_bytes_and_stores_to_shared_memory() -> None:
    with simt.profile() as profile:
        gemm(CODE, 64, 64, 64)
    # 2 steps × (64 × 32 of A + 32 × 64 of B) halves, in pieces of 8
    assert profile.last.flops >= 2 * 64 * 64 * 64
    moved = sum(site.bytes for site in profile.last.accesses if site.space == "global")
    assert moved == 2 * 2 * 64 * 32 * 2 + 64 * 64 * 4
