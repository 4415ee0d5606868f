"""Matrix instructions of a warp, bit for bit against NumPy wherever sums are exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attention_scratch import simt
from tests.simt.elementwise import Array
from tests.simt.ptx_products import BYTES, FLOATS, Product, lanes_of, packed, result_lanes

CODE = "".join(product.code for product in (*FLOATS, *BYTES))
MATRICES = (
    "".join(
        f"""
extern "C" __global__ void load_x{n}{t}(const unsigned* in, unsigned* out, int stride) {{
  extern __shared__ __align__(16) unsigned s[];
  const unsigned l = threadIdx.x;
  for (int i = l; i < 8 * {n} * stride; i += 32) s[i] = in[i];
  __syncwarp();
  unsigned row = (unsigned)__cvta_generic_to_shared(s + (l % {8 * n}) * stride);
  unsigned r[{n}];
  asm volatile("ldmatrix.sync.aligned.m8n8.x{n}{dot}.shared.b16 {{{regs}}}, [%{n}];"
               : {outs} : "r"(row) : "memory");
  for (int i = 0; i < {n}; ++i) out[32 * i + l] = r[i];
}}
extern "C" __global__ void store_x{n}{t}(const unsigned* in, unsigned* out, int stride) {{
  extern __shared__ __align__(16) unsigned s[];
  const unsigned l = threadIdx.x;
  unsigned row = (unsigned)__cvta_generic_to_shared(s + (l % {8 * n}) * stride);
  asm volatile("stmatrix.sync.aligned.m8n8.x{n}{dot}.shared.b16 [%{n}], {{{regs}}};"
               :: {ins}, "r"(row) : "memory");
  __syncwarp();
  for (int i = l; i < {32 * n}; i += 32) out[i] = s[i / 4 * stride + i % 4];
}}
"""
        for n in (1, 2, 4)
        for t in ("", "_trans")
        for dot in [t.replace("_", ".")]
        for regs in [", ".join(f"%{i}" for i in range(n))]
        for outs in [", ".join(f'"=r"(r[{i}])' for i in range(n))]
        for ins in [", ".join(f'"r"(in[32 * {i} + l])' for i in range(n))]
    )
    + """
