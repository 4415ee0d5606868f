"""CUDA's mathematical functions: against NumPy in float64 and its float32 rounding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mpmath  # type: ignore[import-untyped]
import numpy as np
import pytest

from attention_scratch import simt
from tests.simt.elementwise import TYPES, Array, Function, Functions, compile_with_nvcc

Oracle = Callable[..., Array]

normal = np.vectorize(lambda x: float(mpmath.ncdf(float(x))), otypes=[float])


def sin_pi(x: Array) -> Array:
    """Reduced exactly before it meets an inexact pi."""
    rest = np.fmod(x, 2).astype(np.longdouble)
    sines: Array = np.sin(rest * np.longdouble("3.14159265358979323846264338327950288"))
    return sines.astype(float)


def cos_pi(x: Array) -> Array:
    return sin_pi(np.fmod(x, 2) + 0.5)


def of_float(expression: str, arguments: int = 1) -> Function:
    return Function(expression, ("float",) * arguments, "float")


def of_double(expression: str, arguments: int = 1) -> Function:
    return Function(expression, ("double",) * arguments, "double")


# Functions of floats a, b, c: the oracle sees them in double, and how many ulp may be missing.
FLOATS: dict[Function, tuple[Oracle, float]] = {
    of_float("rsqrtf(fabsf(a))"): (lambda a: 1 / np.sqrt(np.abs(a)), 0.51),
    of_float("rsqrt(fabsf(a))"): (lambda a: 1 / np.sqrt(np.abs(a)), 0.51),
    of_float("rcbrtf(a)"): (lambda a: 1 / np.cbrt(a), 0.51),
    of_float("normcdff(a)"): (normal, 0.51),
    of_float("sinpif(a)"): (sin_pi, 0.51),
    of_float("cospif(a)"): (cos_pi, 0.51),
    of_float("norm3df(a, b, c)", 3): (lambda a, b, c: np.sqrt(a * a + b * b + c * c), 0.51),
    of_float("rnorm3df(a, b, c)", 3): (lambda a, b, c: 1 / np.sqrt(a * a + b * b + c * c), 0.51),
    of_float("norm4df(a, b, c, a)", 3): (lambda a, b, c: np.sqrt(2 * a * a + b * b + c * c), 0.51),
    of_float("rhypotf(a, b)", 2): (lambda a, b: 1 / np.hypot(a, b), 0.51),
    of_float("fdividef(a, b)", 2): (lambda a, b: a / b, 0.51),
    of_float("__fdividef(a, b)", 2): (lambda a, b: a / b, 0.51),
    of_float("exp10f(a)"): (lambda a: np.power(10.0, a), 1),
    of_float("__expf(a)"): (np.exp, 1),
    of_float("__exp10f(a)"): (lambda a: np.power(10.0, a), 1),
    of_float("__logf(fabsf(a))"): (lambda a: np.log(np.abs(a)), 1),
    of_float("__log2f(fabsf(a))"): (lambda a: np.log2(np.abs(a)), 1),
    of_float("__log10f(fabsf(a))"): (lambda a: np.log10(np.abs(a)), 2),
    of_float("__sinf(a)"): (np.sin, 1),
    of_float("__cosf(a)"): (np.cos, 1),
    of_float("__tanf(a)"): (np.tan, 1),
    of_float("__powf(fabsf(a), b)", 2): (lambda a, b: np.power(np.abs(a), b), 1),
    of_float("exp(a)"): (np.exp, 1),
    of_float("sqrt(fabsf(a))"): (lambda a: np.sqrt(np.abs(a)), 0.51),
    of_float("abs(a)"): (np.abs, 0),
    of_float("__saturatef(a)"): (lambda a: np.clip(a, 0, 1), 0),
}
DOUBLES: dict[Function, Oracle] = {
    of_double("rsqrt(fabs(a))"): lambda a: 1 / np.sqrt(np.abs(a)),
    of_double("rcbrt(a)"): lambda a: 1 / np.cbrt(a),
    of_double("normcdf(a)"): normal,
    of_double("sinpi(a)"): sin_pi,
    of_double("cospi(a)"): cos_pi,
    of_double("norm3d(a, b, c)", 3): lambda a, b, c: np.sqrt(a * a + b * b + c * c),
    of_double("rhypot(a, b)", 2): lambda a, b: 1 / np.hypot(a, b),
    of_double("abs(a)"): np.abs,
}
# Of what comes after a product: whether it was rounded before.
SEPARATE = {
    of_float("__fadd_rn(__fmul_rn(a, b), -c)", 3): np.float32,
    of_float("__fadd_rn(a * b, -c)", 3): np.float32,
    of_float("__fsub_rn(a * b, c)", 3): np.float32,
    of_float("__fmul_rn(a, b) - c", 3): np.float32,
    of_double("__dadd_rn(__dmul_rn(a, b), -c)", 3): np.float64,
    of_double("__dsub_rn(__dmul_rn(a, b), c)", 3): np.float64,
}
LARGER = {
    Function("fmaxf(a, b)", ("float", "float"), "float"): np.fmax,
    Function("fminf(a, b)", ("float", "float"), "float"): np.fmin,
    Function("max(a, b)", ("float", "float"), "float"): np.fmax,
    Function("min(a, b)", ("float", "float"), "float"): np.fmin,
    Function("max(a, b)", ("double", "float"), "double"): np.fmax,
    Function("min(a, b)", ("float", "double"), "double"): np.fmin,
}
SATURATED = of_float("__saturatef(a)")
QUOTIENT = of_float("__fdividef(a, b)", 2)
POWER = of_float("__powf(a, b)", 2)
BITS = {
    Function("__float_as_int(a)", ("float",), "int"): (np.float32, np.int32),
    Function("__float_as_uint(a)", ("float",), "unsigned"): (np.float32, np.uint32),
    Function("__int_as_float(a)", ("int",), "float"): (np.int32, np.float32),
    Function("__uint_as_float(a)", ("unsigned",), "float"): (np.uint32, np.float32),
    Function("__double_as_longlong(a)", ("double",), "long long"): (np.float64, np.int64),
    Function("__longlong_as_double(a)", ("long long",), "double"): (np.int64, np.float64),
    Function("__hiloint2double(__double2hiint(a), __double2loint(a))", ("double",), "double"): (
        np.float64,
        np.float64,
    ),
}
FUNCTIONS = Functions((*FLOATS, *DOUBLES, *SEPARATE, *LARGER, POWER, *BITS))


@pytest.fixture(scope="module")
def module() -> simt.RawModule:
    return FUNCTIONS.compiled()


def moderate(function: Function, kind: type) -> list[Array]:
    rng = np.random.default_rng(11)
    count = 300 if function.expression.startswith("normcdf") else 3000
    arguments: list[Array] = [rng.uniform(-9, 9, count).astype(kind) for _ in function.types]
    arguments[0][:4] = (0.5, 1, 2, 0.25)
    return arguments


@pytest.mark.parametrize("function", FLOATS, ids=str)
def test_a_float_function_is_accurate(module: simt.RawModule, function: Function) -> None:
    oracle, ulps = FLOATS[function]
    arguments = moderate(function, np.float32)
    got = FUNCTIONS.apply(module, function, *arguments)
    wanted = oracle(*(x.astype(float) for x in arguments))
    room = ulps * np.spacing(np.abs(wanted).astype(np.float32)).astype(float)
    wrong = np.abs(got - wanted) > np.maximum(room, 1e-16)
    assert not wrong.any(), (arguments[0][wrong][0], got[wrong][0], wanted[wrong][0])


@pytest.mark.parametrize("function", DOUBLES, ids=str)
def test_a_double_function_is_accurate(module: simt.RawModule, function: Function) -> None:
    arguments = moderate(function, np.float64)
    got = FUNCTIONS.apply(module, function, *arguments)
    np.testing.assert_allclose(got, DOUBLES[function](*arguments), rtol=2e-15, atol=1e-15)


@pytest.mark.parametrize("function", SEPARATE, ids=str)
def test_a_product_rounded_to_nearest_is_not_fused_with_a_sum(
    module: simt.RawModule, function: Function
) -> None:
    rng = np.random.default_rng(12)
    a, b = rng.uniform(1, 2, (2, 1000)).astype(SEPARATE[function])
    got = FUNCTIONS.apply(module, function, a, b, a * b)
    np.testing.assert_array_equal(got, 0)


@pytest.mark.parametrize("function", LARGER, ids=lambda f: f"{f} {f.types}")
def test_a_number_wins_over_nan_and_zero_over_minus_zero(
    module: simt.RawModule, function: Function
) -> None:
    special = np.array([0.0, -0.0, 1, -1, np.inf, -np.inf, np.nan, 1e-45], np.float32)
    a, b = (g.ravel() for g in np.meshgrid(special, special))
    got = FUNCTIONS.apply(module, function, a, b)
    np.testing.assert_array_equal(got, LARGER[function](a, b))
    zeros = (a == 0) & (b == 0)
    both, either = np.signbit(a) & np.signbit(b), np.signbit(a) | np.signbit(b)
    negative = both if "max" in function.expression else either
    np.testing.assert_array_equal(np.signbit(got)[zeros], negative[zeros])


@pytest.mark.parametrize("function", BITS, ids=str)
def test_bits_survive_being_read_as_another_type(
    module: simt.RawModule, function: Function
) -> None:
    source, target = BITS[function]
    x = np.random.default_rng(13).bytes(8000)
    given = np.frombuffer(x, source)
    given = given[~np.isnan(given)] if given.dtype.kind == "f" else given
    got = FUNCTIONS.apply(module, function, given)
    np.testing.assert_array_equal(got.view(TYPES["unsigned"]), given.view(target).view(np.uint32))


def test_saturation_makes_zero_of_nan(module: simt.RawModule) -> None:
    x = np.array([np.nan, -1, 2, np.inf, -np.inf, 0.25], np.float32)
    got = FUNCTIONS.apply(module, SATURATED, x)
    np.testing.assert_array_equal(got, np.array([0, 0, 1, 1, 0, 0.25], np.float32))


def test_the_fast_power_of_a_negative_number_is_nan_as_on_a_gpu(module: simt.RawModule) -> None:
    x = np.array([-2.0, 2.0], np.float32)
    got = FUNCTIONS.apply(module, POWER, x, np.full(2, 2, np.float32))
    assert np.isnan(got[0])
    assert got[1] == 4


def test_the_fast_quotient_by_a_huge_number_is_zero_as_the_manual_says(
    module: simt.RawModule,
) -> None:
    a = np.array([1e38, -1e38, np.inf, 1e38], np.float32)
    b = np.array([1e38, 1e38, 1e38, 2.0**126], np.float32)
    got = FUNCTIONS.apply(module, QUOTIENT, a, b)
    np.testing.assert_array_equal(got, np.array([0, 0, np.nan, 1e38 / 2.0**126], np.float32))


def test_whole_numbers_of_half_turns_have_exact_sines(module: simt.RawModule) -> None:
    x = np.array([0, 1, 2, -3, 2.0**23, 0.5, 1.5, -0.5], np.float32)
    sines = FUNCTIONS.apply(module, of_float("sinpif(a)"), x)
    cosines = FUNCTIONS.apply(module, of_float("cospif(a)"), x)
    np.testing.assert_array_equal(sines, [0, 0, 0, 0, 0, 1, -1, -1])
    np.testing.assert_array_equal(cosines, [1, -1, 1, -1, 1, 0, 0, 0])


def test_sine_and_cosine_are_given_together() -> None:
    code = """
