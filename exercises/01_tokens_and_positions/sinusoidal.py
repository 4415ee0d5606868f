"""01.sinusoidal: the hands of a clock."""

import numpy as np

from attention_scratch.exercises.authoring import exercise
from attention_scratch.nn import position


def sinusoidal(T, C):
    speeds = 10000.0 ** (-2 * np.arange(C // 2) / C)
    angles = np.arange(T)[:, None] * speeds
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(T, C)


EXERCISE = exercise(
    "01.sinusoidal",
    "The hands of a clock",
    teaches="which speed each pair of numbers has, and where its sine and cosine go",
    right=sinusoidal,
    reference=lambda T, C: position.sinusoidal(T, C, dtype=np.float64),
    atol=1e-12,  # float64: an angle of up to 1,000 radians is off by 1000 * 5 * 2**-53 = 6e-13
    cases="""
        one hand, 12 places: 12, 2
        C = 8: 5, 8
        one place: 1, 6
        C = 6, which is no power of two: 7, 6
        1,000 places: 1000, 16
    """,
    mistakes="""
        cosine-first: np.sin(angles), np.cos(angles) → np.cos(angles), np.sin(angles)
            sine and cosine are swapped: the sine goes to the even numbers, 0, 2, 4, …
        halves-not-side-by-side: stack → concatenate
            right numbers in another order: all sines, then all cosines. Here the sine and the
            cosine of one hand stand side by side
        halves-not-side-by-side: answer lambda T, C: sinusoidal(T, C)[:, np.r_[0:C:2, 1:C:2]]
        places-from-one: np.arange(T) → np.arange(1, T + 1)
            the first row is that of place 1: places count from 0, where every sine is 0
        exponent-not-doubled: -2 * → -
            the first hand is right and the others turn too fast: hand i has the speed
            10000^(-2i/C), not 10000^(-i/C)
        exponent-over-half: / C) → / (C // 2))
            the hands turn too slowly: the exponent is divided by C, not by C/2
        grows-faster: -2 → 2
            the hands get faster, not slower: a minus sign is missing in the exponent
        pair-with-two-speeds: -2 * np.arange(C // 2) → -np.arange(C)
            & np.sin(angles) → np.sin(angles[:, 0::2])
            & np.cos(angles) → np.cos(angles[:, 1::2])
            each number has a speed of its own. The sine and the cosine of a pair share one:
            without that a shift is no rotation
        in-degrees: np.arange(T)[:, None] → np.deg2rad(np.arange(T))[:, None]
            the angles were taken for degrees: NumPy's sin takes radians, and the first hand turns
            by 1 radian a place
        transposed: reshape(T, C) → reshape(T, C).T
    """,
    hints="""
        How many hands are there for C numbers? Write down the speed of the first and of the second
        for C = 4, and the four numbers of place 1.

        speeds (C/2,) = 10000^(-2i/C); angles (T, C/2) = place × speed. Then put the sines at
        [:, 0::2] and the cosines at [:, 1::2] of an array (T, C).

        speeds = 10000.0 ** (-np.arange(0, C, 2) / ...)
        angles = np.arange(T)[:, None] * ...
        p = np.empty((T, C))
        p[:, 0::2] = ...
        p[:, 1::2] = ...
    """,
)
