"""Chapter 10, OLMo 2 in NumPy: one module an exercise, registered in reading order."""

from attention_scratch.exercises.cases.ch10 import (  # noqa: I001 - the reading order
    rms_norm,
    rope,
    query_heads,
    swiglu,
    decoder_layer,
    decode,
)

__all__ = ["decode", "decoder_layer", "query_heads", "rms_norm", "rope", "swiglu"]
