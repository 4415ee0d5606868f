"""Everything that decides a transformer's shape and arithmetic."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

from attention_scratch.errors import require
from attention_scratch.nn import checks, feed_forward
from attention_scratch.nn.functional.rotation import Pairing
from attention_scratch.nn.norm import NORMS

ORDERS = ("pre", "post", "olmo2")
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
    rope_pairing: Pairing = "half"
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
        require(
            self.positions != "rotary" or self.dim // self.heads % 2 == 0,
            "heads",
            self.heads,
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
            remedy = "Remove it: no model has that field."
            expected = f"one of {', '.join(known)}"
            require(name in known, name, fields[name], expected=expected, remedy=remedy)
        for name, field in known.items():
            given = name in fields or field.default is not dataclasses.MISSING
            remedy = "Add it to the configuration."
            require(given, name, "nothing", expected="a value", remedy=remedy)
        return cls(**fields)
