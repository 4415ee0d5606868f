"""10.rms_norm: one root mean square a row."""

import numpy as np

from attention_scratch.exercises.authoring import exercise


def rms_norm(x, weight, eps):
    mean_square = np.mean(x * x, axis=-1, keepdims=True)
    return weight * x / np.sqrt(mean_square + eps)


def layer_norm_from_memory(x, weight, eps):
    centered = x - x.mean(axis=-1, keepdims=True)
    return weight * centered * (x.var(axis=-1, keepdims=True) + eps) ** -0.5


EXERCISE = exercise(
    "10.rms_norm",
    "RMSNorm",
    teaches="the one normalization OLMo 2 uses, and where its epsilon stands",
    right=rms_norm,
    # Answers are computed in float64 from float64 inputs: sums of at most 64 terms of order one
    # lose under 64 · 2⁻⁵³ ≈ 7e-15, relative to results that may themselves cancel to 1e-3.
    rtol=1e-10,
    atol=1e-12,
    cases="""
        one row, weights of one: np.array([[1.0, -2.0, 3.0, -4.0]]), np.ones(4), 1e-6
        weights away from one: normal(1, 8) * 2, uniform(0.3, 1.7, 8), 1e-6
        rows of very different size: normal(3, 8) * np.array([[0.01], [1.0], [100.0]]),
            uniform(0.3, 1.7, 8), 1e-6
        a batch (B, T, C): normal(2, 3, 16) * 2, uniform(0.3, 1.7, 16), 1e-6
        a row near zero, large epsilon: normal(2, 8) * 1e-3, uniform(0.5, 1.5, 8), 1e-2
    """,
    mistakes=r"""
        mean-subtracted: mean_square = → x = x - x.mean(-1, keepdims=True)\n    mean_square =
            you subtracted the mean: that is LayerNorm. RMSNorm only divides.
        mean-subtracted: answer layer_norm_from_memory
        epsilon-outside-the-root: np.sqrt(mean_square + eps) → (np.sqrt(mean_square) + eps)
            right to a few digits, but epsilon is added after the square root. It belongs under it:
            look at the case of a row near zero.
        sum-instead-of-mean: np.mean → np.sum
            every row is too short: you divided by the root of the sum of squares, not of their
            mean.
        over-the-whole-array: , axis=-1, keepdims=True →
            right for a single row only: the mean is taken over the whole array. Each row (the last
            axis) has its own; mind axis and keepdims.
        weight-forgotten: weight * x → x
            right except where the weights differ from one: multiply by weight.
        one-plus-weight: weight * → (1 + weight) *
            you multiplied by 1 + weight, as Gemma does. OLMo 2 stores the weight itself.
        raised: , keepdims=True →
    """,
    hints="""
        The root mean square of a row is one number. After the division, its own root mean square
        is 1.

        Square, take the mean over the last axis (keepdims=True keeps it broadcastable), add eps,
        take the root, divide, multiply by weight.

        mean_square = np.mean(x * x, axis=…, keepdims=True)
        return weight * x / np.sqrt(mean_square + …)
    """,
)
