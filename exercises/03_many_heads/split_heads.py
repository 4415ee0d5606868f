"""03.split_heads: which numbers a head gets."""

import numpy as np

from attention_scratch.exercises.authoring import exercise


def numbered(rng, *shape):
    """An array of that shape whose numbers are all different."""
    return rng.permutation(np.prod(shape)).reshape(shape).astype(float)


def split_heads(x, heads):
    *leading, T, C = x.shape
    parts = x.reshape(*leading, T, heads, C // heads)
    return parts.swapaxes(-2, -3)


EXERCISE = exercise(
    "03.split_heads",
    "C numbers cut into heads",
    teaches="which numbers a head gets, and why reshape alone is a trap",
    right=split_heads,  # moves numbers and calculates nothing: compared exactly
    cases="""
        2 tokens, 2 heads of 3 numbers: numbered(rng, 2, 6), 2
        as many tokens as heads: numbered(rng, 4, 12), 4
        a batch: numbered(rng, 2, 3, 8), 2
        two leading axes: numbered(rng, 2, 4, 5, 6), 3
        one head: numbered(rng, 2, 5, 6), 1
        heads of a single number: numbered(rng, 3, 4), 4
        one token: numbered(rng, 2, 1, 6), 3
    """,
    mistakes="""
        reshape-alone: T, heads → heads, T
            & .swapaxes(-2, -3) →
            the shape is right and the numbers are not: reshape leaves every number where it lies,
            so head 0 got the first tokens whole, posing as many. Cut the last axis in two first,
            (..., T, H, D), and then swap the axes of T and H
        not-swapped: .swapaxes(-2, -3) →
            well cut, (..., T, H, D), but the axis of heads has to stand before that of tokens:
            (..., H, T, D), so that attention sees the tokens of one head as a matrix
        first-axes-swapped: -2, -3 → 0, 1
            right for a single sequence; with a batch, axes 0 and 1 are other ones. Count from the
            end: the axes of T and H are -3 and -2
        every-nth-number: heads, C // heads → C // heads, heads
            & parts.swapaxes(-2, -3) → np.moveaxis(parts, -1, -3)
            head h got the numbers h, h + H, h + 2H, ...; its D numbers lie side by side, from h·D
            on. The axis of heads comes before that of their numbers: (..., T, H, D)
        every-nth-number: answer lambda x, H: np.stack([x[..., h::H] for h in range(H)], axis=-3)
        heads-taken-for-width: heads, C // heads → C // heads, heads
            the second argument is the number of heads, H; here it was taken for their width,
            D = C / H
        type: answer lambda x, heads: np.split(x, heads, axis=-1)
    """,
    hints="""
        Write the numbers 0 to 7 as two tokens of four. Which of them should head 0 of two heads
        see? Which does it see after one reshape?

        Two steps: reshape the last axis into two, H and D, which keeps all other axes; then swap
        the axis of tokens with that of heads, counted from the end.

        parts = x.reshape(*x.shape[:-1], ..., ...)   # (..., T, H, D)
        return parts.swapaxes(..., ...)              # (..., H, T, D)
    """,
)
