"""Comparisons and elementary functions of half and bfloat16, for all 65,536 patterns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.simt.float16 import (
    ALL,
    FORMATS,
    Format,
    Kernels,
    assert_same_bits,
    kernels_of,
    operands,
)

# CUDA documents an error of an ulp or two; float64 rounded once is within that.
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "rcp": lambda x: 1 / x,
    "exp": np.exp,
    "exp2": np.exp2,
    "exp10": lambda x: np.power(10.0, x),
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
}
ORDERED: dict[str, Callable[[Any, Any], Any]] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
OPERATORS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}

EXPRESSIONS = {name: ("T", "T", f"h{name}(a)") for name in FUNCTIONS}
EXPRESSIONS |= {
    f"two_{name}": ("T, T", "T", f"h2{name}(T2(a, b)).y") for name in (*FUNCTIONS, "rint")
}
EXPRESSIONS |= {
    "is_nan": ("T", "int", "__hisnan(a)"),
    "is_infinite": ("T", "int", "__hisinf(a)"),
    "are_nan": ("T, T", "T2", "__hisnan2(T2(a, b))"),
}
for _name, _sign in OPERATORS.items():
    EXPRESSIONS[f"operator_{_name}"] = ("T, T", "int", f"a {_sign} b")
    for _form in (_name, f"{_name}u"):
        EXPRESSIONS[f"h{_form}"] = ("T, T", "int", f"__h{_form}(a, b)")
        EXPRESSIONS[f"both_{_form}"] = ("T, T, T", "int", f"__hb{_form}2(T2(a, b), T2(b, c))")
        EXPRESSIONS[f"mask_{_form}"] = ("T, T", "unsigned", f"__h{_form}2_mask(T2(a, b), T2(b, b))")
        EXPRESSIONS[f"ones_{_form}"] = ("T, T", "T", f"__h{_form}2(T2(b, a), T2(a, b)).y")


@pytest.fixture(params=FORMATS, ids=lambda form: form.name)
def form(request: pytest.FixtureRequest) -> Format:
    return request.param


@pytest.fixture
def kernels(form: Format) -> Kernels:
    return kernels_of(form, EXPRESSIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_elementary_functions_are_float64_rounded_once(
    form: Format, kernels: Kernels, name: str
) -> None:
    with np.errstate(all="ignore"):
        want = form.bits(form.rounded(FUNCTIONS[name](form.values(ALL))))
    assert_same_bits(kernels(name, np.uint16, ALL), want, ALL)
    assert_same_bits(kernels(f"two_{name}", np.uint16, ALL[::-1], ALL), want, ALL)


def compare(form: Format, name: str, a: Any, b: Any) -> Any:
    """An ordered comparison, or with a trailing u an unordered one."""
    x, y = form.values(a), form.values(b)
    unordered = np.isnan(x) | np.isnan(y)
    result = ORDERED[name[:2]](x, y)
    return result | unordered if name.endswith("u") else result & ~unordered


@pytest.mark.parametrize("name", [n + u for n in ORDERED for u in ("", "u")])
def test_comparisons_say_what_a_nan_makes_of_them(
    form: Format, kernels: Kernels, name: str
) -> None:
    a, b, c = operands(form, 20_000, 3, seed=8)
    want = compare(form, name, a, b)
    assert_same_bits(kernels(f"h{name}", np.int32, a, b), want.astype(np.int32), a, b)
    both = want & compare(form, name, b, c)
    assert_same_bits(kernels(f"both_{name}", np.int32, a, b, c), both.astype(np.int32), a, b, c)
    mask = want * np.uint32(0xFFFF) | compare(form, name, b, b) * np.uint32(0xFFFF0000)
    assert_same_bits(kernels(f"mask_{name}", np.uint32, a, b), mask, a, b)
    ones = form.bits(want.astype(np.float64))
    assert_same_bits(kernels(f"ones_{name}", np.uint16, a, b), ones, a, b)


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_compare_as_those_of_float_do(form: Format, kernels: Kernels, name: str) -> None:
    a, b = operands(form, 20_000, 2, seed=9)
    want = ORDERED[name](form.values(a), form.values(b)).astype(np.int32)
    assert_same_bits(kernels(f"operator_{name}", np.int32, a, b), want, a, b)


def test_nan_and_infinity_are_recognized(form: Format, kernels: Kernels) -> None:
    values = form.values(ALL)
    nan = np.isnan(values)
    assert_same_bits(kernels("is_nan", np.int32, ALL), nan.astype(np.int32), ALL)
    sign = np.where(np.isinf(values), np.sign(values), 0)
    with np.errstate(invalid="ignore"):
        assert_same_bits(kernels("is_infinite", np.int32, ALL), sign.astype(np.int32), ALL)
    one = int(form.bits(1.0))
    pair = nan * np.uint32(one) | np.uint32(one << 16)
    got = kernels("are_nan", np.uint32, ALL, np.full_like(ALL, 0x7FFF))
    assert_same_bits(got, pair, ALL)
