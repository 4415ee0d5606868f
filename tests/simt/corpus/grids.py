"""Matrices and volumes: transposes, stencils, convolutions, Jacobi's iteration."""

from __future__ import annotations

import numpy as np

from tests.simt.corpus.case import ROUND, Launch, Output, Problem, blocks, normal, right

PLANES = ((1, 1), (31, 33), (40, 100))


@right(sizes=PLANES)
def transpose(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    height, width = size
    x = normal(rng, height, width)
    launches, outputs = [], []
    for kernel in ("transpose_naive", "transpose_shared", "transpose_padded"):
        out = np.zeros((width, height), np.float32)
        args = (out, x, np.int32(width), np.int32(height))
        launches.append(Launch(kernel, (blocks(width, 32), blocks(height, 32)), (32, 8), args))
        outputs.append(Output(out, x.T))
    return Problem(tuple(launches), tuple(outputs))


@right(sizes=((4, 4), (36, 20), (8, 132)), names=("transpose_float4",))
def transpose_float4(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    rows, columns = size
    x, out = normal(rng, rows, columns), np.zeros((columns, rows), np.float32)
    grid = (blocks(columns, 32), blocks(rows, 16))
    launch = Launch("transpose_float4", grid, (8, 4), (x, out, np.int32(rows), np.int32(columns)))
    return Problem((launch,), (Output(out, x.T),))


@right()
def stencil_1d(rng: np.random.Generator, n: int) -> Problem:
    x, out = rng.integers(-99, 99, n).astype(np.int32), np.zeros(n, np.int32)
    want = np.convolve(x, np.ones(7, np.int64))[3:-3]
    return Problem(
        (Launch("stencil_1d", blocks(n, 64), 64, (x, out, np.int32(n))),), (Output(out, want),)
    )


@right(sizes=PLANES)
def heat_2d(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    height, width = size
    u, out = normal(rng, height, width), np.zeros(size, np.float32)
    want, reach = u.astype(np.float64), np.abs(u).astype(np.float64)
    if min(size) > 2:
        near = (u[:-2, 1:-1], u[2:, 1:-1], u[1:-1, :-2], u[1:-1, 2:])
        middle = want[1:-1, 1:-1].copy()
        want[1:-1, 1:-1] = middle + 0.2 * (sum(v.astype(np.float64) for v in near) - 4 * middle)
        reach[1:-1, 1:-1] += sum(np.abs(v) for v in near) + 4 * np.abs(middle)
    args = (u, out, np.float32(0.2), np.int32(width), np.int32(height))
    launch = Launch("heat_2d", (blocks(width, 16), blocks(height, 16)), (16, 16), args)
    return Problem((launch,), (Output(out, want, 8 * ROUND * reach, "seven operations"),))


@right(
    sizes=((1, 1, 1), (3, 9, 17), (5, 20, 12)),
    names=("stencil_3d<float, 8, 8>", "stencil_3d<double, 16, 4>"),
)
def stencil_3d(rng: np.random.Generator, size: tuple[int, int, int]) -> Problem:
    nz, ny, nx = size
    launches, outputs = [], []
    for name, tx, ty in (("float", 8, 8), ("double", 16, 4)):
        dtype, unit = (np.float32, ROUND) if name == "float" else (np.float64, 2.0**-53)
        x = rng.standard_normal(size).astype(dtype)
        out, center, side = np.zeros_like(x), dtype(0.4), dtype(0.1)
        padded = np.pad(x.astype(np.float64), 1)
        shifts = [np.roll(padded, d, axis)[1:-1, 1:-1, 1:-1] for axis in range(3) for d in (-1, 1)]
        want = float(center) * x + float(side) * sum(shifts)
        reach = 0.4 * np.abs(x) + 0.1 * sum(np.abs(s) for s in shifts)
        args = (x, out, center, side, np.int32(nx), np.int32(ny), np.int32(nz))
        entry = f"stencil_3d<{name}, {tx}, {ty}>"
        launches.append(Launch(entry, (blocks(nx, tx), blocks(ny, ty)), (tx, ty), args))
        outputs.append(Output(out, want, 10 * unit * reach, "nine operations"))
    return Problem(tuple(launches), tuple(outputs))


@right(sizes=PLANES)
def convolution(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    height, width = size
    x, weights = normal(rng, height, width), normal(rng, 9)
    rows, columns = np.zeros(size, np.float32), np.zeros(size, np.float32)
    taps = [(k, float(weights[4 - k])) for k in range(-4, 5)]

    def filtered(values: np.ndarray, axis: int) -> np.ndarray:
        padded = np.pad(values, [(4, 4) if a == axis else (0, 0) for a in (0, 1)])
        shifted = [np.roll(padded, -k, axis) for k, _ in taps]
        whole = sum(w * s for (_, w), s in zip(taps, shifted, strict=True))
        return whole[4:-4] if axis == 0 else whole[:, 4:-4]

    exact = x.astype(np.float64)
    shape = (np.int32(width), np.int32(height))
    grid = (blocks(width, 32), blocks(height, 8))
    shared = 4 * 32 * (8 + 2 * 4)
    launches = (
        Launch("convolution_rows", grid, (32, 8), (rows, x, *shape)),
        Launch("convolution_columns", grid, (32, 8), (columns, x, *shape), shared_mem=shared),
    )
    bound = 11 * ROUND * 9 * np.abs(x).max() * np.abs(weights).max()
    outputs = (
        Output(rows, filtered(exact, 1), bound, "a sum of 9 products"),
        Output(columns, filtered(exact, 0), bound, "a sum of 9 products"),
    )
    return Problem(launches, outputs, constants={"c_Kernel": weights})


@right(sizes=((1, 1), (33, 3), (70, 4)), cooperative=True)
def jacobi_grid_sync(rng: np.random.Generator, size: tuple[int, int]) -> Problem:
    n, sweeps = size
    A = normal(rng, n, n) / np.float32(2 * n) + np.eye(n, dtype=np.float32)
    b, x, following = normal(rng, n), np.zeros(n, np.float32), np.zeros(n, np.float32)
    residual = np.zeros(1, np.float32)
    exact, before = np.zeros(n), np.zeros(n)
    diagonal = np.diag(A).astype(np.float64)
    for _ in range(sweeps):
        before, exact = exact, (b - (A @ exact - diagonal * exact)) / diagonal
    # a sweep shrinks errors by half at least and adds n + 2 roundings of the row's terms
    bound = 2 * (n + 3) * ROUND * (np.abs(b).max() + np.abs(exact).max()) / diagonal.min()
    args = (A, b, x, following, residual, np.int32(n), np.int32(sweeps))
    outputs = (
        Output(x, exact, bound, "n + 2 roundings a sweep, halved by the next"),
        Output(residual, np.abs(exact - before).sum(), 2 * n * bound, "the errors of two sweeps"),
    )
    return Problem((Launch("jacobi_grid_sync", 2, 32, args),), outputs)
