"""The limits of a launch: what every CUDA device since compute capability 5.0 accepts."""

from __future__ import annotations

from typing import Any

import numpy as np

from attention_scratch.simt.errors import Index3, LaunchError

MAX_THREADS = 1024
MAX_BLOCK: Index3 = (1024, 1024, 64)
MAX_GRID: Index3 = (2**31 - 1, 65535, 65535)
MAX_SHARED_BYTES = 48 * 1024  # without asking for more
MAX_OPTIN_SHARED_BYTES = 227 * 1024  # compute capability 9.0
MAX_COOPERATIVE_THREADS = 16384  # each of them keeps a stack


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


def checked_shared_memory(kernel: str, shared_mem: Any, *, static: int = 0, limit: int) -> int:
    """Bytes of dynamic shared memory.

    Args:
        kernel: its name.
        shared_mem: the dynamic shared memory asked for, in bytes.
        static: bytes of the kernel's ``__shared__`` variables of fixed size.
        limit: the kernel's ``max_dynamic_shared_size_bytes``.

    Raises:
        LaunchError: negative, not an integer, or more than a block may have.
    """
    most = min(limit, MAX_OPTIN_SHARED_BYTES)
    room = max(MAX_SHARED_BYTES, most)
    if not _is_integer(shared_mem) or not 0 <= shared_mem <= most or static + shared_mem > room:
        raise LaunchError(
            f"{kernel}, shared_mem",
            f"{shared_mem}" + (f" besides {static} bytes of __shared__ variables" * bool(static)),
            expected=f"at most {room} bytes in all",
            remedy=(
                f"Use less; for more than {MAX_SHARED_BYTES}, set the kernel's "
                f"max_dynamic_shared_size_bytes, up to {MAX_OPTIN_SHARED_BYTES}."
            ),
        )
    if static > MAX_SHARED_BYTES:
        raise LaunchError(
            f"{kernel}, __shared__ variables",
            f"{static} bytes",
            expected=f"at most {MAX_SHARED_BYTES} bytes",
            remedy="Declare it extern __shared__ and give its size with shared_mem.",
        )
    return int(shared_mem)


def checked_cooperative(kernel: str, grid: Index3, block: Index3) -> None:
    """All blocks of a cooperative launch run at once.

    Raises:
        LaunchError: more threads than the emulator keeps under way.
    """
    threads = int(np.prod([*grid, *block], dtype=np.int64))
    if threads > MAX_COOPERATIVE_THREADS:
        raise LaunchError(
            f"{kernel}, grid",
            f"{grid} x {block} = {threads} threads in a cooperative launch",
            expected=f"at most {MAX_COOPERATIVE_THREADS} threads",
            remedy="Use fewer blocks and let each do more.",
        )


def linear_block(block: Index3, grid: Any) -> int:
    """The number of a block in its grid, x running fastest.

    Raises:
        LaunchError: the grid has no such block.
    """
    x, y, z = checked_grid("trace", grid)
    if not (block[0] < x and block[1] < y and block[2] < z):
        raise LaunchError(
            "trace, block",
            block,
            expected=f"a block of the grid ({x}, {y}, {z})",
            remedy="Trace block (0, 0, 0).",
        )
    return (block[2] * y + block[1]) * x + block[0]


def short(dimensions: Index3) -> str:
    """As one would write it: a number where the other dimensions are 1."""
    x, y, z = dimensions
    return str(x) if (y, z) == (1, 1) else f"({x},{y})" if z == 1 else f"({x},{y},{z})"


def _is_integer(value: Any) -> bool:
    return type(value) is int or isinstance(value, np.integer)


def _dimensions(field: str, given: Any, limits: Index3) -> Index3:
    values = given if isinstance(given, (tuple, list)) else (given,)
    if not 1 <= len(values) <= 3 or not all(map(_is_integer, values)):
        raise LaunchError(
            field,
            given,
            expected="a tuple of one to three integers",
            remedy="Divide with //, which gives an integer: (n + block - 1) // block.",
        )
    x, y, z = (*map(int, values), 1, 1)[:3]
    if not (0 < x <= limits[0] and 0 < y <= limits[1] and 0 < z <= limits[2]):
        raise _out_of_range(field, (x, y, z), limits)
    return x, y, z


def _out_of_range(field: str, given: Index3, limits: Index3) -> LaunchError:
    i = next(i for i in range(3) if not 1 <= given[i] <= limits[i])
    return LaunchError(
        f"{field}.{'xyz'[i]}",
        given[i],
        expected=f"1 to {limits[i]}",
        remedy="Nothing to do? Then do not launch." if given[i] == 0 else "Change it.",
    )
