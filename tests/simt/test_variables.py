"""``__constant__`` and ``__device__`` variables belong to the caller between launches."""

from __future__ import annotations

import numpy as np
import pytest

from attention_scratch import simt
from attention_scratch.errors import InputError
from attention_scratch.simt.compile.source import module_variables, static_shared

CODE = r"""
__constant__ float weights[2][3];
__device__ int counter = 5;
__device__ unsigned long long ticket;
extern "C" __global__ void scale(float* y) {
  y[threadIdx.x] = weights[threadIdx.x / 3][threadIdx.x % 3];
  atomicAdd(&counter, 2);
}
extern "C" __global__ void spoil(float* y, int i) {
  counter = 99;
  y[i] = 0.0f;
}
extern "C" __global__ void write_constant(float* y) {
  float* w = const_cast<float*>(&weights[0][0]);
  w[threadIdx.x] = y[0];
}
"""


@pytest.mark.parametrize("checked", [False, True], ids=["fast", "checked"])
def test_what_the_caller_writes_the_kernel_reads_and_the_other_way_round(checked: bool) -> None:
    module = simt.RawModule(CODE, checked=checked)
    module.get_global("weights")[...] = np.arange(6).reshape(2, 3)
    y = np.zeros(6, np.float32)
    module.get_function("scale")(1, 6, (y,))
    np.testing.assert_array_equal(y, np.arange(6))
    assert module.get_global("counter") == 5 + 2 * 6
    assert module.get_global("ticket").dtype == np.uint64


def test_every_build_of_the_module_sees_the_same_values() -> None:
    module = simt.RawModule(CODE)
    y = np.zeros(6, np.float32)
    kernel = module.get_function("scale")
    kernel(1, 6, (y,))
    kernel(1, 6, (y,), checked=True)
    with simt.profile() as p:
        kernel(1, 6, (y,))
    assert module.get_global("counter") == 5 + 3 * 2 * 6
    assert p.last.atomics == 6


def test_a_launch_that_fails_leaves_the_variables_as_they_were() -> None:
    module = simt.RawModule(CODE)
    with pytest.raises(simt.KernelError):
        module.get_function("spoil")(1, 1, (np.zeros(2, np.float32), 100), checked=True)
    assert module.get_global("counter") == 5


def test_a_write_to_constant_memory_is_found() -> None:
    kernel = simt.RawModule(CODE).get_function("write_constant")
    with pytest.raises(simt.KernelError) as caught:
        kernel(1, 6, (np.zeros(1, np.float32),), checked=True)
    (found,) = caught.value.findings
    assert (found.kind, found.array, found.space) == ("const-write", "weights", "constant")


def test_an_unknown_variable_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match="weights, counter, ticket"):
        simt.RawModule(CODE).get_global("wieghts")


def test_only_what_stands_outside_of_functions_is_a_variable() -> None:
    code = """
__device__ float helper(float x) { __device__ int no; return x; }
__constant__ const int table[4] = {1, 2, 3, 4};
static __device__ float a;
template <class T> __device__ T twice(T x) { return x + x; }
struct Pair { int x; };
__device__ Pair pair;
"""
    assert module_variables(code) == {"table": "constant", "a": "global", "pair": "global"}


def test_shared_declarations_tell_name_and_element() -> None:
    code = "__shared__ __align__(16) half tile[16][24], other[3]; __shared__ unsigned long long n;"
    found = static_shared(code)
    assert {name: d.element_bytes for name, d in found.items()} == {"tile": 2, "other": 2, "n": 8}
