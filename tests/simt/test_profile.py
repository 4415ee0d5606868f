"""Divergence, arithmetic, barriers and atomics, against counts made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attention_scratch import simt
from attention_scratch.simt.report import flops

CODE = r"""
extern "C" __global__ void saxpy(float a, const float* x, float* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = a * x[i] + y[i];
}
extern "C" __global__ void polynomial(const float* x, float* y) {
  float v = x[threadIdx.x];
  y[threadIdx.x] = ((v * 3.0f + 2.0f) * v - 1.0f) / v + expf(v);
}
extern "C" __global__ void odd_even(float* y) {
  if (threadIdx.x % 2)
    y[threadIdx.x] = 1.0f;
  else
    y[threadIdx.x] = 2.0f;
}
extern "C" __global__ void loops(float* y) {
  float sum = 0.0f;
  for (int i = 0; i <= threadIdx.x % 32; ++i)
    sum += y[i];
  y[32 + threadIdx.x] = sum;
}
extern "C" __global__ void meet(int* y) {
  for (int i = 0; i < 5; ++i) __syncthreads();
  int v = __shfl_xor_sync(0xffffffffu, (int)threadIdx.x, 1);
  atomicAdd(y, v);
}
"""


def profiled(name: str, grid: int, block: int, *args: object) -> simt.LaunchProfile:
    with simt.profile() as p:
        simt.RawModule(CODE).get_function(name)(grid, block, args)
    return p.last


def test_saxpy_does_two_operations_per_element_and_moves_twelve_bytes() -> None:
    n = 1000
    x, y = np.ones(n, np.float32), np.ones(n, np.float32)
    p = profiled("saxpy", 4, 256, np.float32(2), x, y, n)
    assert p.flops == 2 * n
    assert (p.bytes_read, p.bytes_written) == (8 * n, 4 * n)
    assert p.arithmetic_intensity == 2 / 12


def test_every_operation_and_every_function_call_counts_at_its_line() -> None:
    p = profiled("polynomial", 1, 64, np.ones(64, np.float32), np.ones(64, np.float32))
    # 3v + 2 and (…)v − 1 are fused or not: two operations each; then a division, expf and a sum.
    assert p.flops == 64 * 7
    (line,) = [row for row in p.lines if row.flops]
    assert "expf" in line.text


def test_a_branch_that_splits_every_warp_halves_its_efficiency() -> None:
    p = profiled("odd_even", 1, 64, np.zeros(64, np.float32))
    sides = [row for row in p.lines if row.text.startswith("y[")]
    assert [row.efficiency for row in sides] == [0.5, 0.5]
    assert [(row.threads, row.warps) for row in sides] == [(32, 2), (32, 2)]


def test_a_loop_of_different_lengths_keeps_its_warp_until_the_longest_ends() -> None:
    p = profiled("loops", 1, 32, np.ones(64, np.float32))
    (body,) = [row for row in p.lines if row.text.startswith("sum +=")]
    assert (body.threads, body.warps) == (32 * 33 // 2, 32)
    assert p.flops == 32 * 33 // 2


def test_barriers_warp_operations_and_atomics_are_counted_where_they_happen() -> None:
    y = np.zeros(1, np.int32)
    p = profiled("meet", 3, 64, y)
    assert p.barriers == 3 * 5
    assert p.warp_operations == 3 * 2
    assert p.atomics == 3 * 64
    assert y[0] == 3 * sum(range(64))


def test_without_objdump_a_warning_says_that_flops_are_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.warns(UserWarning, match="install binutils"):
        assert flops.per_basic_block(Path("not read")) == {}
