"""Loads, stores and atomic operations of inline PTX, and what is said of wrong ones."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from attention_scratch import simt

COPIES = {  # text of a load and a store of 16 bytes a thread
    "four floats": ("ld.global.v4.f32 {%0, %1, %2, %3}, [%4];",
                    "st.global.v4.f32 [%4], {%0, %1, %2, %3};"),
    "with a policy": ("{.reg .b64 p; createpolicy.fractional.L2::evict_first.b64 p, 1.0;"
                      " ld.global.nc.L2::cache_hint.v4.f32 {%0, %1, %2, %3}, [%4], p;}",
                      "{.reg .b64 p; createpolicy.fractional.L2::evict_last.b64 p, 0.5;"
                      " st.global.L2::cache_hint.v4.f32 [%4], {%0, %1, %2, %3}, p;}"),
    "as advised": ("prefetch.global.L2 [%4+4096]; ld.global.L2::64B.v4.f32 {%0, %1, %2, %3}, [%4];",
                   "discard.global.L2 [%4], 128; st.global.wt.v4.f32 [%4], {%0, %1, %2, %3};"),
    "by the read-only path": ("ld.global.nc.L1::no_allocate.v4.f32 {%0, %1, %2, %3}, [%4];",
                              "st.global.cs.v4.f32 [%4], {%0, %1, %2, %3};"),
    "one by one": ("ld.global.ca.b32 %0, [%4]; ld.global.cg.b32 %1, [%4+4];"
                   " ld.volatile.global.b32 %2, [%4+8]; ld.relaxed.gpu.global.b32 %3, [%4+12];",
                   "st.global.wt.b32 [%4], %0; st.global.b32 [%4+4], %1;"
                   " st.volatile.global.b32 [%4+8], %2; st.release.gpu.global.b32 [%4+12], %3;"),
    "generic addresses": ("ld.v2.f32 {%0, %1}, [%4]; ld.v2.f32 {%2, %3}, [%4+8];",
                          "st.v2.f32 [%4], {%0, %1}; st.v2.f32 [%4+8], {%2, %3};"),
    "pairs of words": ("{.reg .b64 x, y; ld.global.v2.b64 {x, y}, [%4]; mov.b64 {%0, %1}, x;"
                       " mov.b64 {%2, %3}, y;}",
                       "{.reg .b64 x, y; mov.b64 x, {%0, %1}; mov.b64 y, {%2, %3};"
                       " st.global.v2.b64 [%4], {x, y};}"),
}  # fmt: skip
OPERANDS = {
    "load": ': "=f"(v[0]), "=f"(v[1]), "=f"(v[2]), "=f"(v[3]) : "l"(x + 4 * i) : "memory"',
    "store": ':: "f"(v[0]), "f"(v[1]), "f"(v[2]), "f"(v[3]), "l"(y + 4 * i) : "memory"',
}
COPY = "".join(
    f"""
