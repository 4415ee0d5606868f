"""The GPU side: CuPy, imported only here and only when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from attention_scratch.errors import InputError, MissingExtraError
from attention_scratch.simt.errors import LaunchError
from attention_scratch.simt.launch.geometry import checked_block, checked_grid

COMPILE_OPTIONS = ("-std=c++17",)


@cache
def available() -> bool:
    """Whether CuPy is installed and sees a GPU."""
    try:
        return bool(_cupy().cuda.runtime.getDeviceCount() > 0)
    except Exception:  # CuPy missing, driver missing, no device: each means no GPU to use
        return False


def require() -> None:
    """Make sure a GPU can be used.

    Raises:
        MissingExtraError: CuPy is not installed.
        InputError: it is, but there is no GPU or no driver.
    """
    try:
        _cupy()
    except ImportError as error:
        raise MissingExtraError("CuPy", "gpu") from error
    if not available():
        raise InputError(
            "backend",
            "cupy",
            expected="a machine with an NVIDIA GPU and its driver",
            remedy="Use backend='simt', which runs the same kernel on the CPU.",
        )


def raw_module(code: str) -> Any:
    """``cupy.RawModule`` of a source."""
    return _cupy().RawModule(code=code, options=COMPILE_OPTIONS)


def is_device_array(value: object) -> bool:
    """Whether ``value`` is a CuPy array; CuPy is not imported to find out."""
    return type(value).__module__.split(".")[0] == "cupy"


def array_module(value: object) -> Any:
    """``cupy`` for a CuPy array, ``numpy`` for everything else."""
    return _cupy() if is_device_array(value) else np


def checked_launch(kernel: str, grid: Any, block: Any, args: Sequence[Any]) -> tuple[Any, Any]:
    """Grid and block as CuPy wants them, after the checks the emulator makes too.

    CuPy passes a Python float as 64 bits, whatever the kernel reads, and would launch with a
    host array's bytes; both are refused here.

    Raises:
        LaunchError: a grid or block out of range, a Python float or a NumPy array as argument.
    """
    for i, arg in enumerate(args):
        field = f"{kernel}, argument {i}"
        if type(arg) is float:  # np.float64 is a subclass, and says how wide it is
            raise LaunchError(
                field,
                f"float {arg!r}",
                expected="a NumPy scalar of the parameter's own type",
                remedy=f"A Python float has 64 bits: write np.float32({arg!r}).",
            )
        if isinstance(arg, np.ndarray):
            raise LaunchError(
                field,
                "a NumPy array",
                expected="a CuPy array",
                remedy="Move it to the GPU: cupy.asarray(…).",
            )
    return checked_grid(kernel, grid), checked_block(kernel, block)


def _cupy() -> Any:
    return importlib.import_module("cupy")
