"""Matrix products of a warp are exact sums rounded once, in every shape, type and layout."""

from __future__ import annotations

import dataclasses
import itertools
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attention_scratch import simt
from tests.simt.float16 import BFLOAT16, HALF
from tests.simt.nvidia import complaints, lines_at_fault

Array = np.ndarray[Any, Any]
ORDERS = ("forward", "reverse", "random")
SHAPES = ((16, 16, 16), (32, 8, 16), (8, 32, 16))

# For each type of the factors: its name in fragments and in memory.
TYPES = {
    "half": ("__half", "__half"),
    "bfloat16": ("__nv_bfloat16", "__nv_bfloat16"),
    "tf32": ("wmma::precision::tf32", "float"),
    "double": ("double", "double"),
    "signed": ("signed char", "signed char"),
    "unsigned": ("unsigned char", "unsigned char"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Product:
    """A product of a shape: types of factors, addend and result, layouts of the factors."""

    shape: tuple[int, int, int]
    factors: str
    addend: str
    result: str
    rows_a: bool = True
    rows_b: bool = True

    @property
    def name(self) -> str:
        parts = "_".join(map(str, self.shape))
        layouts = f"{'rc'[not self.rows_a]}{'rc'[not self.rows_b]}"
        return f"{self.factors}_{self.addend}_{self.result}_{parts}_{layouts}".replace("__", "")

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        """A kernel d = a b + c: strides of the arrays, and whether c and d are stored by rows."""
        fragment, memory = TYPES[self.factors]
        shape = ", ".join(map(str, self.shape))
        layout_a, layout_b = (
            f"wmma::{'row' if rows else 'col'}_major" for rows in (self.rows_a, self.rows_b)
        )
        return f"""
extern "C" __global__ void {self.name}(const {memory}* a, const {memory}* b,
    const {self.addend}* c, {self.result}* d, int stride_a, int stride_b, int stride_c, int rows) {{
  wmma::fragment<wmma::matrix_a, {shape}, {fragment}, {layout_a}> fa;
  wmma::fragment<wmma::matrix_b, {shape}, {fragment}, {layout_b}> fb;
  wmma::fragment<wmma::accumulator, {shape}, {self.addend}> fc;
  wmma::fragment<wmma::accumulator, {shape}, {self.result}> fd;
  const wmma::layout_t layout = rows ? wmma::mem_row_major : wmma::mem_col_major;
  wmma::load_matrix_sync(fa, a, stride_a);
  wmma::load_matrix_sync(fb, b, stride_b);
  wmma::load_matrix_sync(fc, c, stride_c, layout);
  wmma::mma_sync(fd, fa, fb, fc);
  wmma::store_matrix_sync(d, fd, stride_c, layout);
}}
"""


def every_product() -> tuple[Product, ...]:
    """Every shape in every layout, and the other accumulators in one layout a shape."""
    found = []
    for rows_a, rows_b in itertools.product((True, False), repeat=2):
        for shape in SHAPES:
            found.append(Product(shape, "half", "float", "float", rows_a, rows_b))
            found.append(Product(shape, "bfloat16", "float", "float", rows_a, rows_b))
            found.append(Product(shape, "signed", "int", "int", rows_a, rows_b))
        found.append(Product((16, 16, 8), "tf32", "float", "float", rows_a, rows_b))
        found.append(Product((8, 8, 4), "double", "double", "double", rows_a, rows_b))
    for shape in SHAPES:
        found.append(Product(shape, "unsigned", "int", "int", True, False))
        found.append(Product(shape, "half", "__half", "__half", True, False))
        found.append(Product(shape, "half", "__half", "float", True, False))
        found.append(Product(shape, "half", "float", "__half", True, False))
    return tuple(found)


PRODUCTS = every_product()
HEAD = "#include <mma.h>\nusing namespace nvcuda;\n"


@cache
def module(products: tuple[Product, ...], checked: bool) -> Any:
    return simt.RawModule(HEAD + "".join(p.code for p in products), checked=checked)


def kernel(product: Product, checked: bool = False, alone: bool = False) -> Any:
    """A module holds all products of a type of factors, or one."""
    alike = tuple(p for p in PRODUCTS if p.factors == product.factors)
    return module((product,) if alone else alike, checked).get_function(product.name)


def encoded(values: Array, kind: str) -> Array:
    """Values as a kernel's array of a type; they must fit it exactly."""
    if kind in ("__half", "half"):
        return HALF.array(HALF.bits(values).ravel()).reshape(values.shape)
    if kind == "bfloat16":
        return BFLOAT16.bits(values)
    types = {"float": np.float32, "tf32": np.float32, "double": np.float64, "int": np.int32}
    types |= {"signed": np.int8, "unsigned": np.uint8}
    array = values.astype(types[kind])
    assert np.array_equal(array.astype(np.float64), values)
    return array


def in_memory(matrix: Array, by_rows: bool) -> tuple[Array, int]:
    """A matrix laid out by rows or columns, each followed by padding; and the stride."""
    lines = matrix if by_rows else matrix.T
    padded = np.zeros((lines.shape[0], lines.shape[1] // 16 * 16 + 16), matrix.dtype)
    padded[:, : lines.shape[1]] = lines
    return padded, padded.shape[1]


def run(
    product: Product, a: Array, b: Array, c: Array, *, rows: bool = True, **options: Any
) -> Array:
    """d = a b + c of float64 matrices on the emulator, as float64."""
    how = {name: options.pop(name, False) for name in ("checked", "alone")}
    memory_a, stride_a = in_memory(encoded(a, product.factors), product.rows_a)
    memory_b, stride_b = in_memory(encoded(b, product.factors), product.rows_b)
    memory_c, stride_c = in_memory(encoded(c, product.addend), rows)
    memory_d, _ = in_memory(encoded(np.zeros_like(c), product.result), rows)
    arguments = (memory_a, memory_b, memory_c, memory_d, *map(np.int32, (stride_a, stride_b)))
    kernel(product, **how)(1, 32, (*arguments, np.int32(stride_c), np.int32(rows)), **options)
    lines = memory_d[:, : c.shape[1] if rows else c.shape[0]]
    return (lines if rows else lines.T).astype(np.float64)


def factors(product: Product, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Factors and addend of few bits: their products add up exactly in every type."""
    m, n, k = product.shape
    if product.factors in ("signed", "unsigned"):
        low, high = (-128, 128) if product.factors == "signed" else (0, 256)
        a, b = rng.integers(low, high, (m, k)), rng.integers(low, high, (k, n))
        return a.astype(float), b.astype(float), rng.integers(-1000, 1000, (m, n)).astype(float)
    a, b = rng.integers(-8, 9, (m, k)) / 4, rng.integers(-8, 9, (k, n)) / 2
    return a, b, rng.integers(-64, 65, (m, n)) / 8


@pytest.mark.parametrize("product", PRODUCTS, ids=str)
def test_sums_that_are_representable_are_exact(product: Product) -> None:
    a, b, c = factors(product, np.random.default_rng(1))
    for rows in (True, False):
        np.testing.assert_array_equal(run(product, a, b, c, rows=rows), a @ b + c)


ONE_OF_EACH = tuple({p.factors: p for p in PRODUCTS if p.rows_a != p.rows_b}.values())


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("product", ONE_OF_EACH, ids=str)
def test_checked_mode_finds_nothing_in_any_order(product: Product, order: str) -> None:
    a, b, c = factors(product, np.random.default_rng(2))
    got = run(product, a, b, c, order=order, seed=5, checked=True, alone=True)
    np.testing.assert_array_equal(got, a @ b + c)


def rounded_to_float(exact: Fraction) -> float:
    """A rational number between 2**-100 and 2**100 rounded once to 24 bits, ties to even."""
    if exact == 0:
        return 0.0
    exponent = -130
    while abs(exact) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    unit = Fraction(2) ** (exponent - 23)
    return float(round(exact / unit) * unit)


@pytest.mark.parametrize("name", ["half", "bfloat16", "tf32"])
def test_a_sum_of_floats_is_rounded_once(name: str) -> None:
    product = next(p for p in PRODUCTS if p.factors == name and p.result == p.addend == "float")
    m, n, k = product.shape
    rng = np.random.default_rng(3)
    bits = {"half": 10, "bfloat16": 7, "tf32": 10}[name]
    a, b = (
        rng.choice([-1.0, 1.0], shape) * (1 + rng.integers(0, 1 << bits, shape) / (1 << bits))
        for shape in ((m, k), (k, n))
    )
    c = rng.standard_normal((m, n)).astype(np.float32).astype(np.float64)
    want = np.empty((m, n))
    for i, j in np.ndindex(m, n):
        terms = zip(a[i].tolist(), b[:, j].tolist(), strict=True)
        exact = sum((Fraction(x) * Fraction(y) for x, y in terms), Fraction(float(c[i, j])))
        want[i, j] = rounded_to_float(exact)
    np.testing.assert_array_equal(run(product, a, b, c), want)
    assert (want != a @ b + c).any()  # there was something to round


def test_a_sum_of_halves_is_rounded_once() -> None:
    product = next(p for p in PRODUCTS if p.addend == p.result == "__half")
    rng = np.random.default_rng(4)
    a, b, c = (HALF.rounded(rng.standard_normal((16, 16))) for _ in range(3))
    np.testing.assert_array_equal(run(product, a, b, c), HALF.rounded(a @ b + c))


def test_a_sum_of_doubles_is_a_chain_of_fused_multiply_adds() -> None:
    product = next(p for p in PRODUCTS if p.factors == "double")
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal((8, 4)), rng.standard_normal((4, 8))
    c = rng.standard_normal((8, 8))
    want = c.copy()
    for i, j in np.ndindex(8, 8):
        for k in range(4):
            terms = (float(a[i, k]), float(b[k, j]), float(want[i, j]))
            want[i, j] = float(Fraction(terms[0]) * Fraction(terms[1]) + Fraction(terms[2]))
    np.testing.assert_array_equal(run(product, a, b, c), want)


SATURATING = """
extern "C" __global__ void saturating(const signed char* a, const signed char* b, int* c, int* d) {
  wmma::fragment<wmma::matrix_a, 16, 16, 16, signed char, wmma::row_major> fa;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, signed char, wmma::row_major> fb;
  wmma::fragment<wmma::accumulator, 16, 16, 16, int> fc, fd;
  wmma::load_matrix_sync(fa, a, 16);
  wmma::load_matrix_sync(fb, b, 16);
  wmma::load_matrix_sync(fc, c, 16, wmma::mem_row_major);
  wmma::mma_sync(fd, fa, fb, fc, true);
  wmma::store_matrix_sync(d, fd, 16, wmma::mem_row_major);
  wmma::mma_sync(fc, fa, fb, fc);
  wmma::store_matrix_sync(c, fc, 16, wmma::mem_row_major);
}
"""


def test_integers_wrap_or_saturate_if_asked() -> None:
    rng = np.random.default_rng(6)
    a, b = (rng.integers(-128, 128, (16, 16), np.int8) for _ in range(2))
    limits = np.iinfo(np.int32)
    c = rng.choice([limits.min, limits.max, 0], (16, 16)).astype(np.int32)
    exact = a.astype(np.int64) @ b.astype(np.int64) + c
    wrapped, saturated = c.copy(), np.zeros_like(c)
    simt.RawModule(HEAD + SATURATING).get_function("saturating")(1, 32, (a, b, wrapped, saturated))
    np.testing.assert_array_equal(saturated, np.clip(exact, limits.min, limits.max))
    np.testing.assert_array_equal(wrapped, exact.astype(np.int32))
    assert (saturated != wrapped).any()


ELEMENTS = """
extern "C" __global__ void scaled(const __half* a, float* d) {
  __shared__ __align__(32) __half tile[16][24];
  for (int i = threadIdx.x; i < 256; i += 32) tile[i / 16][i % 16] = a[i];
  __syncwarp();
  wmma::fragment<wmma::matrix_a, 16, 16, 16, __half, wmma::row_major> fa;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, __half, wmma::col_major> fb;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> fc;
  wmma::fill_fragment(fc, 1.0f);
  wmma::load_matrix_sync(fa, &tile[0][0], 24);
  wmma::load_matrix_sync(fb, &tile[0][0], 24);
  for (int i = 0; i < fa.num_elements; ++i) fa.x[i] = fa.x[i] * __half(2.0f);
  wmma::mma_sync(fc, fa, fb, fc);
  for (int i = 0; i < fc.num_elements; ++i) fc.x[i] *= 0.5f;
  wmma::store_matrix_sync(d, fc, 16, wmma::mem_row_major);
}
extern "C" __global__ void to_tf32(const float* x, float* y) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  y[i] = wmma::__float_to_tf32(x[i]);
}
"""


# How many elements of a fragment a lane holds, as CUDA's header has it.
COUNTS = {
    "matrix_a, 16, 16, 16, __half, wmma::row_major": 16,
    "matrix_b, 32, 8, 16, __half, wmma::row_major": 16,
    "matrix_b, 32, 8, 16, __nv_bfloat16, wmma::col_major": 4,
    "matrix_a, 32, 8, 16, __nv_bfloat16, wmma::col_major": 16,
    "matrix_a, 32, 8, 16, signed char, wmma::col_major": 16,
    "matrix_b, 16, 16, 16, unsigned char, wmma::col_major": 8,
    "matrix_a, 16, 16, 8, wmma::precision::tf32, wmma::row_major": 4,
    "matrix_b, 8, 8, 4, double, wmma::row_major": 1,
    "accumulator, 8, 8, 4, double": 2,
    "accumulator, 8, 32, 16, int": 8,
}
ELEMENTS += "".join(
    f"static_assert(wmma::fragment<wmma::{kind}>::num_elements == {count});\n"
    for kind, count in COUNTS.items()
)


@pytest.mark.parametrize("checked", [False, True], ids=["fast", "checked"])
def test_every_element_of_a_fragment_can_be_changed(checked: bool) -> None:
    rng = np.random.default_rng(7)
    a = (rng.integers(-16, 17, (16, 16)) / 4).astype(np.float16)
    d = np.zeros((16, 16), np.float32)
    simt.RawModule(HEAD + ELEMENTS, checked=checked).get_function("scaled")(1, 32, (a, d))
    exact = a.astype(np.float64)
    np.testing.assert_array_equal(d, (2 * exact @ exact.T + 1) / 2)


def test_tf32_rounds_ties_away_from_zero() -> None:
    rng = np.random.default_rng(8)
    x = rng.integers(0, 1 << 32, 1 << 16, np.uint32)
    x[: 1 << 14] = (x[: 1 << 14] & 0xFFFFE000) | 0x1000  # ties
    x[:4] = [0, 0x80000000, 0x7F800000, 0x7FC00001]
    with np.errstate(invalid="ignore"):
        values = x.view(np.float32).astype(np.float64)
    unit = np.ldexp(1.0, np.maximum(np.frexp(values)[1] - 1, -126) - 10)
    with np.errstate(invalid="ignore", over="ignore"):
        want = (np.copysign(np.floor(np.abs(values) / unit + 0.5) * unit, values)).astype(
            np.float32
        )
    want[np.isinf(values)] = values[np.isinf(values)]
    got = np.zeros_like(want)
    simt.RawModule(HEAD + ELEMENTS).get_function("to_tf32")(256, 256, (x.view(np.float32), got))
    np.testing.assert_array_equal(got, want)
    assert (got[np.isnan(values)].view(np.uint32) == 0x7FFFFFFF).all()


MISUSED = """
extern "C" __global__ void loads(const __half* a, int offset, int stride) {
  wmma::fragment<wmma::matrix_a, 16, 16, 16, __half, wmma::row_major> fa;
  wmma::load_matrix_sync(fa, a + offset, stride);
}
"""


@pytest.mark.parametrize(
    ("offset", "stride", "threads", "says"),
    [
        (8, 16, 32, "multiple of 32 bytes"),
        (0, 17, 32, "multiple of 16 bytes"),
        (0, 20, 32, "multiple of 16 bytes"),
        (0, 16, 31, "all 32 lanes"),
        (0, 16, 48, "all 32 lanes"),
    ],
)
@pytest.mark.parametrize("checked", [False, True], ids=["fast", "checked"])
def test_misuse_is_named_with_its_line(
    offset: int, stride: int, threads: int, says: str, checked: bool
) -> None:
    misused = simt.RawModule(HEAD + MISUSED, checked=checked).get_function("loads")
    with pytest.raises(simt.KernelError, match=says) as caught:
        misused(1, threads, (np.zeros(512, np.float16), np.int32(offset), np.int32(stride)))
    finding = caught.value.findings[0]
    assert finding.kind == "misuse"
    assert "load_matrix_sync" in finding.place.text


def test_lanes_that_stay_away_are_named() -> None:
    code = MISUSED.replace("  wmma::load", "  if (threadIdx.x < 16) wmma::load")
    with pytest.raises(simt.KernelError):
        simt.RawModule(HEAD + code, checked=True).get_function("loads")(
            1, 32, (np.zeros(512, np.float16), np.int32(0), np.int32(16))
        )


@pytest.mark.parametrize("product", ONE_OF_EACH, ids=str)
def test_a_product_counts_its_operations_and_each_byte_once(product: Product) -> None:
    a, b, c = factors(product, np.random.default_rng(9))
    m, n, k = product.shape
    with simt.profile() as profile:
        run(product, a, b, c, checked=True, alone=True)
    counted = profile.last
    is_float = product.factors not in ("signed", "unsigned")
    assert counted.flops == (2 * m * n * k if is_float else 0)
    size = encoded(a[:1, :1], product.factors).itemsize
    sum_size = encoded(c[:1, :1], product.addend).itemsize
    assert counted.bytes_read == (m * k + k * n) * size + m * n * sum_size
    assert counted.bytes_written == m * n * encoded(c[:1, :1], product.result).itemsize


REFUSED = (
    "wmma::fragment<wmma::matrix_a, 16, 16, 8, __half, wmma::row_major> f;",
    "wmma::fragment<wmma::matrix_a, 16, 16, 16, float, wmma::row_major> f;",
    "wmma::fragment<wmma::accumulator, 16, 16, 16, __nv_bfloat16> f;",
    "wmma::fragment<wmma::matrix_a, 16, 16, 16, __half> f;",
    "wmma::fragment<wmma::accumulator, 16, 16, 16, int> c; "
    "wmma::fragment<wmma::matrix_a, 16, 16, 16, __half, wmma::row_major> a; "
    "wmma::fragment<wmma::matrix_b, 16, 16, 16, __half, wmma::row_major> b; "
    "wmma::mma_sync(c, a, b, c);",
    "wmma::fragment<wmma::matrix_a, 16, 16, 16, __half, wmma::row_major> a; "
    "wmma::load_matrix_sync(a, p, 16);",
)


def refused(body: str) -> str:
    return f'{HEAD}extern "C" __global__ void k(const float* p) {{ {body} }}\n'


@pytest.mark.parametrize("body", REFUSED)
def test_what_cuda_does_not_have_is_refused(body: str) -> None:
    with pytest.raises(simt.CompileError):
        simt.RawModule(refused(body)).get_function("k")


@pytest.mark.slow
def test_nvcc_compiles_these_kernels(tmp_path: Path) -> None:
    code = HEAD + "".join(p.code for p in PRODUCTS) + SATURATING + ELEMENTS + MISUSED
    assert complaints(code, tmp_path, "80") == ""


@pytest.mark.slow
def test_nvcc_refuses_the_same(tmp_path: Path) -> None:
    bodies = [
        f"__global__ void k{i}(const float* p) {{ {body} }}" for i, body in enumerate(REFUSED)
    ]
    lines = (HEAD + "\n".join(bodies)).splitlines()
    wrong = lines_at_fault(complaints("\n".join(lines), tmp_path, "80"))
    assert [body for body in bodies if lines.index(body) + 1 not in wrong] == []
