"""The order of threads is a parameter: the same seed gives the same run, on any number of cores."""

from __future__ import annotations

import numpy as np
import pytest

from attention_scratch import simt
from attention_scratch.errors import InputError

# Each thread takes a number: the numbers tell the order in which threads ran.
TICKETS = r"""
extern "C" __global__ void take(int* counter, int* ticket) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  ticket[i] = atomicAdd(counter, 1);
}"""
LUCKY = r"""
extern "C" __global__ void lucky(const float* x, float* y) {
  __shared__ float s[64];
  s[threadIdx.x] = x[threadIdx.x];
  y[threadIdx.x] = threadIdx.x ? s[threadIdx.x - 1] : 0.0f;
}"""
WORK = r"""
extern "C" __global__ void work(const float* x, float* y, int n) {
  __shared__ float s[64];
  int i = blockIdx.x * 64 + threadIdx.x;
  s[threadIdx.x] = i < n ? x[i] : 0.0f;
  __syncthreads();
  if (i < n) y[i] = s[63 - threadIdx.x];
}"""


def tickets(**options: object) -> np.ndarray:
    counter, ticket = np.zeros(1, np.int32), np.zeros(4 * 96, np.int32)
    simt.RawModule(TICKETS).get_function("take")(4, 96, (counter, ticket), **options)  # type: ignore[arg-type]
    assert sorted(ticket) == list(range(4 * 96))
    return ticket


def test_forward_and_reverse_are_what_they_say() -> None:
    np.testing.assert_array_equal(tickets(order="forward"), np.arange(4 * 96))
    np.testing.assert_array_equal(tickets(order="reverse"), np.arange(4 * 96)[::-1])


@pytest.mark.parametrize("checked", [False, True], ids=["fast", "checked"])
def test_the_same_seed_gives_the_same_run_and_another_one_another(checked: bool) -> None:
    runs = [tickets(order="random", seed=s, checked=checked) for s in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()
    blocks = runs[0].reshape(4, 96) // 96
    assert (blocks == blocks[:, :1]).all()  # a block runs whole, and so does each of its warps
    assert sorted(blocks[:, 0]) == [0, 1, 2, 3]


def test_a_kernel_right_only_by_luck_fails_in_another_order() -> None:
    x, y = np.arange(64, dtype=np.float32), np.zeros(64, np.float32)
    kernel = simt.RawModule(LUCKY).get_function("lucky")
    want = np.roll(x, 1)
    want[0] = 0
    kernel(1, 64, (x, y), order="forward")
    np.testing.assert_array_equal(y, want)
    kernel(1, 64, (x + 100, y), order="reverse")
    assert (y[1:] != want[1:] + 100).any()


@pytest.mark.parametrize("workers", [1, 2, 3, 0])
def test_blocks_may_run_on_several_cores(workers: int) -> None:
    n = 64 * 500 - 7
    x, y = np.arange(n, dtype=np.float32), np.zeros(n, np.float32)
    simt.RawModule(WORK).get_function("work")(500, 64, (x, y, n), workers=workers)
    padded = np.zeros(64 * 500, np.float32)
    padded[:n] = x
    np.testing.assert_array_equal(y, padded.reshape(500, 64)[:, ::-1].ravel()[:n])


def test_a_number_of_workers_out_of_range_is_refused() -> None:
    with pytest.raises(InputError, match="workers: got 65"):
        tickets(workers=65)
