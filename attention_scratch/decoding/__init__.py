"""From logits to tokens: penalties → temperature → top-k → top-p → min-p → draw; beam search."""

from attention_scratch.decoding.beam import beam_search, normalized
from attention_scratch.decoding.continuation import (
    Continuation,
    Ids,
    NextLogits,
    generate,
    greedy,
    sample,
)
from attention_scratch.decoding.filters import (
    apply_min_p,
    apply_temperature,
    apply_top_k,
    apply_top_p,
)
from attention_scratch.decoding.penalties import (
    apply_frequency_penalty,
    apply_penalties,
    apply_presence_penalty,
    apply_repetition_penalty,
    count_tokens,
)
from attention_scratch.decoding.sampling import draw, sample_tokens

__all__ = [
    "Continuation",
    "Ids",
    "NextLogits",
    "apply_frequency_penalty",
    "apply_min_p",
    "apply_penalties",
    "apply_presence_penalty",
    "apply_repetition_penalty",
    "apply_temperature",
    "apply_top_k",
    "apply_top_p",
    "beam_search",
    "count_tokens",
    "draw",
    "generate",
    "greedy",
    "normalized",
    "sample",
    "sample_tokens",
]
