"""Prefix sums, what is built on them, and counting by key."""

from __future__ import annotations

import numpy as np

from tests.simt.corpus.case import Launch, Output, Problem, blocks, normal, right, sum_bound


@right(sizes=(1, 2, 31, 33, 257))
def scan_hillis_steele(rng: np.random.Generator, n: int) -> Problem:
    x = rng.integers(-1000, 1000, (2, n)).astype(np.int32)
    out = np.zeros_like(x)
    launch = Launch("scan_hillis_steele", 2, n, (x, out, np.int32(n)), shared_mem=8 * n)
    return Problem((launch,), (Output(out, x.cumsum(1)),))


@right()
def scan_blelloch(rng: np.random.Generator, n: int) -> Problem:
    x, out = normal(rng, n), np.zeros(n, np.float32)
    padded = max(2, 1 << (n - 1).bit_length())
    exact = x.astype(np.float64)
    args = (x, out, np.int32(n), np.int32(padded))
    launch = Launch("scan_blelloch", 1, padded // 2, args, shared_mem=4 * (padded + padded // 32))
    want, why = exact.cumsum() - exact, "sums up the tree and down again"
    bound = sum_bound(x, depth=2 * np.log2(padded))
    return Problem((launch,), (Output(out, want, bound, why),))


@right()
def scan_three_kernels(rng: np.random.Generator, n: int) -> Problem:
    x = rng.integers(-(2**31), 2**31, n).astype(np.int32)  # sums wrap around, as they should
    grid = blocks(n, 128)
    out, sums = np.zeros(n, np.int32), np.zeros(grid, np.int32)
    launches = (
        Launch("scan_blocks", grid, 128, (x, out, sums, np.int32(n))),
        Launch("scan_sums", 1, 1024, (sums, np.int32(grid))),
        Launch("add_offsets", grid, 128, (out, sums, np.int32(n))),
    )
    return Problem(launches, (Output(out, x.cumsum(dtype=np.int64).astype(np.int32)),))


@right()
def scan_lookback(rng: np.random.Generator, n: int) -> Problem:
    x = rng.integers(0, 2**20, n).astype(np.uint32)
    grid = blocks(n, 128)
    out, status, counter = np.zeros(n, "u4"), np.zeros(grid, "u8"), np.zeros(1, "u4")
    launch = Launch("scan_lookback", grid, 128, (x, out, status, counter, np.int32(n)))
    return Problem((launch,), (Output(out, x.cumsum(dtype=np.uint64)),))


@right()
def compact(rng: np.random.Generator, n: int) -> Problem:
    x = rng.integers(-99, 99, n).astype(np.int32)
    kept = x[x > 0]
    launches, outputs = [], []
    for kernel, grid, view in (
        ("compact_in_order", 1, np.asarray),
        ("compact_by_atomics", blocks(n, 96), np.sort),
    ):
        out, count = np.zeros(n, np.int32), np.zeros(1, np.int32)
        want = view(np.concatenate([kept, np.zeros(n - len(kept), np.int32)]))
        launches.append(Launch(kernel, grid, 96, (x, out, count, np.int32(n))))
        outputs += [Output(out, want, view=view), Output(count, np.asarray(len(kept)))]
    return Problem(tuple(launches), tuple(outputs))


@right()
def histogram(rng: np.random.Generator, n: int) -> Problem:
    data = np.minimum(rng.geometric(0.05, n), 255).astype(np.uint8)
    everywhere, privatized = np.zeros(256, np.uint32), np.zeros(256, np.uint32)
    size, want = np.int32(n), np.bincount(data, minlength=256)
    launches = (
        Launch("histogram_global", 2, 96, (data, everywhere, size)),
        Launch("histogram_privatized", 3, 64, (data, privatized, size)),
    )
    return Problem(launches, (Output(everywhere, want), Output(privatized, want)))


@right()
def histogram_match(rng: np.random.Generator, n: int) -> Problem:
    keys = np.sort(rng.integers(0, 10, n).astype(np.int32))
    counts, firsts = np.zeros(10, np.int32), np.full(10, 2**40)
    want_firsts = np.array(
        [np.flatnonzero(keys == k)[0] if k in keys else 2**40 for k in range(10)]
    )
    launch = Launch("histogram_match", blocks(n, 64), 64, (keys, counts, firsts, np.int32(n)))
    outputs = (Output(counts, np.bincount(keys, minlength=10)), Output(firsts, want_firsts))
    return Problem((launch,), outputs)


@right()
def coalesced_aggregate(rng: np.random.Generator, n: int) -> Problem:
    x = rng.integers(-99, 99, n).astype(np.int32)
    kept = np.sort(np.where(x > 0, x, 0))
    launches, outputs = [], []
    for kernel, grid in (("filter_groups", 2), ("filter_activemask", blocks(n, 48))):
        out, count = np.zeros(n, np.int32), np.zeros(1, np.int32)
        launches.append(Launch(kernel, grid, 48, (out, count, x, np.int32(n))))
        outputs += [
            Output(out, kept, view=np.sort),
            Output(count, np.asarray(np.count_nonzero(kept))),
        ]
    return Problem(tuple(launches), tuple(outputs))
