"""A decoder that predicts the next token and an encoder that classifies, of the same blocks."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from attention_scratch.errors import InputError
from attention_scratch.nn import checks, feed_forward, patterns
from attention_scratch.nn.block import ORDERS, Block
from attention_scratch.nn.dropout import Dropout
from attention_scratch.nn.embedding import Embedding, add_rows
from attention_scratch.nn.layer import Array, Layer
from attention_scratch.nn.linear import Linear
from attention_scratch.nn.norm import NORMS, norm
from attention_scratch.nn.position import LearnedPositions, sinusoidal

POSITIONS = ("rotary", "learned", "sinusoidal", "alibi", "relative", "none")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TransformerConfig:
    """Everything that decides a model's shape and arithmetic.

    Attributes:
        vocab_size: V.
        dim: C.
        layers: number of blocks, L.
        heads: H, a divisor of C.
        kv_heads: K, a divisor of H; H when None.
        hidden: width of the feed-forward layers, F.
        positions: rotary, learned, sinusoidal, alibi, relative or none.
        norm: rms, layer or none.
        order: where the norms stand: pre, post or olmo2 (see ``Block``).
        activation: swiglu, geglu (gated), gelu, gelu_tanh, relu, silu or mish.
        qk_norm: RMSNorm over queries and keys, as in OLMo 2.
        bias: give the blocks' linear layers biases.
        dropout: of embeddings, attention weights and what each part adds; 0 is none.
        tie: the output matrix is the embedding table. Embeddings are then multiplied by √C, as in
            section 3.4 of Vaswani et al. (2017).
        causal: no position sees later ones.
        window: see only positions less than this far away.
        stride: see only the pattern of ``patterns.strided``.
        max_positions: how many learned positions there are.
        max_distance: how far relative positions are told apart.
        rope_theta: base of the rotary wavelengths.
        rope_pairing: half or interleaved (see ``Rotary``).
        eps: of the norms.

    Raises:
        InputError: a value out of range, or two that do not fit.
    """

    vocab_size: int
    dim: int
    layers: int
    heads: int
    hidden: int
    kv_heads: int | None = None
    positions: str = "rotary"
    norm: str = "rms"
    order: str = "pre"
    activation: str = "swiglu"
    qk_norm: bool = False
    bias: bool = False
    dropout: float = 0.0
    tie: bool = False
    causal: bool = True
    window: int | None = None
    stride: int | None = None
    max_positions: int = 512
    max_distance: int = 16
    rope_theta: float = 10000.0
    rope_pairing: Literal["half", "interleaved"] = "half"
    eps: float = 1e-5

    def __post_init__(self) -> None:
        for name in ("vocab_size", "dim", "layers", "hidden", "max_positions", "max_distance"):
            checks.positive(name, getattr(self, name))
        checks.divides("heads", self.heads, "dim", self.dim)
        if self.kv_heads is not None:
            checks.divides("kv_heads", self.kv_heads, "heads", self.heads)
        checks.choice("positions", self.positions, POSITIONS)
        checks.choice("norm", self.norm, NORMS)
        checks.choice("order", self.order, ORDERS)
        checks.choice("activation", self.activation, feed_forward.CHOICES)
        checks.choice("rope_pairing", self.rope_pairing, ("half", "interleaved"))
        for name in ("qk_norm", "bias", "tie", "causal"):
            checks.boolean(name, getattr(self, name))
        checks.probability("dropout", self.dropout)
        for name in ("window", "stride"):
            if getattr(self, name) is not None:
                checks.positive(name, getattr(self, name))
        checks.above_zero("rope_theta", self.rope_theta)
        checks.above_zero("eps", self.eps)
        if self.positions == "rotary" and self.dim // self.heads % 2:
            raise InputError(
                "heads",
                str(self.heads),
                expected=f"heads of even width for rotary positions, not {self.dim // self.heads}",
                remedy="Change dim or heads, or choose other positions.",
            )

    def to_dict(self) -> dict[str, Any]:
        """All fields by name, as JSON can hold them."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The configuration that ``to_dict`` wrote.

        Raises:
            InputError: a field that is unknown, missing or out of range.
        """
        known = {field.name: field for field in dataclasses.fields(cls)}
        for name in fields:
            if name not in known:
                raise InputError(
                    name,
                    fields[name],
                    expected=f"one of {', '.join(known)}",
                    remedy="Remove it: no model has that field.",
                )
        for name, field in known.items():
            if field.default is dataclasses.MISSING and name not in fields:
                raise InputError(
                    name, "nothing", expected="a value", remedy="Add it to the configuration."
                )
        return cls(**fields)


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

    def _embed(self, ids: NDArray[np.integer], mask: NDArray[np.bool_] | None) -> Array:
        """Through the blocks, (B, T, C)."""
        checks.ids("ids", ids, self.config.vocab_size, rank=2)
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

    def _backward_embed(self, grad: Array) -> None:
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
            checks.padding("mask", mask, shape)
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
        x = self._embed(ids, mask)
        B, T, C = x.shape
        rows = None
        if at is not None:
            checks.ids("at", at, T, rank=2)
            if len(at) != B:
                raise InputError(
                    "at",
                    f"shape {at.shape}",
                    expected=f"({B}, A), a row for each sequence",
                    remedy="Give each sequence the same number of positions.",
                )
            rows = (np.arange(B)[:, None] * T + at).reshape(-1)
            x = x.reshape(-1, C)[rows].reshape(*at.shape, C)
        x = self.norm.forward(x)
        self._keep(x, rows, (B, T, C))
        if self.head is not None:
            return self.head.forward(x)
        table = self.embedding.params["weight"]
        return (x.reshape(-1, C) @ table.T).reshape(*x.shape[:-1], len(table))

    def backward(self, grad: Array) -> None:
        """The gradient by the logits, of their shape, down to every parameter."""
        x, rows, shape = self._release()
        if self.head is not None:
            grad = self.head.backward(grad)
        else:
            flat = grad.reshape(-1, grad.shape[-1])
            table = self.embedding
            table.grads["weight"][...] += flat.T @ x.reshape(-1, shape[2])
            grad = (flat @ table.params["weight"]).reshape(x.shape)
        grad = self.norm.backward(grad)
        if rows is not None:
            everywhere = np.zeros((shape[0] * shape[1], shape[2]), grad.dtype)
            add_rows(everywhere, rows, grad.reshape(-1, shape[2]))
            grad = everywhere.reshape(shape)
        self._backward_embed(grad)


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
        if config.causal:
            raise InputError(
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
        x = self.norm.forward(self._embed(ids, mask))
        share = np.ones(ids.shape, self.dtype) if mask is None else mask.astype(self.dtype)
        share /= np.maximum(share.sum(1, keepdims=True), 1)  # (B, T), each row sums to 1
        self._keep(share)
        return self.head.forward((share[:, None, :] @ x)[:, 0])

    def backward(self, grad: Array) -> None:
        """The gradient by the logits, (B, classes), down to every parameter."""
        (share,) = self._release()
        pooled = self.head.backward(grad)  # (B, C)
        self._backward_embed(self.norm.backward(share[:, :, None] * pooled[:, None, :]))
