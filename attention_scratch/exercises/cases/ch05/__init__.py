"""Chapter 05, a block, a loss, training: what its exercises ask and the mistakes they know.

One module an exercise. Answers are computed in float64 from float64 inputs (but for one case in
float32, which has its own room), so a few hundred roundings of 2**-53 lie far below the
tolerances.
"""

from attention_scratch.exercises import register
from attention_scratch.exercises.cases.ch05 import (
    accumulate,
    adamw_step,
    block,
    clip_global_norm,
    cross_entropy,
    warmup_cosine,
)

for module in (block, cross_entropy, adamw_step, warmup_cosine, clip_global_norm, accumulate):
    register(module.EXERCISE)
