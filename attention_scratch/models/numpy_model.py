"""OLMo 2's forward pass in NumPy (OLMo et al. 2025, arXiv:2501.00656), equal to transformers' own.

What sets OLMo 2 apart: no norm on a sub-layer's input but one on its output, before the residual
addition; queries and keys normalized over the whole projection, before the split into heads.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_scratch.decoding import sample_tokens
from attention_scratch.errors import InputError, require
from attention_scratch.models.config import ModelConfig
from attention_scratch.models.kv_cache import SimpleKVCache
from attention_scratch.models.weights import LayerWeights, ModelWeights
from attention_scratch.nn.functional import (
    causal_mask,
    linear,
    rms_norm,
    rotary,
    rotary_table,
    softmax,
    swiglu,
)

Array = NDArray[np.float32]
Ids = NDArray[np.int64]


class NumpyModel:
    """A decoder that turns token ids into logits; it keeps no state between calls."""

    def __init__(self, config: ModelConfig, weights: ModelWeights) -> None:
        self.config = config
        self.weights = weights
        self._cos, self._sin = rotary_table(
            config.max_position_embeddings,
            config.head_dim,
            theta=config.rope_theta,
            rounded=np.float32,  # as transformers does
        )

    def logits(self, ids: ArrayLike) -> Array:
        """Scores of every next token: ``ids`` (B, T) integers → (B, T, V) float32.

        Raises:
            InputError: wrong rank or dtype, empty, too long, or an id outside the vocabulary.
        """
        tokens = check_ids(ids, self.config)
        return self._head(self.hidden_states(tokens, self.new_cache(*tokens.shape)))

    def attention_weights(self, ids: ArrayLike) -> list[Array]:
        """What each position looks at: per layer (B, H, T, T), rows summing to one."""
        tokens = check_ids(ids, self.config)
        seen: list[Array] = []
        self.hidden_states(tokens, self.new_cache(*tokens.shape), seen=seen)
        return seen

    def new_cache(self, batch: int = 1, capacity: int | None = None) -> SimpleKVCache:
        """An empty cache; ``capacity`` positions, by default all the model was made for."""
        limit = self.config.max_position_embeddings
        return SimpleKVCache(
            layers=self.config.num_hidden_layers,
            batch=batch,
            heads=self.config.num_key_value_heads,
            capacity=min(capacity or limit, limit),
            head_dim=self.config.head_dim,
        )

    def step(self, ids: ArrayLike, cache: SimpleKVCache) -> Array:
        """Read ``ids`` (B, T) after what ``cache`` holds; logits (B, V) of the token to follow.

        Raises:
            InputError: as :meth:`logits`, or ``cache`` has no room or another batch size.
        """
        tokens = check_ids(ids, self.config)
        require(
            tokens.shape[0] == cache.batch,
            "ids",
            f"{tokens.shape[0]} sequences",
            expected=f"{cache.batch}, the batch of the cache",
            remedy="Make the cache with new_cache(batch=…).",
        )
        return self._head(self.hidden_states(tokens, cache)[:, -1])

    def generate(
        self,
        prompt: ArrayLike,
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        rng: np.random.Generator | None = None,
    ) -> Iterator[int]:
        """Continue one ``prompt`` (T,) token by token, until the end-of-text token or the limit.

        ``temperature`` 0 takes the likeliest token; above 0 draws from softmax(logits / it) with
        ``rng``. Generation also stops, in good order, at the model's last position.

        Raises:
            InputError: an empty prompt, a bad id, a negative temperature, or no ``rng`` to draw
                with.
        """
        ids = check_ids(np.asarray(prompt)[None], self.config)
        _check_sampling(max_new_tokens, temperature, rng)
        room = self.config.max_position_embeddings - ids.shape[1] + 1
        return self._generate(ids, min(max_new_tokens, room), temperature, rng)

    def _generate(
        self, ids: Ids, limit: int, temperature: float, rng: np.random.Generator | None
    ) -> Iterator[int]:
        cache = self.new_cache(capacity=ids.shape[1] + limit)
        for _ in range(limit):
            draw = 0.0 if temperature == 0 or rng is None else rng.random()
            token = int(sample_tokens(self.step(ids, cache)[0], draw, temperature=temperature))
            if token == self.config.eos_token_id:
                return
            yield token
            ids = np.array([[token]])

    def hidden_states(
        self, ids: Ids, cache: SimpleKVCache, *, seen: list[Array] | None = None
    ) -> Array:
        """Through all layers: (B, T) ids after what ``cache`` holds → (B, T, C).

        Each layer's attention weights, (B, H, T, S), are appended to ``seen``.
        """
        cache.require_room(ids.shape[1])
        start, end = cache.length, cache.length + ids.shape[1]
        table = self._cos[start:end], self._sin[start:end]
        hidden = None if ids.shape[1] == 1 else hide_future(ids.shape[1], end)
        h: Array = self.weights.embed_tokens[ids]  # (B, T, C)
        for index, layer in enumerate(self.weights.layers):
            h = h + self.attention(h, layer, index, cache, table, hidden, seen)
            h += self.feed_forward(h, layer)
        cache.advance(ids.shape[1])
        return h

    def attention(
        self,
        h: Array,
        layer: LayerWeights,
        index: int,
        cache: SimpleKVCache,
        table: tuple[Array, Array],
        hidden: Array | None,
        seen: list[Array] | None,
    ) -> Array:
        """One layer's attention to all that ``cache`` holds: (B, T, C) → (B, T, C)."""
        eps, (batch, length, _) = self.config.rms_norm_eps, h.shape
        query, key, value = self._project(h, layer)
        query, key = rms_norm(query, layer.q_norm, eps=eps), rms_norm(key, layer.k_norm, eps=eps)
        turned = rotary(self._split_heads(np.concatenate([query, key], axis=-1)), *table)
        H = self.config.num_attention_heads
        query, key = turned[:, :H], turned[:, H:]  # (B, H, T, D) and (B, K, T, D)
        keys, values = cache.extend(index, key, self._split_heads(value))  # (B, K, S, D)
        query *= np.float32(self.config.head_dim**-0.5)
        # The H / K query heads that share a key head are stacked along its rows.
        grouped = query.reshape(batch, keys.shape[1], -1, self.config.head_dim)
        scores = grouped @ keys.swapaxes(2, 3)  # (B, K, H/K·T, S)
        if hidden is not None:
            per_head = scores.reshape(batch, -1, length, scores.shape[-1])  # (B, H, T, S), a view
            per_head += hidden
        weights = softmax(scores, out=scores)
        if seen is not None:
            seen.append(weights.reshape(batch, -1, length, scores.shape[-1]).copy())
        context = (weights @ values).reshape(query.shape)  # (B, H, T, D)
        merged = context.swapaxes(1, 2).reshape(batch, length, -1)  # (B, T, H·D)
        return rms_norm(linear(merged, layer.o_proj), layer.post_attention_norm, eps=eps)

    def _project(self, h: Array, layer: LayerWeights) -> tuple[Array, Array, Array]:
        fused = linear(h, layer.qkv_proj)  # (B, T, (H + 2K)·D)
        first, second = layer.q_norm.size, layer.q_norm.size + layer.k_norm.size
        return fused[..., :first], fused[..., first:second], fused[..., second:]

    def _split_heads(self, x: Array) -> Array:
        batch, length, _ = x.shape  # (B, T, heads·D) → (B, heads, T, D)
        return x.reshape(batch, length, -1, self.config.head_dim).swapaxes(1, 2)

    def feed_forward(self, h: Array, layer: LayerWeights) -> Array:
        """One layer's SwiGLU: (B, T, C) → (B, T, F) → (B, T, C)."""
        gate_up = linear(h, layer.gate_up_proj)  # (B, T, 2F)
        F = self.config.intermediate_size
        down = linear(swiglu(gate_up[..., :F], gate_up[..., F:]), layer.down_proj)  # (B, T, C)
        return rms_norm(down, layer.post_feedforward_norm, eps=self.config.rms_norm_eps)

    def _head(self, h: Array) -> Array:
        normed = rms_norm(h, self.weights.norm, eps=self.config.rms_norm_eps)
        return linear(normed, self.weights.lm_head)


