"""A checkpoint folder in Hugging Face layout: one safetensors file, or shards and their index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attention_scratch.checkpoint.safetensors import SafetensorsFile
from attention_scratch.errors import InputError, MissingFileError

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"


class CheckpointFolder:
    """All tensors of a folder by name, whichever shard holds them; nothing is loaded yet.

    Raises:
        MissingFileError: the folder, its weights or a shard is absent.
        InputError: a broken file or index, or a shard name that is not a plain file name.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._home: dict[str, SafetensorsFile] = {}
        for shard in _shards(self.folder):
            file = SafetensorsFile(shard)
            for name in file.tensors:
                _refuse_twice(name, self._home, shard)
                self._home[name] = file

    def __iter__(self) -> Iterator[str]:
        return iter(self._home)

    def __contains__(self, name: object) -> bool:
        return name in self._home

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of one tensor, from the header."""
        return self._file(name).tensors[name].shape

    def float32(self, name: str) -> NDArray[np.float32]:
        """One tensor as a new float32 array."""
        return self._file(name).float32(name)

    def _file(self, name: str) -> SafetensorsFile:
        if name not in self._home:
            raise InputError(
                f"tensor of {self.folder}",
                name,
                expected=f"one of its {len(self._home)} tensors",
                remedy="Check that config.json and the weights belong to the same model.",
            )
        return self._home[name]


def _shards(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise MissingFileError(
            folder,
            expected="a folder in Hugging Face layout",
            remedy="Point to a checkpoint folder such as models/olmo2-tiny.",
        )
    if (folder / INDEX).is_file():
        return [_shard_path(folder, name) for name in _shard_names(folder / INDEX)]
    if not (folder / SINGLE).is_file():
        raise MissingFileError(
            folder / SINGLE,
            expected=f"{SINGLE} or {INDEX}",
            remedy="Download the weights, or train them: attention-scratch train olmo2-tiny.",
        )
    return [folder / SINGLE]


def _shard_names(index: Path) -> list[str]:
    try:
        weight_map = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        return sorted(set(weight_map.values()))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            str(index),
            "an index we cannot read",
            expected="JSON with a weight_map of tensor names to shard file names",
            remedy=f"Download the index again ({type(error).__name__}: {error}).",
        ) from error


def _shard_path(folder: Path, name: str) -> Path:
    # An index is untrusted input: it may name files of this folder, nothing else.
    path = folder / name
    plain = name == Path(name).name and name.endswith(".safetensors")
    if not plain or path.resolve().parent != folder.resolve():
        raise InputError(
            f"shard named in {folder / INDEX}",
            name,
            expected="a plain .safetensors file name inside the folder",
            remedy="Do not use this checkpoint: its index points elsewhere.",
        )
    return path


def _refuse_twice(name: str, home: dict[str, SafetensorsFile], shard: Path) -> None:
    if name in home:
        raise InputError(
            f"tensor {name!r}",
            f"in {home[name].path.name} and in {shard.name}",
            expected="each tensor in one shard",
            remedy="Download the shards again.",
        )
