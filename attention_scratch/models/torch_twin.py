"""The transformers of ``nn`` in PyTorch: the same configuration, the same names of parameters.

``torch_model.load_state_dict(to_torch(numpy_model.params))`` carries weights one way and
``numpy_model.load(to_numpy(torch_model))`` the other. What torch has is taken from it (linear
layers, norms, activations, attention, cross-entropy, autograd); what it lacks is written out here
from the papers that ``nn`` names, by other means: rotary positions as complex numbers, relative
distances as one gather.

Shapes use the letters of the notation page: ``B`` batch, ``T`` length, ``C`` model width, ``H``
heads, ``K`` key-value heads, ``D`` head width, ``V`` vocabulary.
"""

# torch is not followed: its own types would take a minute
# mypy: disallow-subclassing-any=False

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from attention_scratch.nn import TransformerConfig

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": functional.gelu,
    "geglu": functional.gelu,
    "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "relu": functional.relu,
    "silu": functional.silu,
    "swiglu": functional.silu,
    "mish": functional.mish,
}


def to_torch(params: Mapping[str, NDArray[Any]]) -> dict[str, Tensor]:
    """Copies of NumPy parameters, as ``load_state_dict`` takes them."""
    return {name: torch.tensor(value) for name, value in params.items()}


def to_numpy(model: nn.Module) -> dict[str, NDArray[Any]]:
    """Copies of a model's parameters, as ``Layer.load`` takes them."""
    return {name: value.detach().cpu().numpy().copy() for name, value in model.named_parameters()}


def norm(kind: str, config: TransformerConfig, width: int) -> nn.Module:
    """torch's own norm of that name."""
    if kind == "none":
        return nn.Identity()
    return (nn.RMSNorm if kind == "rms" else nn.LayerNorm)(width, eps=config.eps)


@cache
def turns(T: int, D: int, theta: float, dtype: torch.dtype) -> Tensor:
    """e^(i angle) of each position and pair, (T, D/2)."""
    exponents = torch.arange(0, D, 2, dtype=torch.float64) / D
    angles = torch.outer(torch.arange(T, dtype=torch.float64), theta**-exponents)
    return torch.polar(torch.ones_like(angles), angles).to(dtype)


def rotate(x: Tensor, config: TransformerConfig) -> Tensor:
    """Rotary positions of (B, H, T, D): each pair, as a complex number, turned."""
    dtype = torch.complex128 if x.dtype == torch.float64 else torch.complex64
    turn = turns(x.shape[-2], x.shape[-1], config.rope_theta, dtype)
    if config.rope_pairing == "interleaved":
        pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
        return torch.view_as_real(pairs * turn).flatten(-2)
    pairs = torch.complex(*x.chunk(2, dim=-1)) * turn
    return torch.cat((pairs.real, pairs.imag), dim=-1)


class RelativePosition(nn.Module):
    """A learned number for each head and clipped distance, (H, 2 max_distance + 1)."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.limit = config.max_distance
        self.weight = nn.Parameter(torch.zeros(config.heads, 2 * self.limit + 1))

    def forward(self, T: int) -> Tensor:  # -> (H, T, T)
        places = torch.arange(T)
        distance = (places[:, None] - places).clamp(-self.limit, self.limit)
        return self.weight[:, distance + self.limit]


def alibi(H: int, T: int, like: Tensor) -> Tensor:
    """(H, T, T): minus the distance times each head's slope, as in Press et al.'s own code."""

    def slopes(n: int) -> list[float]:
        power = 2 ** math.floor(math.log2(n))
        start = 2 ** (-(2 ** -(math.log2(power) - 3)))
        first = [start * start**i for i in range(power)]
        return first if n == power else first + slopes(2 * power)[0::2][: n - power]

    places = torch.arange(T)
    distance = (places[:, None] - places).abs()
    return -(torch.tensor(slopes(H), dtype=torch.float64)[:, None, None] * distance).to(like.dtype)


class Attention(nn.Module):
    """``MultiHeadAttention`` on torch's scaled_dot_product_attention."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.head_dim = config.dim // config.heads
        key_width = (config.kv_heads or config.heads) * self.head_dim
        self.query = nn.Linear(config.dim, config.dim, bias=config.bias)
        self.key = nn.Linear(config.dim, key_width, bias=config.bias)
        self.value = nn.Linear(config.dim, key_width, bias=config.bias)
        self.output = nn.Linear(config.dim, config.dim, bias=config.bias)
        if config.qk_norm:
            self.query_norm = nn.RMSNorm(config.dim, eps=config.eps)
            self.key_norm = nn.RMSNorm(key_width, eps=config.eps)
        if config.positions == "relative":
            self.position_bias = RelativePosition(config)

    def heads(self, x: Tensor) -> Tensor:  # (B, T, heads * D) -> (B, heads, T, D)
        return x.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:  # (B, T, C) -> (B, T, C)
        query, key, value = self.query(x), self.key(x), self.value(x)
        if self.config.qk_norm:
            query, key = self.query_norm(query), self.key_norm(key)
        query, key, value = self.heads(query), self.heads(key), self.heads(value)
        if self.config.positions == "rotary":
            query, key = rotate(query, self.config), rotate(key, self.config)
        mixed = functional.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=self.added(mask, x),
            dropout_p=self.config.dropout if self.training else 0.0,
            enable_gqa=self.config.kv_heads is not None,
        )
        return self.output(mixed.transpose(1, 2).flatten(2))

    def added(self, mask: Tensor | None, x: Tensor) -> Tensor | None:
        """What the scores get: a bias of positions, minus infinity where the mask is False."""
        T = x.shape[1]
        if self.config.positions == "relative":
            bias = self.position_bias(T)
        elif self.config.positions == "alibi":
            bias = alibi(self.config.heads, T, x)
        else:
            return mask
        return bias if mask is None else torch.where(mask, bias, -torch.inf)


