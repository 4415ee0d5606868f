"""Arithmetic of half and bfloat16 is exact arithmetic rounded once to nearest even, bit for bit."""

from __future__ import annotations

import warnings
from fractions import Fraction

import numpy as np
import pytest

from attention_scratch import simt
from tests.simt.float16 import (
    ALL,
    FORMATS,
    NAN,
    Bits,
    Format,
    Kernels,
    Values,
    assert_same_bits,
    compiled,
    hostile,
    kernels_of,
    operands,
)

TWO, THREE = "T, T", "T, T, T"
EXPRESSIONS = {
    "add": (TWO, "T", "a + b"),
    "subtract": (TWO, "T", "a - b"),
    "multiply": (TWO, "T", "a * b"),
    "divide": (TWO, "T", "a / b"),
    "fma": (THREE, "T", "__hfma(a, b, c)"),
    "fma_relu": (THREE, "T", "__hfma_relu(a, b, c)"),
    "fma_sat": (THREE, "T", "__hfma_sat(a, b, c)"),
    "add_sat": (TWO, "T", "__hadd_sat(a, b)"),
    "negative": ("T", "T", "-a"),
    "absolute": ("T", "T", "__habs(a)"),
    "maximum": (TWO, "T", "__hmax(a, b)"),
    "minimum": (TWO, "T", "__hmin(a, b)"),
    "maximum_nan": (TWO, "T", "__hmax_nan(a, b)"),
    "minimum_nan": (TWO, "T", "__hmin_nan(a, b)"),
}
PAIRS = {
    "hadd": 2, "hsub": 2, "hmul": 2, "hmax": 2, "hmin": 2, "hmax_nan": 2, "hmin_nan": 2,
    "hadd_sat": 2, "hsub_sat": 2, "hmul_sat": 2, "hadd_rn": 2, "hsub_rn": 2, "hmul_rn": 2,
    "hfma": 3, "hfma_sat": 3, "hfma_relu": 3, "hneg": 1, "habs": 1,
}  # fmt: skip


def paired(name: str) -> str:
    """__hadd_sat has the pair __hadd2_sat."""
    stem, _, suffix = name.partition("_")
    return f"{stem}2_{suffix}" if suffix else f"{stem}2"


def pair_check(name: str, count: int) -> str:
    """An expression that is true if the pair's function is the single one's on each half."""
    both = ", ".join(f"T2({x}, {y})" for x, y in ("ab", "bc", "ca")[:count])
    low, high = (", ".join(h[:count]) for h in ("abc", "bca"))
    bits = "__NAME_as_ushort"
    return (
        f"([&] {{ const T2 p = __{paired(name)}({both}); "
        f"return {bits}(p.x) == {bits}(__{name}({low})) "
        f"&& {bits}(p.y) == {bits}(__{name}({high})); }})()"
    )


for _name, _count in PAIRS.items():
    EXPRESSIONS[f"pair_{_name}"] = (THREE, "int", pair_check(_name, _count))


@pytest.fixture(params=FORMATS, ids=lambda form: form.name)
def form(request: pytest.FixtureRequest) -> Format:
    return request.param


@pytest.fixture
def kernels(form: Format) -> Kernels:
    return kernels_of(form, EXPRESSIONS)


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide"])
def test_each_operation_rounds_the_exact_result_once(
    form: Format, kernels: Kernels, name: str
) -> None:
    a, b = operands(form, 200_000, 2, seed=1)
    x, y = form.values(a), form.values(b)
    with np.errstate(all="ignore"):
        # Exact in float64, but for a quotient: that is no closer than 2**-24 to a midpoint.
        exact = {"add": x + y, "subtract": x - y, "multiply": x * y, "divide": x / y}[name]
    if form.fraction_bits == 7 and name in ("add", "subtract"):
        exact = sums_rounded_to_odd(x, y if name == "add" else -y)
    assert_same_bits(kernels(name, np.uint16, a, b), form.bits(form.rounded(exact)), a, b)


def sums_rounded_to_odd(x: Values, y: Values) -> Values:
    """x + y in float64 where bits that do not fit leave the last one set."""
    with np.errstate(all="ignore"):
        total = x + y
        from_y = total - x
        lost = (x - (total - from_y)) + (y - from_y)
        odd = total.view(np.int64) & 1 == 1
        moved = np.nextafter(total, np.where(lost > 0, np.inf, -np.inf))
    return np.where(np.isfinite(lost) & (lost != 0) & ~odd, moved, total)


def exact_fma(form: Format, a: Bits, b: Bits, c: Bits) -> Bits:
    """fma in rational arithmetic; float64 where an operand is no number or the result is zero."""
    results = []
    for x, y, z in zip(form.values(a), form.values(b), form.values(c), strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            plain = x * y + z
        if np.isfinite([x, y, z]).all():
            exact = Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z))
            results.append(form.rounded_fraction(exact) if exact else float(plain))
        else:
            results.append(float(plain))
    return form.bits(results)


def test_a_fused_multiply_add_rounds_once(form: Format, kernels: Kernels) -> None:
    a, b, c = operands(form, 15_000, 3, seed=2)
    assert_same_bits(kernels("fma", np.uint16, a, b, c), exact_fma(form, a, b, c), a, b, c)


