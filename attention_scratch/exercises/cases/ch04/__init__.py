"""Chapter 04, backward by hand: what its exercises ask and the mistakes they know.

One module an exercise. Tolerances, with u = 2**-24 the rounding of float32: gradients here are sums
of at most 12 products of numbers up to 4, off by ``14 * 12 * 16 * u``, 2e-4 at worst; what divides
by a spread of at least 0.3 multiplies that by 3. Mistakes are off by more than 1e-2.
"""

from attention_scratch.exercises import register
from attention_scratch.exercises.cases.ch04 import (
    attention_backward,
    cross_entropy_backward,
    gradient_check,
    layer_norm_backward,
    linear_backward,
    softmax_backward,
)

for module in (
    linear_backward,
    softmax_backward,
    cross_entropy_backward,
    attention_backward,
    layer_norm_backward,
    gradient_check,
):
    register(module.EXERCISE)