extern "C" __global__ void turn(const unsigned* in, unsigned* out) {
  asm("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;"
      : "=r"(out[threadIdx.x]) : "r"(in[threadIdx.x]));
}
"""
)


MODULE: dict[str, simt.RawModule] = {}


def module(code: str) -> simt.RawModule:
    return MODULE.setdefault(code, simt.RawModule(code))


def run(product: Product, a: Array, b: Array, c: Array, **how: Any) -> Array:
    """D as a matrix, of A (M, K), B (K, 8) and C (M, 8)."""
    of_c = product.counts[0]
    dtype = {"f32": np.float32, "f64": np.float64, "s32": np.int32}.get(product.result, np.uint32)
    rows = packed(lanes_of(product.m, product.k, product.each, a), product.a)
    columns = packed(lanes_of(8, product.k, product.each, np.ascontiguousarray(b.T)), product.b)
    if product.result == "f16":
        summand = result_lanes(c.astype(np.float16)).copy().view(np.uint32)[..., 0]
    else:
        summand = result_lanes(c.astype(dtype)).transpose(0, 2, 1).reshape(of_c, 32)
    out = np.zeros((of_c, 32), dtype)
    kernel = module(CODE).get_function(product.name)
    kernel(1, 32, (*(np.ascontiguousarray(x) for x in (rows, columns, summand)), out), **how)
    if product.result == "f16":
        return out[..., None].view(np.float16).reshape(product.m, 8)
    return out.reshape(-1, 2, 32).transpose(0, 2, 1).reshape(product.m, 8)


def small(rng: np.random.Generator, *shape: int) -> Array:
    """Numbers with few bits, so that all sums of their products are exact."""
    return rng.integers(-15, 16, shape) / 8.0


@pytest.mark.parametrize("order", ["forward", "reverse", "random"])
@pytest.mark.parametrize("product", FLOATS, ids=str)
def test_products_of_exact_sums_agree_bit_for_bit(product: Product, order: str) -> None:
    rng = np.random.default_rng(product.k)
    a, b = small(rng, product.m, product.k), small(rng, product.k, 8)
    c = small(rng, product.m, 8)
    made = run(product, a, b, c, order=order, seed=3)
    np.testing.assert_array_equal(made, (a @ b + c).astype(made.dtype))


@pytest.mark.parametrize("product", FLOATS, ids=str)
def test_random_products_lie_within_the_bound_of_a_sum_in_single_precision(
    product: Product,
) -> None:
    rng = np.random.default_rng(5)
    kept = {"f16": 2**13, "bf16": 2**16, "tf32": 2**13, "f64": 1}[product.a]

    def rounded(*shape: int) -> Array:
        bits = rng.standard_normal(shape).astype(np.float32).view(np.uint32)
        return (bits & ~np.uint32(kept - 1)).view(np.float32).astype(np.float64)

    a, b, c = rounded(product.m, product.k), rounded(product.k, 8), rounded(product.m, 8)
    if product.a == "f16":
        a, b = a.astype(np.float16).astype(np.float64), b.astype(np.float16).astype(np.float64)
    if product.result == "f16":
        c = c.astype(np.float16).astype(np.float64)
    exact = a @ b + c
    size = np.abs(a) @ np.abs(b) + np.abs(c)
    unit = 2.0**-53 if product.a == "f64" else 2.0**-24
    bound = product.k * unit * size * 1.01 + (
        2.0**-11 * np.abs(exact) * 1.01 + 2.0**-24 if product.result == "f16" else 0
    )
    made = run(product, a, b, c).astype(np.float64)
    assert np.all(np.abs(made - exact) <= bound)


@pytest.mark.parametrize("product", BYTES, ids=str)
def test_integer_products_are_exact_and_wrap_or_saturate(product: Product) -> None:
    rng = np.random.default_rng(7)
    ranges = {"s8": (-128, 128), "u8": (0, 256)}
    a = rng.integers(*ranges[product.a], (product.m, product.k))
    b = rng.integers(*ranges[product.b], (product.k, 8))
    a[0], b[:, 0] = ranges[product.a][1] - 1, ranges[product.b][1] - 1
    c = rng.integers(-(2**31), 2**31, (product.m, 8))
    c[0], c[1] = 2**31 - 1, -(2**31)
    exact = a @ b + c
    clipped = np.clip(exact, -(2**31), 2**31 - 1)
    wrapped = (exact + 2**31) % 2**32 - 2**31
    assert not np.array_equal(clipped, wrapped)
    expected = clipped if product.modifier else wrapped
    np.testing.assert_array_equal(run(product, a, b, c), expected)


def test_tf32_ignores_the_lowest_bits_of_its_registers() -> None:
    product = Product(16, 8, "f32", "tf32", "tf32")
    a = np.zeros((16, 8))
    a[:, 0] = np.float32(1 + 2.0**-11 + 2.0**-23)
    b = np.ones((8, 8))
    np.testing.assert_array_equal(run(product, a, b, np.zeros((16, 8))), np.ones((16, 8)))


def test_half_products_keep_infinities_and_nan() -> None:
    product = Product(16, 16, "f32", "f16", "f16")
    a, b = np.zeros((16, 16)), np.zeros((16, 8))
    a[0, 0], b[0, 0] = np.inf, 1.0
    b[0, 1] = 0.0
    with np.errstate(invalid="ignore"):
        expected = np.array([np.inf] + [np.nan] * 7)
    np.testing.assert_array_equal(run(product, a, b, np.zeros((16, 8)))[0], expected)


def run_matrix(name: str, words: Array, stride: int, **how: Any) -> Array:
    count = int(name.split("_x")[1][0])
    out = np.zeros(32 * count, np.uint32)
    kernel = module(MATRICES).get_function(name)
    kernel(1, 32, (words, out, np.int32(stride)), shared_mem=4 * 8 * count * stride, **how)
    return out


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("stride", [4, 12])
@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("turned", ["", "_trans"])
def test_ldmatrix_hands_each_lane_its_pairs(
    count: int, turned: str, stride: int, checked: bool
) -> None:
    rng = np.random.default_rng(count)
    words = rng.integers(0, 2**32, (count, 8, stride), dtype=np.uint32)
    tiles = np.ascontiguousarray(words[..., :4]).view(np.uint16)
    tiles = tiles.transpose(0, 2, 1) if turned else tiles
    expected = np.ascontiguousarray(tiles).view(np.uint32).reshape(-1)
    made = run_matrix(f"load_x{count}{turned}", words.ravel(), stride, checked=checked)
    np.testing.assert_array_equal(made, expected)


@pytest.mark.parametrize("stride", [4, 12])
@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("turned", ["", "_trans"])
def test_stmatrix_puts_each_pair_in_its_row(count: int, turned: str, stride: int) -> None:
    rng = np.random.default_rng(count)
    words = rng.integers(0, 2**32, (count, 8, 4), dtype=np.uint32)
    tiles = words.view(np.uint16)
    tiles = tiles.transpose(0, 2, 1) if turned else tiles
    expected = np.ascontiguousarray(tiles).view(np.uint32).reshape(-1)
    made = run_matrix(f"store_x{count}{turned}", words.ravel(), stride, checked=True)
    np.testing.assert_array_equal(made, expected)


def test_movmatrix_transposes() -> None:
    words = np.random.default_rng(1).integers(0, 2**32, (8, 4), dtype=np.uint32)
    out = np.zeros(32, np.uint32)
    module(MATRICES).get_function("turn")(1, 32, (words.ravel(), out))
    expected = np.ascontiguousarray(words.view(np.uint16).T).view(np.uint32).ravel()
    np.testing.assert_array_equal(out, expected)


def test_the_flops_of_a_product_are_counted_once_for_the_warp() -> None:
    product = Product(16, 16, "f32", "f16", "f16")
    zero = np.zeros((16, 16))
    with simt.profile() as profile:
        run(product, zero, zero[:, :8], zero[:, :8])
    assert profile.last.flops == 2 * 16 * 8 * 16
