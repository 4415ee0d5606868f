"""A decoder that predicts the next token and an encoder that classifies, of the same blocks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike, NDArray

from attention_scratch.arrays import Array
from attention_scratch.errors import require
from attention_scratch.nn import checks, functional, patterns
from attention_scratch.nn.block import Block
from attention_scratch.nn.dropout import Dropout
from attention_scratch.nn.embedding import Embedding, add_rows
from attention_scratch.nn.layer import Layer
from attention_scratch.nn.linear import Linear
from attention_scratch.nn.norm import norm
from attention_scratch.nn.position import LearnedPositions, sinusoidal
from attention_scratch.nn.transformer_config import TransformerConfig


class _Transformer(Layer):
    """Embedding, positions, blocks and the last norm: ids (B, T) → (B, T, C)."""

    def __init__(
        self, config: TransformerConfig, *, rng: np.random.Generator, dtype: DTypeLike
    ) -> None:
        super().__init__()
        self.config = config
        self.dtype = checks.float_dtype(dtype)
        C = config.dim
        self.scale = math.sqrt(C) if config.tie else 1.0
        self.embedding = self._add_child(
            "embedding",
            Embedding(config.vocab_size, C, rng=rng, std=1 / self.scale, dtype=dtype),
        )
        self.positions: LearnedPositions | None = None
        if config.positions == "learned":
            self.positions = self._add_child(
                "positions", LearnedPositions(config.max_positions, C, rng=rng, dtype=dtype)
            )
        self.dropout = self._add_child("dropout", Dropout(config.dropout, rng=rng))
        self.blocks = [
            self._add_child(f"blocks.{index}", Block(config, rng=rng, dtype=dtype))
            for index in range(config.layers)
        ]
        # After a block that ends in a norm there is nothing left to norm.
        last = "none" if config.order == "post" else config.norm
        self.norm = self._add_child("norm", norm(last, C, eps=config.eps, dtype=dtype))

    @property
    def attention_weights(self) -> list[Array]:
        """Weights of the last forward, (B, H, T, S) for each block.

        Raises:
            InputError: there was no forward yet.
        """
        return [block.attention.weights for block in self.blocks]

    def hidden_states(self, ids: NDArray[np.integer], mask: NDArray[np.bool_] | None) -> Array:
        """Through all blocks: (B, T) ids → (B, T, C)."""
        checks.ids("ids", ids, self.config.vocab_size, axes="(B, T)")
        x = self.embedding.forward(ids)  # (B, T, C)
        if self.config.tie:
            x *= self.scale
        if self.positions is not None:
            x = self.positions.forward(x)
        elif self.config.positions == "sinusoidal":
            x += sinusoidal(*x.shape[1:], dtype=self.dtype)
        x = self.dropout.forward(x)
        attendable = self._mask(ids.shape, mask)
        for block in self.blocks:
            x = block.forward(x, mask=attendable)
        return x

    def hidden_states_backward(self, grad: Array) -> None:
        """(B, T, C), down to every parameter before the last norm."""
        for block in reversed(self.blocks):
            grad = block.backward(grad)
        grad = self.dropout.backward(grad)
        if self.positions is not None:
            grad = self.positions.backward(grad)
        self.embedding.backward(grad * self.scale if self.config.tie else grad)

    def _mask(
        self, shape: tuple[int, ...], mask: NDArray[np.bool_] | None
    ) -> NDArray[np.bool_] | None:
        """Padding and pattern, (B, 1, 1, T) or (T, T) or (B, 1, T, T); None where all is seen."""
        T = shape[1]
        seen = None
        if mask is not None:
            require(
                isinstance(mask, np.ndarray) and mask.dtype == np.bool_ and mask.shape == shape,
                "mask",
                f"{mask.dtype} {mask.shape}" if isinstance(mask, np.ndarray) else repr(mask),
                expected=f"booleans {shape}, True at tokens and False at padding",
                remedy="patterns.padding_mask(lengths, T) makes one, ids != pad another.",
            )
            seen = mask[:, None, None, :]
        for size, pattern in (
            (self.config.window, patterns.local_window),
            (self.config.stride, patterns.strided),
        ):
            if size is not None:
                near = pattern(T, size)
                seen = near if seen is None else seen & near
        return seen

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.config})"


class Decoder(_Transformer):
    """Predicts, at every position, the next token: a transformer that reads and writes.

    Args:
        config: its shape; ``causal`` unless it only fills in.
        rng: where first weights and dropout come from.
        dtype: float32 or float64.
    """

    def __init__(
        self, config: TransformerConfig, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        super().__init__(config, rng=rng, dtype=dtype)
        self.head: Linear | None = None
        if not config.tie:
            head = Linear(config.dim, config.vocab_size, bias=False, rng=rng, dtype=dtype)
            self.head = self._add_child("head", head)

    def forward(
        self,
        ids: NDArray[np.integer],
        mask: NDArray[np.bool_] | None = None,
        *,
        at: NDArray[np.integer] | None = None,
    ) -> Array:
        """(B, T) token ids → (B, T, V) logits.

        Args:
            ids: integers from 0 to V - 1.
            mask: (B, T), True at tokens, False at padding.
            at: (B, A) positions at which alone logits are wanted; the result is (B, A, V). The
                last norm and the vocabulary matrix are then applied to those only.

        Raises:
            InputError: ids that are none, more positions than learned, a mask that does not fit.
        """
        x = self.hidden_states(ids, mask)
        B, T, C = x.shape
        rows = None
        if at is not None:
            checks.ids("at", at, T, axes="(B, A)")
            require(
                len(at) == B,
                "at",
                f"shape {at.shape}",
                expected=f"({B}, A), a row for each sequence",
                remedy="Give each sequence the same number of positions.",
            )
            rows = (np.arange(B)[:, None] * T + at).reshape(-1)
            x = x.reshape(-1, C)[rows].reshape(*at.shape, C)
        x = self.norm.forward(x)
        self.save_for_backward(x, rows, (B, T, C))
        if self.head is not None:
            return self.head.forward(x)
        table = self.embedding.params["weight"]
        return functional.linear(x, table)

    def backward(self, grad: Array) -> None:
        """The gradient by the logits, of their shape, down to every parameter."""
        x, rows, shape = self.saved()
        if self.head is not None:
            grad = self.head.backward(grad)
        else:
            table = self.embedding
            grad, grad_table, _ = functional.linear_backward(grad, x, table.params["weight"])
            table.grads["weight"][...] += grad_table
        grad = self.norm.backward(grad)
        if rows is not None:
            everywhere = np.zeros((shape[0] * shape[1], shape[2]), grad.dtype)
            add_rows(everywhere, rows, grad.reshape(-1, shape[2]))
            grad = everywhere.reshape(shape)
        self.hidden_states_backward(grad)


class Encoder(_Transformer):
    """Classifies a sequence by the mean of its tokens' last vectors.

    Args:
        config: its shape, with ``causal=False``.
        classes: number of classes.
        rng: where first weights and dropout come from.
        dtype: float32 or float64.

    Raises:
        InputError: the configuration is causal.
    """

    def __init__(
        self,
        config: TransformerConfig,
        *,
        classes: int,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        require(
            not config.causal,
            "causal",
            config.causal,
            expected="False for an encoder",
            remedy="Every token may see every other: TransformerConfig(…, causal=False).",
        )
        super().__init__(config, rng=rng, dtype=dtype)
        self.head = self._add_child("head", Linear(config.dim, classes, rng=rng, dtype=dtype))

    def forward(self, ids: NDArray[np.integer], mask: NDArray[np.bool_] | None = None) -> Array:
        """(B, T) token ids → (B, classes) logits.

        Args:
            ids: integers from 0 to V - 1.
            mask: (B, T), True at tokens, False at padding.

        Raises:
            InputError: ids that are none, more positions than learned, a mask that does not fit.
        """
        x = self.norm.forward(self.hidden_states(ids, mask))
        share = np.ones(ids.shape, self.dtype) if mask is None else mask.astype(self.dtype)
        share /= np.maximum(share.sum(1, keepdims=True), 1)  # (B, T), each row sums to 1
        self.save_for_backward(share)
        return self.head.forward((share[:, None, :] @ x)[:, 0])

    def backward(self, grad: Array) -> None:
        """The gradient by the logits, (B, classes), down to every parameter."""
        (share,) = self.saved()
        pooled = self.head.backward(grad)  # (B, C)
        self.hidden_states_backward(self.norm.backward(share[:, :, None] * pooled[:, None, :]))
