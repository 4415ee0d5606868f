"""Chapter 07, the architecture lab: what its exercises ask and the mistakes they know."""

from attention_scratch.exercises import register
from attention_scratch.exercises.cases.ch07 import (
    fair_comparison,
    gated_feed_forward,
    interval,
    many_comparisons,
    relative_bias,
)

for module in (interval, many_comparisons, fair_comparison, relative_bias, gated_feed_forward):
    register(module.EXERCISE)