def test_a_fused_multiply_add_sees_a_tiny_addend_beside_a_midpoint(
    form: Format, kernels: Kernels
) -> None:
    rng = np.random.default_rng(3)
    one = form.bits(1.0)
    a, b = one + rng.integers(0, 1 << form.fraction_bits, (2, 400_000), np.uint16)
    scaled = form.values(a) * form.values(b) * 2.0**form.fraction_bits
    scaled = np.where(scaled < 2 * 2.0**form.fraction_bits, scaled, scaled / 2)
    middle = np.flatnonzero(scaled % 1 == 0.5)[:3000]
    assert len(middle) > 200
    a, b = a[middle], b[middle]
    c = rng.choice(hostile(form)[[1, 2, 3, 4, 5, 21, 22, 23, 24, 25]], len(middle))
    got = kernels("fma", np.uint16, a, b, c)
    assert_same_bits(got, exact_fma(form, a, b, c), a, b, c)
    assert (got != form.bits(form.rounded(form.values(a) * form.values(b)))).any()


def test_relu_and_saturation_clamp_the_rounded_result(form: Format, kernels: Kernels) -> None:
    a, b, c = operands(form, 5000, 3, seed=4)
    fma = form.values(kernels("fma", np.uint16, a, b, c))
    relu = np.where(fma <= 0, 0.0, fma)
    clamped = np.where(fma > 0, np.minimum(fma, 1.0), 0.0)
    assert_same_bits(kernels("fma_relu", np.uint16, a, b, c), form.bits(relu), a, b, c)
    assert_same_bits(kernels("fma_sat", np.uint16, a, b, c), form.bits(clamped), a, b, c)
    total = form.values(kernels("add", np.uint16, a, b))
    want = form.bits(np.where(total > 0, np.minimum(total, 1.0), 0.0))
    assert_same_bits(kernels("add_sat", np.uint16, a, b), want, a, b)


def test_signs_change_and_every_nan_becomes_the_canonical_one(
    form: Format, kernels: Kernels
) -> None:
    values = form.values(ALL)
    assert_same_bits(kernels("negative", np.uint16, ALL), form.bits(-values), ALL)
    assert_same_bits(kernels("absolute", np.uint16, ALL), form.bits(np.abs(values)), ALL)


def test_the_larger_and_the_smaller_know_nan_and_the_sign_of_zero(
    form: Format, kernels: Kernels
) -> None:
    a, b = operands(form, 50_000, 2, seed=5)
    x, y = form.values(a), form.values(b)
    order = np.where(x == y, np.signbit(x) < np.signbit(y), x > y)  # a is the larger
    larger, smaller = form.bits(np.where(order, x, y)), form.bits(np.where(order, y, x))
    one_nan = np.where(np.isnan(x), form.bits(y), form.bits(x))
    any_nan = np.isnan(x) | np.isnan(y)
    for name, want in (("maximum", larger), ("minimum", smaller)):
        number = np.where(any_nan, one_nan, want)
        assert_same_bits(kernels(name, np.uint16, a, b), number, a, b)
        kept = np.where(any_nan, NAN, want)
        assert_same_bits(kernels(f"{name}_nan", np.uint16, a, b), kept, a, b)


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_is_computed_half_by_half(form: Format, kernels: Kernels, name: str) -> None:
    a, b, c = operands(form, 5000, 3, seed=6)
    got = kernels(f"pair_{name}", np.int32, a, b, c)
    assert got.all(), [f"{x[np.argmin(got)]:#06x}" for x in (a, b, c)]


ATOMIC = """
#include <HEADER>
extern "C" __global__ void count(TYPE* one, PAIR* pair) {
  atomicAdd(one, TYPE(1.0f));
  atomicAdd(pair, PAIR(TYPE(1.0f), TYPE(-0.5f)));
}
"""


@pytest.mark.parametrize("checked", [False, True], ids=["fast", "checked"])
def test_no_atomic_addition_is_lost(form: Format, checked: bool) -> None:
    code = ATOMIC.replace("HEADER", form.header).replace("TYPE", form.type)
    kernel = compiled(code.replace("PAIR", form.pair), checked).get_function("count")
    one, pair = form.array(form.bits(np.zeros(1))), form.array(form.bits(np.zeros(2)))
    kernel(3, 64, (one, pair))
    assert form.values(one.view(np.uint16)).tolist() == [192]
    assert form.values(pair.view(np.uint16)).tolist() == [192, -96]


COUNTED = """
#include <HEADER>
extern "C" __global__ void operations(const TYPE* x, TYPE* y, int which) {
  const TYPE a = x[threadIdx.x], b = y[threadIdx.x];
  y[threadIdx.x] = which == 0 ? a + b : which == 1 ? a * b : which == 2 ? a / b : __hfma(a, b, a);
}
"""


@pytest.mark.parametrize(("which", "operations"), [(0, 1), (1, 1), (2, 1), (3, 2)])
def test_a_profile_counts_the_kernel_s_operations_only(
    form: Format, which: int, operations: int
) -> None:
    code = COUNTED.replace("HEADER", form.header).replace("TYPE", form.type)
    x, y = (form.array(form.bits(np.arange(1, 65.0))) for _ in range(2))
    with simt.profile() as profile:
        compiled(code).get_function("operations")(1, 64, (x, y, np.int32(which)))
    assert profile.last.flops == 64 * operations
