"""Sums, extremes and votes over blocks, warps and whole arrays."""

from __future__ import annotations

import numpy as np

from tests.simt.corpus.case import (
    ROUND,
    Launch,
    Output,
    Problem,
    blocks,
    normal,
    right,
    sum_bound,
)

SUM = "a sum of n terms in any order"
TREE = "a sum of n terms: its longest chain of additions"


@right()
def reduce_shared(rng: np.random.Generator, n: int) -> Problem:
    x, block = normal(rng, n), 64
    launches, outputs = [], []
    for step, span in enumerate((block, block, block, 2 * block)):
        grid = blocks(n, span)
        partial = np.zeros(grid, np.float32)
        padded = np.pad(x, (0, grid * span - n)).reshape(grid, span)
        args = (x, partial, np.uint32(n))
        launches.append(Launch(f"reduce{step}", grid, block, args, shared_mem=4 * block))
        outputs.append(
            Output(partial, padded.astype(np.float64).sum(1), sum_bound(padded, 1, depth=7), TREE)
        )
    return Problem(tuple(launches), tuple(outputs))


UNROLLED = {"float": 32, "int": 128, "double": 512}


@right(names=tuple(f"reduce_unrolled<{t}, {b}>" for t, b in UNROLLED.items()))
def reduce_unrolled(rng: np.random.Generator, n: int) -> Problem:
    launches, outputs = [], []
    for name, block in UNROLLED.items():
        dtype = {"float": np.float32, "int": np.int32, "double": np.float64}[name]
        x, partial = rng.integers(-99, 99, n).astype(dtype), np.zeros(2, dtype)
        mine = np.arange(n) // block % 2 == 0  # blocks of the grid take stretches in turn
        want = np.array([x[mine].sum(), x[~mine].sum()])
        entry = f"reduce_unrolled<{name}, {block}>"
        launches.append(Launch(entry, 2, block, (x, partial, np.uint32(n))))
        outputs.append(Output(partial, want, why="whole numbers: every sum is exact"))
    return Problem(tuple(launches), tuple(outputs))


@right()
def reduce_two_stage(rng: np.random.Generator, n: int) -> Problem:
    x, partial, total = normal(rng, n), np.zeros(3, np.float32), np.zeros(1, np.float32)
    first = Launch("reduce_two_stage", 3, 96, (x, partial, np.int32(n)))
    second = Launch("reduce_two_stage", 1, 64, (partial, total, np.int32(3)))
    bound = sum_bound(x, depth=n / 288 + 1 + 5 + 5 + 3)
    output = Output(total, x.astype(np.float64).sum(), bound, TREE)
    return Problem((first, second), (output,))


@right()
def reduce_atomic(rng: np.random.Generator, n: int) -> Problem:
    x, out = normal(rng, n), np.zeros(2, np.float32)
    exact = x.astype(np.float64)
    want = np.array([exact.sum(), (exact**2).sum()])
    bound = np.array([sum_bound(x), sum_bound(x**2)])
    return Problem(
        (Launch("reduce_atomic", 2, 64, (x, out, np.int32(n))),), (Output(out, want, bound, SUM),)
    )


@right()
def reduce_last_block(rng: np.random.Generator, n: int) -> Problem:
    x, grid = normal(rng, n), blocks(n, 128)
    partial, total, again = np.zeros(grid, "f4"), np.zeros(1, "f4"), np.zeros(1, "f4")
    launches = tuple(
        Launch("reduce_last_block", grid, 128, (x, partial, out, np.int32(n)))
        for out in (total, again)  # twice: the counter must be ready again
    )
    want = x.astype(np.float64).sum()
    bound = sum_bound(x, depth=7 + grid + 7)
    outputs = tuple(Output(out, want, bound, TREE) for out in (total, again))
    return Problem(launches, outputs)


@right(capability=80)
def reduce_groups(rng: np.random.Generator, n: int) -> Problem:
    x = rng.integers(-(10**6), 10**6, n).astype(np.int32)
    out = np.array([0, 2**31 - 1, -(2**31)], np.int32)
    launch = Launch("reduce_groups", 2, 96, (x, out, np.int32(n)))
    want = np.array([x.sum(dtype=np.int64), x.min(), x.max()])
    return Problem((launch,), (Output(out, want.astype(np.int32)),))


