"""Files we write, read by the reference library; and what an interruption leaves behind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from safetensors import safe_open
from safetensors.numpy import load_file as library_load_file

from attention_scratch.checkpoint import SafetensorsFile, save_file
from attention_scratch.errors import InputError
from attention_scratch.files import write_atomically

DTYPES = st.sampled_from(
    [
        np.dtype(code)
        for code in (
            "f8",
            "f4",
            "f2",
            "i8",
            "i4",
            "i2",
            "i1",
            "u8",
            "u4",
            "u2",
            "u1",
            "?",
            ">f4",
            ">i8",
        )
    ]
)
ARRAYS = DTYPES.flatmap(
    lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=0, max_dims=3, min_side=0))
)


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.text(max_size=8).filter(lambda name: name != "__metadata__"), ARRAYS, max_size=5
    )
)
def test_the_reference_library_reads_the_same_arrays(
    tmp_path_factory: pytest.TempPathFactory, tensors: dict[str, np.ndarray]
) -> None:
    path = tmp_path_factory.mktemp("written") / "model.safetensors"
    save_file(tensors, path)
    read = library_load_file(path)
    assert read.keys() == tensors.keys()
    ours = SafetensorsFile(path)
    for name, array in tensors.items():
        assert read[name].shape == array.shape
        assert read[name].dtype == array.dtype.newbyteorder("<")
        assert read[name].tobytes() == array.astype(array.dtype.newbyteorder("<")).tobytes()
        assert ours.stored(name).tobytes() == read[name].tobytes()


def test_strided_arrays_are_written_as_they_look(tmp_path: Path) -> None:
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4).transpose(2, 0, 1)[::-1]
    save_file({"a": array}, tmp_path / "a.safetensors")
    np.testing.assert_array_equal(library_load_file(tmp_path / "a.safetensors")["a"], array)


def test_metadata_is_text_by_name(tmp_path: Path) -> None:
    save_file({"a": np.zeros(1)}, tmp_path / "a.safetensors", metadata={"step": "40", "β": "é"})
    with safe_open(tmp_path / "a.safetensors", "np") as file:
        assert file.metadata() == {"step": "40", "β": "é"}


def test_the_same_arrays_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    tensors: dict[str, Any] = {"b": np.arange(3.0), "a": np.arange(2, dtype=np.int8)}
    save_file(tensors, tmp_path / "one")
    save_file(dict(reversed(tensors.items())), tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_missing_folders_are_made_and_everybody_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "model.safetensors"
    save_file({"a": np.zeros(1)}, path)
    assert path.stat().st_mode & 0o444 == 0o444
    assert [found.name for found in path.parent.iterdir()] == ["model.safetensors"]


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.safetensors"
    save_file({"a": np.zeros(1)}, path)
    before = path.read_bytes()

    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_file({"a": np.ones(1)}, path)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["model.safetensors"]


def test_parts_are_written_one_after_the_other(tmp_path: Path) -> None:
    write_atomically(tmp_path / "parts", b"one ", b"", b"two")
    assert (tmp_path / "parts").read_bytes() == b"one two"


@pytest.mark.parametrize(
    ("tensors", "metadata", "message"),
    [
        ({"a": np.zeros(1, complex)}, None, "tensor 'a': got dtype complex128"),
        ({"a": np.array(["x"])}, None, "tensor 'a': got dtype <U1"),
        ({"a": [1.0]}, None, "tensor 'a': got list"),
        ({"__metadata__": np.zeros(1)}, None, "tensor name: got __metadata__"),
        ({3: np.zeros(1)}, None, "tensor name: got 3"),
        ({"a": np.zeros(1)}, {"step": 40}, "metadata 'step': got 40"),
    ],
)
def test_what_the_format_cannot_hold_is_refused(
    tmp_path: Path, tensors: Any, metadata: Any, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        save_file(tensors, tmp_path / "a", metadata=metadata)
    assert not any(tmp_path.iterdir())
