"""What a warp, a block and a grid can do: locks, barriers, copies in flight, odd instructions."""

from __future__ import annotations

import numpy as np

from tests.simt.corpus.case import (
    ROUND,
    Array,
    Launch,
    Output,
    Problem,
    blocks,
    f32,
    normal,
    right,
)


@right()
def spin_lock(rng: np.random.Generator, n: int) -> Problem:
    x, mutex = normal(rng, n), np.zeros(1, np.int32)
    total, greatest, done = np.zeros(1), np.zeros(1, np.float32), np.zeros(1, np.int32)
    exact, grid = x.astype(np.float64), blocks(n, 64)
    outputs = (
        Output(total, exact.sum(), 1e-12 * np.abs(exact).sum(), "float64 sums in any order"),
        Output(greatest, max(0.0, x.max()) * np.ones(1)),
        Output(done, np.asarray(grid)),
    )
    args = (mutex, x, total, greatest, done, np.int32(n))
    return Problem((Launch("spin_lock", grid, 64, args),), outputs)


@right()
def named_barriers(rng: np.random.Generator, n: int) -> Problem:
    x, out = normal(rng, 2, n), np.zeros((2, n), np.float32)
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, -n % 64))).reshape(2, -1, 64)
    want = (padded - padded[..., ::-1]).reshape(2, -1)[:, :n]
    launch = Launch("named_barriers", 2, 96, (x, out, np.int32(n)))
    return Problem((launch,), (Output(out, want, ROUND * np.abs(want), "one difference"),))


@right(sizes=(1, 2, 3, 8), capability=80)
def mbarrier_pipeline(rng: np.random.Generator, chunks: int) -> Problem:
    x = rng.integers(-999, 999, (chunks, 32)).astype(np.int32)
    out = np.zeros_like(x)
    want = np.roll(2 * x, -1, axis=1).cumsum(0)
    launch = Launch("mbarrier_pipeline", 1, 64, (x, out, np.int32(chunks)))
    return Problem((launch,), (Output(out, want),))


@right(sizes=(1, 3, 4, 9), capability=80)
def async_copy(rng: np.random.Generator, stages: int) -> Problem:
    x, out = normal(rng, 2, stages, 4, 32), np.zeros(2, np.float32)
    terms = x.astype(np.float64) * np.arange(1, 5)[:, None]
    bound = (4 * stages + 7) * ROUND * np.abs(terms).sum((1, 2, 3))
    launch = Launch("async_copy", 2, 32, (x, out, np.int32(stages)))
    why = "sums of 4 * stages, then across the warp"
    return Problem((launch,), (Output(out, terms.sum((1, 2, 3)), bound, why),))


