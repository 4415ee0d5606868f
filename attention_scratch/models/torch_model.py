"""OLMo 2 in PyTorch: the arithmetic of Hugging Face's ``Olmo2ForCausalLM``, with its names.

The modules carry Hugging Face's parameter names, so a released ``state_dict`` loads as it is.
What sets OLMo 2 apart from Llama, in the order it happens here:

* attention and MLP read the raw residual stream, there is no norm before them;
* queries and keys are normed over the whole projection, before the split into heads;
* each sub-layer's *output* is normed before it is added to the stream;
* the norm multiplies by its weight in float32 and casts afterwards; rotary angles stay in float32.

Source: transformers 5.23.0, ``modeling_olmo2.py``. Shapes use the letters of the notation page:
``B`` batch, ``T`` length, ``C`` model width, ``H`` heads, ``K`` key-value heads, ``D`` head width,
``F`` feed-forward width, ``V`` vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from attention_scratch.models.config import ModelConfig


class RMSNorm(nn.Module):
    """``weight * x / rms(x)``, computed in float32 and cast back to the dtype of ``x``."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:  # (..., width) -> (..., width)
        wide = x.float()
        wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.epsilon)
        return (self.weight * wide).to(x.dtype)


def rotary_angles(config: ModelConfig) -> tuple[Tensor, Tensor]:
    """Cosine and sine of every position's rotation angles, (max_position_embeddings, D) each."""
    exponents = torch.arange(0, config.head_dim, 2, dtype=torch.int64).float() / config.head_dim
    frequencies = 1.0 / config.rope_theta**exponents  # (D/2,)
    positions = torch.arange(config.max_position_embeddings).float()
    angles = torch.outer(positions, frequencies)  # (positions, D/2)
    angles = torch.cat((angles, angles), dim=-1)  # (positions, D)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Rotate pairs (i, i + D/2) of ``x`` (B, H, T, D); cosine and sine of the angles are (T, D)."""
    first, second = x.chunk(2, dim=-1)  # (B, H, T, D/2) each
    turned = torch.cat((-second, first), dim=-1)  # (B, H, T, D)
    return (x * cosine + turned * sine).to(x.dtype)


class Attention(nn.Module):
    """Causal attention with grouped key-value heads, normed queries and keys, rotary positions."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.head_dim = config.head_dim
        self.groups = config.num_attention_heads // config.num_key_value_heads
        query_width = config.num_attention_heads * config.head_dim
        key_width = config.num_key_value_heads * config.head_dim
        self.q_proj = nn.Linear(config.hidden_size, query_width, bias=False)
        self.k_proj = nn.Linear(config.hidden_size, key_width, bias=False)
        self.v_proj = nn.Linear(config.hidden_size, key_width, bias=False)
        self.o_proj = nn.Linear(query_width, config.hidden_size, bias=False)
        self.q_norm = RMSNorm(query_width, config.rms_norm_eps)
        self.k_norm = RMSNorm(key_width, config.rms_norm_eps)

    def split_heads(self, x: Tensor) -> Tensor:  # (B, T, heads * D) -> (B, heads, T, D)
        return x.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:  # (B, T, C) -> (B, T, C)
        query = rotate(self.split_heads(self.q_norm(self.q_proj(x))), cosine, sine)  # (B, H, T, D)
        key = rotate(self.split_heads(self.k_norm(self.k_proj(x))), cosine, sine)  # (B, K, T, D)
        value = self.split_heads(self.v_proj(x))  # (B, K, T, D)
        if self.groups > 1:
            key = key.repeat_interleave(self.groups, dim=1)  # (B, H, T, D)
            value = value.repeat_interleave(self.groups, dim=1)  # (B, H, T, D)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.o_proj(mixed.transpose(1, 2).flatten(2))  # (B, T, H * D) -> (B, T, C)


class FeedForward(nn.Module):
    """SwiGLU: ``down(silu(gate(x)) * up(x))``."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:  # (B, T, C) -> (B, T, F) -> (B, T, C)
        return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    """Attention, then feed-forward; each output is normed before it joins the residual stream."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.self_attn = Attention(config)
        self.mlp = FeedForward(config)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_feedforward_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:  # (B, T, C) -> (B, T, C)
        x = x + self.post_attention_layernorm(self.self_attn(x, cosine, sine))
        return x + self.post_feedforward_layernorm(self.mlp(x))


class Backbone(nn.Module):
    """Everything between token ids and the last hidden state."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.num_hidden_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        cosine, sine = rotary_angles(config)
        self.register_buffer("cosine", cosine, persistent=False)
        self.register_buffer("sine", sine, persistent=False)

    def forward(self, ids: Tensor) -> Tensor:  # (B, T) -> (B, T, C)
        length = ids.shape[1]
        x = self.embed_tokens(ids)  # (B, T, C), not scaled
        for block in self.layers:
            x = block(x, self.cosine[:length], self.sine[:length])
        return self.norm(x)


class Olmo2(nn.Module):
    """OLMo 2 with its output head: token ids (B, T) to logits (B, T, V)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.model = Backbone(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        if config.tie_word_embeddings:
            self.lm_head.weight = self.model.embed_tokens.weight

    def forward(self, ids: Tensor) -> Tensor:  # (B, T) -> (B, T, V)
        """Logits of the next token at every position.

        Raises:
            ValueError: more tokens than the model has positions.
        """
        if ids.shape[1] > self.config.max_position_embeddings:
            raise ValueError(
                f"ids: got {ids.shape[1]} tokens; expected at most "
                f"{self.config.max_position_embeddings}. Give the model the last ones only."
            )
        return self.lm_head(self.model(ids))
