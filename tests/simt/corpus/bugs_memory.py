"""Planted accesses to what is not there, not written yet, not aligned or not to be changed."""

from __future__ import annotations

import numpy as np

from tests.simt.corpus.case import Launch, f32
from tests.simt.corpus.planted import planted


def _vector(kernel: str, n: int, block: int, threads: int | None = None) -> Launch:
    """A kernel of (x, out, n) with a thread for each of n elements, or for each of ``threads``."""
    grid = -(-(threads or n) // block)
    return Launch(kernel, grid, block, (f32(np.ones(n)), f32(np.zeros(n)), np.int32(n)))


@planted("out-of-bounds", "x", 1000, space="global")
def bounds_tail() -> Launch:
    return _vector("gelu", 1002, 64, threads=251)


@planted("out-of-bounds", "x", (-3, -2, -1), space="global")
def bounds_negative() -> Launch:
    return _vector("moving_average", 100, 64)


@planted("out-of-bounds", "A", range(400, 640), space="global")
def bounds_matrix_edge() -> Launch:
    A, B, C = (f32(np.ones((20, 20))) for _ in "ABC")
    return Launch("matmul", (2, 2), (16, 16), (A, B, C, *map(np.int32, (20, 20, 20))))


@planted("out-of-bounds", "table", range(50 * 48, 51 * 48), space="global")
def bounds_embedding() -> Launch:
    tokens = np.array([3, 49, 50, 0], np.int32)
    args = (f32(np.ones((50, 48))), tokens, f32(np.zeros((4, 48))), np.int32(48))
    return Launch("embed", 4, 32, args)


@planted("out-of-bounds", "bins", 10, space="global")
def bounds_histogram() -> Launch:
    x = f32(np.linspace(0, 1, 101))
    args = (x, np.zeros(10, np.int32), np.int32(10), np.int32(101))
    return Launch("fill_bins", 2, 64, args)


@planted("out-of-bounds", "tile", (66, 67), space="shared")
def bounds_shared_tile() -> Launch:
    return _vector("stencil", 100, 64)


@planted("out-of-bounds", "tile", 32, space="shared")
def bounds_shared_row() -> Launch:
    x = f32(np.arange(64 * 64).reshape(64, 64))
    return Launch("transpose", (2, 2), (32, 8), (x, np.zeros_like(x), np.int32(64)))


@planted("out-of-bounds", "buffer", 128, space="shared")
def bounds_shared_dynamic() -> Launch:
    args = (f32(np.arange(300)), f32(np.zeros(299)), np.int32(300))
    return Launch("difference", 3, 128, args, shared_mem=4 * 128)


@planted("out-of-bounds", "best", 4, space="local")
def bounds_local() -> Launch:
    x = f32(np.sin(np.arange(10 * 30)).reshape(10, 30))
    return Launch("top_four", 1, 32, (x, f32(np.zeros((10, 4))), np.int32(10), np.int32(30)))


@planted("out-of-bounds", "weights", 8, space="constant", constants={"weights": f32(np.ones(8))})
def bounds_constant() -> Launch:
    return _vector("convolve", 100, 64)


@planted("uninitialized", "tile", 36, space="shared")
def uninitialized_tail() -> Launch:
    return Launch("block_max", 2, 64, (f32(np.ones(100)), f32([0, 0]), np.int32(100)))


@planted("uninitialized", "tile", 65, space="shared")
def uninitialized_halo() -> Launch:
    return _vector("blur", 100, 64)


@planted("uninitialized", "sums", range(4, 32), space="shared")
def uninitialized_warp_sums() -> Launch:
    return Launch("sum_of_block", 2, 128, (f32(np.ones(256)), f32([0, 0])))


@planted("uninitialized", "count", 0, space="shared")
def uninitialized_counter() -> Launch:
    args = (f32(np.ones(100)), np.zeros(2, np.int32), np.int32(100))
    return Launch("count_positive", 2, 64, args)


@planted("misaligned", "x", [7 * row for row in range(10) if row % 4], space="global")
def misaligned_row() -> Launch:
    args = (f32(np.ones((10, 7))), f32(np.zeros(10)), np.int32(10), np.int32(7))
    return Launch("row_sums", 1, 32, args)


@planted("misaligned", "smem", range(33, 33 + 4 * 33, 4), space="shared")
def misaligned_carving() -> Launch:
    args = (f32(np.ones(33)), f32(np.zeros(33)))
    return Launch("keep_positive", 1, 33, args, shared_mem=5 * 33)


@planted("const-write", "x", range(3 * 40), space="global")
def const_write() -> Launch:
    return Launch("normalize", 3, 32, (f32(np.ones((3, 40))), f32(np.zeros(3)), np.int32(40)))
