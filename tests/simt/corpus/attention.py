"""Attention: straight, tiled, decoding in stretches and from pages; and quantized weights."""

from __future__ import annotations

import numpy as np

from tests.simt.corpus.case import (
    ROUND,
    ROUND_HALF,
    Array,
    Launch,
    Output,
    Problem,
    blocks,
    f32,
    normal,
    right,
)

WHY = "the scores' rounding enters exp; sums of T"


def attention(
    q: Array,
    k: Array,
    v: Array,
    hidden: Array | None = None,
    *,
    depths: tuple[float, float] | None = None,
) -> tuple[Array, ...]:
    """Softmax attention of (…, T, D) in float64.

    ``depths`` are the longest chains of additions in a score and over the keys, else D and T.

    Returns:
        The output, its float32 bound in any order of sums, log-sum-exp and the weights.
    """
    q, k, v = (a.astype(np.float64) for a in (q, k, v))
    T, D = k.shape[-2:]
    D_chain, T_chain = depths or (D, T)
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(D)
    error = (D_chain + 4) * ROUND * (np.abs(q) @ np.abs(np.swapaxes(k, -1, -2))).max() / np.sqrt(D)
    visible = scores if hidden is None else np.where(hidden, -np.inf, scores)
    greatest = visible.max(-1, keepdims=True)
    weights = np.exp(visible - greatest)
    total = weights.sum(-1, keepdims=True)
    spread = np.ptp(scores, axis=-1).max()
    relative = 2 * error + ROUND * (4 * T_chain + 20 + 8 * spread)
    probability = weights / total
    log_sum = (greatest + np.log(total))[..., 0]
    return probability @ v, relative * (probability @ np.abs(v)), log_sum, probability, relative


def causal(T: int) -> Array:
    return ~np.tri(T, dtype=bool)


@right(sizes=((1, 1, 1, 4), (2, 9, 2, 8), (1, 33, 1, 6)))
def attention_naive(rng: np.random.Generator, size: tuple[int, int, int, int]) -> Problem:
    B, T, H, D = size
    packed = normal(rng, B, T, 3, H, D)
    q, k, v = (packed[:, :, i].transpose(0, 2, 1, 3) for i in range(3))
    out, bound, _, weights, relative = attention(q, k, v, causal(T))
    scores, probability = (np.zeros((B, H, T, T), np.float32) for _ in range(2))
    result, shape = np.zeros((B, T, H, D), np.float32), tuple(map(np.int32, (B, T, H, D)))
    launches = (
        Launch("attention_scores", blocks(B * H * T * T, 96), 96, (scores, packed, *shape)),
        Launch(
            "attention_softmax",
            blocks(B * H * T, 32),
            32,
            (probability, scores, np.int32(B * H * T), np.int32(T)),
        ),
        Launch(
            "attention_values",
            blocks(B * T * H * D, 64),
            64,
            (result, probability, packed, *shape),
        ),
    )
    outputs = (
        Output(probability, weights, relative * weights, WHY),
        Output(result, out.transpose(0, 2, 1, 3), bound.transpose(0, 2, 1, 3), WHY),
    )
    return Problem(launches, outputs)


FLASH = {"flash_forward<16, 32, 16>": 32, "flash_forward<32, 64, 8>": 64}


