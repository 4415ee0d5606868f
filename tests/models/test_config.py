"""Configurations as released, as transformers writes them, and broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from transformers import Olmo2Config

from attention_scratch.errors import InputError, MissingFileError
from attention_scratch.models import ModelConfig

RELEASED_1B: dict[str, Any] = {  # allenai/OLMo-2-0425-1B, what matters of it
    "model_type": "olmo2",
    "vocab_size": 100352,
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 16,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-6,
    "rope_theta": 500000,
    "rope_scaling": None,
    "hidden_act": "silu",
    "attention_bias": False,
    "tie_word_embeddings": False,
    "eos_token_id": 100257,
    "pad_token_id": 100277,
    "torch_dtype": "float32",
}


def test_released_configuration_is_read() -> None:
    config = ModelConfig.from_dict(RELEASED_1B)
    assert (config.head_dim, config.rope_theta, config.eos_token_id) == (128, 500000.0, 100257)


def test_what_transformers_writes_is_read(tmp_path: Path) -> None:
    theirs = Olmo2Config(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        rms_norm_eps=3e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 1234.0},
    )
    theirs.save_pretrained(tmp_path)
    assert "rope_parameters" in json.loads((tmp_path / "config.json").read_text())
    ours = ModelConfig.from_file(tmp_path / "config.json")
    assert (ours.rope_theta, ours.rms_norm_eps, ours.num_key_value_heads) == (1234.0, 3e-5, 2)


def test_what_we_write_transformers_reads() -> None:
    config = ModelConfig.from_dict({**RELEASED_1B, "num_key_value_heads": 8, "rms_norm_eps": 2e-6})
    theirs = Olmo2Config(**config.to_hf_dict())
    assert theirs.rope_parameters["rope_theta"] == 500000.0
    assert (theirs.num_key_value_heads, theirs.rms_norm_eps) == (8, 2e-6)
    assert ModelConfig.from_dict(config.to_hf_dict()) == config


@pytest.mark.parametrize("key", ["vocab_size", "rms_norm_eps", "rope_theta", "model_type"])
def test_missing_key_is_named(key: str) -> None:
    broken = {k: v for k, v in RELEASED_1B.items() if k != key}
    with pytest.raises(InputError, match=key):
        ModelConfig.from_dict(broken)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "llama"}, "model_type: got 'llama'|model_type: got llama"),
        ({"hidden_size": "2048"}, "hidden_size"),
        ({"hidden_size": True}, "hidden_size"),
        ({"hidden_size": 0}, "hidden_size: got 0; expected a positive number"),
        ({"hidden_size": 2040}, "multiple of 2 × num_attention_heads"),
        ({"num_key_value_heads": 3}, "divisor of num_attention_heads"),
        ({"rms_norm_eps": -1e-6}, "rms_norm_eps"),
        ({"hidden_act": "gelu"}, "hidden_act"),
        ({"attention_bias": True}, "attention_bias"),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 8.0}}, "rope type: got yarn"),
    ],
)
def test_configuration_with_other_arithmetic_is_refused(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        ModelConfig.from_dict({**RELEASED_1B, **change})


def test_missing_file_and_broken_json_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"config\.json"):
        ModelConfig.from_file(tmp_path / "config.json")
    (tmp_path / "config.json").write_text('{"model_type": ')
    with pytest.raises(InputError, match="not JSON"):
        ModelConfig.from_file(tmp_path / "config.json")
    (tmp_path / "config.json").write_text("[1]")
    with pytest.raises(InputError, match="a JSON object"):
        ModelConfig.from_file(tmp_path / "config.json")
