"""Shards and their index, written by transformers itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import Olmo2Config, Olmo2ForCausalLM

from attention_scratch.checkpoint import CheckpointFolder
from attention_scratch.errors import InputError, MissingFileError


@pytest.fixture
def sharded(tmp_path: Path) -> Path:
    config = Olmo2Config(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        pad_token_id=0,
    )
    Olmo2ForCausalLM(config).save_pretrained(tmp_path, max_shard_size="20KB")
    return tmp_path


def test_every_tensor_is_found_in_its_shard(sharded: Path) -> None:
    assert len(list(sharded.glob("model-*.safetensors"))) > 1
    expected = Olmo2ForCausalLM.from_pretrained(sharded, dtype=torch.float32).state_dict()
    folder = CheckpointFolder(sharded)
    assert set(folder) == set(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(folder.float32(name), values.numpy())
        assert folder.shape(name) == tuple(values.shape)


@pytest.mark.parametrize(
    "name", ["../model.safetensors", "/etc/passwd", "a/b.safetensors", "x.bin"]
)
def test_shard_outside_the_folder_is_refused(sharded: Path, name: str) -> None:
    index = sharded / "model.safetensors.index.json"
    content = json.loads(index.read_text())
    content["weight_map"]["lm_head.weight"] = name
    index.write_text(json.dumps(content))
    with pytest.raises(InputError, match="its index points elsewhere"):
        CheckpointFolder(sharded)


@pytest.mark.parametrize("text", ["", "[]", '{"weight_map": 3}', '{"weight_map": {"a": [1]}}'])
def test_broken_index_is_refused(sharded: Path, text: str) -> None:
    (sharded / "model.safetensors.index.json").write_text(text)
    with pytest.raises(InputError, match="weight_map"):
        CheckpointFolder(sharded)


def test_missing_shard_is_named(sharded: Path) -> None:
    gone = sorted(sharded.glob("model-*.safetensors"))[0]
    gone.unlink()
    with pytest.raises(MissingFileError, match=gone.name):
        CheckpointFolder(sharded)


def test_tensor_in_two_shards_is_refused(sharded: Path) -> None:
    first = sorted(sharded.glob("model-*.safetensors"))[0]
    save_file({"lm_head.weight": torch.zeros(1)}, sharded / "model-extra.safetensors")
    index = sharded / "model.safetensors.index.json"
    content = json.loads(index.read_text())
    content["weight_map"]["extra"] = "model-extra.safetensors"
    index.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"lm_head\.weight.*each tensor in one shard"):
        CheckpointFolder(sharded)
    assert first.exists()


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir()])
def test_absent_weights_name_the_remedy(tmp_path: Path, make) -> None:
    make(tmp_path / "model")
    with pytest.raises(MissingFileError, match="olmo2-tiny"):
        CheckpointFolder(tmp_path / "model")