extern "C" __global__ void copy{number}(const float* x, float* y) {{
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  float v[4];
  asm volatile("{load}" {OPERANDS["load"]});
  asm volatile("{store}" {OPERANDS["store"]});
}}
"""
    for number, (load, store) in enumerate(COPIES.values())
)
SHARED = r"""
__constant__ int table[4] = {3, 1, 4, 1};
extern "C" __global__ void narrow(const int* x, int* out) {
  __shared__ int s[64];
  const unsigned i = threadIdx.x, at = (unsigned)__cvta_generic_to_shared(s + i);
  asm volatile("st.shared.b32 [%0], %1;" :: "r"(at), "r"(x[i]) : "memory");
  __syncthreads();
  int a, b, c, d;
  asm volatile("ld.shared.s8 %0, [%1];" : "=r"(a) : "r"(at));
  asm volatile("ld.volatile.shared.u8 %0, [%1+1];" : "=r"(b) : "r"(at));
  asm volatile("ld.shared::cta.s16 %0, [%1+2];" : "=r"(c) : "r"(at));
  asm volatile("ld.s32 %0, [%1];" : "=r"(d) : "l"(s + i));
  out[4 * i] = a, out[4 * i + 1] = b, out[4 * i + 2] = c, out[4 * i + 3] = d;
}
extern "C" __global__ void spaces(const int* x, unsigned* out) {
  __shared__ int s[32];
  int own[2] = {(int)threadIdx.x, 7}, there, constant;
  unsigned long long shared, generic, end, total = 0;
  asm("cvta.to.shared.u64 %0, %1;" : "=l"(shared) : "l"(s + threadIdx.x));
  asm("cvta.shared.u64 %0, %1;" : "=l"(generic) : "l"(shared));
  asm("{.reg .u32 n; mov.u32 n, %%total_smem_size; cvt.u64.u32 %0, n;}" : "=l"(total));
  asm("cvta.to.shared.u64 %0, %1;" : "=l"(end) : "l"(generic - shared + total));  // one past all
  asm volatile("{.reg .u64 p; cvta.to.local.u64 p, %1; ld.local.s32 %0, [p];}"
               : "=r"(there) : "l"(own) : "memory");
  asm volatile("{.reg .u64 p; cvta.to.const.u64 p, %1; ld.const.s32 %0, [p];}"
               : "=r"(constant) : "l"(table + threadIdx.x % 4) : "memory");
  unsigned in_shared, in_global, neither;
  asm("{.reg .pred p; isspacep.shared p, %1; selp.u32 %0, 1, 0, p;}" : "=r"(in_shared) : "l"(s));
  asm("{.reg .pred p; isspacep.global p, %1; selp.u32 %0, 1, 0, p;}" : "=r"(in_global) : "l"(x));
  asm("{.reg .pred p; isspacep.shared p, %1; selp.u32 %0, 1, 0, p;}" : "=r"(neither) : "l"(x));
  unsigned* o = out + 6 * threadIdx.x;
  o[0] = shared == __cvta_generic_to_shared(s + threadIdx.x);
  o[1] = in_shared && in_global && !neither, o[2] = there, o[3] = constant;
  o[4] = generic == (size_t)(s + threadIdx.x), o[5] = end == total;
}
// The second warp waits for the first one's word.
extern "C" __global__ void handover(int* data, int* flag, int* out, int weak) {
  if (threadIdx.x == 0) {
    data[0] = 42;
    if (weak) asm volatile("st.relaxed.gpu.global.s32 [%0], 1;" :: "l"(flag) : "memory");
    else asm volatile("st.release.gpu.global.s32 [%0], 1;" :: "l"(flag) : "memory");
  } else if (threadIdx.x == 32) {
    int ready = 0;
    while (!ready)
      asm volatile("ld.acquire.gpu.global.s32 %0, [%1];" : "=r"(ready) : "l"(flag) : "memory");
    out[0] = data[0];
  }
}
"""
ATOMICS: dict[str, tuple[str, str, Callable[[int, list[int]], int]]] = {
    "atom.global.add.u32 %0, [%1], %2;": ("r", "unsigned", lambda x, v: x + sum(v)),
    "atom.add.relaxed.gpu.global.u64 %0, [%1], %2;": (
        "l", "unsigned long long", lambda x, v: x + sum(v)),
    "atom.global.min.s32 %0, [%1], %2;": ("r", "int", lambda x, v: min(x, *v)),
    "atom.global.max.u32 %0, [%1], %2;": ("r", "unsigned", lambda x, v: max(x, *v)),
    "atom.global.and.b32 %0, [%1], %2;": ("r", "unsigned", lambda x, v: functools.reduce(
        lambda a, b: a & b, v, x)),
    "atom.global.or.b32 %0, [%1], %2;": ("r", "unsigned", lambda x, v: functools.reduce(
        lambda a, b: a | b, v, x)),
    "atom.global.xor.b32 %0, [%1], %2;": ("r", "unsigned", lambda x, v: functools.reduce(
        lambda a, b: a ^ b, v, x)),
    "atom.global.inc.u32 %0, [%1], 12;": ("r", "unsigned", lambda x, v: functools.reduce(
        lambda a, _: 0 if a >= 12 else a + 1, v, x)),
    "atom.global.dec.u32 %0, [%1], 12;": ("r", "unsigned", lambda x, v: functools.reduce(
        lambda a, _: 12 if a == 0 or a > 12 else a - 1, v, x)),
    "mov.u32 %0, 0; red.global.add.s32 [%1], %2;": ("r", "int", lambda x, v: x + sum(v)),
    "atom.global.add.f32 %0, [%1], %2;": ("f", "float", lambda x, v: x + sum(v)),
    "red.global.add.f64 [%1], %2; mov.f64 %0, %2;": ("d", "double", lambda x, v: x + sum(v)),
}  # fmt: skip
ATOMIC = "".join(
    f"""
