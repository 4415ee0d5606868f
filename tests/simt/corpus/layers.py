"""Layers of a transformer: softmax, normalization, loss, embedding."""

from __future__ import annotations

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
    sum_bound,
)

EXP = "exp's ulps and its argument's rounding, then a sum of n"


def softmax(scores: Array) -> tuple[Array, Array]:
    """Softmax of rows in float64, and the relative error of float32 ones with approximate exp."""
    shifted = scores.astype(np.float64) - scores.max(-1, keepdims=True)
    weights = np.exp(shifted)
    finite = np.where(np.isfinite(shifted), shifted, 0)
    relative = ROUND * (scores.shape[-1] + 40 + 8 * np.abs(finite).max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True), relative


@right()
def softmax_block(rng: np.random.Generator, n: int) -> Problem:
    x, out = 3 * normal(rng, 3, n), np.zeros((3, n), np.float32)
    x[1] += 1000  # overflows unless the maximum is subtracted
    want, relative = softmax(x)
    launch = Launch("softmax_block", 3, 96, (x, out, np.int32(n)), shared_mem=4 * (n + 33))
    return Problem((launch,), (Output(out, want, relative * want, EXP),))


@right()
def softmax_online(rng: np.random.Generator, n: int) -> Problem:
    x, out = 3 * normal(rng, 3, n), np.zeros((3, n), np.float32)
    x[1] += 1000
    want, relative = softmax(x)
    launch = Launch("softmax_online", 3, 128, (x, out, np.int32(n)))
    return Problem((launch,), (Output(out, want, relative * want, EXP),))


