"""The module's own variables, ``__constant__`` and ``__device__``, as arrays of the caller.

Every build of a module has a copy of its own; the caller's array is the one that counts.
"""

from __future__ import annotations

import ctypes as c
from typing import Any

import numpy as np
import numpy.typing as npt

from attention_scratch.simt.build import ModuleVariable


def initial_value(variable: ModuleVariable) -> npt.NDArray[Any]:
    """What the source initializes a variable to; bytes where NumPy has no such type."""
    raw = np.frombuffer(variable.initial, np.uint8).copy()
    if variable.element_kind == "s":
        return raw.reshape(*variable.shape, variable.element_size)
    kind = (
        "?" if variable.element_kind == "b" else f"{variable.element_kind}{variable.element_size}"
    )
    return raw.view(kind).reshape(variable.shape)


def write_variable(variable: ModuleVariable, value: npt.NDArray[Any]) -> None:
    """Bring the caller's value into the compiled module."""
    c.memmove(variable.address, value.ctypes.data, variable.nbytes)


def read_variable(variable: ModuleVariable, value: npt.NDArray[Any]) -> None:
    """Bring what the kernel left back to the caller."""
    if variable.space != "constant":
        c.memmove(value.ctypes.data, variable.address, variable.nbytes)
