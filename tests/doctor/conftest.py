"""Reports of this machine and of simulated ones."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from attention_scratch.config import Paths, Settings
from attention_scratch.doctor import Report, examine


@pytest.fixture(scope="session")
def this_machine() -> Report:
    """A real examination of the computer the tests run on."""
    return examine()


def small_checkpoint() -> dict[str, bytes]:
    """The three files of a checkpoint with one tensor of two float32."""
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    header = json.dumps({"__metadata__": {"format": "pt"}, "w": entry}).encode()
    return {
        "config.json": b'{"model_type": "olmo2"}',
        "tokenizer.json": b"{}",
        "model.safetensors": struct.pack("<Q", len(header)) + header + bytes(8),
    }


CHECKPOINT = Path("/home/ada/book/models/olmo2-tiny")


@pytest.fixture
def where() -> Settings:
    """Settings of a checkout at ``/home/ada/book``."""
    root = Path("/home/ada/book")
    cache = Path("/home/ada/.cache/attention-scratch")
    return Settings(root=root, paths=Paths(models=root / "models", cache=cache))
