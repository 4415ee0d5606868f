"""Kernels of one thread an element, or nearly: arithmetic, activations, points, bodies."""

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
def saxpy_float4(rng: np.random.Generator, n: int) -> Problem:
    a, x, y = np.float32(1.7), normal(rng, n), normal(rng, n)
    product = float(a) * x.astype(np.float64)
    want = product + y
    bound = ROUND * (np.abs(product) + np.abs(want))
    launch = Launch("saxpy_float4", blocks(n, 4 * 64), 64, (a, x, y, np.int32(n)))
    return Problem((launch,), (Output(y, want, bound, "a product and a sum, fused or not"),))


@right(sizes=((0, 0), (0, 1), (3, 4), (1, 3), (5, 31), (2, 257), (7, 1000)))
def fill_ragged(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    begin, end = size
    out = rng.integers(0, 9, 1003, np.int32)
    want = out.copy()
    want[begin:end] = -7
    args = (out, np.int32(begin), np.int32(end), np.int32(-7))
    return Problem((Launch("fill_ragged", 2, 32, args),), (Output(out, want),))


def escape_times(c: Array, limit: int) -> tuple[Array, Array]:
    """Counts in float64, and whether float32's errors, carried along, cannot change them."""
    z, error = np.zeros_like(c), np.full(c.shape, 4 * ROUND)
    counts, alive, sure = np.zeros(c.shape, int), np.ones(c.shape, bool), np.ones(c.shape, bool)
    for _ in range(limit):
        size = np.minimum(np.abs(z), 10)
        sure &= ~alive | (np.abs(size**2 - 4) > 2.5 * size * error + 40 * ROUND)
        alive &= size <= 2
        counts += alive
        error = np.minimum(np.where(alive, 2 * size * error + error**2 + 40 * ROUND, error), 10)
        z = np.where(alive, z * z + c, z)
    return counts, sure


@right(sizes=((1, 1), (33, 17), (64, 50)))
def mandelbrot(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    width, height = size
    corner = np.array((-2.0, -1.25), [("x", "f4"), ("y", "f4")])
    step = np.float32(2.5 / height)
    image = np.full((height, width), 255, np.uint8)
    real, imaginary = -2.0 + float(step) * np.arange(width), -1.25 + float(step) * np.arange(height)
    want, sure = escape_times(real + 1j * imaginary[:, None], limit=48)
    args = (image, np.int32(width), np.int32(height), corner, step)
    launch = Launch("mandelbrot", (blocks(width, 16), blocks(height, 16)), (16, 16), args)
    bound = np.where(sure, 0.0, 48.0)
    return Problem((launch,), (Output(image, want, bound, "exact where rounding cannot decide"),))


@right(sizes=((1, 1), (3, 31), (33, 20)))
def game_of_life(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    height, width = size
    now = rng.integers(0, 2, size, np.uint8)
    following = np.full_like(now, 9)
    turns = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)]
    alive = sum(np.roll(now, turn, (0, 1)).astype(int) for turn in turns)
    want = (alive == 3) | ((alive == 2) & (now == 1))
    args = (now, following, np.int32(width), np.int32(height))
    launch = Launch("game_of_life", (blocks(width, 16), blocks(height, 8)), (16, 8), args)
    return Problem((launch,), (Output(following, want),))


ADAMW = [(name, "f4") for name in ("rate", "beta1", "beta2", "epsilon", "decay", "c1", "c2")]


@right()
def adamw_step(rng: np.random.Generator, n: int) -> Problem:
    p, g, m, v = normal(rng, n), normal(rng, n), normal(rng, n), normal(rng, n) ** 2
    options = np.array((1e-2, 0.9, 0.999, 1e-8, 0.1, 1 - 0.9**3, 1 - 0.999**3), ADAMW)
    rate, beta1, beta2, epsilon, decay, c1, c2 = (float(options[f]) for f, _ in ADAMW)
    want_m = beta1 * m.astype(float) + (1 - beta1) * g
    want_v = beta2 * v.astype(float) + (1 - beta2) * g.astype(float) ** 2
    root = np.sqrt(want_v / c2) + epsilon
    want_p = p - rate * (want_m / c1 / root + decay * p)
    bound_m, bound_v = 4 * ROUND * (np.abs(m) + np.abs(g)), 6 * ROUND * (v + g**2)
    bound_p = 4 * ROUND * np.abs(p) + rate / root * (
        bound_m / c1 + np.abs(want_m / c1) * (bound_v / want_v + 8 * ROUND)
    )
    launch = Launch("adamw_step", blocks(n, 256), 256, (p, g, m, v, options, np.int64(n)))
    why = "roundings of each term, divided as the terms are"
    outputs = (
        Output(m, want_m, bound_m, why),
        Output(v, want_v, bound_v, why),
        Output(p, want_p, bound_p, why),
    )
    return Problem((launch,), outputs)


@right()
def gelu_swiglu(rng: np.random.Generator, n: int) -> Problem:
    x, dout = 3 * normal(rng, n), normal(rng, n)
    both = normal(rng, n, 2, 3)
    out, dx, gated = np.zeros_like(x), np.zeros_like(x), np.zeros((n, 3), np.float32)
    z, scale = x.astype(np.float64), np.sqrt(2 / np.pi)
    inner = scale * (z + 0.044715 * z**3)
    gelu = 0.5 * z * (1 + np.tanh(inner))
    slope = 0.5 * (1 + np.tanh(inner)) + 0.5 * z * (1 - np.tanh(inner) ** 2) * scale * (
        1 + 3 * 0.044715 * z**2
    )
    gate, up = both[:, 0].astype(np.float64), both[:, 1]
    silu = gate / (1 + np.exp(-gate)) * up
    size = np.int32(n)
    launches = (
        Launch("gelu_forward", blocks(n, 128), 128, (out, x, size)),
        Launch("gelu_backward", blocks(n, 128), 128, (dx, x, dout, size)),
        Launch("swiglu", 2, 96, (gated, both, size, np.int32(3))),
    )
    outputs = (
        Output(out, gelu, 12 * ROUND * np.abs(z), "tanh to 2 ulp; 1 + tanh cancels below 0"),
        Output(dx, slope * dout, 40 * ROUND * (1 + np.abs(z)) * np.abs(dout), "eight factors"),
        Output(gated, silu, 8 * ROUND * np.abs(silu), "exp to 2 ulp, three operations"),
    )
    return Problem(launches, outputs)


@right(sizes=((1, 1, 2), (31, 3, 64), (5, 2, 66)))
def rope(rng: np.random.Generator, size: tuple[int, int, int]) -> Problem:
    T, H, D = size
    x = normal(rng, T, H, D)
    positions = rng.integers(0, 2048, T).astype(np.int32)
    angle = positions[:, None, None] * 10000.0 ** (-2 * np.arange(D // 2) / D)
    first, second = np.split(x.astype(np.float64), 2, axis=-1)
    rotated = (first + 1j * second) * np.exp(1j * angle)
    want = np.concatenate([rotated.real, rotated.imag], axis=-1)
    bound = (np.abs(first) + np.abs(second)) * (20 * angle + 6) * ROUND
    args = (x, positions, np.float32(10000), np.int32(H), np.int32(D))
    why = "the angle's relative error: powf to 4 ulp, its exponent's rounding times ln 10000"
    output = Output(x, want, np.concatenate([bound, bound], axis=-1), why)
    return Problem((Launch("rope", (T, H), D // 2, args),), (output,))


@right(names=("project",))
def transform_points(rng: np.random.Generator, n: int) -> Problem:
    points, pixels = normal(rng, n, 3), np.zeros((n, 2), np.float32)
    matrix = np.concatenate([0.3 * normal(rng, 3, 3), [[0], [1], [9]]], axis=1).astype("f4")
    layout = [("m", "f4", (3, 4)), ("focal", "f4"), ("width", "i4"), ("height", "i4")]
    camera = np.array((matrix, 200.0, 640, 480), layout)
    farthest = np.zeros(1, np.int32)
    extended = np.concatenate([points, np.ones((n, 1))], axis=1)
    q = extended @ matrix.T.astype(np.float64)
    dq = 6 * ROUND * (np.abs(extended) @ np.abs(matrix.T))
    depth = q[:, 2:]
    want = 200 * q[:, :2] / depth + np.array([320, 240])
    slope = (dq[:, :2] + np.abs(q[:, :2] / depth) * dq[:, 2:]) / depth
    bound = 201 * slope + 4 * ROUND * (np.abs(200 * q[:, :2] / depth) + 640)
    args = (points, pixels, camera, farthest, np.int32(n))
    deepest = dq[:, 2].max()
    outputs = (
        Output(pixels, want, bound, "dot products of 4 terms, then a quotient"),
        Output(farthest, depth.max(), deepest, "a dot product", lambda a: a.view("f4")[0]),
    )
    return Problem((Launch("project", blocks(n, 96), 96, args),), outputs)


@right(sizes=(1, 31, 33, 150))
def nbody_tile(rng: np.random.Generator, n: int) -> Problem:
    bodies = f32(np.concatenate([normal(rng, n, 3), rng.random((n, 1))], axis=1))
    acceleration = np.zeros((n, 3), np.float32)
    place, mass = bodies[:, :3].astype(np.float64), bodies[:, 3].astype(np.float64)
    apart = place[None] - place[:, None]  # (n, n, 3)
    terms = apart * (mass / ((apart**2).sum(-1) + 1e-2) ** 1.5)[..., None]
    bound = (n + 30) * ROUND * np.abs(terms).sum(1)
    launch = Launch(
        "nbody_tile", blocks(n, 64), 64, (bodies, acceleration, np.int32(n)), shared_mem=64 * 16
    )
    why = "a sum of n terms, each of about 30 roundings"
    return Problem((launch,), (Output(acceleration, terms.sum(1), bound, why),))


@right(sizes=((1, 32, 3), (3, 96, 17)))
def pi_monte_carlo(rng: np.random.Generator, size: tuple[int, int, int]) -> Problem:
    grid, block, tries = size
    hits = np.zeros(1, np.uint64)
    state = np.uint32(77) + np.uint32(0x9E3779B9) * np.arange(1, grid * block + 1, dtype=np.uint32)
    draws = []
    for _ in range(2 * tries):
        for left, distance in ((True, 13), (False, 17), (True, 5)):
            state = state ^ (state << distance if left else state >> distance)
        draws.append((state >> 16).astype(np.uint64))
    inside = sum(
        (x * x + y * y < 2**32).sum() for x, y in zip(draws[::2], draws[1::2], strict=True)
    )
    args = (hits, np.uint32(77), np.int32(tries))
    return Problem(
        (Launch("pi_monte_carlo", grid, block, args),), (Output(hits, np.asarray(inside)),)
    )
