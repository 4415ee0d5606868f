"""03.strided: the nearest keys, and every so many further back."""

import numpy as np

from attention_scratch.exercises.authoring import exercise
from attention_scratch.nn import functional as F  # noqa: N812
from attention_scratch.nn import patterns


def strided(T, stride):
    back = np.arange(T)[:, None] - np.arange(T)
    return (back >= 0) & ((back < stride) | (back % stride == 0))


def columns(T, stride):
    seen = np.tri(T) > np.tri(T, k=-stride)
    seen[:, ::stride] = True
    return seen & np.tri(T, dtype=bool)


EXERCISE = exercise(
    "03.strided",
    "Near ones, and every so many further back",
    teaches="a pattern of two parts that reaches everything in two steps",
    right=strided,
    reference=lambda T, stride: F.causal_mask(T, T) & patterns.strided(T, stride),
    cases="""
        16 tokens, a stride of 4: 16, 4
        a stride that does not divide T: 11, 3
        a stride of 1: 6, 1
        a stride longer than the text: 5, 9
        one token: 1, 4
    """,
    mistakes="""
        counted-from-the-start: back % stride → np.arange(T) % stride
            the far keys are those at positions 0, s, 2s, ...; here they should be counted back
            from the query: those whose distance s divides
        counted-from-the-start: answer columns
        strides-only: (back < stride) | →
            the far keys are there, the near ones are not: all distances below the stride are seen,
            too
        near-only: | (back % stride == 0) →
            this is a local window: the keys further back, at distances s, 2s, 3s, ..., are missing
        both-at-once: | → &
            a key was to be near *and* at a multiple of the stride, which leaves the query's own
            position alone. Either is enough: |
        sees-the-future: (back >= 0) & ((back < stride) → ((np.abs(back) < stride)
            right toward the past, but it reaches ahead as well: only keys at or before the query
    """,
    hints="""
        Start from the matrix of distances as in 03.local_window. Which distances does the near
        part allow, and which the far part?

        Seen is a key that is not ahead, and whose distance is below the stride or divided by it
        without remainder.

        back = np.arange(T)[:, None] - np.arange(T)
        return (back >= 0) & ((...) | (...))
    """,
)
