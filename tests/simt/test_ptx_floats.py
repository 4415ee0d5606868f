"""Floating-point instructions of inline PTX against rational numbers rounded once, and NumPy."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from attention_scratch import simt
from tests.simt.elementwise import Array
from tests.simt.float16 import BFLOAT16, HALF, Format

HELD = {"f": ("float", np.float32), "d": ("double", np.float64), "r": ("unsigned", np.uint32)}
HELD["h"] = ("unsigned short", np.uint16)
HELD["l"] = ("long long", np.int64)
SINGLE = Format("float", "", "float", "", 23, -126)


@dataclasses.dataclass(frozen=True)
class Case:
    """A text, the constraints of its result and inputs, and the exact value of its result."""

    text: str
    kinds: str
    exact: Callable[..., Fraction]
    form: Format = SINGLE
    mode: str = "rn"

    def __str__(self) -> str:
        return self.text


def kernel(text: str, kinds: str, index: int) -> str:
    result, *inputs = kinds
    names = "abc"[: len(inputs)]
    parameters = "".join(f", const {HELD[k][0]}* {x}" for k, x in zip(inputs, names, strict=True))
    given = ", ".join(f'"{k}"({x}[i])' for k, x in zip(inputs, names, strict=True))
    return f"""
extern "C" __global__ void k{index}({HELD[result][0]}* out{parameters}, int n) {{
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) asm("{text}" : "={result}"(out[i]) : {given});
}}
"""


def modes(text: str) -> list[tuple[str, str]]:
    """The text in each rounding mode: PTX writes rm and rp where C's functions say rd and ru."""
    return [(text.replace("*", ptx), mode) for ptx, mode in MODES.items()]


MODES = {"rn": "rn", "rz": "rz", "rm": "rd", "rp": "ru"}
ROUNDED = [
    *(Case(t, "fff", lambda a, b: a + b, mode=m) for t, m in modes("add.*.f32 %0, %1, %2;")),
    *(Case(t, "fff", lambda a, b: a * b, mode=m) for t, m in modes("mul.*.f32 %0, %1, %2;")),
    *(
        Case(t, "ffff", lambda a, b, c: a * b + c, mode=m)
        for t, m in modes("fma.*.f32 %0, %1, %2, %3;")
    ),
    Case("sub.f32 %0, %1, %2;", "fff", lambda a, b: a - b),
    Case("div.rn.f32 %0, %1, %2;", "fff", lambda a, b: a / b),
    Case("rcp.rn.f32 %0, %1;", "ff", lambda a: 1 / a),
    Case("cvt.rn.f16.f32 %0, %1;", "hf", lambda a: a, HALF),
    Case("cvt.rz.f16.f32 %0, %1;", "hf", lambda a: a, HALF, "rz"),
    Case("cvt.rn.bf16.f32 %0, %1;", "hf", lambda a: a, BFLOAT16),
    Case("cvt.rz.bf16.f32 %0, %1;", "hf", lambda a: a, BFLOAT16, "rz"),
    Case("cvt.rn.f32.f64 %0, %1;", "fd", lambda a: a),
    Case("cvt.rz.f32.f64 %0, %1;", "fd", lambda a: a, mode="rz"),
]
# The manual's bounds: absolute, relative.
APPROXIMATE: list[
    tuple[str, Callable[[Array], Array], tuple[float, float], tuple[float, float]]
] = [
    ("ex2.approx.ftz.f32", np.exp2, (-120, 120), (0, 2**-22)),
    ("lg2.approx.f32", np.log2, (0.5, 2), (2**-22, 0)),
    ("lg2.approx.f32", np.log2, (2, 1e30), (0, 2**-22)),
    ("rcp.approx.ftz.f32", lambda x: 1 / x, (1e-30, 1e30), (0, 2**-23)),
    ("rsqrt.approx.f32", lambda x: 1 / np.sqrt(x), (1e-30, 1e30), (0, 2**-22.9)),
    ("sqrt.approx.f32", np.sqrt, (1e-30, 1e30), (0, 2**-23)),
    ("sin.approx.f32", np.sin, (-np.pi, np.pi), (2**-20.5, 0)),
    ("cos.approx.f32", np.cos, (-np.pi, np.pi), (2**-20.5, 0)),
    ("tanh.approx.f32", np.tanh, (-20, 20), (0, 2**-11)),
]
# Text, constraints, and the result's bits of plain NumPy.
PLAIN: list[tuple[str, str, Callable[..., Array]]] = [
    ("min.f32 %0, %1, %2;", "fff", np.fmin),
    ("max.f32 %0, %1, %2;", "fff", np.fmax),
    ("neg.f32 %0, %1;", "ff", np.negative),
    ("abs.f32 %0, %1;", "ff", np.abs),
    ("sqrt.rn.f32 %0, %1;", "ff", np.sqrt),
    ("fma.rn.f32 %0, %1, 2.5, 0f3f800000;", "ff", lambda a: np.float32(2.5 * a.astype(float) + 1)),
    ("add.f64 %0, %1, %2;", "ddd", np.add),
    ("mul.rn.f64 %0, %1, 0d3FE0000000000000;", "dd", lambda a: a / 2),
    ("cvt.f64.f32 %0, %1;", "df", lambda a: a.astype(np.float64)),
    ("cvt.rni.s32.f32 %0, %1;", "rf", lambda a: whole(np.rint(a))),
    ("cvt.rzi.s32.f32 %0, %1;", "rf", lambda a: whole(np.trunc(a))),
    ("cvt.rmi.s32.f32 %0, %1;", "rf", lambda a: whole(np.floor(a))),
    ("cvt.rpi.s32.f32 %0, %1;", "rf", lambda a: whole(np.ceil(a))),
    ("cvt.rni.f32.f32 %0, %1;", "ff", np.rint),
    ("cvt.rn.f32.s32 %0, %1;", "fr", lambda a: a.view(np.int32).astype(np.float32)),
    ("cvt.rn.f32.u32 %0, %1;", "fr", lambda a: a.astype(np.float32)),
    ("cvt.sat.f32.f32 %0, %1;", "ff", lambda a: np.where(np.isnan(a), 0, np.clip(a, 0, 1))),
    ("cvt.rna.tf32.f32 %0, %1;", "rf", lambda a: a.view(np.uint32) + 0x1000 & 0xFFFFE000),
    ("cvt.f32.f16 %0, %1;", "fh", lambda a: a.view(np.float16).astype(np.float32)),
    ("cvt.f32.bf16 %0, %1;", "fh", lambda a: (a.astype(np.uint32) << 16).view(np.float32)),
    ("{.reg .pred p; setp.lt.f32 p, %1, %2; selp.f32 %0, %1, %2, p;}", "fff",
     lambda a, b: np.where(a < b, a, b)),
    ("{.reg .pred p; setp.gtu.f32 p, %1, %2; selp.u32 %0, 1, 0, p;}", "rff",
     lambda a, b: ~(a <= b)),
    ("copysign.f32 %0, %1, %2;", "fff", lambda a, b: np.copysign(b, a)),
]  # fmt: skip
TEXTS = [
    *((case.text, case.kinds) for case in ROUNDED),
    *((f"{name} %0, %1;", "ff") for name, *_ in APPROXIMATE),
    *((text, kinds) for text, kinds, _ in PLAIN),
]


