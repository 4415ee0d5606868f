"""Arithmetic and conversions in a stated rounding mode, against exact rational arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attention_scratch import simt
from tests.simt.elementwise import TYPES, Array, Function, Functions, compile_with_nvcc

MODES = ("rn", "rz", "rd", "ru")
Exact = Callable[..., Fraction]


def neighbors(x: Fraction, kind: Any) -> tuple[Any, Any]:
    """The floating-point numbers on either side of x; twice x itself if it is one."""
    largest = kind(np.finfo(kind).max)
    if abs(x) > Fraction(float(largest)):
        return (largest, kind(np.inf)) if x > 0 else (kind(-np.inf), -largest)
    with np.errstate(all="ignore"):
        low = high = kind(float(x))
    if not np.isfinite(low):
        low = high = math.copysign(1, float(x)) * largest
    while Fraction(float(low)) > x:
        low = np.nextafter(low, kind(-np.inf))
    while Fraction(float(high)) < x:
        high = np.nextafter(high, kind(np.inf))
    while low < high and Fraction(float(np.nextafter(low, high))) <= x:
        low = np.nextafter(low, high)
    while low < high and Fraction(float(np.nextafter(high, low))) >= x:
        high = np.nextafter(high, low)
    return kind(low), kind(high)


def distance(x: Fraction, bound: Any, kind: Any) -> Fraction:
    """How far it is; infinity stands where the next power of two would."""
    if np.isfinite(bound):
        return abs(x - Fraction(float(bound)))
    power = Fraction(2) ** np.finfo(kind).maxexp
    return abs(x - (power if bound > 0 else -power))


def rounded(x: Fraction, mode: str, kind: Any = np.float32) -> Any:
    """x as the mode has it; of two equally near, the one whose last bit is 0."""
    low, high = neighbors(x, kind)
    if mode == "rz":
        mode = "rd" if x > 0 else "ru"
    if mode != "rn":
        return low if mode == "rd" else high
    below, above = distance(x, low, kind), distance(x, high, kind)
    if below != above:
        return low if below < above else high
    is_even = not low.view(np.uint32 if kind is np.float32 else np.uint64) & 1
    return low if is_even else high


def floats(rng: np.random.Generator, n: int, kind: Any = np.float32) -> Array:
    """Finite numbers of all magnitudes, many with few or many equal bits, which make ties."""
    bits: Any = {np.float32: np.uint32, np.float64: np.uint64}[kind]
    x = rng.integers(0, np.iinfo(bits).max, n, dtype=bits, endpoint=True)
    x[::3] &= bits(np.iinfo(bits).max) << rng.integers(0, 22, x[::3].size).astype(bits)
    values: Array = x.view(kind)
    values[::4] = rng.choice([1, -1, 1.5, 3, 0.75, 2**-24, 1 + 2**-23], values[::4].size)
    tiny, info = np.nextafter(kind(0), kind(1)), np.finfo(kind)
    values[1::9] = rng.choice([tiny, -tiny, info.tiny, info.max, -info.max], values[1::9].size)
    values[~np.isfinite(values) | (values == 0)] = 1
    return values


def same(got: Any, wanted: Any) -> bool:
    """To the bit, but the sign of a zero: exact arithmetic has none."""
    return bool(got == wanted)


ARITHMETIC: dict[str, tuple[str, Exact]] = {
    "__fadd": ("a, b", lambda a, b: a + b),
    "__fsub": ("a, b", lambda a, b: a - b),
    "__fmul": ("a, b", lambda a, b: a * b),
    "__fdiv": ("a, b", lambda a, b: a / b),
    "__frcp": ("a", lambda a: 1 / a),
    "__fmaf": ("a, b, c", lambda a, b, c: a * b + c),
}
INTEGERS = {"int": "int", "uint": "unsigned", "ll": "long long", "ull": "unsigned long long"}


def arithmetic(name: str, mode: str) -> Function:
    arguments = ARITHMETIC[name][0]
    return Function(f"{name}_{mode}({arguments})", ("float",) * (arguments.count(",") + 1), "float")


def to_integer(source: str, target: str, mode: str) -> Function:
    return Function(f"__{source}2{target}_{mode}(a)", (source,), INTEGERS[target])


def from_integer(source: str, target: str, mode: str) -> Function:
    return Function(f"__{source}2{target}_{mode}(a)", (INTEGERS[source],), target)


def square_root(mode: str) -> Function:
    return Function(f"__fsqrt_{mode}(a)", ("float",), "float")


def narrowing(mode: str) -> Function:
    return Function(f"__double2float_{mode}(a)", ("double",), "float")


FLOATS_FROM = [*((i, "float") for i in INTEGERS), ("ll", "double"), ("ull", "double")]
RECIPROCAL_ROOT = Function("__frsqrt_rn(a)", ("float",), "float")
FUNCTIONS = Functions(
    (
        *(arithmetic(name, mode) for name in ARITHMETIC for mode in MODES),
        *(square_root(mode) for mode in MODES),
        *(narrowing(mode) for mode in MODES),
        *(to_integer(f, i, mode) for f in ("float", "double") for i in INTEGERS for mode in MODES),
        *(from_integer(i, f, mode) for i, f in FLOATS_FROM for mode in MODES),
        RECIPROCAL_ROOT,
    )
)


@pytest.fixture(scope="module")
def module() -> simt.RawModule:
    return FUNCTIONS.compiled()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic_is_rounded_once_and_in_its_mode(
    module: simt.RawModule, name: str, mode: str
) -> None:
    rng = np.random.default_rng(3)
    function = arithmetic(name, mode)
    arguments = [floats(rng, 250) for _ in function.types]
    got = FUNCTIONS.apply(module, function, *arguments)
    for *row, result in zip(*arguments, got, strict=True):
        exact = ARITHMETIC[name][1](*(Fraction(float(x)) for x in row))
        assert same(result, rounded(exact, mode)), row


@pytest.mark.parametrize("mode", MODES)
def test_a_square_root_is_on_the_right_side_of_the_exact_one(
    module: simt.RawModule, mode: str
) -> None:
    x = np.abs(floats(np.random.default_rng(5), 800))
    got = FUNCTIONS.apply(module, square_root(mode), x)
    for value, root in zip(x, got, strict=True):
        exact = Fraction(float(value))
        below, above = (
            Fraction(float(np.nextafter(root, np.float32(side)))) for side in (0, np.inf)
        )
        root = Fraction(float(root))
        if mode == "rn":
            assert (below + root) ** 2 <= 4 * exact <= (root + above) ** 2, value
        elif mode == "ru":
            assert below**2 < exact <= root**2, value
        else:
            assert root**2 <= exact < above**2, value


def test_a_reciprocal_square_root_is_the_nearest_float(module: simt.RawModule) -> None:
    x = np.abs(floats(np.random.default_rng(6), 1500))
    got = FUNCTIONS.apply(module, RECIPROCAL_ROOT, x)
    for value, root in zip(x, got, strict=True):
        below, above = (
            (Fraction(float(root)) + Fraction(float(np.nextafter(root, np.float32(side))))) / 2
            for side in (0, np.inf)
        )
        assert below**2 * Fraction(float(value)) <= 1 <= above**2 * Fraction(float(value)), value


@pytest.mark.parametrize("mode", MODES)
def test_a_double_becomes_a_float_in_its_mode(module: simt.RawModule, mode: str) -> None:
    rng = np.random.default_rng(8)
    x = np.concatenate([floats(rng, 300, np.float64), floats(rng, 300).astype(float)])
    x[300:] *= 1 + rng.choice([0, 2.0**-24, 2.0**-52, -(2.0**-25)], 300)
    got = FUNCTIONS.apply(module, narrowing(mode), x)
    for value, result in zip(x, got, strict=True):
        assert same(result, rounded(Fraction(float(value)), mode)), value


def nearest_even(x: Fraction) -> int:
    return round(x)  # Python rounds halves to even


WHOLE: dict[str, Callable[[Fraction], int]] = {
    "rn": nearest_even,
    "rz": math.trunc,
    "rd": math.floor,
    "ru": math.ceil,
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("target", INTEGERS)
@pytest.mark.parametrize("source", ["float", "double"])
def test_a_number_becomes_an_integer_in_its_mode_and_saturates(
    module: simt.RawModule, source: str, target: str, mode: str
) -> None:
    rng = np.random.default_rng(9)
    function, kind = to_integer(source, target, mode), TYPES[source]
    near = rng.integers(-1000, 1000, 200) / 4 * rng.choice([1, 1 + 2.0**-20], 200)
    around = [s * (2.0**b + d) for s in (1, -1) for b in (31, 32, 63, 64) for d in (-1, 0, 1)]
    x = np.concatenate([floats(rng, 200, kind), near, around]).astype(kind)
    got = FUNCTIONS.apply(module, function, x)
    info = np.iinfo(TYPES[function.result])
    for value, result in zip(x, got, strict=True):
        wanted = min(max(WHOLE[mode](Fraction(float(value))), info.min), info.max)
        assert int(result) == wanted, value


@pytest.mark.parametrize("target", INTEGERS)
@pytest.mark.parametrize("source", ["float", "double"])
def test_infinity_saturates_and_nan_becomes_what_the_ptx_manual_says(
    module: simt.RawModule, source: str, target: str
) -> None:
    function = to_integer(source, target, "rz")
    x = np.array([np.inf, -np.inf, np.nan], TYPES[source])
    got = FUNCTIONS.apply(module, function, x)
    info = np.iinfo(got.dtype)
    only_highest_bit = info.min if info.min < 0 else 1 << (info.bits - 1)
    of_nan = only_highest_bit if source == "double" or info.bits == 64 else 0
    assert [int(v) for v in got] == [info.max, info.min, of_nan]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("source", "target"), FLOATS_FROM)
def test_an_integer_becomes_a_number_in_its_mode(
    module: simt.RawModule, source: str, target: str, mode: str
) -> None:
    rng = np.random.default_rng(10)
    info = np.iinfo(TYPES[INTEGERS[source]])
    x = rng.integers(info.min, info.max, 300, dtype=info.dtype, endpoint=True)
    x >>= rng.integers(0, info.bits, 300).astype(info.dtype)
    x[:4] = (info.max, info.min, 0, 1)
    x[4:9] = [min(2**b + 1, int(info.max)) for b in (24, 25, 30, 53, 54)]
    got = FUNCTIONS.apply(module, from_integer(source, target, mode), x)
    for value, result in zip(x, got, strict=True):
        assert same(result, rounded(Fraction(int(value)), mode, TYPES[target])), value


IN_FLOATS: dict[str, Callable[..., Array]] = {
    "__fadd": lambda a, b: a + b,
    "__fmul": lambda a, b: a * b,
    "__fdiv": lambda a, b: a / b,
    "__fmaf": lambda a, b, c: a * b + c,
}


@pytest.mark.parametrize("name", IN_FLOATS)
def test_infinities_nans_and_zeros_follow_ieee(module: simt.RawModule, name: str) -> None:
    special = np.array([0.0, -0.0, 1, -1, np.inf, -np.inf, np.nan], np.float32)
    function = arithmetic(name, "rn")
    grid = np.meshgrid(*[special] * len(function.types))
    arguments = [g.ravel() for g in grid]
    got = FUNCTIONS.apply(module, function, *arguments)
    with np.errstate(all="ignore"):
        wanted = IN_FLOATS[name](*arguments)
    np.testing.assert_array_equal(got, wanted)
    numbers = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(got)[numbers], np.signbit(wanted)[numbers])


def test_terms_that_cancel_make_minus_zero_only_when_rounded_down(module: simt.RawModule) -> None:
    one = np.ones(1, np.float32)
    for mode in MODES:
        zero = FUNCTIONS.apply(module, arithmetic("__fadd", mode), one, -one)
        fused = FUNCTIONS.apply(module, arithmetic("__fmaf", mode), one, one, -one)
        assert zero[0] == fused[0] == 0
        assert np.signbit(zero[0]) == np.signbit(fused[0]) == (mode == "rd")


def test_the_conversions_and_roundings_are_nvidias(tmp_path: Path) -> None:
    compile_with_nvcc(FUNCTIONS.code, tmp_path)