class FeedForward(nn.Module):
    """``FeedForward`` or ``GatedFeedForward``, as the activation's name asks."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.activation = ACTIVATIONS[config.activation]
        if config.activation in ("swiglu", "geglu"):
            self.gate = nn.Linear(config.dim, config.hidden, bias=config.bias)
        self.up = nn.Linear(config.dim, config.hidden, bias=config.bias)
        self.down = nn.Linear(config.hidden, config.dim, bias=config.bias)

    def forward(self, x: Tensor) -> Tensor:  # (B, T, C) -> (B, T, F) -> (B, T, C)
        if hasattr(self, "gate"):
            return self.down(self.activation(self.gate(x)) * self.up(x))
        return self.down(self.activation(self.up(x)))


class Block(nn.Module):
    """Attention, then feed-forward, with the norms where ``config.order`` puts them."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.order = config.order
        self.attention_norm = norm(config.norm, config, config.dim)
        self.attention = Attention(config)
        self.feed_forward_norm = norm(config.norm, config, config.dim)
        self.feed_forward = FeedForward(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:  # (B, T, C) -> (B, T, C)
        if self.order == "pre":
            x = x + self.dropout(self.attention(self.attention_norm(x), mask))
            return x + self.dropout(self.feed_forward(self.feed_forward_norm(x)))
        if self.order == "post":
            x = self.attention_norm(x + self.dropout(self.attention(x, mask)))
            return self.feed_forward_norm(x + self.dropout(self.feed_forward(x)))
        x = x + self.dropout(self.attention_norm(self.attention(x, mask)))
        return x + self.dropout(self.feed_forward_norm(self.feed_forward(x)))


class Transformer(nn.Module):
    """Embedding, positions and blocks: ids (B, T) to vectors (B, T, C)."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.dim)
        if config.tie:
            nn.init.normal_(self.embedding.weight, std=config.dim**-0.5)
        if config.positions == "learned":
            self.positions = nn.Embedding(config.max_positions, config.dim)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = norm("none" if config.order == "post" else config.norm, config, config.dim)

    def embed(self, ids: Tensor, mask: Tensor | None) -> Tensor:  # (B, T) -> (B, T, C)
        C, T = self.config.dim, ids.shape[1]
        x = self.embedding(ids)
        if self.config.tie:
            x = x * math.sqrt(C)
        if self.config.positions == "learned":
            x = x + self.positions.weight[:T]
        elif self.config.positions == "sinusoidal":
            x = x + sinusoidal(T, C).to(x.dtype)
        x = self.dropout(x)
        allowed = self.allowed(T, mask)
        for block in self.blocks:
            x = block(x, allowed)
        return x

    def allowed(self, T: int, mask: Tensor | None) -> Tensor | None:
        """(B, 1, T, T) or (T, T), True where a query may attend."""
        query, key = torch.arange(T)[:, None], torch.arange(T)
        seen = torch.ones(T, T, dtype=torch.bool)
        if self.config.causal:
            seen &= key <= query
        if self.config.window is not None:
            seen &= (query - key).abs() < self.config.window
        if self.config.stride is not None:
            distance = (query - key).abs()
            seen &= (distance < self.config.stride) | (distance % self.config.stride == 0)
        if mask is not None:
            return seen & mask[:, None, None, :]
        return None if bool(seen.all()) else seen


def sinusoidal(T: int, C: int) -> Tensor:
    """(T, C): sine and cosine of the same angle side by side."""
    angles = torch.arange(T).double()[:, None] / 10000.0 ** (torch.arange(0, C, 2).double() / C)
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)[:, :C]


class Decoder(Transformer):
    """ids (B, T) to logits of the next token, (B, T, V)."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config)
        if not config.tie:
            self.head = nn.Linear(config.dim, config.vocab_size, bias=False)

    def forward(
        self, ids: Tensor, mask: Tensor | None = None, *, at: Tensor | None = None
    ) -> Tensor:
        x = self.embed(ids, mask)
        if at is not None:
            x = x.take_along_dim(at[:, :, None], dim=1)  # (B, A, C)
        table = self.embedding.weight if self.config.tie else self.head.weight
        return functional.linear(self.norm(x), table)


class Encoder(Transformer):
    """ids (B, T) to logits of classes, (B, classes), from the mean of the tokens' vectors."""

    def __init__(self, config: TransformerConfig, *, classes: int) -> None:
        super().__init__(config)
        self.head = nn.Linear(config.dim, classes)

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        x = self.norm(self.embed(ids, mask))
        if mask is None:
            return self.head(x.mean(1))
        counted = mask[:, :, None].to(x.dtype)
        return self.head((x * counted).sum(1) / counted.sum(1).clamp(min=1))
