"""OLMo 2's parameters as float32 arrays, with the matrices that read the same input stacked."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from attention_scratch.checkpoint import CheckpointFolder
from attention_scratch.errors import require
from attention_scratch.models.config import ModelConfig

Array = NDArray[np.float32]


@dataclasses.dataclass(frozen=True, slots=True)
class LayerWeights:
    """One decoder layer; matrices are (out, in) as PyTorch stores them."""

    qkv_proj: Array  # ((H + 2K)·D, C) query, key and value projections, stacked
    q_norm: Array  # (H·D,)
    k_norm: Array  # (K·D,)
    o_proj: Array  # (C, H·D)
    post_attention_norm: Array  # (C,)
    gate_up_proj: Array  # (2F, C) gate and up projections, stacked
    down_proj: Array  # (C, F)
    post_feedforward_norm: Array  # (C,)


@dataclasses.dataclass(frozen=True, slots=True)
class ModelWeights:
    """Everything ``config.json`` promises."""

    embed_tokens: Array  # (V, C)
    layers: tuple[LayerWeights, ...]
    norm: Array  # (C,)
    lm_head: Array  # (V, C)


def load_weights(folder: CheckpointFolder, config: ModelConfig) -> ModelWeights:
    """Read a checkpoint, checking every shape against ``config``.

    Raises:
        InputError: a tensor is missing or has another shape than the configuration says.
    """
    vocabulary = (config.vocab_size, config.hidden_size)
    embed = _read(folder, "model.embed_tokens.weight", vocabulary)
    head = embed if config.tie_word_embeddings else _read(folder, "lm_head.weight", vocabulary)
    return ModelWeights(
        embed_tokens=embed,
        layers=tuple(_layer(folder, config, i) for i in range(config.num_hidden_layers)),
        norm=_read(folder, "model.norm.weight", (config.hidden_size,)),
        lm_head=head,
    )


def _layer(folder: CheckpointFolder, config: ModelConfig, index: int) -> LayerWeights:
    width, feedforward = config.hidden_size, config.intermediate_size
    queries = config.num_attention_heads * config.head_dim
    keys = config.num_key_value_heads * config.head_dim

    def read(name: str, *shape: int) -> Array:
        return _read(folder, f"model.layers.{index}.{name}.weight", shape)

    return LayerWeights(
        qkv_proj=np.concatenate(
            [
                read("self_attn.q_proj", queries, width),
                read("self_attn.k_proj", keys, width),
                read("self_attn.v_proj", keys, width),
            ]
        ),
        q_norm=read("self_attn.q_norm", queries),
        k_norm=read("self_attn.k_norm", keys),
        o_proj=read("self_attn.o_proj", width, queries),
        post_attention_norm=read("post_attention_layernorm", width),
        gate_up_proj=np.concatenate(
            [
                read("mlp.gate_proj", feedforward, width),
                read("mlp.up_proj", feedforward, width),
            ]
        ),
        down_proj=read("mlp.down_proj", width, feedforward),
        post_feedforward_norm=read("post_feedforward_layernorm", width),
    )


def _read(folder: CheckpointFolder, name: str, shape: tuple[int, ...]) -> Array:
    values = folder.float32(name)
    require(
        values.shape == shape,
        f"shape of {name}",
        values.shape,
        expected=f"{shape} from config.json",
        remedy="Check that config.json and the weights belong to the same model.",
    )
    return values
