"""Neural-network arithmetic in NumPy, written to be read."""

from attention_scratch.nn import functional, patterns
from attention_scratch.nn.activation import Gelu, Mish, Relu, Silu
from attention_scratch.nn.attention import MultiHeadAttention
from attention_scratch.nn.block import Block
from attention_scratch.nn.blockwise import blockwise_attention, blockwise_attention_backward
from attention_scratch.nn.clip import clip_by_global_norm
from attention_scratch.nn.dropout import Dropout
from attention_scratch.nn.embedding import Embedding
from attention_scratch.nn.feed_forward import FeedForward, GatedFeedForward
from attention_scratch.nn.history import EarlyStopping, History
from attention_scratch.nn.layer import Layer
from attention_scratch.nn.linear import Linear
from attention_scratch.nn.loss import CrossEntropy
from attention_scratch.nn.norm import LayerNorm, NoNorm, RMSNorm
from attention_scratch.nn.optim import SGD, Adam, AdamW
from attention_scratch.nn.parameters import FlatParameters, flatten
from attention_scratch.nn.position import (
    Alibi,
    LearnedPositions,
    RelativePosition,
    Rotary,
    alibi_bias,
    sinusoidal,
)
from attention_scratch.nn.precision import LossScaler, MixedPrecision
from attention_scratch.nn.schedule import ReduceLROnPlateau, Schedule, StepLR, WarmupCosine
from attention_scratch.nn.transformer import Decoder, Encoder
from attention_scratch.nn.transformer_config import TransformerConfig

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Alibi",
    "Block",
    "CrossEntropy",
    "Decoder",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "Encoder",
    "FeedForward",
    "FlatParameters",
    "GatedFeedForward",
    "Gelu",
    "History",
    "Layer",
    "LayerNorm",
    "LearnedPositions",
    "Linear",
    "LossScaler",
    "Mish",
    "MixedPrecision",
    "MultiHeadAttention",
    "NoNorm",
    "RMSNorm",
    "ReduceLROnPlateau",
    "RelativePosition",
    "Relu",
    "Rotary",
    "Schedule",
    "Silu",
    "StepLR",
    "TransformerConfig",
    "WarmupCosine",
    "alibi_bias",
    "blockwise_attention",
    "blockwise_attention_backward",
    "clip_by_global_norm",
    "flatten",
    "functional",
    "patterns",
    "sinusoidal",
]
