"""The PyTorch model against transformers' own, with every flag away from its default."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import Olmo2ForCausalLM

from attention_scratch.models.config import ModelConfig
from attention_scratch.models.torch_model import Olmo2
from tests.models.conftest import random_model


def ours(folder: Path, theirs: Olmo2ForCausalLM) -> Olmo2:
    model = Olmo2(ModelConfig.from_file(folder / "config.json"))
    model.load_state_dict(theirs.state_dict())
    return model.eval()


@pytest.mark.parametrize("changes", [{}, {"num_key_value_heads": 6}, {"tie_word_embeddings": True}])
def test_logits_equal_transformers(tmp_path: Path, changes: dict[str, object]) -> None:
    theirs = random_model(tmp_path, **changes)
    ids = torch.randint(0, 97, (2, 60), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        difference = (ours(tmp_path, theirs)(ids) - theirs(ids).logits).abs().max()
    assert difference < 1e-5


def test_gradients_equal_transformers(random_folder: tuple[Path, Olmo2ForCausalLM]) -> None:
    folder, theirs = random_folder
    model = ours(folder, theirs)
    ids = torch.randint(0, 97, (2, 20), generator=torch.Generator().manual_seed(2))
    model(ids).square().mean().backward()
    theirs.zero_grad()
    theirs(ids).logits.square().mean().backward()
    expected = dict(theirs.named_parameters())
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name].grad, rtol=1e-3, atol=1e-5)
    theirs.zero_grad()


def test_too_many_tokens_are_refused(random_folder: tuple[Path, Olmo2ForCausalLM]) -> None:
    folder, theirs = random_folder
    with pytest.raises(ValueError, match="got 129 tokens; expected at most 128"):
        ours(folder, theirs)(torch.zeros(1, 129, dtype=torch.long))
