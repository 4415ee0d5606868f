"""Tiled matrix multiplication in Numba's CUDA Python: the twin of the corpus's matmul_tiled.cu."""

from __future__ import annotations

from numba import cuda, float32

TILE = 16


@cuda.jit
def tiled(a, b, c, size):  # type: ignore[no-untyped-def]
    """C = A B for (size, size) matrices, size a multiple of TILE; TILE x TILE threads a block."""
    tile_a = cuda.shared.array((TILE, TILE), float32)
    tile_b = cuda.shared.array((TILE, TILE), float32)
    tx, ty = cuda.threadIdx.x, cuda.threadIdx.y
    row = cuda.blockIdx.y * TILE + ty
    column = cuda.blockIdx.x * TILE + tx
    total = float32(0.0)
    for phase in range(size // TILE):
        tile_a[ty, tx] = a[row, phase * TILE + tx]
        tile_b[ty, tx] = b[phase * TILE + ty, column]
        cuda.syncthreads()
        for i in range(TILE):
            total += tile_a[ty, i] * tile_b[i, tx]
        cuda.syncthreads()
    c[row, column] = total
