"""Vector addition and SAXPY: the kernels of ``cuda/vector`` as Python functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from attention_scratch.errors import InputError
from attention_scratch.kernels import gpu
from attention_scratch.kernels.module import load
from attention_scratch.kernels.registry import (
    Array,
    Cost,
    LaunchShape,
    Step,
    register,
    unit_roundoff,
)

THREADS = 256  # a multiple of the warp, small enough that several blocks share a multiprocessor
STRIDED_BLOCKS = 1024  # enough for every card of today to be full: 8 per multiprocessor of 128
MAX_SIZE = 2**31 - 1024  # the last block's indices must fit in an int
FLOAT_BYTES = 4
ROUNDOFF = unit_roundoff(np.float32)


def vector_add(x: Any, y: Any) -> Any:
    """``x + y``, element by element, by ``cuda/vector/01_vector_add.cu``.

    Args:
        x, y: (N,) float32, C-contiguous; NumPy arrays run on the CPU emulator, CuPy arrays on
            their GPU.

    Returns:
        (N,) float32, a new array where the arguments are.

    Raises:
        InputError: a shape, dtype, layout or length the kernel does not take.
        KernelError: (simt) the kernel did something it must not.
    """
    _require_vectors(x=x, y=y)
    out = gpu.array_module(x).empty_like(x)
    _launch(VECTOR_ADD, (x, y, out, np.int32(x.size)), x)
    return out


def saxpy(a: float | np.floating[Any], x: Any, y: Any) -> Any:
    """``a * x + y``, rounded once, by the grid-stride kernel of ``cuda/vector``.

    Args:
        a: the factor, taken as float32.
        x, y: (N,) float32, C-contiguous, both NumPy or both CuPy arrays.

    Returns:
        (N,) float32, a new array; ``y`` stays as it is.

    Raises:
        InputError: a factor, shape, dtype, layout or length the kernel does not take.
        KernelError: (simt) the kernel did something it must not.
    """
    _require_vectors(x=x, y=y)
    factor = _as_float32(a)
    out = y.copy()
    _launch(SAXPY_GRID_STRIDE, (factor, x, out, np.int32(x.size)), x)
    return out


def _launch(step: Step, args: tuple[Any, ...], like: Any) -> None:
    if like.size == 0:
        return  # a grid of no blocks is no launch
    shape = step.launch(like.shape)
    backend = "cupy" if gpu.is_device_array(like) else "simt"
    kernel = load(step.name, backend).get_function(step.entry)
    kernel(shape.grid, shape.block, args, shared_mem=shape.shared_mem)


def _require_vectors(*, x: Any, y: Any) -> None:
    for name, array in (("x", x), ("y", y)):
        _require_vector(name, array)
    if gpu.is_device_array(x) != gpu.is_device_array(y):
        raise InputError(
            "y",
            f"an array of {type(y).__module__} beside one of {type(x).__module__}",
            expected="both on the host or both on the GPU",
            remedy="Move one of them: cupy.asarray(…) or .get().",
        )
    if x.shape != y.shape:
        raise InputError(
            "y", f"shape {y.shape}", expected=f"shape {x.shape}, as x", remedy="Pass equal lengths."
        )


def _require_vector(name: str, array: Any) -> None:
    if not isinstance(array, np.ndarray) and not gpu.is_device_array(array):
        raise InputError(
            name, type(array).__name__, expected="an array", remedy="Write np.array(…, np.float32)."
        )
    if array.dtype != np.float32:
        raise InputError(
            name,
            f"dtype {array.dtype}",
            expected="float32",
            remedy="Convert it: .astype(np.float32).",
        )
    if array.ndim != 1 or array.size > MAX_SIZE:
        raise InputError(
            name,
            f"shape {array.shape}",
            expected=f"(N,) with N up to {MAX_SIZE}",
            remedy="Flatten it with .reshape(-1)." if array.ndim != 1 else "Split it.",
        )
    if not array.flags.c_contiguous:
        raise InputError(
            name,
            f"strides {array.strides}",
            expected="a contiguous array",
            remedy="Pass np.ascontiguousarray(…).",
        )


def _as_float32(a: Any) -> np.float32:
    is_number = isinstance(a, (int, float, np.integer, np.floating)) and not isinstance(a, bool)
    if not is_number:
        raise InputError("a", a, expected="a number", remedy="Pass a float.")
    return np.float32(a)


# --- the ladder -----------------------------------------------------------------------------------


def one_thread_per_element(shape: tuple[int, ...]) -> LaunchShape:
    """``ceil(N / 256)`` blocks of 256 threads."""
    return LaunchShape((-(-shape[0] // THREADS), 1, 1), (THREADS, 1, 1))


def _grid_of_the_card(shape: tuple[int, ...]) -> LaunchShape:
    blocks = min(-(-shape[0] // THREADS), STRIDED_BLOCKS)
    return LaunchShape((blocks, 1, 1), (THREADS, 1, 1))


def _add_reference(x: Array, y: Array) -> Array:
    return np.add(x, y, dtype=np.float64)


def _add_cost(shape: tuple[int, ...]) -> Cost:
    n = shape[0]
    return Cost(bytes_read=2 * FLOAT_BYTES * n, bytes_written=FLOAT_BYTES * n, flops=n)


def _add_bound(x: Array, y: Array) -> Array:
    return ROUNDOFF * np.abs(_add_reference(x, y))


def _saxpy_reference(a: float, x: Array, y: Array) -> Array:
    return np.float64(a) * np.asarray(x, np.float64) + np.asarray(y, np.float64)


def _saxpy_cost(shape: tuple[int, ...]) -> Cost:
    n = shape[0]
    return Cost(bytes_read=2 * FLOAT_BYTES * n, bytes_written=FLOAT_BYTES * n, flops=2 * n)


def _saxpy_bound(a: float, x: Array, y: Array) -> Array:
    product = np.abs(np.float64(a) * np.asarray(x, np.float64))
    return ROUNDOFF * (product * (1 + ROUNDOFF) + np.abs(_saxpy_reference(a, x, y)))


VECTOR_ADD = register(
    Step(
        name="vector/01_vector_add",
        entry="vector_add",
        idea="one thread per element",
        reference=_add_reference,
        launch=one_thread_per_element,
        cost=_add_cost,
        compute_capability=(5, 0),
        error_bound=_add_bound,
        derivation="One rounding to float32: at most u|x + y| with u = 2^-24.",
    )
)

_SAXPY_DERIVATION = (
    "A fused multiply-add rounds once: u|ax + y|. Where the compiler does not fuse, the product is "
    "rounded first, which adds u|ax|(1 + u). The bound covers both; u = 2^-24."
)

SAXPY = register(
    Step(
        name="vector/02_saxpy",
        entry="saxpy",
        idea="a value parameter, and an array changed in place",
        reference=_saxpy_reference,
        launch=one_thread_per_element,
        cost=_saxpy_cost,
        compute_capability=(5, 0),
        error_bound=_saxpy_bound,
        derivation=_SAXPY_DERIVATION,
    )
)

SAXPY_GRID_STRIDE = register(
    Step(
        name="vector/03_saxpy_grid_stride",
        entry="saxpy_grid_stride",
        idea="a grid of any size, each thread taking many elements",
        reference=_saxpy_reference,
        launch=_grid_of_the_card,
        cost=_saxpy_cost,
        compute_capability=(5, 0),
        error_bound=_saxpy_bound,
        derivation=_SAXPY_DERIVATION,
    )
)
