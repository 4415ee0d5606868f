"""Writing safetensors files that are either whole or not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_scratch.checkpoint.dtypes import STORAGE
from attention_scratch.errors import InputError
from attention_scratch.files import write_atomically

_ALIGNMENT = 8  # the header is padded with spaces so that every element is aligned
_CODES = {  # bfloat16 and the 8-bit floats are kept in unsigned integers: those bytes are as given
    STORAGE[code]: code for code in STORAGE if code not in ("BF16", "F8_E4M3", "F8_E5M2")
}


def save_file(
    tensors: Mapping[str, NDArray[Any]],
    path: Path,
    *,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write arrays to a safetensors file, atomically; its folder is made when it is missing.

    The bytes go to a file beside it, which then takes its name: whoever reads ``path`` finds the
    old file or the new one, whatever is interrupted. Tensors are ordered by name, widest elements
    first, so the same arrays give the same bytes.

    Args:
        tensors: arrays by name, any shape, of a NumPy type the format has.
        path: the file to write; an existing one is replaced.
        metadata: text by name, kept in the header.

    Raises:
        InputError: an array of another type, a name or metadata that is not text, or the
            format's own name ``__metadata__``.
    """
    arrays = {name: _stored(name, array) for name, array in tensors.items()}
    for key, text in (metadata or {}).items():
        if not isinstance(key, str) or not isinstance(text, str):
            raise InputError(
                f"metadata {key!r}", text, expected="text", remedy="Write it with json.dumps()."
            )
    ordered = sorted(arrays.items(), key=lambda item: (-item[1].dtype.itemsize, item[0]))
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    position = 0
    for name, array in ordered:
        header[name] = {
            "dtype": _CODES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [position, position + array.nbytes],
        }
        position += array.nbytes
    header_bytes = json.dumps(header, separators=(",", ":")).encode()
    header_bytes += b" " * (-len(header_bytes) % _ALIGNMENT)
    write_atomically(
        Path(path),
        len(header_bytes).to_bytes(8, "little"),
        header_bytes,
        *(array.tobytes() for _, array in ordered),
    )


def _stored(name: str, array: Any) -> NDArray[Any]:
    """The array, contiguous and little-endian, if the format can hold it."""
    if not isinstance(name, str) or name == "__metadata__":
        raise InputError(
            "tensor name", name, expected="text, not __metadata__", remedy="Rename the tensor."
        )
    if not isinstance(array, np.ndarray) or array.dtype.newbyteorder("<") not in _CODES:
        given = f"dtype {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__
        raise InputError(
            f"tensor {name!r}",
            given,
            expected="a NumPy array of " + ", ".join(_CODES.values()),
            remedy="Convert it, for example with .astype(np.float32).",
        )
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)