@right(sizes=((1, 1), (1, 33), (2, 70)), names=tuple(FLASH))
def flash_forward(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    heads, T = size
    launches, outputs = [], []
    for (name, rows), mask in zip(FLASH.items(), (True, False), strict=True):
        D = 16 if rows == 32 else 32
        q, k, v = (normal(rng, heads, T, D) for _ in range(3))
        out, log_sum = np.zeros_like(q), np.zeros((heads, T), np.float32)
        want, bound, want_log, _, relative = attention(q, k, v, causal(T) if mask else None)
        options = (np.int32(T), np.float32(D**-0.5), np.bool_(mask))
        launches.append(
            Launch(name, (blocks(T, rows), heads), rows, (q, k, v, out, log_sum, *options))
        )
        outputs.append(Output(out, want, bound, WHY))
        outputs.append(
            Output(log_sum, want_log, relative + 4 * ROUND * np.abs(want_log), "log of the sum")
        )
    return Problem(tuple(launches), tuple(outputs))


@right(sizes=((1, 1), (2, 33), (1, 64)))
def flash_wmma(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    heads, T = size
    q, k, v = (normal(rng, heads, T, 32).astype(np.float16) for _ in range(3))
    out = np.zeros((heads, T, 32), np.float32)
    want, bound, _, probability, _ = attention(q, k, v, causal(T))
    rounded = 1.01 * ROUND_HALF * (probability @ np.abs(v.astype(np.float64)))
    args = (q, k, v, out, np.int32(T), np.float32(32**-0.5))
    launch = Launch("flash_wmma", (blocks(T, 16), heads), 32, args)
    return Problem((launch,), (Output(out, want, bound + rounded, WHY + ", weights in half"),))


@right(sizes=((1, 1, 32), (3, 31, 32), (2, 257, 64)))
def flash_decode(rng: np.random.Generator, size: tuple[int, int, int]) -> Problem:
    H, S, D = size
    splits = 3  # with one key, two stretches have none
    q, k, v = normal(rng, H, D), normal(rng, S, H, D), normal(rng, S, H, D)
    partial, stats = np.zeros((H, splits, D), np.float32), np.zeros((H, splits, 2), np.float32)
    out = np.zeros((H, D), np.float32)
    depths = (5 + D / 32, S / splits + splits)
    want, bound, *_ = attention(q[:, None], k.swapaxes(0, 1), v.swapaxes(0, 1), depths=depths)
    split = Launch("flash_decode_split", (splits, H), D, (q, k, v, partial, stats, np.int32(S)))
    combine = Launch("flash_decode_combine", H, D, (partial, stats, out, np.int32(splits)))
    return Problem((split, combine), (Output(out, want[:, 0], bound[:, 0], WHY),))


@right(sizes=((1, 1, 1, 1), (2, 4, 2, 33), (3, 2, 1, 100)))
def paged_attention(rng: np.random.Generator, size: tuple[int, int, int, int]) -> Problem:
    B, H, K, longest = size
    D, pages = 24, B * blocks(longest, 16)
    cache = normal(rng, pages, 2, K, 16, D).astype(np.float16)
    table = rng.permutation(pages).reshape(B, -1).astype(np.int32)
    lengths = np.linspace(longest, max(1, longest // 3), B).astype(np.int32)
    q, out = normal(rng, B, H, D), np.zeros((B, H, D), np.float32)
    want, bound = np.zeros(out.shape), np.zeros(out.shape)
    for b in range(B):
        own = cache[table[b]].transpose(1, 2, 0, 3, 4).reshape(2, K, -1, D)[:, :, : lengths[b]]
        keys, values = np.repeat(own, H // K, axis=1)
        found, error, *_ = attention(q[b, :, None], keys, values)
        want[b], bound[b] = found[:, 0], error[:, 0]
    args = (q, cache, table, lengths, out, *map(np.int32, (K, D, table.shape[1])))
    launch = Launch("paged_attention", (B, H), 64, args, shared_mem=4 * (D + longest + 2))
    return Problem((launch,), (Output(out, want, bound, WHY),))


@right(sizes=((1, 4), (5, 36), (9, 1000)))
def quantize_dp4a(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    rows, K = size
    x = normal(rng, rows, K)
    x[-1] = 0  # a row without a scale
    quantized, scales = np.zeros((rows, K), np.int8), np.zeros(rows, np.float32)
    want_scales = np.abs(x).max(1, keepdims=True).astype(np.float64) / 127
    ratio = np.divide(x, want_scales, out=np.zeros(x.shape), where=want_scales > 0)
    undecided = np.abs(np.abs(ratio - np.floor(ratio)) - 0.5) < 1e-4
    W, activations = (rng.integers(-127, 128, s).astype(np.int8) for s in ((rows, K), (K,)))
    given, sums, y = f32(rng.random(rows)), np.zeros(rows, np.int32), np.zeros(rows, np.float32)
    dot = W.astype(int) @ activations.astype(int)
    want = dot * given.astype(np.float64) * float(np.float32(0.01))
    sizes = (np.int32(rows), np.int32(K // 4))
    launches = (
        Launch("quantize_rows", rows, 64, (x, quantized, scales, np.int32(K // 4))),
        Launch(
            "gemv_dp4a",
            blocks(rows, 4),
            (32, 4),
            (W.view("i4"), activations.view("i4"), given, np.float32(0.01), sums, y, *sizes),
        ),
    )
    outputs = (
        Output(scales, want_scales[:, 0], 2 * ROUND * want_scales[:, 0], "one quotient"),
        Output(quantized, np.rint(ratio), np.where(undecided, 1.0, 0.0), "exact but near halves"),
        Output(sums, dot),
        Output(y, want, 4 * ROUND * np.abs(want), "three roundings"),
    )
    return Problem(launches, outputs)


@right()
def dequantize_int4(rng: np.random.Generator, n: int) -> Problem:
    packed = rng.integers(0, 2**32, n).astype(np.uint32)
    scales = rng.uniform(0.01, 0.2, n).astype(np.float16)
    out = np.zeros((n, 8), np.float16)
    nibbles = (packed[:, None] >> (4 * np.arange(8, dtype=np.uint32))) & 15
    exact = (nibbles.astype(np.float64) - 8) * scales[:, None]
    launch = Launch("dequantize_int4", blocks(n, 64), 64, (packed, scales, out, np.int32(n)))
    return Problem((launch,), (Output(out, exact.astype(np.float16), why="one rounding to half"),))
