"""Chapter 02, scaled dot-product attention: what its exercises ask and the mistakes they know.

One module an exercise. Tolerances, with u = 2**-24 the rounding of float32: a softmax of S scores
is off by at most ``u (S + log S + 10)`` (each exponential by 4 u, the sum by S u, the division by
u), here 2e-6 for S <= 8. A score of D products of size up to 20 is off by at most ``20 (D + 2) u``,
2e-5 for D <= 8; weights then by a factor of ``1 + 4e-5`` and averages of values up to 4 by 2e-4.
"""

from attention_scratch.exercises import register
from attention_scratch.exercises.cases.ch02 import (
    attention,
    causal_mask,
    merge,
    online_softmax,
    scores,
    softmax,
)

for module in (softmax, scores, causal_mask, attention, online_softmax, merge):
    register(module.EXERCISE)
