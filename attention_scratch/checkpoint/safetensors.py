"""A strict reader of safetensors files: eight bytes, a JSON header, then the raw elements.

Format: https://github.com/huggingface/safetensors (README, "Format"). Whatever this reader accepts
the reference library accepts too, with the same bytes; it is stricter where the specification is
(no space before the header, no duplicate keys). Nothing in a file is ever executed, and a tensor's
name is never used as a path.
"""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_scratch.checkpoint.dtypes import STORAGE, to_float32
from attention_scratch.errors import InputError, MissingFileError, require

MAX_HEADER_BYTES = 100_000_000
MAX_TENSORS = 100_000
_PREFIX_BYTES = 8  # u64, little endian: length of the header
_DAMAGED = "Download or export the file again; it is damaged or was written by a faulty tool."


@dataclasses.dataclass(frozen=True, slots=True)
class TensorInfo:
    """Where one tensor lies: element type, shape, byte range [begin, end) of the data section."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


class SafetensorsFile:
    """One file, memory-mapped read-only: opening reads the header only.

    Raises:
        MissingFileError: no such file.
        InputError: the file breaks the format; the message says which rule.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.metadata, self.tensors, self._data_start = read_header(path)
        self._bytes = np.memmap(path, np.uint8, mode="r")

    def stored(self, name: str) -> NDArray[np.generic]:
        """The elements as they lie in the file: a read-only view, bfloat16 as uint16."""
        info = self._info(name)
        raw = self._bytes[self._data_start + info.begin : self._data_start + info.end]
        dtype = STORAGE[info.dtype]
        if raw.ctypes.data % dtype.alignment:
            raw = raw.copy()
        elements: NDArray[np.generic] = raw.view(dtype).reshape(info.shape)
        return elements

    def float32(self, name: str) -> NDArray[np.float32]:
        """The elements as a new float32 array.

        Raises:
            InputError: not a floating-point tensor.
        """
        return to_float32(self.stored(name), self._info(name).dtype, name=name)

    def _info(self, name: str) -> TensorInfo:
        if name not in self.tensors:
            raise InputError(
                f"tensor of {self.path}",
                name,
                expected=f"one of its {len(self.tensors)} tensors",
                remedy="List them with SafetensorsFile(path).tensors.",
            )
        return self.tensors[name]


def load_file(path: Path) -> dict[str, NDArray[np.float32]]:
    """Every tensor of one file as float32, by name."""
    file = SafetensorsFile(Path(path))
    return {name: file.float32(name) for name in file.tensors}


def read_header(path: Path) -> tuple[dict[str, str], dict[str, TensorInfo], int]:
    """Parse and check the header: metadata, tensors by name, offset of the data section."""
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(
            path,
            expected="a safetensors file",
            remedy="Check the path; models/olmo2-tiny/model.safetensors ships with the book.",
        )
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_PREFIX_BYTES), "little")
        _require(path, size >= _PREFIX_BYTES, f"{size} bytes", "at least 8 bytes")
        limit = min(MAX_HEADER_BYTES, size - _PREFIX_BYTES)
        _require(path, length <= limit, f"a header of {length} bytes", f"at most {limit}")
        text = file.read(length)
    metadata, tensors = _parse(path, text)
    data_start = _PREFIX_BYTES + length
    _require_exact_cover(path, tensors, size - data_start)
    return metadata, {info.name: info for info in tensors}, data_start


def _parse(path: Path, text: bytes) -> tuple[dict[str, str], list[TensorInfo]]:
    _require(path, text[:1] == b"{", f"a header starting {text[:1]!r}", "'{' as its first byte")
    try:
        raw = json.loads(text.decode("utf-8"), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise InputError(
            str(path), "a header that is not JSON", expected="JSON", remedy=f"{_DAMAGED} ({error})"
        ) from error
    metadata = raw.pop("__metadata__", {})
    _require(path, _is_text_mapping(metadata), "__metadata__ of other types", "text to text")
    _require(path, len(raw) <= MAX_TENSORS, f"{len(raw)} tensors", f"at most {MAX_TENSORS}")
    return metadata, [_tensor(path, name, entry) for name, entry in raw.items()]


def _tensor(path: Path, name: str, entry: Any) -> TensorInfo:
    fields = {"dtype", "shape", "data_offsets"}
    valid = isinstance(entry, dict) and fields <= entry.keys()
    _require(path, valid, f"tensor {name!r} described by {entry!r:.80}", f"keys {sorted(fields)}")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    known = isinstance(dtype, str) and dtype in STORAGE
    _require(path, known, f"tensor {name!r} of dtype {dtype!r}", ", ".join(STORAGE))
    _require(path, _are_counts(shape), f"tensor {name!r} of shape {shape!r:.80}", "sizes ≥ 0")
    pair = _are_counts(offsets) and len(offsets) == 2 and offsets[0] <= offsets[1]
    _require(path, pair, f"tensor {name!r} at {offsets!r:.80}", "[begin, end] with begin ≤ end")
    needed = math.prod(shape) * STORAGE[dtype].itemsize
    begin, end = offsets
    _require(
        path,
        end - begin == needed,
        f"tensor {name!r} of {end - begin} bytes",
        f"{needed} bytes for {dtype} of shape {shape}",
    )
    return TensorInfo(name, dtype, tuple(shape), begin, end)


def _require_exact_cover(path: Path, tensors: list[TensorInfo], data_bytes: int) -> None:
    """Tensors tile the data section: no overlap, no hole, nothing after the last."""
    position = 0
    for info in sorted(tensors, key=lambda info: (info.begin, info.end)):
        _require(
            path,
            info.begin == position,
            f"tensor {info.name!r} at byte {info.begin}",
            f"byte {position}, where the one before it ends",
        )
        position = info.end
    _require(path, position == data_bytes, f"{data_bytes} bytes of data", f"{position}")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    decoded = dict(pairs)
    if len(decoded) != len(pairs):
        raise ValueError("a key appears twice")
    return decoded


def _is_text_mapping(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _are_counts(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 2**63 for n in value
    )


def _require(path: Path, condition: bool, given: str, expected: str) -> None:
    require(condition, str(path), given, expected=expected, remedy=_DAMAGED)
