"""Multi-head attention with its backward pass."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from attention_scratch.errors import InputError
from attention_scratch.nn import checks
from attention_scratch.nn.blockwise import blockwise_attention, blockwise_attention_backward
from attention_scratch.nn.dropout import Dropout
from attention_scratch.nn.functional import _softmax_in_place, causal_mask
from attention_scratch.nn.layer import Array, Layer
from attention_scratch.nn.linear import Linear
from attention_scratch.nn.norm import RMSNorm
from attention_scratch.nn.patterns import Mask
from attention_scratch.nn.position import Alibi, RelativePosition, Rotary


class MultiHeadAttention(Layer):
    """Several attentions side by side, each on its own D = C / H numbers (Vaswani et al. 2017).

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
        blockwise: compute scores a block at a time, in memory that grows with T and not with its
            square (``blockwise_attention``). There are then no ``weights`` to look at, and neither
            ``position_bias`` nor ``dropout``, which act on all scores.
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
        blockwise: bool = False,
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
        if rotary is not None and rotary.dim != self.head_dim:
            raise InputError(
                "rotary",
                f"dim {rotary.dim}",
                expected=f"dim {self.head_dim}, the width of one head",
                remedy="Build it with Rotary(dim // heads).",
            )

        checks.boolean("blockwise", blockwise)
        if blockwise and (position_bias is not None or dropout):
            raise InputError(
                "blockwise",
                f"True, with {'dropout' if dropout else 'position_bias'}",
                expected="neither dropout nor position_bias with it",
                remedy="Rotary positions go with it, and dropout elsewhere in the block.",
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
        self.blockwise = blockwise
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
            InputError: there was no forward yet, or it went block by block.
        """
        if self.blockwise:
            raise InputError(
                "weights",
                "a layer that computes block by block",
                expected="one that keeps all weights",
                remedy="Build it with blockwise=False to look at them.",
            )
        if self._weights is None:
            raise InputError(
                "weights",
                "no forward yet",
                expected="one forward",
                remedy="Call the layer, then look at the weights it used.",
            )
        T, S = self._weights.shape[-2:]
        return self._weights.reshape(*self._weights.shape[:-4], self.heads, T, S)

    def forward(
        self,
        x: Array,
        *,
        memory: Array | None = None,
        mask: Mask | None = None,
        causal: bool = False,
    ) -> Array:
        """(..., T, C) → (..., T, C). A query that may attend to nothing gets zeros.

        Args:
            x: what queries are made of.
            memory: (..., S, C), what keys and values are made of; ``x`` when left out.
            mask: True where a query may attend; broadcast to (..., H, T, S).
            causal: hide the future, as ``causal_mask(T, S)`` does.

        Raises:
            InputError: a shape or dtype that does not fit.
        """
        checks.float_array("x", x, rank=2)
        source = x
        if memory is not None:
            self._check_memory(x, memory)
            source = memory
        query, key = self.query.forward(x), self.key.forward(source)
        value = self._split(self.value.forward(source), groups=1)  # (..., K, 1, S, D)
        if self.query_norm is not None and self.key_norm is not None:
            query, key = self.query_norm.forward(query), self.key_norm.forward(key)
        if self.rotary is not None:
            query, key = self._rotate(query, self.rotary), self._rotate(key, self.rotary)
        query = self._split(query)  # (..., K, H/K, T, D)
        key = self._split(key, groups=1)  # (..., K, 1, S, D)
        if mask is not None:
            mask = self._grouped(mask, (*x.shape[:-2], self.heads, query.shape[-2], key.shape[-2]))
        attend = self._attend_by_blocks if self.blockwise else self._attend
        mixed, kept = attend(query, key, value, mask, causal)
        self._keep(kept, memory is not None)
        return self.output.forward(mixed)

    def backward(self, grad: Array) -> Any:
        """(..., T, C) → the gradient by ``x``, or by ``x`` and ``memory`` if there was one."""
        kept, crossed = self._release()
        grad_mixed = self._split(self.output.backward(grad))  # (..., K, H/K, T, D)
        back = self._backward_by_blocks if self.blockwise else self._backward
        grad_query, grad_key, grad_value = back(grad_mixed, *kept)
        if self.rotary is not None:
            grad_query = self.rotary.backward(self._heads(grad_query)).reshape(grad_query.shape)
            grad_key = self.rotary.backward(self._heads(grad_key)).reshape(grad_key.shape)
        if self.query_norm is not None and self.key_norm is not None:
            grad_query = self.query_norm.backward(grad_query)
            grad_key = self.key_norm.backward(grad_key)
        grad_x: Array = self.query.backward(grad_query)
        grad_source: Array = self.key.backward(grad_key)
        grad_source += self.value.backward(grad_value)
        if crossed:
            return grad_x, grad_source
        grad_x += grad_source
        return grad_x

    def _attend(
        self, query: Array, key: Array, value: Array, mask: Mask | None, causal: bool
    ) -> tuple[Array, tuple[Array, ...]]:
        """Outputs of all heads side by side, (..., T, C), and what ``_backward`` needs."""
        query = query * (1 / math.sqrt(self.head_dim))
        scores = query @ key.swapaxes(-1, -2)  # (..., K, H/K, T, S)
        T, S = scores.shape[-2:]
        if self.position_bias is not None:
            bias = self.position_bias.forward(T, S)
            scores += bias.reshape(self.kv_heads, self.heads // self.kv_heads, T, S)
        if causal and T > 1:
            past = causal_mask(T, S)
            mask = past if mask is None else mask & past
        if mask is not None:
            scores += np.where(mask, scores.dtype.type(0), scores.dtype.type(-np.inf))
        weights = self._weights = _softmax_in_place(scores, -1)
        dropped = self.dropout.forward(weights)
        return self._merged(dropped, value), (query, key, value, weights, dropped)

    def _backward(
        self, grad: Array, query: Array, key: Array, value: Array, weights: Array, dropped: Array
    ) -> tuple[Array, Array, Array]:
        """Gradients by queries, keys and values, their heads side by side."""
        grad_value = self._merged(dropped.swapaxes(-1, -2), grad, shared=True)
        grad_scores = self.dropout.backward(grad @ value.swapaxes(-1, -2))
        grad_scores -= np.vecdot(grad_scores, weights)[..., None]
        grad_scores *= weights  # through softmax: w (g - sum of w g)
        if self.position_bias is not None:
            T, S = grad_scores.shape[-2:]
            leading = math.prod(grad_scores.shape[:-4])
            by_head = grad_scores.reshape(leading, self.heads, T, S)
            self.position_bias.backward(by_head.sum(0))
        grad_query = self._merged(grad_scores, key)
        grad_query *= 1 / math.sqrt(self.head_dim)
        grad_key = self._merged(grad_scores.swapaxes(-1, -2), query, shared=True)
        return grad_query, grad_key, grad_value

    def _attend_by_blocks(
        self, query: Array, key: Array, value: Array, mask: Mask | None, causal: bool
    ) -> tuple[Array, tuple[Any, ...]]:
        mixed, log_sum = blockwise_attention(query, key, value, mask=mask, causal=causal)
        return self._side_by_side(mixed), (query, key, value, mixed, log_sum, mask, causal)

    def _backward_by_blocks(self, grad: Array, *kept: Any) -> tuple[Array, Array, Array]:
        *arrays, mask, causal = kept
        grads = blockwise_attention_backward(grad, *arrays, mask=mask, causal=causal)
        grad_query, grad_key, grad_value = map(self._side_by_side, grads)
        return grad_query, grad_key, grad_value

    def _split(self, x: Array, *, groups: int | None = None) -> Array:
        """(..., T, K G D) → (..., K, G, T, D), a view."""
        groups = self.heads // self.kv_heads if groups is None else groups
        heads = x.reshape(*x.shape[:-1], self.kv_heads, groups, self.head_dim)
        return np.moveaxis(heads, -4, -2)

    def _merged(self, weights: Array, vectors: Array, *, shared: bool = False) -> Array:
        """``weights @ vectors`` of each head, the heads side by side: (..., T, K G D).

        ``shared``: the query heads of a group are summed, as gradients of what they share.
        """
        if shared and self.heads > self.kv_heads:
            return self._side_by_side((weights @ vectors).sum(-3, keepdims=True))
        groups, T = weights.shape[-3:-1]
        merged = np.empty(
            (*weights.shape[:-4], T, self.kv_heads * groups * self.head_dim), vectors.dtype
        )
        np.matmul(weights, vectors, out=self._split(merged, groups=groups))
        return merged

    def _side_by_side(self, heads: Array) -> Array:
        """(..., K, G, T, D) → (..., T, K G D), a copy."""
        width = heads.shape[-4] * heads.shape[-3] * self.head_dim
        moved = np.moveaxis(heads, -2, -4)
        return moved.reshape(*moved.shape[:-3], width)

    def _heads(self, x: Array) -> Array:
        """(..., T, heads D) → (..., T, heads, D), a view."""
        return x.reshape(*x.shape[:-1], x.shape[-1] // self.head_dim, self.head_dim)

    def _rotate(self, x: Array, rotary: Rotary) -> Array:
        positions = np.arange(x.shape[-2])[:, None]
        return rotary.forward(self._heads(x), positions).reshape(x.shape)

    def _grouped(self, mask: Mask, shape: tuple[int, ...]) -> Mask:
        """A mask of (..., H, T, S), or what broadcasts to it, as (..., K, H/K, T, S)."""
        checks.mask_fits(mask, shape)
        if mask.ndim < 3:
            return mask
        groups = self.heads // self.kv_heads
        heads = (1, 1) if mask.shape[-3] == 1 else (self.kv_heads, groups)
        return mask.reshape(*mask.shape[:-3], *heads, *mask.shape[-2:])

    def _check_memory(self, x: Array, memory: Array) -> None:
        checks.float_array("memory", memory, rank=2)
        if memory.shape[:-2] != x.shape[:-2]:
            raise InputError(
                "memory",
                f"shape {memory.shape}",
                expected=f"the leading axes of x {x.shape}",
                remedy="Give each sequence its own memory.",
            )
        if self.rotary is not None:
            raise InputError(
                "memory",
                "an array, to a layer with rotary positions",
                expected="a layer without rotary",
                remedy="Positions of two different sequences have no distance.",
            )