extern "C" __global__ void atomic{number}({kind}* place, const {kind}* x, {kind}* old) {{
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  asm volatile("{text}" : "={letter}"(old[i]) : "l"(place), "{letter}"(x[i]) : "memory");
}}
"""
    for number, (text, (letter, kind, _)) in enumerate(ATOMICS.items())
)
CHANGE = r"""
extern "C" __global__ void change(unsigned* place, unsigned* old) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  asm volatile("atom.global.cas.b32 %0, [%1], 0, %2;"
               : "=r"(old[2 * i]) : "l"(place), "r"(i + 1) : "memory");
  asm volatile("atom.global.exch.b32 %0, [%1], %2;"
               : "=r"(old[2 * i + 1]) : "l"(place + 1), "r"(i + 1) : "memory");
}
"""


def at(text: str, address: str, value: str = '"f"(1.0f)') -> str:
    return f'asm volatile("{text}" :: {address}, {value} : "memory");'


LOAD = "{.reg .b32 v; ld.%s v, [%%0];}"
# The wrong statement; its kind, array and index in a checked launch, then its kind in a fast one.
WRONG = {
    "past the end": (at(LOAD % "global.b32", '"l"(x + 32 + i)'), "out-of-bounds", "x", 32, None),
    "far away": (at("st.global.f32 [%0], %1;", '"l"(x + (1 << 24))'), "out-of-bounds", "x", 1 << 24,
                 "out-of-bounds"),
    "a swap past the end": (at("red.global.add.f32 [%0], %1;", '"l"(x + 32)'),
                            "out-of-bounds", "x", 32, "out-of-bounds"),
    "two over the end": (at("ld.global.v2.f32 {_, _}, [%0];", '"l"(x + 31)'),
                         "out-of-bounds", "x", 31, "out-of-bounds"),
    "four at an odd place": (at("st.global.v4.f32 [%0], {%1, %1, %1, %1};", '"l"(x + 2)'),
                             "misaligned", "x", 2, "misaligned"),
    "two of shared memory": (at("st.shared.v2.f32 [%0], {%1, %1};", '"r"(to + 4)'),
                             "misaligned", "s", 1, "misaligned"),
    "an atomic off its place": (at("red.add.f32 [%0], %1;", '"l"((char*)x + 6)'),
                                "misaligned", "x", 1, "misaligned"),
    "all to one place": (at("st.global.f32 [%0], %1;", '"l"(x + 2)'), "race", "x", 2, None),
    "all to one place, wide": (at("st.v2.f32 [%0], {%1, %1};", '"l"(x + 4)'), "race", "x", 4, None),
    "to const": (at("st.global.f32 [%0], %1;", '"l"(y)'), "const-write", "y", 0, "const-write"),
    "outside shared memory": (at("st.shared.f32 [%0], %1;", '"r"(to + 0x100000)'),
                              "out-of-bounds", None, None, "misuse"),
    "a generic address for a shared one": (at("st.shared.f32 [%0], %1;", '"l"(s)'),
                                           "out-of-bounds", None, None, "misuse"),
    "shared memory as global": (at("st.global.f32 [%0], %1;", '"l"(s)'),
                                "misuse", None, None, "misuse"),
    "local memory as global": (at("st.global.f32 [%0], %1;", '"l"(own)'),
                               "misuse", None, None, "misuse"),
    "global memory as local": (at("st.local.f32 [%0], %1;", '"l"(x)'),
                               "misuse", None, None, "misuse"),
    "global memory as constant": (at(LOAD % "const.b32", '"l"(x)'), "misuse", None, None, "misuse"),
    "a store to constants": (at("st.const.f32 [%0], %1;", '"l"(x)'),
                             "misuse", None, None, "misuse"),
    "32 bits for an address": (at("st.global.f32 [%0], %1;", '"r"(to)'),
                               "misuse", None, None, "misuse"),
    "cvta of what is not shared": (at("{.reg .u64 a; cvta.to.shared.u64 a, %0;}", '"l"(x)'),
                                   "misuse", None, None, "misuse"),
    "a parameter": (at("{.reg .b32 v; ld.param.b32 v, [%0];}", '"l"(x)'),
                    "unsupported", None, None, "unsupported"),
    "another block's": (at("{.reg .u64 a; mapa.u64 a, %0, 0;}", '"l"(s)'),
                        "unsupported", None, None, "unsupported"),
}  # fmt: skip
WRONG_CODE = "".join(
    f"""
