"""A small random OLMo 2 with every flag away from its default, as transformers initializes it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import Olmo2Config, Olmo2ForCausalLM


def random_model(folder: Path, **changes: object) -> Olmo2ForCausalLM:
    """Save to ``folder`` and return a float32 model: grouped heads, odd eps, lively norms."""
    options: dict[str, object] = {
        "vocab_size": 97,
        "hidden_size": 48,
        "intermediate_size": 80,
        "num_hidden_layers": 3,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "max_position_embeddings": 128,
        "rms_norm_eps": 3e-4,
        "tie_word_embeddings": False,
        "pad_token_id": 0,
        "eos_token_id": 1,
        "rope_parameters": {"rope_type": "default", "rope_theta": 7000.0},
    }
    torch.manual_seed(0)
    model = Olmo2ForCausalLM(Olmo2Config(**{**options, **changes})).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name:
                weight.uniform_(0.3, 1.7)
            else:
                weight.normal_(std=0.15)
    model.save_pretrained(folder)
    return model


@pytest.fixture(scope="session")
def random_folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Olmo2ForCausalLM]:
    folder = tmp_path_factory.mktemp("random-olmo2")
    return folder, random_model(folder)
