"""Chapter 01, tokens and positions: what its exercises ask and the mistakes they know.

One module an exercise. Tolerances: encoding, looking up and padding copy, so they are compared
exactly. In float64 an angle of up to 1,000 radians is off by at most ``1000 * 5 * 2**-53``, 6e-13,
and so are its sine and cosine. Rotating float32 numbers of size up to 5 rounds by
``5 * 5 * 2**-24``, 2e-6; an angle of 10,000 radians computed in float32 is off by up to 0.001.
"""

from attention_scratch.exercises import register
from attention_scratch.exercises.cases.ch01 import (
    alibi,
    batch_padding,
    embedding,
    encode,
    rotary,
    sinusoidal,
)

for module in (encode, embedding, batch_padding, sinusoidal, rotary, alibi):
    register(module.EXERCISE)
