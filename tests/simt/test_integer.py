"""CUDA's functions on integers and their bits, against Python's unbounded integers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from attention_scratch import simt
from tests.simt.elementwise import TYPES, Array, Function, Functions, compile_with_nvcc

Oracle = Callable[..., int]


def low(x: int, bits: int = 32) -> int:
    """The lowest bits, as a number without sign."""
    return x & ((1 << bits) - 1)


def signed(x: int, bits: int = 32) -> int:
    """The lowest bits, read as two's complement."""
    return low(x, bits) - ((low(x, bits) >> (bits - 1)) << bits)


def reversed_bits(x: int, bits: int) -> int:
    return int(f"{low(x, bits):0{bits}b}"[::-1], 2)


def permuted(x: int, y: int, selector: int) -> int:
    pool = x.to_bytes(4, "little") + y.to_bytes(4, "little")
    chosen = []
    for i in range(4):
        nibble = selector >> 4 * i & 15
        byte = pool[nibble & 7]
        chosen.append(byte if nibble < 8 else 255 * (byte >> 7))
    return int.from_bytes(bytes(chosen), "little")


def nth_set(mask: int, base: int, offset: int) -> int:
    base %= 32
    if offset == 0:
        return base if mask >> base & 1 else 0xFFFFFFFF
    places = [i for i in range(32) if mask >> i & 1 and (i >= base if offset > 0 else i <= base)]
    ordered = places if offset > 0 else places[::-1]
    return ordered[abs(offset) - 1] if abs(offset) <= len(ordered) else 0xFFFFFFFF


