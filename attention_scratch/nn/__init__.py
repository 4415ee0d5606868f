"""Neural-network arithmetic in NumPy, written to be read."""

from attention_scratch.nn import functional, patterns
from attention_scratch.nn.activation import Gelu, Mish, Relu, Silu
from attention_scratch.nn.attention import MultiHeadAttention
from attention_scratch.nn.block import Block
from attention_scratch.nn.dropout import Dropout
from attention_scratch.nn.embedding import Embedding
from attention_scratch.nn.feed_forward import FeedForward, GatedFeedForward
from attention_scratch.nn.layer import Layer
from attention_scratch.nn.linear import Linear
from attention_scratch.nn.loss import CrossEntropy
from attention_scratch.nn.norm import LayerNorm, NoNorm, RMSNorm
from attention_scratch.nn.parameters import FlatParameters, flatten
from attention_scratch.nn.position import (
    Alibi,
    LearnedPositions,
    RelativePosition,
    Rotary,
    alibi_bias,
    sinusoidal,
)
from attention_scratch.nn.transformer import Decoder, Encoder, TransformerConfig

__all__ = [
    "Alibi",
    "Block",
    "CrossEntropy",
    "Decoder",
    "Dropout",
    "Embedding",
    "Encoder",
    "FeedForward",
    "FlatParameters",
    "GatedFeedForward",
    "Gelu",
    "Layer",
    "LayerNorm",
    "LearnedPositions",
    "Linear",
    "Mish",
    "MultiHeadAttention",
    "NoNorm",
    "RMSNorm",
    "RelativePosition",
    "Relu",
    "Rotary",
    "Silu",
    "TransformerConfig",
    "alibi_bias",
    "flatten",
    "functional",
    "patterns",
    "sinusoidal",
]