def hide_future(T: int, S: int) -> Array:
    """(T, S) to add to scores: 0, and minus infinity at keys that come after the query."""
    return np.where(causal_mask(T, S), np.float32(0), np.float32(-np.inf))


def check_ids(ids: ArrayLike, config: ModelConfig) -> Ids:
    """``ids`` as an integer array (B, T) of tokens the model knows.

    Raises:
        InputError: naming what is wrong and where.
    """
    tokens = np.asarray(ids)
    limit, shape, dtype = config.max_position_embeddings, f"shape {tokens.shape}", tokens.dtype
    integral = dtype.kind in "iu"
    require(tokens.ndim == 2, "ids", shape, expected="(B, T)", remedy="Write ids[None].")
    require(tokens.size > 0, "ids", shape, expected="a token", remedy="Give a prompt.")
    remedy = "Encode the text first."
    require(integral, "ids", f"dtype {dtype}", expected="integers", remedy=remedy)
    given = f"{tokens.shape[1]} positions"
    require(tokens.shape[1] <= limit, "ids", given, expected=f"≤ {limit}", remedy="Shorten it.")
    outside = (tokens < 0) | (tokens >= config.vocab_size)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        given = f"id {tokens[row, column]} at [{row}, {column}]"
        expected, remedy = f"0 … {config.vocab_size - 1}", "Use this model's own tokenizer."
        raise InputError("ids", given, expected=expected, remedy=remedy)
    return tokens.astype(np.int64, copy=False)


def _check_sampling(
    max_new_tokens: int, temperature: float, rng: np.random.Generator | None
) -> None:
    remedy = "Ask for some tokens."
    require(
        max_new_tokens > 0, "max_new_tokens", max_new_tokens, expected="at least 1", remedy=remedy
    )
    require(
        0 <= temperature < float("inf"),
        "temperature",
        temperature,
        expected="0 or a positive number",
        remedy="0 means greedy.",
    )
    require(
        temperature == 0 or rng is not None,
        "rng",
        rng,
        expected="a NumPy Generator",
        remedy="Pass rng=np.random.default_rng(seed) to draw tokens.",
    )
