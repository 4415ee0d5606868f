"""Our reader against the reference library: what ours accepts, the library accepts alike."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file as library_load_file
from safetensors.torch import save_file as torch_save_file

from attention_scratch.checkpoint import SafetensorsFile, load_file
from attention_scratch.errors import InputError, MissingFileError


def raw_file(header: dict[str, Any] | bytes, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(begin: int, end: int, shape: tuple[Any, ...] = (1,), dtype: str = "F32") -> dict:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


ONE = {"a": entry(0, 4)}
FOUR = b"\0" * 4
ENTRY = b'"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
REJECTED = {
    "empty": b"",
    "seven bytes": b"\0" * 7,
    "length 2^64 - 1": raw_file(ONE, FOUR, 2**64 - 1),
    "length above the cap": raw_file(ONE, FOUR, 100_000_001),
    "length beyond the file": raw_file(ONE, FOUR, 4096),
    "not UTF-8": raw_file(b'{"\xff\xfe":1}'),
    "not an object": raw_file(b"[1,2]"),
    "leading space": raw_file(b" " + json.dumps(ONE).encode(), FOUR),
    "trailing zero bytes": raw_file(json.dumps(ONE).encode() + b"\0\0", FOUR),
    "duplicate key": raw_file(b"{" + ENTRY + b"," + ENTRY + b"}", FOUR),
    "overlap": raw_file({"a": entry(0, 4), "b": entry(2, 6)}, b"\0" * 6),
    "hole": raw_file({"a": entry(0, 4), "b": entry(8, 12)}, b"\0" * 12),
    "polyglot": raw_file(ONE, FOUR + b"PK\x03\x04"),
    "short data": raw_file(ONE, b"\0" * 3),
    "end before begin": raw_file({"a": entry(4, 0)}, FOUR),
    "negative offset": raw_file({"a": entry(-4, 0)}, FOUR),
    "shape and bytes disagree": raw_file({"a": entry(0, 4, (2,))}, FOUR),
    "overflowing shape": raw_file({"a": entry(0, 4, (2**62, 4))}, FOUR),
    "negative size": raw_file({"a": entry(0, 4, (-1,))}, FOUR),
    "fractional size": raw_file({"a": entry(0, 4, (1.0,))}, FOUR),
    "unknown dtype": raw_file({"a": entry(0, 4, dtype="F33")}, FOUR),
    "dtype is a list": raw_file({"a": {**entry(0, 4), "dtype": ["F32"]}}, FOUR),
    "metadata of numbers": raw_file({"__metadata__": {"x": 1}, **ONE}, FOUR),
    "entry is a number": raw_file({"a": 3}, FOUR),
    "missing shape": raw_file({"a": {"dtype": "F32", "data_offsets": [0, 4]}}, FOUR),
    "deeply nested": raw_file(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
}
ACCEPTED = {
    "one tensor": raw_file(ONE, FOUR),
    "trailing spaces": raw_file(json.dumps(ONE).encode() + b"   ", FOUR),
    "empty tensor": raw_file({"a": entry(0, 0, (0, 3))}),
    "scalar": raw_file({"a": entry(0, 4, ())}, FOUR),
    "no tensors": raw_file({}),
    "name like a path": raw_file({"../../etc/passwd": entry(0, 4)}, FOUR),
    "NaN": raw_file(ONE, struct.pack("<f", float("nan"))),
}


@pytest.mark.parametrize("content", REJECTED.values(), ids=REJECTED.keys())
def test_broken_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"model\.safetensors") as caught:
        SafetensorsFile(path)
    assert "Download or export the file again" in str(caught.value)


@pytest.mark.parametrize("content", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted_file_reads_as_the_library_reads_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    ours, theirs = load_file(path), library_load_file(path)
    assert ours.keys() == theirs.keys()
    for name in theirs:
        np.testing.assert_array_equal(ours[name], theirs[name])


def test_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="models/olmo2-tiny"):
        load_file(tmp_path / "absent.safetensors")


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_floating_point_tensors_widen_as_torch_widens_them(
    tmp_path: Path, dtype: torch.dtype
) -> None:
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(5, 7, generator=generator).to(dtype)
    values[0, :3] = torch.tensor([float("inf"), float("-inf"), float("nan")])
    torch_save_file({"w": values}, tmp_path / "w.safetensors")
    ours = load_file(tmp_path / "w.safetensors")
    np.testing.assert_array_equal(ours["w"], values.float().numpy())


def test_integers_are_read_but_not_called_float(tmp_path: Path) -> None:
    ids = torch.arange(6, dtype=torch.int64).reshape(2, 3)
    torch_save_file({"ids": ids}, tmp_path / "ids.safetensors")
    file = SafetensorsFile(tmp_path / "ids.safetensors")
    np.testing.assert_array_equal(file.stored("ids"), ids.numpy())
    with pytest.raises(InputError, match="dtype of tensor 'ids': got I64"):
        file.float32("ids")


def test_unknown_tensor_is_refused(tmp_path: Path) -> None:
    torch_save_file({"w": torch.zeros(2)}, tmp_path / "w.safetensors")
    with pytest.raises(InputError, match="got v; expected one of its 1 tensors"):
        SafetensorsFile(tmp_path / "w.safetensors").float32("v")


def test_tensors_at_odd_addresses_are_read(tmp_path: Path) -> None:
    odd = raw_file({"a": entry(0, 1, (1,), "U8"), "b": entry(1, 5)}, b"\x07" + b"\0\0\x80?")
    (tmp_path / "odd.safetensors").write_bytes(odd)
    file = SafetensorsFile(tmp_path / "odd.safetensors")
    assert file.stored("a").tolist() == [7]
    assert file.stored("b").tolist() == [1.0]


VALID = raw_file(
    {"__metadata__": {"format": "pt"}, "a": entry(0, 8, (2,)), "b": entry(8, 12, ())}, b"\1" * 12
)


@settings(max_examples=400, deadline=None)
@given(position=st.integers(0, len(VALID) - 1), byte=st.integers(0, 255))
def test_what_we_accept_of_a_corrupted_file_the_library_accepts(
    tmp_path_factory: pytest.TempPathFactory, position: int, byte: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.safetensors"
    path.write_bytes(VALID[:position] + bytes([byte]) + VALID[position + 1 :])
    try:
        ours = SafetensorsFile(path)
    except InputError:
        return
    try:
        with safe_open(path, framework="np") as theirs:
            assert set(theirs.keys()) == set(ours.tensors)
            for name in theirs.keys():  # noqa: SIM118
                assert theirs.get_tensor(name).tobytes() == ours.stored(name).tobytes()
    except SafetensorError as error:
        pytest.fail(f"ours accepted what the library refuses: {error}")