@right(sizes=((1, 1), (5, 33), (3, 100)))
def dynamic_shared_carved(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    rows, columns = size
    x = normal(rng, rows, columns)
    means, above = np.zeros(columns), np.zeros(columns, np.int32)
    exact = x.astype(np.float64)
    launch = Launch(
        "dynamic_shared_carved",
        blocks(columns, 32),
        32,
        (x, means, above, np.int32(rows), np.int32(columns)),
        shared_mem=32 * (8 + 4 * rows + 2),
    )
    starts = np.arange(columns) // 32 * 32
    mirrored = starts + np.minimum(columns - starts, 32) - 1 - np.arange(columns) % 32
    outputs = (
        Output(means, exact.mean(0)[mirrored], 1e-14, "float64"),
        Output(above, (exact > exact.mean(0)).sum(0)[mirrored]),
    )
    return Problem((launch,), outputs)


@right()
def atomics_all(rng: np.random.Generator, n: int) -> Problem:
    x = rng.integers(0, 2**32, n).astype(np.uint32)
    words = np.array([0, 0, 2**32 - 1, 0, 0, 0, 0, 0], np.uint32)
    longs, least, last = np.zeros(6, np.uint64), np.zeros(1, np.int64), np.full(1, -1, np.int32)
    wide = x.astype(np.uint64) << np.uint64(8)
    total = int(x.astype(np.uint64).sum())
    want_words = [
        total % 2**32,
        -total % 2**32,
        np.bitwise_and.reduce(x | 0xFF),
        np.bitwise_or.reduce(x),
        np.bitwise_xor.reduce(x),
        n % 7,
        -n % 7,
        x.max(),
    ]
    sums = int(wide.sum())
    want_longs = [sums, wide.max(), np.bitwise_xor.reduce(wide), sums, np.bitwise_or.reduce(x), n]
    outputs = (
        Output(words, np.array(want_words, np.int64)),
        Output(longs, np.array(want_longs, np.uint64)),
        Output(least, -np.asarray(int(wide.max()))),
        Output(last, np.asarray(n - 1)),
    )
    launch = Launch("atomics_all", blocks(n, 96), 96, (words, longs, least, last, x, np.int32(n)))
    return Problem((launch,), outputs)


@right(sizes=(1, 33, 70))
def adaptive_quadrature(rng: np.random.Generator, n: int) -> Problem:
    bounds = f32(rng.uniform(0.1, 20, n))
    out, calls = np.zeros(n, np.float32), np.zeros(1, np.int32)
    nodes, weights = np.polynomial.legendre.leggauss(64)
    points = np.outer(bounds.astype(np.float64), (nodes + 1) / 2)
    want = (np.sin(points) / points) @ weights * bounds / 2
    outputs = (
        Output(out, want, 1.5e-5, "some 20 intervals, each accepted within 1e-5 / 15"),
        Output(calls, np.ones(1), view=lambda most: (most >= 1) & (most < 2**9)),
    )
    launch = Launch("adaptive_quadrature", blocks(n, 32), 32, (bounds, out, calls, np.int32(n)))
    return Problem((launch,), outputs)


@right(sizes=(1, 33, 257))
def print_and_assert(rng: np.random.Generator, n: int) -> Problem:
    x, out = rng.integers(0, 99, n).astype(np.int32), np.zeros(n, np.int32)
    launch = Launch("print_and_assert", blocks(n, 128), 128, (x, out, np.int32(n)))
    return Problem((launch,), (Output(out, 3 * x + 1),))


@right(sizes=(1, 33))
def clock_cycles(rng: np.random.Generator, n: int) -> Problem:
    out, cycles, order = np.zeros(n, np.float32), np.full(n, -1), np.zeros(n, np.int32)
    outputs = (
        Output(out, np.full(n, 2.0), 4 * ROUND, "halved towards 2, a hundred times"),
        Output(cycles, np.ones(n), view=lambda c: c >= 0),
        Output(order, np.ones(n)),
    )
    launch = Launch("clock_cycles", blocks(n, 32), 32, (out, cycles, order, np.int32(n)))
    return Problem((launch,), outputs)


@right(sizes=(1, 3), capability=80)
def warp_intrinsics(rng: np.random.Generator, rows: int) -> Problem:
    x = rng.integers(-50, 50, (rows, 32)).astype(np.int32)
    out, masks = np.zeros((rows, 8, 32), np.int32), np.zeros((rows, 4, 32), np.uint32)
    lane = np.arange(32)
    third = lane % 3 == 0
    part_xor = np.bitwise_xor.reduce(x[:, third].astype(np.uint32), axis=1)
    want = np.stack(
        [
            x[:, (lane + 5) % 32],
            x[:, lane // 8 * 8 + (lane + 3) % 8],
            x[:, np.where(lane % 16 < 2, lane, lane - 2)],
            x[:, np.where(lane % 4 + 3 > 3, lane, lane + 3)],
            x[:, lane ^ 9],
            np.repeat(x.sum(1, keepdims=True), 32, 1),
            np.repeat(x.min(1, keepdims=True), 32, 1),
            np.where(third, x[:, third].max(1, keepdims=True) + 1, -1),
        ],
        axis=1,
    )
    same = (x[:, :, None] & 3) == (x[:, None] & 3)
    bit = np.uint64(1) << lane.astype(np.uint64)
    want_masks = np.stack(
        [
            (same * bit).sum(2),
            np.full((rows, 32), 2**32 - 1, np.uint64),
            np.repeat(((x > 0) * bit).sum(1, keepdims=True), 32, 1),
            np.where(third, part_xor[:, None], 1).astype(np.uint64),
        ],
        axis=1,
    )
    launch = Launch("warp_intrinsics", rows, 32, (x, out, masks))
    return Problem((launch,), (Output(out, want), Output(masks, want_masks)))


@right(sizes=(1, 3), capability=80)
def tile_groups(rng: np.random.Generator, rows: int) -> Problem:
    x = rng.integers(-50, 50, 64 * rows).astype(np.int32)
    eights, warps = x.reshape(-1, 8), x.reshape(-1, 32) > 0
    members = np.where(warps, warps.sum(1, keepdims=True), (~warps).sum(1, keepdims=True))
    rank = np.where(warps, warps.cumsum(1), (~warps).cumsum(1)) - 1
    want = [
        np.repeat(eights.sum(1), 8),
        np.repeat(eights.max(1), 8),
        x.reshape(-1, 4).cumsum(1).ravel(),
        (members * 100 + rank).ravel(),
    ]
    out = np.full((4, x.size), -1, np.int32)
    return Problem((Launch("tile_groups", rows, 64, (x, out)),), (Output(out, np.stack(want)),))


def signed(value: int, bits: int = 32) -> int:
    return (value + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)


def bit_answers(x: int, y: int) -> list[int]:
    """What bit_tricks computes, in Python's integers."""
    shift, pair = y & 31, x | y << 32
    by_bytes = pair.to_bytes(8, "little")
    permuted = int.from_bytes(bytes(by_bytes[i] for i in (5, 1, 7, 3)), "little")
    funnel = (y << 32 | x) << shift >> 32 & (2**32 - 1)
    whole = x << 32 | y
    shifted = x << 20
    first = (shifted & -shifted).bit_length()
    leading = 64 - y.bit_length()
    low24 = signed(x % 2**24, 24)
    return [
        (x ^ y).bit_count(),
        32 - x.bit_length(),
        (x & -x).bit_length(),
        int(f"{x:032b}"[::-1], 2),
        funnel,
        permuted,
        abs(x - y) + 7,
        x * y >> 32,
        whole.bit_count() + leading + first,
        low24 * 3 + (signed(x) + signed(y) >> 1),
    ]


@right()
def bit_tricks(rng: np.random.Generator, n: int) -> Problem:
    special = np.array([0, 1, 2**31, 2**32 - 1], np.uint32)
    a, b = (rng.integers(0, 2**32, n).astype(np.uint32) for _ in range(2))
    a[: min(4, n)], b[-min(4, n) :] = special[:n], special[:n]
    out = np.zeros((n, 10), np.int32)
    answers = [bit_answers(int(x), int(y)) for x, y in zip(a, b, strict=True)]
    want: Array = np.array([[signed(v) for v in row] for row in answers])
    launch = Launch("bit_tricks", blocks(n, 64), 64, (a, b, out, np.int32(n)))
    return Problem((launch,), (Output(out, want),))
