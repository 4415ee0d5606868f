"""Multi-head attention with its backward pass."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike

from attention_scratch.arrays import Array, require_array
from attention_scratch.errors import require
from attention_scratch.nn import checks, functional
from attention_scratch.nn.dropout import Dropout
from attention_scratch.nn.layer import Layer
from attention_scratch.nn.linear import Linear
from attention_scratch.nn.norm import RMSNorm
from attention_scratch.nn.patterns import Mask
from attention_scratch.nn.position import Alibi, RelativePosition, Rotary


class MultiHeadAttention(Layer):
    """Several attentions, each on its own D = C / H numbers (Vaswani et al. 2017).

    Args:
        dim: width of input and output, C.
        heads: query heads, H, a divisor of C.
        kv_heads: key-value heads, K, a divisor of H: each serves H / K query heads (Ainslie et
            al. 2023). K = H when left out.
        bias: give the four linear layers a bias.
        qk_norm: RMSNorm over all numbers of a query and of a key, as in OLMo 2.
        rotary: rotates queries and keys; its ``dim`` is D.
        position_bias: its (H, T, S) numbers are added to the scores.
        dropout: probability of dropping a weight in training.
        rng: where first weights and dropout come from.

    Raises:
        InputError: sizes that do not fit each other.
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        *,
        kv_heads: int | None = None,
        bias: bool = False,
        qk_norm: bool = False,
        rotary: Rotary | None = None,
        position_bias: Alibi | RelativePosition | None = None,
        dropout: float = 0.0,
        eps: float = 1e-5,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        checks.positive("dim", dim)
        checks.divides("heads", heads, "dim", dim)
        kv_heads = heads if kv_heads is None else kv_heads
        checks.divides("kv_heads", kv_heads, "heads", heads)
        self.heads, self.kv_heads, self.head_dim = heads, kv_heads, dim // heads
        require(
            rotary is None or rotary.dim == self.head_dim,
            "rotary",
            f"dim {rotary.dim if rotary else None}",
            expected=f"dim {self.head_dim}, the width of one head",
            remedy="Build it with Rotary(dim // heads).",
        )

        def linear(width: int) -> Linear:
            return Linear(dim, width, bias=bias, rng=rng, dtype=dtype)

        key_width = kv_heads * self.head_dim
        self.query = self._add_child("query", linear(dim))
        self.key = self._add_child("key", linear(key_width))
        self.value = self._add_child("value", linear(key_width))
        self.query_norm = self.key_norm = None
        if qk_norm:
            self.query_norm = self._add_child("query_norm", RMSNorm(dim, eps=eps, dtype=dtype))
            self.key_norm = self._add_child("key_norm", RMSNorm(key_width, eps=eps, dtype=dtype))
        self.rotary = rotary
        self.position_bias = position_bias
        if position_bias is not None:
            self._add_child("position_bias", position_bias)
        self.dropout = self._add_child("dropout", Dropout(dropout, rng=rng))
        self.output = self._add_child("output", linear(dim))
        self._weights: Array | None = None

    @property
    def weights(self) -> Array:
        """Weights of the last forward, (..., H, T, S), before dropout.

        Raises:
            InputError: there was no forward yet.
        """
        remedy = "Call the layer, then look at the weights it used."
        seen = self._weights is not None
        require(seen, "weights", "no forward yet", expected="one forward", remedy=remedy)
        assert self._weights is not None
        *leading, K, G, T, S = self._weights.shape
        return self._weights.reshape(*leading, K * G, T, S)

    def forward(self, x: Array, *, mask: Mask | None = None, causal: bool = False) -> Array:
        """(..., T, C) → (..., T, C). A query that may attend to nothing gets zeros.

        Args:
            x: what queries, keys and values are made of.
            mask: True where a query may attend; broadcast to (..., H, T, T).
            causal: hide the future, as ``causal_mask(T, T)`` does.

        Raises:
            InputError: a shape or dtype that does not fit.
        """
        T = require_array("x", x, "float (..., T, C)")["T"]
        K, G = self.kv_heads, self.heads // self.kv_heads
        query, key = self.query.forward(x), self.key.forward(x)
        if self.query_norm is not None and self.key_norm is not None:
            query, key = self.query_norm.forward(query), self.key_norm.forward(key)
        query = split_heads(query, K, G)  # (..., K, G, T, D)
        key = split_heads(key, K, 1)  # (..., K, 1, T, D)
        value = split_heads(self.value.forward(x), K, 1)
        if self.rotary is not None:
            query, key = self.rotary.forward(query), self.rotary.forward(key)
        bias: Array | None = None
        if self.position_bias is not None:
            bias = self.position_bias.forward(T, T).reshape(K, G, T, T)
        mask = None if mask is None else self._grouped(mask, x.shape)
        weights = functional.attention_weights(query, key, bias=bias, mask=mask, causal=causal)
        dropped = self.dropout.forward(weights)  # (..., K, G, T, T)
        self.save_for_backward(query, key, value, weights, dropped)
        self._weights = weights
        return self.output.forward(merge_heads(dropped @ value))

    def backward(self, grad: Array) -> Array:
        """(..., T, C) → (..., T, C)."""
        query, key, value, weights, dropped = self.saved()
        grad = self.output.backward(grad)
        grad = split_heads(grad, self.kv_heads, self.heads // self.kv_heads)  # (..., K, G, T, D)
        grad_value = functional.sum_to(dropped.swapaxes(-1, -2) @ grad, value.shape)
        grad_weights = self.dropout.backward(grad @ value.swapaxes(-1, -2))
        grad_query, grad_key, grad_scores = functional.attention_weights_backward(
            grad_weights, query, key, weights
        )
        if self.position_bias is not None:
            *leading, _, _, T, _ = grad_scores.shape
            by_head = grad_scores.reshape(math.prod(leading), self.heads, T, T)
            self.position_bias.backward(by_head.sum(0))
        if self.rotary is not None:
            grad_query = self.rotary.backward(grad_query)
            grad_key = self.rotary.backward(grad_key)
        grad_query, grad_key, grad_value = map(merge_heads, (grad_query, grad_key, grad_value))
        if self.query_norm is not None and self.key_norm is not None:
            grad_query = self.query_norm.backward(grad_query)
            grad_key = self.key_norm.backward(grad_key)
        grad_x: Array = self.key.backward(grad_key)
        grad_x += self.value.backward(grad_value)
        grad_x += self.query.backward(grad_query)
        return grad_x

    def _grouped(self, mask: Mask, shape: tuple[int, ...]) -> Mask:
        """A mask of (..., H, T, T), or what broadcasts to it, as (..., K, G, T, T)."""
        T = shape[-2]
        checks.mask_fits(mask, (*shape[:-2], self.heads, T, T))
        if mask.ndim < 3:
            return mask
        heads = (1, 1) if mask.shape[-3] == 1 else (self.kv_heads, self.heads // self.kv_heads)
        return mask.reshape(*mask.shape[:-3], *heads, *mask.shape[-2:])


def split_heads(x: Array, K: int, G: int) -> Array:
    """(..., T, K G D) → (..., K, G, T, D), a view: the G query heads of each of K key heads."""
    return np.moveaxis(x.reshape(*x.shape[:-1], K, G, x.shape[-1] // (K * G)), -4, -2)


def merge_heads(x: Array) -> Array:
    """(..., K, G, T, D) → (..., T, K G D), a copy."""
    moved = np.moveaxis(x, -2, -4)
    return moved.reshape(*moved.shape[:-3], math.prod(moved.shape[-3:]))