def whole(values: Array) -> Array:
    """A float as 32 bits: clipped to the type, 0 for NaN."""
    exact = np.where(np.isnan(values), 0, values).astype(np.float64)
    return np.clip(exact, -(2**31), 2**31 - 1).astype(np.int64).astype(np.int32)


@functools.cache
def module() -> simt.RawModule:
    return simt.RawModule("".join(kernel(*text, i) for i, text in enumerate(TEXTS)))


def run(index: int, *columns: Array) -> Array:
    out = np.zeros(columns[0].size, HELD[TEXTS[index][1][0]][1])
    entry = module().get_function(f"k{index}")
    entry(-(-out.size // 128), 128, (out, *columns, np.int32(out.size)))
    return out


def drawn(kinds: str, seed: int, span: int = 30) -> list[Array]:
    """Finite numbers of random bits, most of them between 2**-span and 2**span."""
    rng = np.random.default_rng(seed)
    columns = []
    for kind in kinds:
        fraction = rng.integers(1 << 52, 1 << 53, 800) * rng.choice([-1.0, 1.0], 800)
        values = np.ldexp(fraction, rng.integers(-span, span, 800) - 52)
        columns.append(values.astype(HELD[kind][1]))
    return columns


@pytest.mark.parametrize("case", ROUNDED, ids=str)
def test_results_are_exact_ones_rounded_once(case: Case) -> None:
    columns = drawn(case.kinds[1:], len(case.text), span=20 if case.form is HALF else 30)
    if case.text.startswith("add"):
        columns[1][:400] = -columns[0][:400] * np.float32(1 + 2**-20)  # cancels nearly
    made = run(ROUNDED.index(case), *columns)
    values = made if case.form is SINGLE else case.form.values(made)
    for row in range(made.size):
        exact = case.exact(*(Fraction(float(column[row])) for column in columns))
        expected = case.form.rounded_fraction(exact, case.mode) if exact else 0.0
        assert values[row] == expected, [float(column[row]) for column in columns]


@pytest.mark.parametrize("number", range(len(APPROXIMATE)))
def test_approximations_keep_the_manuals_bounds(number: int) -> None:
    name, function, (low, high), (absolute, relative) = APPROXIMATE[number]
    rng = np.random.default_rng(number)
    x = (
        np.exp(rng.uniform(np.log(low), np.log(high), 2000))
        if low > 0
        else rng.uniform(low, high, 2000)
    ).astype(np.float32)
    made = run(len(ROUNDED) + number, x).astype(np.float64)
    exact = function(x.astype(np.float64))
    assert np.all(np.abs(made - exact) <= absolute + relative * np.abs(exact)), name


@pytest.mark.parametrize("number", range(len(PLAIN)), ids=[text for text, *_ in PLAIN])
def test_others_agree_bit_for_bit(number: int) -> None:
    text, kinds, function = PLAIN[number]
    columns = drawn(kinds[1:].replace("r", "f").replace("h", "f"), number)
    rng = np.random.default_rng(number)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 0.5, 1.5, 2.5, -0.5, 2.0**31, -(2.0**31), 1e-40]
    for i, kind in enumerate(kinds[1:]):
        if kind in "rh":
            columns[i] = rng.integers(0, 2**32, 800).astype(HELD[kind][1])
        else:
            columns[i][:144] = (np.repeat if i else np.tile)(special, 12)
    with np.errstate(all="ignore"):
        expected = np.asarray(function(*columns)).astype(HELD[kinds[0]][1])
    made = run(len(ROUNDED) + len(APPROXIMATE) + number, *columns)
    if "tf32" in text:
        kept = np.isfinite(columns[0])
        made, expected = made[kept], expected[kept]
    np.testing.assert_array_equal(made, expected)
    if kinds[0] in "fd" and kinds != "fff" and ".sat" not in text:
        zero = expected == 0  # of which PTX leaves the sign open in those
        np.testing.assert_array_equal(np.signbit(made[zero]), np.signbit(expected[zero]))


ONE, NEGATIVE_ZERO = "mov.b32 x, 0x3f803f80;", "mov.b32 x, 0x80008000;"
PAIRS = {
    "add_half": ("add.rn.f16x2 %0, %1, %2;", "rrr"),
    "mul_half": ("mul.rn.f16x2 %0, %1, %2;", "rrr"),
    "fma_half": ("fma.rn.f16x2 %0, %1, %2, %3;", "rrrr"),
    "add_bfloat16": (f"{{.reg .b32 x; {ONE} fma.rn.bf16x2 %0, %1, x, %2;}}", "rrr"),
    "mul_bfloat16": (f"{{.reg .b32 x; {NEGATIVE_ZERO} fma.rn.bf16x2 %0, %1, %2, x;}}", "rrr"),
    "fma_bfloat16": ("fma.rn.bf16x2 %0, %1, %2, %3;", "rrrr"),
    "pack_half": ("cvt.rn.f16x2.f32 %0, %1, %2;", "rff"),
    "pack_bfloat16": ("cvt.rn.bf16x2.f32 %0, %1, %2;", "rff"),
}


def run_pair(name: str, *columns: Array) -> Array:
    out = np.zeros(columns[0].size, np.uint32)
    code = "".join(kernel(*text, i) for i, text in enumerate(PAIRS.values()))
    entry = simt.RawModule(code).get_function(f"k{list(PAIRS).index(name)}")
    columns = columns[: len(PAIRS[name][1]) - 1]
    entry(-(-out.size // 128), 128, (out, *columns, np.int32(out.size)))
    return out.view(np.uint16)


@pytest.mark.parametrize("form", [HALF, BFLOAT16], ids=["half", "bfloat16"])
@pytest.mark.parametrize("name", ["add", "mul", "fma"])
def test_pairs_of_sixteen_bits_are_rounded_once(form: Format, name: str) -> None:
    halves = [form.bits(form.rounded(x)) for x in drawn("ddd", 3, span=6)]
    words = [np.ascontiguousarray(x).view(np.uint32) for x in halves]
    made = run_pair(f"{name}_{form.name}", *words)
    values = [[Fraction(float(v)) for v in form.values(x)] for x in halves]
    exact = [
        {"add": a + b, "mul": a * b, "fma": a * b + c}[name]
        for a, b, c in zip(*values, strict=True)
    ]
    expected = [form.rounded_fraction(x) if x else 0.0 for x in exact]
    np.testing.assert_array_equal(form.values(made), expected)


@pytest.mark.parametrize("form", [HALF, BFLOAT16], ids=["half", "bfloat16"])
def test_a_packed_pair_has_its_first_source_above(form: Format) -> None:
    a, b = drawn("ff", 4, span=8)
    made = form.values(run_pair(f"pack_{form.name}", a, b))
    np.testing.assert_array_equal(made[1::2], form.rounded(a))
    np.testing.assert_array_equal(made[::2], form.rounded(b))
