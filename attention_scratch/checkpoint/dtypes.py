"""The element types of a safetensors file, and bfloat16 as NumPy can hold it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_scratch.errors import InputError

# bfloat16 and the 8-bit floats have no NumPy type: their bits are kept in unsigned integers.
STORAGE: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U64": np.dtype("<u8"),
    "U32": np.dtype("<u4"),
    "U16": np.dtype("<u2"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
    "F8_E4M3": np.dtype("u1"),
    "F8_E5M2": np.dtype("u1"),
}
_TO_FLOAT32 = ("F64", "F32", "F16")


def bfloat16_to_float32(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Widen bfloat16 bit patterns, any shape, exactly: they are the upper half of a float32."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


def float32_to_bfloat16(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Round float32 to bfloat16 bit patterns, to nearest with ties to even; NaN stays NaN."""
    bits = values.astype(np.float32).view(np.uint32)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    quiet_nan = (bits >> 16).astype(np.uint16) | np.uint16(0x0040)
    return np.where(np.isnan(values), quiet_nan, rounded)


def to_float32(stored: NDArray[np.generic], dtype: str, *, name: str) -> NDArray[np.float32]:
    """Stored floating-point elements of type ``dtype`` as a new float32 array.

    Raises:
        InputError: ``dtype`` is not a floating-point type we convert.
    """
    if dtype == "BF16":
        return bfloat16_to_float32(stored.astype(np.uint16, copy=False))
    if dtype in _TO_FLOAT32:
        return stored.astype(np.float32)
    raise InputError(
        f"dtype of tensor {name!r}",
        dtype,
        expected=", ".join(("BF16", *_TO_FLOAT32)),
        remedy="Convert the checkpoint to bfloat16 or float32 first.",
    )
