"""03.merge_heads: the heads' numbers side by side again."""

import numpy as np

from attention_scratch.exercises.authoring import exercise

from .split_heads import numbered


def merge_heads(x):
    *leading, H, T, D = x.shape
    return x.swapaxes(-2, -3).reshape(*leading, T, H * D)


def stacked_last(x):
    stacked = np.stack([x[..., h, :, :] for h in range(x.shape[-3])], axis=-1)  # (..., T, D, H)
    return stacked.reshape(*stacked.shape[:-2], -1)


EXERCISE = exercise(
    "03.merge_heads",
    "Heads side by side again",
    teaches="the way back from heads to tokens, for any leading axes",
    right=merge_heads,  # moves numbers and calculates nothing: compared exactly
    cases="""
        2 heads, 3 tokens: numbered(rng, 2, 3, 4)
        as many tokens as heads: numbered(rng, 3, 3, 2)
        a batch: numbered(rng, 2, 4, 5, 3)
        two leading axes: numbered(rng, 2, 3, 2, 4, 3)
        one head: numbered(rng, 2, 1, 4, 3)
        heads of a single number: numbered(rng, 4, 3, 1)
    """,
    mistakes="""
        reshape-alone: .swapaxes(-2, -3) →
            the shape is right and the numbers are not: reshape reads a head to its end before it
            comes to the next, so each row holds tokens of one head. Swap the axes of heads and
            tokens first
        first-axes-swapped: -2, -3 → 0, 1
            right for a single sequence; with a batch, axes 0 and 1 are other ones. Count from the
            end: the axes of H and T are -3 and -2
        interleaved: x.swapaxes(-2, -3) → np.moveaxis(x, -3, -1)
            the heads' numbers are shuffled together, one of each in turn. Each head's D numbers
            stay side by side: (..., T, H, D) before the last reshape
        interleaved: answer stacked_last
        heads-added: swapaxes(-2, -3).reshape(*leading, T, H * D) → sum(axis=-3)
            the heads were added up, which leaves D numbers a token: they belong side by side, all
            H · D of them
        shape: T, H * D → H * T, D
    """,
    hints="""
        It undoes 03.split_heads. In which order must the two steps be undone?

        Swap the axes of heads and tokens, counted from the end; then H and D lie side by side and
        one reshape makes one axis of them.

        parts = x.swapaxes(..., ...)                 # (..., T, H, D)
        return parts.reshape(*parts.shape[:-2], ...)   # (..., T, C)
    """,
)
