"""The limits of a launch: what every CUDA device since compute capability 5.0 accepts."""

from __future__ import annotations

from typing import Any

import numpy as np

from attention_scratch.simt.errors import Index3, LaunchError

MAX_THREADS = 1024
MAX_BLOCK: Index3 = (1024, 1024, 64)
MAX_GRID: Index3 = (2**31 - 1, 65535, 65535)
MAX_SHARED_BYTES = 48 * 1024


def checked_grid(kernel: str, grid: Any) -> Index3:
    """Blocks in x, y, z.

    Raises:
        LaunchError: not one to three positive integers, or more than a device accepts.
    """
    return _dimensions(f"{kernel}, grid", grid, MAX_GRID)


def checked_block(kernel: str, block: Any) -> Index3:
    """Threads of a block in x, y, z.

    Raises:
        LaunchError: as for the grid, or more than 1024 threads in all.
    """
    dimensions = _dimensions(f"{kernel}, block", block, MAX_BLOCK)
    threads = dimensions[0] * dimensions[1] * dimensions[2]
    if threads > MAX_THREADS:
        raise LaunchError(
            f"{kernel}, block",
            f"{block!r} = {threads} threads",
            expected=f"at most {MAX_THREADS} threads",
            remedy="Use smaller blocks and more of them.",
        )
    return dimensions


def checked_shared_memory(kernel: str, shared_mem: Any) -> int:
    """Bytes of dynamic shared memory.

    Raises:
        LaunchError: negative, not an integer, or more than 48 KB.
    """
    whole = isinstance(shared_mem, (int, np.integer)) and not isinstance(shared_mem, bool)
    if not whole or not 0 <= shared_mem <= MAX_SHARED_BYTES:
        raise LaunchError(
            f"{kernel}, shared_mem",
            shared_mem,
            expected=f"bytes from 0 to {MAX_SHARED_BYTES}",
            remedy="Use less, or leave it out.",
        )
    return int(shared_mem)


def _dimensions(field: str, given: Any, limits: Index3) -> Index3:
    values = given if isinstance(given, (tuple, list)) else (given,)
    whole = all(isinstance(v, (int, np.integer)) and not isinstance(v, bool) for v in values)
    if not whole or not 1 <= len(values) <= 3:
        raise LaunchError(
            field,
            given,
            expected="a tuple of one to three integers",
            remedy="Divide with //, which gives an integer: (n + block - 1) // block.",
        )
    x, y, z = (*map(int, values), 1, 1)[:3]
    for name, value, limit in zip("xyz", (x, y, z), limits, strict=True):
        if not 1 <= value <= limit:
            raise LaunchError(
                f"{field}.{name}",
                value,
                expected=f"1 to {limit}",
                remedy="Nothing to do? Then do not launch." if value == 0 else "Change it.",
            )
    return x, y, z
