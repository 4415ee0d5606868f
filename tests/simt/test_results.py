"""Right kernels give what float64 NumPy gives, in every order of threads, fast and checked."""

from __future__ import annotations

import numpy as np
import pytest

from attention_scratch import simt
from attention_scratch.simt.compile import toolchain
from tests.simt.programs import RIGHT, RIGHT_CODE, Program, entry

SIZES = (1, 31, 32, 33, 127, 1000)
ORDERS = ("forward", "reverse", "random")


def run(program: Program, n: int, *, checked: bool, order: str) -> tuple[np.ndarray, np.ndarray]:
    args = program.arguments(np.random.default_rng(n), n)
    want = program.expected(*args)
    kernel = simt.RawModule(RIGHT_CODE, checked=checked).get_function(entry(program))
    kernel(program.grid(n), program.block, args, order=order, seed=7)
    return args[program.output], want


@pytest.mark.parametrize("checked", [False, True], ids=["fast", "checked"])
@pytest.mark.parametrize("program", RIGHT, ids=str)
def test_right_kernels_are_right_in_every_order_and_raise_no_alarm(
    program: Program, checked: bool
) -> None:
    for n in SIZES:
        for order in ORDERS:
            got, want = run(program, n, checked=checked, order=order)
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5, err_msg=f"{n=} {order=}")


def test_blocks_warps_and_lanes_run_in_the_order_asked_for() -> None:
    code = r"""
extern "C" __global__ void k(int* place, int* next) {
  place[blockIdx.x * blockDim.x + threadIdx.x] = next[0]++;
}"""
    kernel = simt.RawModule(code).get_function("k")

    def places(order: str, seed: int = 0) -> list[int]:
        place, following = np.full(3 * 70, -1, np.int32), np.zeros(1, np.int32)
        kernel(3, 70, (place, following), order=order, seed=seed, workers=1)
        return place.tolist()

    assert places("forward") == list(range(210))
    assert places("reverse") == list(range(209, -1, -1))
    shuffled = places("random", 1)
    assert sorted(shuffled) == list(range(210))
    assert shuffled not in (places("forward"), places("reverse"), places("random", 2))
    assert shuffled == places("random", 1)


def test_a_random_order_keeps_each_warp_together() -> None:
    code = r"""
extern "C" __global__ void k(int* warp, int* next) { warp[next[0]++] = threadIdx.x / 32; }"""
    warp, following = np.full(100, -1, np.int32), np.zeros(1, np.int32)
    simt.RawModule(code).get_function("k")(1, 100, (warp, following), order="random", seed=3)
    changes = np.flatnonzero(np.diff(warp))
    assert len(changes) == 3


def test_templates_are_reached_by_name_expressions() -> None:
    code = r"""
template <typename T, int N>
__global__ void fill(T* out) { out[threadIdx.x] = T(N) / T(2); }"""
    module = simt.RawModule(code, name_expressions=("fill<float, 5>", "fill<int, 5>"))
    real, whole = np.zeros(3, np.float32), np.zeros(3, np.int32)
    module.get_function("fill<float, 5>")(1, 3, (real,))
    module.get_function("fill<int, 5>")(1, 3, (whole,))
    assert real.tolist() == [2.5] * 3
    assert whole.tolist() == [2] * 3


def test_compiler_options_reach_the_source() -> None:
    code = 'extern "C" __global__ void k(int* out) { out[0] = TILE; }'
    out = np.zeros(1, np.int32)
    simt.RawModule(code, options=("-DTILE=48",)).get_function("k")(1, 1, (out,))
    assert out[0] == 48


def test_one_array_may_serve_as_input_and_output() -> None:
    code = r"""
extern "C" __global__ void k(const float* x, float* y) {
  y[threadIdx.x] = 2.0f * x[threadIdx.x];
}"""
    x = np.arange(5, dtype=np.float32)
    simt.RawModule(code, checked=True).get_function("k")(1, 5, (x, x))
    assert x.tolist() == [0, 2, 4, 6, 8]


def test_printf_comes_out_of_python(capsys: pytest.CaptureFixture[str]) -> None:
    code = r"""
extern "C" __global__ void k(float x) { printf("%u.%u %g\n", blockIdx.x, threadIdx.x, x); }"""
    simt.RawModule(code).get_function("k")(2, 2, (np.float32(0.5),))
    assert capsys.readouterr().out == "0.0 0.5\n0.1 0.5\n1.0 0.5\n1.1 0.5\n"


def test_multiplication_and_addition_round_once() -> None:
    code = r"""
extern "C" __global__ void k(float a, const float* x, float* y) { y[0] = a * x[0] + y[0]; }"""
    if not any("v3" in flag for flag in toolchain.architecture_flags()):
        pytest.skip("this processor has no fused multiply-add, or is no x86-64")
    a, x = np.float32(1 + 2**-12), np.float32([1 + 2**-12])
    y = -np.float32([1 + 2**-11])
    simt.RawModule(code).get_function("k")(1, 1, (a, x, y))
    assert y[0] == 2.0**-24  # rounding the product first would give 0


def test_included_files_are_found_beside_the_source(tmp_path) -> None:
    (tmp_path / "twice.cuh").write_text("__device__ int twice(int x) { return 2 * x; }\n")
    source = tmp_path / "k.cu"
    source.write_text(
        '#include "twice.cuh"\nextern "C" __global__ void k(int* out) { out[0] = twice(out[0]); }\n'
    )
    out = np.array([4], np.int32)
    simt.RawModule(path=source).get_function("k")(1, 1, (out,))
    assert out[0] == 8
    (tmp_path / "twice.cuh").write_text("__device__ int twice(int x) { return 3 * x; }\n")
    simt.RawModule(path=source).get_function("k")(1, 1, (out,))
    assert out[0] == 24