@right(sizes=((1, 1), (2, 33), (1, 65)))
def softmax_warp(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    heads, T = size
    x, out = normal(rng, heads, T, T), np.zeros((heads, T, T), np.float32)
    want, relative = softmax(np.where(np.tri(T, dtype=bool), 0.25 * x, -np.inf))
    args = (out, x, np.float32(0.25), np.int32(heads * T), np.int32(T))
    launch = Launch("softmax_warp", blocks(heads * T, 4), (32, 4), args)
    return Problem((launch,), (Output(out, want, relative * want, EXP),))


@right(sizes=((1, 1), (5, 31), (9, 96)))
def layernorm(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    N, C = size
    x, weight, bias = normal(rng, N, C), normal(rng, C), normal(rng, C)
    out, mean, rstd = np.zeros((N, C), "f4"), np.zeros(N, "f4"), np.zeros(N, "f4")
    norm, center, scale = normalized(x)
    chain = (C / 32 + 8) * ROUND  # a lane's additions, then across the warp
    e_mean = chain * np.abs(x).mean(1, keepdims=True)
    e_norm = scale * e_mean + (chain + 3 * ROUND) * np.abs(norm) + ROUND
    args = (out, mean, rstd, x, weight, bias, np.int32(N), np.int32(C))
    why = "the warp's sums, and what follows from them"
    off = (scale * e_mean) ** 2 + chain
    bound = np.abs(weight) * e_norm + 2 * ROUND * (np.abs(norm * weight) + np.abs(bias))
    outputs = (
        Output(mean, center[:, 0], e_mean[:, 0], why),
        Output(rstd, scale[:, 0], (scale * off)[:, 0], why),
        Output(out, norm * weight + bias, bound, why),
    )
    forward = Launch("layernorm_forward", blocks(N, 4), (32, 4), args)
    backward, gradients = layernorm_backward(rng, x, weight)
    return Problem((forward, backward), (*outputs, *gradients))


def normalized(x: Array) -> tuple[Array, Array, Array]:
    """Rows of mean 0 and variance 1 in float64, their means and inverse deviations."""
    exact = x.astype(np.float64)
    center = exact.mean(1, keepdims=True)
    scale = 1 / np.sqrt(exact.var(1, keepdims=True) + 1e-5)
    return (exact - center) * scale, center, scale


def layernorm_backward(
    rng: np.random.Generator, x: Array, weight: Array
) -> tuple[Launch, tuple[Output, ...]]:
    N, C = x.shape
    g, dx = normal(rng, N, C), normal(rng, N, C)
    dweight, dbias = np.zeros(C, np.float32), np.zeros(C, np.float32)
    norm, center, scale = normalized(x)
    dnorm = weight.astype(np.float64) * g
    first, second = dnorm.mean(1, keepdims=True), (dnorm * norm).mean(1, keepdims=True)
    want = dx + (dnorm - first - norm * second) * scale
    # mean and rstd arrive rounded to float32
    e_norm = ROUND * (scale * np.abs(center) + 3 * np.abs(norm))
    chain = (C / 32 + 8) * ROUND
    e_first = chain * np.abs(dnorm).mean(1, keepdims=True)
    e_second = chain * np.abs(dnorm * norm).mean(1, keepdims=True)
    e_second += (np.abs(dnorm) * e_norm).mean(1, keepdims=True)
    inner = np.abs(dnorm) + np.abs(first) + np.abs(norm * second)
    error = e_first + np.abs(norm) * e_second + e_norm * np.abs(second) + 5 * ROUND * inner
    args = (dx, dweight, dbias, g, x, weight, f32(center[:, 0]), f32(scale[:, 0]))
    why = "sums over the row, and what follows from them"
    outputs = (
        Output(dx, want, scale * error + ROUND * np.abs(want), why),
        Output(dbias, g.sum(0, dtype=float), sum_bound(g, axis=0), "a sum of N in any order"),
        Output(
            dweight,
            (norm * g).sum(0),
            sum_bound(norm * g, axis=0) + (e_norm * np.abs(g)).sum(0),
            "a sum of N in any order",
        ),
    )
    sizes = (np.int32(N), np.int32(C))
    return Launch("layernorm_backward", 2, 64, (*args, *sizes), shared_mem=8 * C), outputs


@right(sizes=((1, 2), (3, 34), (2, 514)), capability=80)
def rmsnorm(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    rows, C = size
    x, weight, y = bf16_bits(normal(rng, rows, C)), bf16_bits(normal(rng, C)), np.zeros(size, "u2")
    inverse = np.zeros(rows, np.float32)
    u, w, g = bf16_values(x), bf16_values(weight), normal(rng, rows, C)
    scale = 1 / np.sqrt((u**2).mean(1, keepdims=True) + 1e-6)
    dx, dweight = np.zeros(size, np.float32), np.zeros(C, np.float32)
    given = f32(scale[:, 0])
    gw = g * w
    dot = (gw * u).sum(1, keepdims=True) * scale**2 / C
    spread = np.abs(gw * u).sum(1, keepdims=True) * scale**2 / C
    relative = (C + 10) * ROUND
    launches = (
        Launch(
            "rmsnorm_forward", rows, 128, (x, weight, y, inverse, np.float32(1e-6), np.int32(C))
        ),
        Launch("rmsnorm_backward", rows, 128, (g, f32(u), f32(w), given, dx, np.int32(C))),
        Launch("rmsnorm_weight", 2, 257, (g, f32(u), given, dweight, np.int32(rows), np.int32(C))),
    )
    normed = np.abs(u * scale * w)
    outputs = (
        Output(inverse, scale[:, 0], relative * scale[:, 0], "a sum of C squares"),
        Output(y, u * scale * w, (1.01 * ROUND_BF16 + relative) * normed, "bfloat16", bf16_values),
        Output(
            dx, scale * (gw - u * dot), relative * scale * (np.abs(gw) + np.abs(u) * spread), "sums"
        ),
        Output(dweight, (g * u * scale).sum(0), sum_bound(g * u * scale, 0, extra=4), "a sum"),
    )
    return Problem(launches, outputs)


@right()
def cross_entropy(rng: np.random.Generator, n: int) -> Problem:
    logits, losses = 3 * normal(rng, 4, n), np.zeros(4, np.float32)
    targets, dloss = rng.integers(0, n, 4).astype(np.int32), np.float32(0.25)
    probability, relative = softmax(logits)
    hit = np.eye(n)[targets]
    want = -np.log(probability[np.arange(4), targets])
    size = np.abs(logits).max(1, keepdims=True)
    error = relative + 8 * ROUND * (1 + size + np.log(n))
    outputs = (
        Output(losses, want, error[:, 0], "log of the sum, minus a logit"),
        Output(logits, (probability - hit) * 0.25, error * probability + ROUND * hit, EXP),
    )
    launch = Launch("cross_entropy", 4, 128, (logits, losses, targets, dloss, np.int32(n)))
    return Problem((launch,), outputs)


@right(sizes=((1, 4), (33, 12), (70, 8)))
def embedding(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    T, C = size
    V = 10
    tokens = rng.integers(0, V, T).astype(np.int32)
    wte, wpe, g = normal(rng, V, C), normal(rng, T, C), normal(rng, T, C)
    out, dwte = np.zeros((T, C), np.float32), np.zeros((V, C), np.float32)
    want = wte[tokens].astype(np.float64) + wpe
    scattered, reach = np.zeros((V, C)), np.zeros((V, C))
    np.add.at(scattered, tokens, g)
    np.add.at(reach, tokens, np.abs(g))
    launches = (
        Launch(
            "embedding_forward",
            blocks(T * C // 4, 32),
            32,
            (out, tokens, wte, wpe, np.int32(T), np.int32(C // 4)),
        ),
        Launch(
            "embedding_backward", blocks(T * C, 64), 64, (dwte, g, tokens, np.int32(T), np.int32(C))
        ),
    )
    outputs = (
        Output(out, want, ROUND * np.abs(want), "one sum"),
        Output(dwte, scattered, T * ROUND * reach, "a sum of at most T in any order"),
    )
    return Problem(launches, outputs)


@right(sizes=((1, 8), (5, 24), (33, 40)))
def packed128(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    rows, C = size
    a, b, g = (bf16_bits(normal(rng, rows, C)) for _ in range(3))
    out, dbias = np.zeros(size, np.uint16), np.zeros(C, np.float32)
    want, gradient = bf16_values(a) + bf16_values(b), bf16_values(g)
    packs = np.int32(rows * C // 8)
    backward = (dbias, g, np.int32(rows), np.int32(C))
    launches = (
        Launch("residual_forward", blocks(rows * C // 8, 32), 32, (out, a, b, packs)),
        Launch("bias_backward", 2, 64, backward, shared_mem=4 * C),
    )
    outputs = (
        Output(out, want, 1.01 * ROUND_BF16 * np.abs(want), "rounded to bfloat16", bf16_values),
        Output(dbias, gradient.sum(0), sum_bound(gradient, axis=0), "a sum in any order"),
    )
    return Problem(launches, outputs)


@right()
def half_atomics(rng: np.random.Generator, n: int) -> Problem:
    rows = rng.integers(0, 10, n).astype(np.int32)
    h, b = np.zeros((10, 2), np.float16), np.zeros((10, 2), np.uint16)
    x, out = normal(rng, n).astype(np.float16), np.zeros((n, 6), np.float16)
    counts, v = np.bincount(rows, minlength=10), x.astype(np.float64)
    exact = [
        np.where(v > 1, -v, np.abs(v)),
        np.minimum(v, 1) + np.maximum(v, -1),
        v * v + 1,
        1 / (np.abs(v) + 1).astype(np.float16).astype(np.float64),
        np.sqrt(np.abs(v)),
        v / 3,
    ]
    want = np.stack(exact, axis=1)
    launches = (
        Launch("scatter_pairs", blocks(n, 64), 64, (h, b, rows, np.int32(n))),
        Launch("half_functions", blocks(n, 64), 64, (x, out, np.int32(n))),
    )
    ulps = np.array([0, 1.01, 1.01, 2.02, 2.02, 2.02]) * ROUND_HALF
    outputs = (
        Output(h, counts[:, None] * [1, 0.5], why="small whole numbers and halves: exact"),
        Output(b, counts[:, None] * [1, 2], why="as above", view=bf16_values),
        Output(out, want, ulps * np.abs(want) + 2.0**-25, "one rounding, one ulp for functions"),
    )
    return Problem(launches, outputs)