extern "C" __global__ void wrong{number}(float* x, const float* y) {{
  __shared__ __align__(16) float s[64];
  float own[2] = {{x[0], x[1]}};
  const unsigned i = threadIdx.x, to = (unsigned)__cvta_generic_to_shared(s);
  {statement}  // WRONG {number}.
  if (own[1] > 1e30f) x[i] = own[0] + s[i];
}}"""
    for number, (statement, *_) in enumerate(WRONG.values())
)
CODE = COPY + SHARED + ATOMIC + CHANGE + WRONG_CODE


@functools.cache
def module() -> simt.RawModule:
    return simt.RawModule(CODE)


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("name", COPIES)
def test_what_is_stored_was_loaded(name: str, checked: bool) -> None:
    x = np.random.default_rng(1).standard_normal(4 * 96).astype(np.float32)
    y = np.zeros_like(x)
    kernel = module().get_function(f"copy{list(COPIES).index(name)}")
    kernel(3, 32, (x, y), checked=checked)
    np.testing.assert_array_equal(y, x)


@pytest.mark.parametrize("checked", [False, True])
def test_narrow_loads_extend_by_their_sign(checked: bool) -> None:
    x = np.random.default_rng(2).integers(-(2**31), 2**31, 64, dtype=np.int32)
    out = np.zeros((64, 4), np.int32)
    module().get_function("narrow")(1, 64, (x, out), checked=checked)
    first, second = x.view(np.int8).reshape(64, 4)[:, 0], x.view(np.uint8).reshape(64, 4)[:, 1]
    upper = x.view(np.int16).reshape(64, 2)[:, 1]
    np.testing.assert_array_equal(out, np.stack([first, second, upper, x], axis=1))


@pytest.mark.parametrize("checked", [False, True])
def test_addresses_convert_between_the_spaces(checked: bool) -> None:
    out = np.zeros((32, 6), np.uint32)
    module().get_function("spaces")(1, 32, (np.zeros(1, np.int32), out), checked=checked)
    i = np.arange(32)
    wanted = [i >= 0, i >= 0, i, np.array([3, 1, 4, 1])[i % 4], i >= 0, i >= 0]
    np.testing.assert_array_equal(out, np.stack(wanted, axis=1))


def test_a_release_hands_over_what_came_before_it_and_a_relaxed_store_does_not() -> None:
    data, flag, out = np.zeros((3, 1), np.int32)
    kernel = module().get_function("handover")
    kernel(1, 64, (data, flag, out, 0), checked=True)
    assert out[0] == 42
    data[:], flag[:] = 0, 0
    with pytest.raises(simt.KernelError) as caught:
        kernel(1, 64, (data, flag, out, 1), checked=True)
    finding = caught.value.findings[0]
    assert (finding.kind, finding.array, finding.operation) == ("race", "data", "read")


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("text", ATOMICS)
def test_atomic_operations_lose_nothing(text: str, checked: bool) -> None:
    _, kind, model = ATOMICS[text]
    dtype: Any = {"unsigned": np.uint32, "int": np.int32, "float": np.float32}.get(
        kind, np.float64 if kind == "double" else np.uint64
    )
    x = np.random.default_rng(3).integers(1, 1000, 128).astype(dtype)
    place, old = np.full(1, 5, dtype), np.zeros(128, dtype)
    number = list(ATOMICS).index(text)
    module().get_function(f"atomic{number}")(4, 32, (place, x, old), checked=checked)
    assert place[0] == model(5, x.tolist())
    if text.startswith("atom.global.add.u32"):
        assert np.unique(old).size == 128  # each thread saw a sum of its own
        assert 5 in old


@pytest.mark.parametrize("checked", [False, True])
def test_one_thread_alone_wins_a_compare_and_swap(checked: bool) -> None:
    place, old = np.zeros(2, np.uint32), np.zeros((64, 2), np.uint32)
    module().get_function("change")(2, 32, (place, old), checked=checked)
    assert np.count_nonzero(old[:, 0] == 0) == 1
    winner = int(np.flatnonzero(old[:, 0] == 0)[0])
    assert place[0] == winner + 1
    # Each exchange handed on what another one had left.
    assert sorted([*old[:, 1].tolist(), int(place[1])]) == list(range(65))


@pytest.mark.parametrize("checked", [True, False])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_access_is_named_with_line_and_element(name: str, checked: bool) -> None:
    number, (_, kind, array, index, fast) = list(WRONG).index(name), WRONG[name]
    threads = 1 if kind == "misaligned" or name == "to const" else 32
    arrays = np.ones(32, np.float32), np.ones(32, np.float32)
    kernel = module().get_function(f"wrong{number}")
    if not checked and fast is None:
        return  # a fast launch need not see it
    with pytest.raises(simt.KernelError) as caught:
        kernel(1, threads, arrays, checked=checked)
    finding = caught.value.findings[0]
    assert finding.kind == (kind if checked else fast)
    line = next(i for i, text in enumerate(CODE.splitlines(), 1) if f"// WRONG {number}." in text)
    assert finding.place.line == line
    if array:
        assert (finding.array, finding.index) == (array, index)