extern "C" __global__ void k(const float* x, float2* turns, float2* radians, float2* fast) {
  const int i = threadIdx.x;
  sincospif(x[i], &turns[i].x, &turns[i].y);
  sincosf(x[i], &radians[i].x, &radians[i].y);
  __sincosf(x[i], &fast[i].x, &fast[i].y);
}"""
    x = np.linspace(-4, 4, 64, dtype=np.float32)
    out = np.zeros((3, 64, 2), np.float32)
    simt.RawModule(code=code).get_function("k")((1,), (64,), (x, *out))
    wide = x.astype(float)
    np.testing.assert_allclose(out[0].T, [sin_pi(wide), cos_pi(wide)], atol=1e-7)
    for pair in out[1:]:
        np.testing.assert_allclose(pair.T, [np.sin(wide), np.cos(wide)], atol=1e-7)


def test_an_integer_and_a_float_have_no_larger_one_as_for_nvcc() -> None:
    code = 'extern "C" __global__ void k(float* x, int n) { x[0] = max(n, x[0]); }'
    with pytest.raises(simt.CompileError, match="ambiguous"):
        simt.RawModule(code=code).get_function("k")((1,), (1,), (np.ones(1, np.float32), 1))


def test_constants_have_their_values() -> None:
    code = """
#include <math_constants.h>
extern "C" __global__ void k(float* f, double* d) {
  f[0] = CUDART_PI_F; f[1] = CUDART_INF_F; f[2] = CUDART_NAN_F; f[3] = CUDART_LN2_F;
  f[4] = CUDART_L2E_F; f[5] = CUDART_SQRT_2_OVER_PI_F;
  d[0] = CUDART_PI; d[1] = CUDART_INF; d[2] = CUDART_NAN; d[3] = CUDART_LN2;
  d[4] = CUDART_L2E; d[5] = CUDART_SQRT_2OPI;
}"""
    f, d = np.zeros(6, np.float32), np.zeros(6)
    simt.RawModule(code=code).get_function("k")((1,), (1,), (f, d))
    wanted = [np.pi, np.inf, np.nan, np.log(2), np.log2(np.e), np.sqrt(2 / np.pi)]
    np.testing.assert_array_equal(f, np.array(wanted, np.float32))
    np.testing.assert_allclose(d, wanted, rtol=2e-16)


def test_the_mathematical_functions_are_nvidias(tmp_path: Path) -> None:
    compile_with_nvcc(FUNCTIONS.code, tmp_path)
