"""Conversions of half and bfloat16 round as their names say, for all 65,536 patterns."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from tests.simt.float16 import (
    ALL,
    BFLOAT16,
    FORMATS,
    HALF,
    WHOLE,
    Format,
    Kernels,
    Values,
    assert_same_bits,
    compiled,
    kernels_of,
)

MODES = tuple(WHOLE)
INTEGERS: dict[str, tuple[str, type[np.integer]]] = {
    "short": ("short", np.int16),
    "ushort": ("unsigned short", np.uint16),
    "int": ("int", np.int32),
    "uint": ("unsigned", np.uint32),
    "ll": ("long long", np.int64),
    "ull": ("unsigned long long", np.uint64),
}
EXPRESSIONS = {
    "from_float": ("float", "T", "T(a)"),
    "from_double": ("double", "T", "T(a)"),
    "from_double_named": ("double", "T", "__double2NAME(a)"),
    "from_float_named": ("float", "T", "__float2NAME(a)"),
    "to_float": ("T", "float", "a"),
    "to_float_named": ("T", "float", "__NAME2float(a)"),
    "to_bool": ("T", "int", "a ? 1 : 0"),
    "to_char": ("T", "signed char", "a"),
    "to_uchar_named": ("T", "unsigned char", "__NAME2uchar_rz(a)"),
    "trunc": ("T", "T", "htrunc(a)"),
    "ceil": ("T", "T", "hceil(a)"),
    "floor": ("T", "T", "hfloor(a)"),
    "rint": ("T", "T", "hrint(a)"),
}
for _mode in MODES:
    EXPRESSIONS[f"from_float_{_mode}"] = ("float", "T", f"__float2NAME_{_mode}(a)")
for _name, (_type, _) in INTEGERS.items():
    EXPRESSIONS[f"from_{_name}"] = (_type, "T", "T(a)")
    EXPRESSIONS[f"to_{_name}"] = ("T", _type, "a")
    for _mode in MODES:
        EXPRESSIONS[f"from_{_name}_{_mode}"] = (_type, "T", f"__{_name}2NAME_{_mode}(a)")
        EXPRESSIONS[f"to_{_name}_{_mode}"] = ("T", _type, f"__NAME2{_name}_{_mode}(a)")


@pytest.fixture(params=FORMATS, ids=lambda form: form.name)
def form(request: pytest.FixtureRequest) -> Format:
    return request.param


@pytest.fixture
def kernels(form: Format) -> Kernels:
    return kernels_of(form, EXPRESSIONS)


def midpoints(form: Format) -> Values:
    """Every finite value, every midpoint of neighbors, and what lies just beside those."""
    sizes = form.values(ALL[: int(form.bits(np.inf))])
    middle = np.append((sizes[1:] + sizes[:-1]) / 2, form.greatest * (1 + 2.0**-12))
    both = np.concatenate([sizes, middle])
    return np.concatenate([both, -both])


def test_the_test_s_own_rounding_agrees_with_numpy_s() -> None:
    values = midpoints(HALF)
    values = np.concatenate([values, np.nextafter(values, np.inf), np.nextafter(values, -np.inf)])
    with np.errstate(over="ignore"):
        want = values.astype(np.float16).astype(np.float64)
    np.testing.assert_array_equal(HALF.rounded(values), want)
    for form in FORMATS:
        for mode in MODES:
            some = midpoints(form)[::37]
            some = some[some != 0]
            slow = [form.rounded_fraction(Fraction(float(v)), mode) for v in some]
            np.testing.assert_array_equal(form.rounded(some, mode), slow, err_msg=mode)


def test_all_patterns_widen_to_float(form: Format, kernels: Kernels) -> None:
    with np.errstate(invalid="ignore"):
        want = form.values(ALL).astype(np.float32).view(np.uint32)
    if form is HALF:  # the instruction returns one NaN; bfloat16's is a shift
        want = np.where(np.isnan(form.values(ALL)), np.uint32(0x7FFFFFFF), want)
    else:
        want = ALL.astype(np.uint32) << 16
    for name in ("to_float", "to_float_named"):
        assert_same_bits(kernels(name, np.float32, ALL).view(np.uint32), want, ALL)


@pytest.mark.parametrize("mode", ["", *MODES])
def test_floats_round_in_the_stated_mode(form: Format, kernels: Kernels, mode: str) -> None:
    rng = np.random.default_rng(1)
    drawn = rng.integers(0, 1 << 32, 200_000, np.uint32).view(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        edges = midpoints(form).astype(np.float32)
        beside = [np.nextafter(edges, np.float32(side)) for side in (np.inf, -np.inf)]
        values = np.concatenate([drawn, edges, *beside])
        want = form.bits(form.rounded(values.astype(np.float64), mode or "rn"))
    name = f"from_float_{mode}" if mode else "from_float"
    assert_same_bits(kernels(name, np.uint16, values), want, values)
    if not mode:
        assert_same_bits(kernels("from_float_named", np.uint16, values), want, values)


def test_doubles_round_once(form: Format, kernels: Kernels) -> None:
    rng = np.random.default_rng(2)
    edges = midpoints(form)
    beside = [np.nextafter(edges, side) for side in (np.inf, -np.inf)]
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e300, -1e300, 5e-324, 1e-40])
    values = np.concatenate([edges, *beside, special, rng.standard_normal(100_000)])
    want = form.bits(form.rounded(values))
    for name in ("from_double", "from_double_named"):
        assert_same_bits(kernels(name, np.uint16, values), want, values)


@pytest.mark.pairwise(form=FORMATS, name=INTEGERS, mode=["", *MODES])
def test_integers_round_in_the_stated_mode(
    form: Format, kernels: Kernels, name: str, mode: str
) -> None:
    kind = INTEGERS[name][1]
    limits = np.iinfo(kind)
    powers = [1 << k for k in range(limits.bits)]
    finite = midpoints(form)
    finite = [int(v) for v in finite[(finite == np.trunc(finite)) & (np.abs(finite) < 2**63)][::41]]
    near = [p + d for p in (*powers, *finite, limits.max, limits.min) for d in (-2, -1, 0, 1, 2)]
    inside = sorted({sign * n for n in near for sign in (1, -1)})
    values = np.array([n for n in inside if limits.min <= n <= limits.max], kind)
    exact = [form.rounded_fraction(Fraction(int(v)), mode or "rn") if v else 0.0 for v in values]
    got = kernels(f"from_{name}_{mode}" if mode else f"from_{name}", np.uint16, values)
    assert_same_bits(got, form.bits(exact), values)


@pytest.mark.parametrize("mode", ["", *MODES])
@pytest.mark.parametrize("name", INTEGERS)
def test_all_patterns_become_integers_and_saturate(
    form: Format, kernels: Kernels, name: str, mode: str
) -> None:
    kind = INTEGERS[name][1]
    limits = np.iinfo(kind)
    whole = WHOLE[mode or "rz"](form.values(ALL))
    low, beyond = float(limits.min), float(int(limits.max) + 1)  # powers of two: exact
    inside = (low <= whole) & (whole < beyond)  # and no NaN
    clipped = np.where(whole < 0, limits.min, limits.max).astype(kind)
    clipped[inside] = whole[inside].astype(kind)
    expected = clipped.view(np.dtype(f"u{kind().itemsize}")).astype(np.uint64)
    expected[np.isnan(whole)] = 1 << 63 if limits.bits == 64 else 0
    got = kernels(f"to_{name}_{mode}" if mode else f"to_{name}", kind, ALL)
    unsigned = got.view(np.dtype(f"u{kind().itemsize}")).astype(np.uint64)
    assert_same_bits(unsigned, expected, ALL)


def test_bytes_and_truth_values_too(form: Format, kernels: Kernels) -> None:
    values = form.values(ALL)
    with np.errstate(invalid="ignore"):
        signed = np.where(np.isnan(values), 0, np.clip(np.trunc(values), -128, 127))
        unsigned = np.where(np.isnan(values), 0, np.clip(np.trunc(values), 0, 255))
    assert_same_bits(kernels("to_char", np.int8, ALL), signed.astype(np.int8), ALL)
    assert_same_bits(kernels("to_uchar_named", np.uint8, ALL), unsigned.astype(np.uint8), ALL)
    assert_same_bits(kernels("to_bool", np.int32, ALL), (values != 0).astype(np.int32), ALL)


@pytest.mark.parametrize("name", ["trunc", "ceil", "floor", "rint"])
def test_all_patterns_round_to_whole_numbers(form: Format, kernels: Kernels, name: str) -> None:
    want = form.bits(getattr(np, name)(form.values(ALL)))
    assert_same_bits(kernels(name, np.uint16, ALL), want, ALL)


CROSSING = """
#include <cuda_bf16.h>
extern "C" __global__ void cross(const __half* a, __nv_bfloat16* b, __nv_bfloat16* c, __half* d) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  b[i] = __nv_bfloat16(a[i]);
  d[i] = __half(c[i]);
}
"""


def test_half_and_bfloat16_become_each_other() -> None:
    kernel = compiled(CROSSING).get_function("cross")
    to_bfloat16, to_half = np.zeros_like(ALL), np.zeros_like(ALL)
    kernel(256, 256, (HALF.array(ALL), to_bfloat16, ALL.copy(), HALF.array(to_half)))
    assert_same_bits(to_bfloat16, BFLOAT16.bits(BFLOAT16.rounded(HALF.values(ALL))), ALL)
    assert_same_bits(to_half, HALF.bits(HALF.rounded(BFLOAT16.values(ALL))), ALL)


PAIRS = """
#include <HEADER>
using T2 = PAIR;
extern "C" __global__ void pairs(const T2* a, T2* out, float2* floats) {
  const T2 p = a[0], q = a[1];
  out[0] = __lowhigh2highlow(p);
  out[1] = __lows2NAME2(p, q);
  out[2] = __highs2NAME2(p, q);
  out[3] = __low2NAME2(p);
  out[4] = __high2NAME2(p);
  out[5] = __halves2NAME2(__low2NAME(q), __high2NAME(p));
  out[6] = __NAME2NAME2(p.y);
  out[7] = make_NAME2(q.y, q.x);
  out[8] = __float2NAME2_rn(2.5f);
  out[9] = __floats2NAME2_rn(2.5f, -4.0f);
  out[10] = __float22NAME2_rn(make_float2(0.5f, 8.0f));
  floats[0] = __NAME22float2(p);
  floats[1] = make_float2(__low2float(q), __high2float(q));
}
"""


def test_pairs_are_made_split_and_rearranged(form: Format) -> None:
    code = PAIRS.replace("HEADER", form.header).replace("PAIR", form.pair)
    if form is BFLOAT16:
        code = code.replace("__NAME2NAME2", "__bfloat162bfloat162")
    kernel = compiled(code.replace("NAME", form.name)).get_function("pairs")
    out, floats = form.array(np.zeros(22, np.uint16)), np.zeros((2, 2), np.float32)
    kernel(1, 1, (form.array(form.bits([1, 2, 3, 4])), out, floats))
    want = [[2, 1], [1, 3], [2, 4], [1, 1], [2, 2], [3, 2], [2, 2], [4, 3]]
    want += [[2.5, 2.5], [2.5, -4], [0.5, 8]]
    assert form.values(out.view(np.uint16)).reshape(11, 2).tolist() == want
    assert floats.tolist() == [[1, 2], [3, 4]]


def test_bits_are_read_as_numbers_and_back(form: Format) -> None:
    expressions = {
        "as_ushort": ("T", "unsigned short", "__NAME_as_ushort(a)"),
        "as_short": ("T", "short", "__NAME_as_short(a)"),
        "from_short": ("short", "T", "__short_as_NAME(a)"),
        "from_ushort": (
            "unsigned short",
            "unsigned short",
            "__NAME_as_ushort(__ushort_as_NAME(a))",
        ),
    }
    run = kernels_of(form, expressions)
    assert_same_bits(run("as_ushort", np.uint16, ALL), ALL)
    assert_same_bits(run("as_short", np.int16, ALL).view(np.uint16), ALL)
    assert_same_bits(run("from_short", np.uint16, ALL.view(np.int16)), ALL)
    assert_same_bits(run("from_ushort", np.uint16, ALL), ALL)
