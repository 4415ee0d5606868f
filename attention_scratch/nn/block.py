"""One block: attention, then a feed-forward layer, each added to the stream."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike, NDArray

from attention_scratch.arrays import Array
from attention_scratch.nn.attention import MultiHeadAttention
from attention_scratch.nn.dropout import Dropout
from attention_scratch.nn.feed_forward import FeedForward, GatedFeedForward, feed_forward
from attention_scratch.nn.layer import Layer
from attention_scratch.nn.norm import norm
from attention_scratch.nn.position import Alibi, RelativePosition, Rotary
from attention_scratch.nn.transformer_config import TransformerConfig


class Block(Layer):
    """``x + f(x)`` twice, with a norm in one of three places.

    * ``pre``: ``x + f(norm(x))`` (Xiong et al. 2020)
    * ``post``: ``norm(x + f(x))`` (Vaswani et al. 2017)
    * ``olmo2``: ``x + norm(f(x))`` (OLMo 2, 2024)

    ``f`` is attention the first time and the feed-forward layer the second.
    """

    def __init__(
        self, config: TransformerConfig, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        super().__init__()
        self.order = config.order
        self.causal = config.causal
        head_dim = config.dim // config.heads
        rotary: Rotary | None = None
        position_bias: Alibi | RelativePosition | None = None
        if config.positions == "rotary":
            rotary = Rotary(
                head_dim, theta=config.rope_theta, pairing=config.rope_pairing, dtype=dtype
            )
        elif config.positions == "alibi":
            position_bias = Alibi(config.heads, dtype=dtype)
        elif config.positions == "relative":
            position_bias = RelativePosition(
                config.heads, max_distance=config.max_distance, dtype=dtype
            )
        self.attention = MultiHeadAttention(
            config.dim,
            config.heads,
            kv_heads=config.kv_heads,
            bias=config.bias,
            qk_norm=config.qk_norm,
            rotary=rotary,
            position_bias=position_bias,
            dropout=config.dropout,
            eps=config.eps,
            rng=rng,
            dtype=dtype,
        )
        self.feed_forward = feed_forward(
            config.dim,
            config.hidden,
            activation=config.activation,
            bias=config.bias,
            rng=rng,
            dtype=dtype,
        )
        self.attention_norm = norm(config.norm, config.dim, eps=config.eps, dtype=dtype)
        self.feed_forward_norm = norm(config.norm, config.dim, eps=config.eps, dtype=dtype)
        self.attention_dropout = Dropout(config.dropout, rng=rng)
        self.feed_forward_dropout = Dropout(config.dropout, rng=rng)
        for name in ("attention", "feed_forward"):
            self._add_child(f"{name}_norm", getattr(self, f"{name}_norm"))
            self._add_child(name, getattr(self, name))
            self._add_child(f"{name}_dropout", getattr(self, f"{name}_dropout"))

    def forward(self, x: Array, *, mask: NDArray[np.bool_] | None = None) -> Array:
        """(..., T, C) → (..., T, C); ``mask`` as attention takes it."""
        if self.order == "pre":
            inner = self.attention.forward(
                self.attention_norm.forward(x), mask=mask, causal=self.causal
            )
        else:
            inner = self.attention.forward(x, mask=mask, causal=self.causal)
        x = self._join(x, inner, self.attention_norm, self.attention_dropout)

        if self.order == "pre":
            inner = self.feed_forward.forward(self.feed_forward_norm.forward(x))
        else:
            inner = self.feed_forward.forward(x)
        return self._join(x, inner, self.feed_forward_norm, self.feed_forward_dropout)

    def backward(self, grad: Array) -> Array:
        """(..., T, C) → (..., T, C)."""
        grad = self._part(
            grad, self.feed_forward, self.feed_forward_norm, self.feed_forward_dropout
        )
        return self._part(grad, self.attention, self.attention_norm, self.attention_dropout)

    def _join(self, x: Array, inner: Array, norm: Layer, dropout: Dropout) -> Array:
        """Add what a part made of ``x`` to ``x``; ``inner`` is overwritten."""
        if self.order == "olmo2":
            inner = norm.forward(inner)
        inner = dropout.forward(inner)
        inner += x
        return norm.forward(inner) if self.order == "post" else inner

    def _part(
        self,
        grad: Array,
        part: MultiHeadAttention | FeedForward | GatedFeedForward,
        norm: Layer,
        dropout: Dropout,
    ) -> Array:
        if self.order == "post":
            grad = norm.backward(grad)
        inner = dropout.backward(grad)
        if self.order == "olmo2":
            inner = norm.backward(inner)
        inner = part.backward(inner)
        if self.order == "pre":
            inner = norm.backward(inner)
        inner += grad
        return inner
