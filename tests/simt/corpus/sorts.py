"""Sorting, merging, tables, graphs, strings: integers, therefore exact."""

from __future__ import annotations

import numpy as np

from tests.simt.corpus.case import (
    ROUND,
    Array,
    Launch,
    Output,
    Problem,
    blocks,
    normal,
    right,
    sum_bound,
)


@right(sizes=(1, 2, 31, 33, 257))
def bitonic_sort(rng: np.random.Generator, n: int) -> Problem:
    keys = rng.permutation(10 * n)[:n].astype(np.uint32)
    values = rng.integers(0, 2**32, n).astype(np.uint32)
    order, size = np.argsort(keys), max(2, 1 << (n - 1).bit_length())
    outputs = (Output(keys, keys[order]), Output(values, values[order]))
    args = (keys, values, np.uint32(n), np.uint32(size))
    return Problem((Launch("bitonic_sort", 1, size // 2, args, shared_mem=8 * size),), outputs)


@right(sizes=(1, 2, 31, 33, 100))
def odd_even_sort(rng: np.random.Generator, n: int) -> Problem:
    data = normal(rng, n)
    launch = Launch("odd_even_sort", 1, 24, (data, np.int32(n)), shared_mem=4 * n)
    return Problem((launch,), (Output(data, np.sort(data)),))


@right()
def radix_sort(rng: np.random.Generator, n: int) -> Problem:
    keys = rng.integers(0, 4096, n).astype(np.uint32)
    start, grid, launches = keys.copy(), blocks(n, 64), []
    for shift in (0, 4, 8):
        out, counts = np.zeros_like(keys), np.zeros((16, grid), np.int32)
        rest = (np.int32(shift), np.int32(n))
        launches += [
            Launch("radix_count", grid, 64, (keys, counts, *rest)),
            Launch("radix_scan", 1, 32, (counts, np.int32(counts.size))),
            Launch("radix_scatter", grid, 64, (keys, out, counts, *rest)),
        ]
        keys = out
    return Problem(tuple(launches), (Output(keys, np.sort(start)),))


@right(sizes=((1, 1), (33, 2), (100, 257)))
def merge_path(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    a, b = (np.sort(rng.integers(0, 99, n).astype(np.int32)) for n in size)
    out = np.zeros(sum(size), np.int32)
    args = (a, np.int32(len(a)), b, np.int32(len(b)), out)
    launch = Launch("merge_path", blocks(len(out), 32 * 5), 32, args)
    return Problem((launch,), (Output(out, np.sort(np.concatenate([a, b]))),))


@right()
def hash_table(rng: np.random.Generator, n: int) -> Problem:
    keys = rng.integers(0, n, n).astype(np.uint32)
    values = rng.integers(0, 99, n).astype(np.int32)
    capacity = 1 << (2 * n).bit_length()
    table_keys = np.full(capacity, 2**32 - 1, np.uint32)
    table_values = np.zeros(capacity, np.int32)
    queries, found = np.arange(n, dtype=np.uint32), np.zeros(n, np.int32)
    table = (table_keys, table_values, np.uint32(capacity))
    sums = np.bincount(keys, weights=values, minlength=n)
    want = np.where(np.bincount(keys, minlength=n) > 0, sums, -1)
    launches = (
        Launch("hash_insert", blocks(n, 64), 64, (*table, keys, values, np.int32(n))),
        Launch("hash_lookup", blocks(n, 64), 64, (*table, queries, found, np.int32(n))),
    )
    return Problem(launches, (Output(found, want),))


@right(sizes=((1, 1), (31, 40), (70, 33)))
def edit_distance(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    m, n = size
    a, b = (rng.integers(97, 101, k).astype(np.int8) for k in size)
    out = np.zeros(1, np.int32)
    row = list(range(n + 1))
    for i in range(m):
        above, row = row, [i + 1]
        for j in range(n):
            change = above[j] + int(a[i] != b[j])
            row.append(min(above[j + 1] + 1, row[-1] + 1, change))
    args = (a, np.int32(m), b, np.int32(n), out)
    launch = Launch("edit_distance", 1, m + 1, args, shared_mem=12 * (m + 1))
    return Problem((launch,), (Output(out, np.asarray(row[-1])),))


@right(sizes=(2, 31, 33, 257))
def bfs_step(rng: np.random.Generator, n: int) -> Problem:
    degrees = rng.integers(0, 6, n)
    starts = np.concatenate([[0], degrees.cumsum()]).astype(np.int32)
    neighbors = rng.integers(0, n, max(1, starts[-1])).astype(np.int32)
    level = np.full(n, -1, np.int32)
    frontier = rng.permutation(n)[: max(1, n // 4)].astype(np.int32)
    level[frontier] = 2
    want = level.copy()
    edges = [neighbors[starts[v] : starts[v + 1]] for v in frontier]
    reached = np.unique(np.concatenate(edges))
    fresh = reached[level[reached] < 0]
    want[fresh] = 3
    following, count = np.full(n, -1, np.int32), np.zeros(1, np.int32)
    size = np.int32(len(frontier))
    args = (starts, neighbors, level, frontier, size, following, count, np.int32(3))
    listed = np.sort(np.concatenate([fresh, np.full(n - len(fresh), -1)]))
    outputs = (
        Output(level, want),
        Output(following, listed, view=np.sort),
        Output(count, np.asarray(len(fresh))),
    )
    return Problem((Launch("bfs_step", 2, 32, args),), outputs)


@right(sizes=(1, 5, 19))
def floyd_warshall(rng: np.random.Generator, n: int) -> Problem:
    far = 10**8
    near = np.where(rng.random((n, n)) < 0.3, rng.integers(1, 50, (n, n)), far).astype(np.int32)
    np.fill_diagonal(near, 0)
    want = near.astype(np.int64)
    for _ in range(max(1, (n - 1).bit_length())):  # squaring in the (min, +) algebra
        want = (want[:, :, None] + want[None]).min(1)
    grid = (blocks(n, 16), blocks(n, 4))
    launches = tuple(
        Launch("floyd_warshall", grid, (16, 4), (near, np.int32(k), np.int32(n))) for k in range(n)
    )
    return Problem(launches, (Output(near, np.minimum(want, far)),))


def csr(dense: Array) -> tuple[Array, Array, Array]:
    counts = np.count_nonzero(dense, axis=1)
    starts = np.concatenate([[0], counts.cumsum()]).astype(np.int32)
    columns = np.nonzero(dense)[1].astype(np.int32)
    return starts, columns, dense[dense != 0]


@right(sizes=((1, 1), (31, 70), (50, 33)))
def spmv_csr(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    rows, columns = size
    dense = np.where(rng.random(size) < 0.3, normal(rng, rows, columns), 0).astype(np.float32)
    dense[0, 0] = 1
    x, y = normal(rng, columns), normal(rng, rows)
    scalar, vector = y.copy(), y.copy()
    want = y + dense.astype(np.float64) @ x
    bound = sum_bound(dense * x, axis=1, extra=6) + ROUND * np.abs(want)
    launches = tuple(
        Launch(f"spmv_csr_{name}", grid, 64, (np.int32(rows), *csr(dense), x, out))
        for name, grid, out in (
            ("scalar", blocks(rows, 64), scalar),
            ("vector", blocks(rows, 2), vector),
        )
    )
    why = "a sum of products in any order"
    return Problem(launches, tuple(Output(out, want, bound, why) for out in (scalar, vector)))


@right(sizes=(2, 4, 64, 512))
def fft_shared(rng: np.random.Generator, n: int) -> Problem:
    x, out = normal(rng, 2, n, 2), np.zeros((2, n, 2), np.float32)
    signal = x[..., 0] + 1j * x[..., 1].astype(np.float64)
    want = np.fft.fft(signal)
    bound = 8 * np.log2(n) * ROUND * np.abs(signal).sum(1)
    launch = Launch("fft_shared", 2, n // 2, (x, out, np.int32(n)), shared_mem=8 * n)
    both = np.stack([want.real, want.imag], axis=-1)
    why = "log2 n stages of a rotation and a sum"
    return Problem((launch,), (Output(out, both, bound[:, None, None], why),))
