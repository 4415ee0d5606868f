"""Writing a trained model as a Hugging Face folder, in the released OLMo 2 style."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from attention_scratch.files import write_atomically
from attention_scratch.models.torch_model import Olmo2
from attention_scratch.recipes.story_tokenizer import END_OF_TEXT, PADDING, token_id


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write ``content`` as indented JSON with a final newline."""
    write_atomically(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def export(folder: Path, model: Olmo2, tokenizer: Tokenizer) -> None:
    """Write weights in bfloat16, configuration and tokenizer into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    config = model.config
    state = {
        name: tensor.detach().to("cpu", torch.bfloat16).contiguous()
        for name, tensor in sorted(model.state_dict().items())
        if not (config.tie_word_embeddings and name == "lm_head.weight")
    }
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)  # save_file lets only the owner read it
    write_json(folder / "config.json", config.to_hf_dict(torch_dtype="bfloat16"))
    ends = {"eos_token_id": config.eos_token_id, "pad_token_id": config.pad_token_id}
    generation = {"_from_model_config": True, **ends, "transformers_version": "4.47.0"}
    write_json(folder / "generation_config.json", generation)
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "special_tokens_map.json", special_tokens())
    positions = config.max_position_embeddings
    write_json(folder / "tokenizer_config.json", tokenizer_config(tokenizer, positions=positions))


def _token(content: str) -> dict[str, Any]:
    flags = dict.fromkeys(("lstrip", "normalized", "rstrip", "single_word"), False)
    return {"content": content, **flags}


def special_tokens() -> dict[str, Any]:
    """``special_tokens_map.json``: as in OLMo 2, the end token is also beginning and unknown."""
    roles = {"bos_token": END_OF_TEXT, "eos_token": END_OF_TEXT, "pad_token": PADDING}
    return {role: _token(token) for role, token in {**roles, "unk_token": END_OF_TEXT}.items()}


def tokenizer_config(tokenizer: Tokenizer, *, positions: int) -> dict[str, Any]:
    """``tokenizer_config.json``.

    The class is ``PreTrainedTokenizerFast``: the released files name ``GPT2Tokenizer``, with
    which transformers 5 silently takes GPT-2's splitting when no ``config.json`` is beside it.
    """
    added = {
        str(token_id(tokenizer, token)): {**_token(token), "special": True}
        for token in (END_OF_TEXT, PADDING)
    }
    return {
        "add_prefix_space": False,
        "added_tokens_decoder": added,
        "bos_token": END_OF_TEXT,
        "clean_up_tokenization_spaces": False,
        "eos_token": END_OF_TEXT,
        "model_max_length": positions,
        "pad_token": PADDING,
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": END_OF_TEXT,
    }
