"""A launch no device would accept is refused before it starts, with one clear error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attention_scratch import simt
from attention_scratch.errors import InputError, MissingFileError
from attention_scratch.simt.compile.build import Flavor

CODE = r"""
struct Pair { float first, second; };
extern "C" __global__ void saxpy(float a, const float* x, float* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = a * x[i] + y[i];
}
extern "C" __global__ void all(bool b, unsigned char c, double d, Pair p) {}
__global__ void hidden(float* x) {}
template <class T> __global__ void shaped(T* x) {}
"""


def vector(n: int = 8) -> np.ndarray:
    return np.ones(n, np.float32)


def saxpy(*args: Any, grid: Any = 1, block: Any = 8, shared_mem: Any = 0, **options: Any) -> None:
    simt.RawModule(CODE).get_function("saxpy")(grid, block, args, shared_mem, **options)


A = np.float32(2)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"block": 1025}, "block.x: got 1025; expected 1 to 1024"),
        ({"block": (64, 32)}, "2048 threads; expected at most 1024 threads"),
        ({"block": (1, 1, 65)}, "block.z: got 65; expected 1 to 64"),
        ({"block": 0}, "block.x: got 0; expected 1 to 1024"),
        ({"grid": -1}, "grid.x: got -1"),
        ({"grid": 0}, "Nothing to do"),
        ({"grid": (1, 65536)}, "grid.y: got 65536; expected 1 to 65535"),
        ({"grid": 2**31}, "grid.x: got 2147483648; expected 1 to 2147483647"),
        ({"grid": (1, 1, 1, 1)}, "expected a tuple of one to three integers"),
        ({"grid": ()}, "expected a tuple of one to three integers"),
        ({"grid": 8 / 256}, "Divide with //"),
        ({"grid": (True,)}, "expected a tuple of one to three integers"),
        ({"shared_mem": -1}, "shared_mem: got -1"),
        ({"shared_mem": 50000}, "shared_mem: got 50000; expected at most 49152 bytes"),
        ({"order": "sideways"}, "order: got sideways; expected forward or reverse or random"),
        ({"seed": -1}, "seed: got -1"),
        ({"time_limit": 0}, "time_limit: got 0; expected a positive number"),
    ],
)
def test_a_shape_out_of_range_is_named(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        saxpy(A, vector(), vector(), 8, **changed)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((A, vector(), vector()), "number of arguments: got 3; expected 4 (a, x, y, n)"),
        ((2.0, vector(), vector(), 8), "argument 0 (a): got float 2.0; expected float32. A Python"),
        ((2, vector(), vector(), 8), "Write np.float32(2)"),
        ((np.float64(2), vector(), vector(), 8), "argument 0 (a): got np.float64(2.0)"),
        ((vector(), vector(), vector(), 8), "a value, not a pointer"),
        ((A, vector(), vector(), 8.0), "argument 3 (n): got float 8.0; expected int32"),
        ((A, vector(), vector(), np.int64(8)), "argument 3 (n): got np.int64(8); expected int32"),
        ((A, vector(), vector(), 2**31), "-2147483648 to 2147483647"),
        ((A, vector(), vector(), True), "argument 3 (n): got bool True"),
        ((A, 3.0, vector(), 8), "argument 1 (x): got float 3.0; expected a NumPy array of float32"),
        ((A, [1.0], vector(), 8), "argument 1 (x): got list"),
        ((A, np.ones(8), vector(), 8), "argument 1 (x): got an array of float64"),
        ((A, np.ones(8, ">f4"), vector(), 8), "argument 1 (x): got an array of >f4"),
        ((A, np.ones(8, object), vector(), 8), "argument 1 (x): got an array of object"),
        ((A, vector(16)[::2], vector(), 8), "argument 1 (x): got an array with strides (8,)"),
        ((A, vector(), np.broadcast_to(A, 1), 8), "argument 2 (y): got a read-only array"),
    ],
)
def test_a_wrong_argument_is_named_with_its_remedy(args: tuple[Any, ...], message: str) -> None:
    with pytest.raises(simt.LaunchError) as caught:
        saxpy(*args)
    assert message in str(caught.value)


def test_arrays_that_share_part_of_their_memory_are_refused() -> None:
    both = vector(12)
    with pytest.raises(simt.LaunchError, match=r"argument 2 \(y\).*shares part of its memory"):
        saxpy(A, both[:8], both[4:], 8)
    saxpy(A, both[:6], both[6:], 6)
    assert both.tolist() == [1] * 6 + [3] * 6


def test_arguments_that_are_no_tuple_are_refused() -> None:
    with pytest.raises(simt.LaunchError, match="expected a tuple of arguments"):
        simt.RawModule(CODE).get_function("saxpy")(1, 8, vector())  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [b"1234", 3, np.zeros(3, np.float32)])
def test_a_structure_must_have_its_size(value: Any) -> None:
    kernel = simt.RawModule(CODE).get_function("all")
    kernel(1, 1, (True, 255, 1.5, np.zeros(2, np.float32)))
    with pytest.raises(simt.LaunchError, match=r"argument 3 \(p\).*a structure of 8 bytes"):
        kernel(1, 1, (True, 255, 1.5, value))


def test_an_unknown_kernel_lists_those_there_are() -> None:
    with pytest.raises(InputError, match="expected one of saxpy, all, hidden"):
        simt.RawModule(CODE).get_function("saxby")


def test_a_kernel_without_extern_c_is_refused_as_on_a_gpu() -> None:
    with pytest.raises(InputError, match='Write extern "C" before __global__'):
        simt.RawModule(CODE).get_function("hidden")


@pytest.mark.parametrize(
    ("given", "message"),
    [({}, "got neither"), ({"code": "", "path": "x.cu"}, "got both"), ({"code": 3}, "got 3")],
)
def test_a_module_needs_exactly_one_source(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        simt.RawModule(**given)


def test_a_missing_file_and_a_source_without_kernels_are_refused(tmp_path) -> None:
    with pytest.raises(MissingFileError, match=r"nowhere\.cu"):
        simt.RawModule(path=tmp_path / "nowhere.cu")
    with pytest.raises(InputError, match="at least one __global__ function"):
        simt.RawModule("int f();").built(Flavor.FAST)


def test_arrays_too_large_to_check_are_refused_before_memory_runs_out() -> None:
    huge = np.broadcast_to(np.float32(0), 70_000_000).copy()
    kernel = simt.RawModule(CODE).get_function("saxpy")
    with pytest.raises(simt.LaunchError, match="Check it on smaller arrays"):
        kernel(1, 1, (A, vector(), huge, 8), checked=True)
