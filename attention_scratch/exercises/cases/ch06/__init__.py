"""Chapter 06, decoding: what its exercises ask and the mistakes they know.

One module an exercise; each ``Tree`` in the cases is a language model of six tokens made of dice.
"""

from attention_scratch.exercises import register
from attention_scratch.exercises.cases.ch06 import (
    beam_step,
    greedy,
    length_normalization,
    stop_at_eos,
    top_p,
)

for module in (greedy, stop_at_eos, top_p, beam_step, length_normalization):
    register(module.EXERCISE)
