"""Matrix products from naive to tensor cores, and matrix times vector."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.simt.corpus.case import (
    ROUND,
    ROUND_BF16,
    ROUND_HALF,
    Array,
    Launch,
    Output,
    Problem,
    bf16_bits,
    bf16_values,
    blocks,
    f32,
    normal,
    right,
)

Shape3 = tuple[int, int, int]
DOT = "a sum of K products in any order"
SMALL: tuple[Shape3, ...] = ((1, 1, 1), (31, 33, 17), (5, 70, 40))


def ints(*values: int) -> tuple[Any, ...]:
    return tuple(np.int32(v) for v in values)


def product(a: Array, b: Array, extra: int = 2) -> tuple[Array, Array]:
    """a @ b in float64, and the bound of a float32 sum of the products."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return a @ b, (a.shape[1] + extra) * ROUND * (np.abs(a) @ np.abs(b))


@right(sizes=SMALL, names=("sgemm_coalesced<16>",))
def matmul_naive(rng: np.random.Generator, size: Shape3) -> Problem:
    M, N, K = size
    A, B, C = normal(rng, M, K), normal(rng, K, N), normal(rng, M, N)
    alpha, beta = np.float32(0.7), np.float32(-1.3)
    AB, error = product(A, B)
    want = float(alpha) * AB + float(beta) * C
    bound = error + 4 * ROUND * (np.abs(AB) + 2 * np.abs(C))
    launches, outputs = [], []
    for kernel, block in (("sgemm_naive", (16, 16)), ("sgemm_coalesced<16>", 256)):
        out = C.copy()
        args = (*ints(M, N, K), alpha, A, B, beta, out)
        launches.append(Launch(kernel, (blocks(M, 16), blocks(N, 16)), block, args))
        outputs.append(Output(out, want, bound, DOT))
    return Problem(tuple(launches), tuple(outputs))


@right(sizes=SMALL)
def matmul_tiled(rng: np.random.Generator, size: Shape3) -> Problem:
    j, n, k = size
    M, N, P = normal(rng, j, k), normal(rng, k, n), np.zeros((j, n), np.float32)
    want, bound = product(M, N)
    grid = (blocks(n, 16), blocks(j, 16))
    launch = Launch("matmul_tiled", grid, (16, 16), (M, N, P, *ints(j, k, n)))
    return Problem((launch,), (Output(P, want, bound, DOT),))