@right()
def dot_double(rng: np.random.Generator, n: int) -> Problem:
    x, y, out = rng.standard_normal(n), rng.standard_normal(n), np.zeros(2)
    terms = x.astype(np.longdouble) * y
    bound = float((n + 2) * 2.0**-53 * np.abs(terms).sum())
    launch = Launch("dot_double", 3, 96, (x, y, out, np.int32(n)))
    want = np.full(2, float(terms.sum()))
    return Problem((launch,), (Output(out, want, bound, SUM + ", in float64"),))


@right()
def extremes_atomic(rng: np.random.Generator, n: int) -> Problem:
    x = normal(rng, n) - (5 if n == 33 else 0)  # all negative at one of the sizes
    x[n // 2] = x.max()  # a tie, often
    greatest, key = np.full(2, -np.inf, np.float32), np.zeros(1, np.uint64)
    args = (x, greatest, key, np.int32(n))
    outputs = (
        Output(greatest, np.full(2, x.max())),
        Output(key, np.asarray(x.argmax()), view=lambda k: 0xFFFFFFFF - (k[0] & 0xFFFFFFFF)),
    )
    return Problem((Launch("extremes_atomic", blocks(n, 64), 64, args),), outputs)


@right()
def argmax_rows(rng: np.random.Generator, n: int) -> Problem:
    logits = rng.integers(-50, 50, (3, n)).astype(np.float32)  # with ties
    out = np.full(3, -1, np.int32)
    launch = Launch("argmax_rows", 3, 256, (logits, out, np.int32(n)))
    return Problem((launch,), (Output(out, logits.argmax(1)),))


@right(names=("top_k<1>", "top_k<5>"), sizes=(1, 4, 31, 33, 257))
def top_k(rng: np.random.Generator, n: int) -> Problem:
    rows = 3
    x = rng.permuted(np.tile(np.arange(n, dtype=np.float32), (rows, 1)), axis=1)
    launches, outputs = [], []
    for k in (1, 5):
        values, indices = np.zeros((rows, k), np.float32), np.zeros((rows, k), np.int32)
        order = np.argsort(-x, axis=1)[:, :k]
        missing = ((0, 0), (0, k - order.shape[1]))
        want = np.pad(np.take_along_axis(x, order, 1), missing, constant_values=-np.inf)
        args = (x, values, indices, np.int32(rows), np.int32(n))
        launches.append(Launch(f"top_k<{k}>", 2, (32, 2), args))
        outputs.append(Output(values, want))
        outputs.append(Output(indices, np.pad(order, missing, constant_values=-1)))
    return Problem(tuple(launches), tuple(outputs))


@right()
def block_votes(rng: np.random.Generator, n: int) -> Problem:
    x, block = rng.integers(-100, 100, n).astype(np.int32), 96
    grid, words = blocks(n, block), blocks(n, 32)
    counts, bits = np.zeros((grid, 3), np.int32), np.zeros(words, np.uint32)
    padded = np.pad(x, (0, grid * block - n)).reshape(grid, block)
    votes = np.stack([(padded > 0).sum(1), (padded < 90).all(1), (padded > 95).any(1)], axis=1)
    odd = np.pad(x & 1, (0, words * 32 - n)).reshape(words, 32)
    want_bits = (odd.astype(np.uint64) << np.arange(32, dtype=np.uint64)).sum(1)
    launch = Launch("block_votes", grid, block, (x, counts, bits, np.int32(n)))
    return Problem((launch,), (Output(counts, votes), Output(bits, want_bits)))


@right()
def welford(rng: np.random.Generator, n: int) -> Problem:
    rows = 5
    x = normal(rng, rows, n) + np.float32(3)
    mean, variance = np.zeros(rows, np.float32), np.zeros(rows, np.float32)
    exact = x.astype(np.float64)
    # each of the n / 32 + 5 updates rounds the running mean a few times
    bound = 8 * (n / 32 + 6) * ROUND * np.abs(exact).max(1)
    spread = 2 * np.abs(exact - exact.mean(1, keepdims=True)).mean(1) + exact.var(1)
    outputs = (
        Output(mean, exact.mean(1), bound, "n / 32 + 5 updates, a few roundings each"),
        Output(variance, exact.var(1), bound * spread, "the mean's error times the spread"),
    )
    args = (x, mean, variance, np.int32(rows), np.int32(n))
    return Problem((Launch("welford", blocks(rows * 32, 128), 128, args),), outputs)
