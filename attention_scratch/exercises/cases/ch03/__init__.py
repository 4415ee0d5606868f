"""Chapter 03, many heads: what its exercises ask and the mistakes they know.

One module an exercise. Cutting and merging move numbers and calculate nothing, so they are compared
exactly. Tolerances of the others, with u = 2**-24 the rounding of float32: projections of C = 8
numbers of size up to 4, scores of D numbers, an average of S <= 8 values and one more product add
about 60 roundings of numbers up to 16: 60 * 16 * u = 6e-5.
"""

from attention_scratch.exercises import register
from attention_scratch.exercises.cases.ch03 import (
    grouped_query,
    local_window,
    merge_heads,
    multi_head,
    split_heads,
    strided,
)

for module in (split_heads, merge_heads, multi_head, grouped_query, local_window, strided):
    register(module.EXERCISE)