@right(sizes=((64, 64, 8), (128, 64, 24)), names=("sgemm_1d<64, 64, 8, 8>",))
def matmul_blocktile_1d(rng: np.random.Generator, size: Shape3) -> Problem:
    M, N, K = size
    A, B, C = normal(rng, M, K), normal(rng, K, N), normal(rng, M, N)
    AB, error = product(A, B)
    bound = error + 4 * ROUND * (np.abs(AB) + np.abs(C))
    args = (*ints(M, N, K), np.float32(1), A, B, np.float32(1), C)
    launch = Launch("sgemm_1d<64, 64, 8, 8>", (N // 64, M // 64), 512, args)
    return Problem((launch,), (Output(C, AB + C, bound, DOT),))


TILES = {"matmul_2d<float, 32, 32, 8, 4, 4>": 32, "matmul_2d<double, 16, 16, 4, 2, 4>": 16}


@right(sizes=SMALL, names=tuple(TILES))
def matmul_blocktile_2d(rng: np.random.Generator, size: Shape3) -> Problem:
    M, N, K = size
    launches, outputs = [], []
    for name, tile in TILES.items():
        dtype = np.float64 if "double" in name else np.float32
        A, B = (rng.standard_normal(s).astype(dtype) for s in ((M, K), (K, N)))
        C = np.zeros((M, N), dtype)
        want, bound = product(A, B)
        scale = 2.0**-29 if dtype is np.float64 else 1.0
        threads = 32 if dtype is np.float64 else 64
        args = (A, B, C, *ints(M, N, K))
        launches.append(Launch(name, (blocks(N, tile), blocks(M, tile)), threads, args))
        outputs.append(Output(C, want, scale * bound, DOT))
    return Problem(tuple(launches), tuple(outputs))


@right(sizes=((64, 64, 8), (64, 128, 24)))
def matmul_vectorized(rng: np.random.Generator, size: Shape3) -> Problem:
    M, N, K = size
    A, B, C = normal(rng, M, K), normal(rng, K, N), np.zeros((M, N), np.float32)
    args = (*ints(M, N, K), A, B, C)
    launch = Launch("sgemm_vectorized", (N // 64, M // 64), 64, args)
    return Problem((launch,), (Output(C, *product(A, B), DOT),))


@right(sizes=SMALL)
def matmul_double_buffer(rng: np.random.Generator, size: Shape3) -> Problem:
    M, N, K = size
    A, B, C = normal(rng, M, K), normal(rng, K, N), np.zeros((M, N), np.float32)
    grid = (blocks(N, 16), blocks(M, 16))
    launch = Launch("matmul_double_buffer", grid, (16, 16), (A, B, C, *ints(M, N, K)))
    return Problem((launch,), (Output(C, *product(A, B), DOT),))


@right(sizes=((1, 1, 2), (9, 31, 66)))
def matmul_half(rng: np.random.Generator, size: Shape3) -> Problem:
    M, N, K = size
    A, Bt = normal(rng, M, K).astype(np.float16), normal(rng, N, K).astype(np.float16)
    C, in_half = np.zeros((M, N), np.float16), np.zeros((M, N), np.float16)
    want, error = product(A, Bt.T)
    launch = Launch("matmul_half", blocks(M * N, 64), 64, (A, Bt, C, in_half, *ints(M, N, K)))
    outputs = (
        Output(C, want, error + 1.01 * ROUND_HALF * np.abs(want), DOT + ", rounded to half"),
        Output(in_half, want, error * ROUND_HALF / ROUND, "half sums"),
    )
    return Problem((launch,), outputs)


@right(sizes=((1, 1, 1), (31, 33, 17), (5, 40, 70)), capability=80)
def matmul_bf16(rng: np.random.Generator, size: Shape3) -> Problem:
    T, N, K = size
    X, W, bias = (bf16_bits(normal(rng, *s)) for s in ((T, K), (N, K), (N,)))
    Y = np.zeros((T, N), np.uint16)
    want, error = product(bf16_values(X), bf16_values(W).T, extra=3)
    want = want + bf16_values(bias)
    bound = error + (K + 2) * ROUND * np.abs(bf16_values(bias)) + 1.01 * ROUND_BF16 * np.abs(want)
    launch = Launch(
        "linear_bf16", (blocks(N, 16), blocks(T, 16)), (16, 16), (X, W, bias, Y, *ints(T, N, K))
    )
    return Problem((launch,), (Output(Y, want, bound, DOT + ", rounded to bfloat16", bf16_values),))


@right(sizes=((16, 16, 16), (32, 80, 48)))
def matmul_wmma(rng: np.random.Generator, size: Shape3) -> Problem:
    M, N, K = size
    A, Bt = normal(rng, M, K).astype(np.float16), normal(rng, N, K).astype(np.float16)
    C, D = normal(rng, M, N), np.zeros((M, N), np.float32)
    AB, error = product(A, Bt.T)
    want = 0.5 * AB + 2 * C
    bound = 2 * error + 4 * ROUND * (np.abs(AB) + 2 * np.abs(C))
    args = (A, Bt, C, D, *ints(M, N, K), np.float32(0.5), np.float32(2))
    launch = Launch("matmul_wmma", (blocks(N, 64), M // 16), 128, args)
    return Problem((launch,), (Output(D, want, bound, DOT + ", sums cut rather than rounded"),))


TYPES = {
    "one_tile<__half, 32, 8, 16, float>": (32, 8),
    "one_tile<__nv_bfloat16, 8, 32, 16, float>": (8, 32),
    "one_tile<signed char, 16, 16, 16, int>": (16, 16),
}


def tf32(values: Array) -> Array:
    """Rounded to 10 bits of mantissa, ties away from zero, as the conversion of wmma does."""
    bits = (values.view(np.uint32) + np.uint32(0x1000)) & np.uint32(0xFFFFE000)
    return bits.view(np.float32).astype(np.float64)


@right(sizes=(1, 2), names=tuple(TYPES), capability=80)
def wmma_types(rng: np.random.Generator, seed: int) -> Problem:
    launches, outputs = [], []
    for name, (M, N) in TYPES.items():
        a, b, values = normal(rng, M, 16), normal(rng, 16, N), np.asarray
        c = np.zeros((M, N), np.int32 if "char" in name else np.float32)
        if "char" in name:
            a, b = ((40 * x).clip(-128, 127).astype(np.int8) for x in (a, b))
        elif "half" in name:
            a, b = a.astype(np.float16), b.astype(np.float16)
        else:
            a, b, values = bf16_bits(a), bf16_bits(b), bf16_values
        want, bound = product(values(a), values(b))
        bound = 0.0 if "char" in name else 2 * bound
        launches.append(Launch(name, 1, 32, (a, b, c)))
        outputs.append(Output(c, want, bound, DOT + ", sums cut, not rounded"))
    a, b, c = normal(rng, 16, 16), normal(rng, 16, 16), np.zeros((16, 16), np.float32)
    want, bound = product(tf32(a), tf32(b).T)
    launches.append(Launch("one_tile_tf32", 1, 32, (a, b, c)))
    outputs.append(Output(c, want.T, 2 * bound.T, DOT + ", sums cut, not rounded"))
    return Problem(tuple(launches), tuple(outputs))


@right(sizes=((32, 32, 32), (64, 32, 96)), capability=80)
def matmul_mma_ptx(rng: np.random.Generator, size: Shape3) -> Problem:
    M, N, K = size
    A, Bt = bf16_bits(normal(rng, M, K)), bf16_bits(normal(rng, N, K))
    C = np.zeros((M, N), np.float32)
    want, bound = product(bf16_values(A), bf16_values(Bt).T)
    launch = Launch("matmul_mma", (N // 32, M // 32), 64, (A, Bt, C, *ints(M, N, K)))
    return Problem((launch,), (Output(C, want, 2 * bound, DOT + ", sums cut, not rounded"),))


@right(sizes=((1, 1, 3), (5, 40, 100)))
def matmul_split_k(rng: np.random.Generator, size: Shape3) -> Problem:
    M, N, K = size
    A, B, C = normal(rng, M, K), normal(rng, K, N), np.zeros((M, N), np.float32)
    grid = (blocks(N, 32), blocks(M, 8), 4)
    launch = Launch("matmul_split_k", grid, (32, 8), (A, B, C, *ints(M, N, K)))
    return Problem((launch,), (Output(C, *product(A, B), DOT),))


@right(sizes=((1, 8), (33, 264), (6, 1000)))
def gemv_warp(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    rows, K = size
    W, x, y = normal(rng, rows, K).astype(np.float16), normal(rng, K), np.zeros(rows, np.float32)
    want, bound = product(W, f32(x)[:, None])
    launch = Launch("gemv_warp", blocks(rows, 4), 128, (W, x, y, *ints(rows, K)))
    return Problem((launch,), (Output(y, want[:, 0], bound[:, 0], DOT),))