def parts(x: int, bits: int, *, signs: bool) -> list[int]:
    pieces = [low(x >> bits * i, bits) for i in range(32 // bits)]
    return [signed(p, bits) for p in pieces] if signs else pieces


def dotted(a: int, b: int, c: int, *, signs: bool) -> int:
    products = zip(parts(a, 8, signs=signs), parts(b, 8, signs=signs), strict=True)
    return c + sum(x * y for x, y in products)


def dotted_two(a: int, b: int, c: int, *, signs: bool, first: int) -> int:
    wide, narrow = parts(a, 16, signs=signs), parts(b, 8, signs=signs)
    return c + wide[0] * narrow[first] + wide[1] * narrow[first + 1]


INT, UINT, LONG, ULONG = "int", "unsigned", "long long", "unsigned long long"
CASES: dict[Function, Oracle] = {
    Function("__popc(a)", (UINT,), INT): lambda a: a.bit_count(),
    Function("__popcll(a)", (ULONG,), INT): lambda a: a.bit_count(),
    Function("__clz(a)", (INT,), INT): lambda a: 32 - low(a).bit_length(),
    Function("__clzll(a)", (LONG,), INT): lambda a: 64 - low(a, 64).bit_length(),
    Function("__ffs(a)", (INT,), INT): lambda a: (a & -a).bit_length(),
    Function("__ffsll(a)", (LONG,), INT): lambda a: (a & -a).bit_length(),
    Function("__brev(a)", (UINT,), UINT): lambda a: reversed_bits(a, 32),
    Function("__brevll(a)", (ULONG,), ULONG): lambda a: reversed_bits(a, 64),
    Function("__byte_perm(a, b, c)", (UINT, UINT, UINT), UINT): permuted,
    Function("__fns(a, b & 31, int(c % 71) - 35)", (UINT, UINT, UINT), UINT): lambda a, b, c: (
        nth_set(a, b & 31, c % 71 - 35)
    ),
    Function("__funnelshift_l(a, b, c)", (UINT, UINT, UINT), UINT): lambda a, b, c: (
        (b << 32 | a) << (c & 31) >> 32
    ),
    Function("__funnelshift_r(a, b, c)", (UINT, UINT, UINT), UINT): lambda a, b, c: (
        (b << 32 | a) >> (c & 31)
    ),
    Function("__funnelshift_lc(a, b, c % 40)", (UINT, UINT, UINT), UINT): lambda a, b, c: (
        (b << 32 | a) << min(c % 40, 32) >> 32
    ),
    Function("__funnelshift_rc(a, b, c % 40)", (UINT, UINT, UINT), UINT): lambda a, b, c: (
        (b << 32 | a) >> min(c % 40, 32)
    ),
    Function("__mulhi(a, b)", (INT, INT), INT): lambda a, b: a * b >> 32,
    Function("__umulhi(a, b)", (UINT, UINT), UINT): lambda a, b: a * b >> 32,
    Function("__mul64hi(a, b)", (LONG, LONG), LONG): lambda a, b: a * b >> 64,
    Function("__umul64hi(a, b)", (ULONG, ULONG), ULONG): lambda a, b: a * b >> 64,
    Function("__mul24(a, b)", (INT, INT), INT): lambda a, b: signed(a, 24) * signed(b, 24),
    Function("__umul24(a, b)", (UINT, UINT), UINT): lambda a, b: low(a, 24) * low(b, 24),
    Function("__sad(a, b, c)", (INT, INT, UINT), UINT): lambda a, b, c: abs(a - b) + c,
    Function("__usad(a, b, c)", (UINT, UINT, UINT), UINT): lambda a, b, c: abs(a - b) + c,
    Function("__hadd(a, b)", (INT, INT), INT): lambda a, b: (a + b) >> 1,
    Function("__rhadd(a, b)", (INT, INT), INT): lambda a, b: (a + b + 1) >> 1,
    Function("__uhadd(a, b)", (UINT, UINT), UINT): lambda a, b: (a + b) >> 1,
    Function("__urhadd(a, b)", (UINT, UINT), UINT): lambda a, b: (a + b + 1) >> 1,
    Function("__dp4a(a, b, c)", (INT, INT, INT), INT): lambda *x: dotted(*x, signs=True),
    Function("__dp4a(a, b, c)", (UINT, UINT, UINT), UINT): lambda *x: dotted(*x, signs=False),
    Function("__dp2a_lo(a, b, c)", (INT, INT, INT), INT): lambda *x: dotted_two(
        *x, signs=True, first=0
    ),
    Function("__dp2a_hi(a, b, c)", (INT, INT, INT), INT): lambda *x: dotted_two(
        *x, signs=True, first=2
    ),
    Function("__dp2a_lo(a, b, c)", (UINT, UINT, UINT), UINT): lambda *x: dotted_two(
        *x, signs=False, first=0
    ),
    Function("__dp2a_hi(a, b, c)", (UINT, UINT, UINT), UINT): lambda *x: dotted_two(
        *x, signs=False, first=2
    ),
    Function("min(a, b)", (INT, UINT), UINT): lambda a, b: min(low(a), b),
    Function("max(a, b)", (UINT, INT), UINT): lambda a, b: max(a, low(b)),
    Function("min(a, b)", (INT, INT), INT): min,
    Function("max(a, b)", (LONG, LONG), LONG): max,
    Function("min(a, b)", (LONG, ULONG), ULONG): lambda a, b: min(low(a, 64), b),
    Function("max(a, b)", (ULONG, LONG), ULONG): lambda a, b: max(a, low(b, 64)),
    Function("max(a, b)", ("short", "short"), INT): max,
    Function("umax(a, b)", (UINT, UINT), UINT): max,
    Function("llmin(a, b)", (LONG, LONG), LONG): min,
    Function("ullmax(a, b)", (ULONG, ULONG), ULONG): max,
    Function("abs(a)", (INT,), INT): lambda a: signed(abs(a)),
}
FUNCTIONS = Functions(tuple(CASES))


@pytest.fixture(scope="module")
def module() -> simt.RawModule:
    return FUNCTIONS.compiled()


def values(rng: np.random.Generator, kind: str, n: int) -> Array:
    """Random numbers of every magnitude, and those that overflow first."""
    info = np.iinfo(TYPES[kind])
    shifts = rng.integers(0, info.bits, n).astype(TYPES[kind])
    x: Array = rng.integers(info.min, info.max, n, dtype=TYPES[kind], endpoint=True) >> shifts
    x[:5] = (0, 1, info.max, info.min, info.min + 1)
    rng.shuffle(x)
    return x


@pytest.mark.parametrize("function", CASES, ids=lambda f: f"{f} {f.types[0]}")
def test_an_integer_function_agrees_with_unbounded_integers(
    module: simt.RawModule, function: Function
) -> None:
    rng = np.random.default_rng(7)
    arguments = [values(rng, kind, 400) for kind in function.types]
    got = FUNCTIONS.apply(module, function, *arguments)
    oracle = CASES[function]
    bits = 8 * got.dtype.itemsize
    for row in zip(*arguments, got, strict=True):
        *given, result = (int(x) for x in row)
        assert low(result, bits) == low(oracle(*given), bits), given


def test_vectors_of_bytes_are_multiplied_as_packed_ones_are() -> None:
    code = """
extern "C" __global__ void k(const char4* a, const char4* b, const short2* s, int* out, int n) {
  const int i = threadIdx.x;
  if (i >= n) return;
  out[3 * i] = __dp4a(a[i], b[i], 5);
  out[3 * i + 1] = __dp2a_lo(s[i], b[i], 6);
  out[3 * i + 2] = __dp2a_hi(s[i], b[i], 7);
}"""
    rng = np.random.default_rng(0)
    a, b = rng.integers(-128, 128, (2, 64, 4)).astype(np.int8)
    s = rng.integers(-(2**15), 2**15, (64, 2)).astype(np.int16)
    out = np.zeros((64, 3), np.int32)
    simt.RawModule(code=code).get_function("k")((1,), (64,), (a, b, s, out, np.int32(64)))
    wide = [x.astype(np.int64) for x in (a, b, s)]
    np.testing.assert_array_equal(out[:, 0], (wide[0] * wide[1]).sum(1) + 5)
    np.testing.assert_array_equal(out[:, 1], (wide[2] * wide[1][:, :2]).sum(1) + 6)
    np.testing.assert_array_equal(out[:, 2], (wide[2] * wide[1][:, 2:]).sum(1) + 7)


def test_the_integer_functions_are_nvidias(tmp_path: Path) -> None:
    compile_with_nvcc(FUNCTIONS.code, tmp_path)
