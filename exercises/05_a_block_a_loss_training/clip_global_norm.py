"""05.clip_global_norm: one length for the whole gradient."""

import math

import numpy as np

from attention_scratch.exercises import Constraint
from attention_scratch.exercises.authoring import exercise


def clip_global_norm(grads, most):
    norm = math.sqrt(sum(float(np.square(g, dtype=np.float64).sum()) for g in grads))
    factor = most / norm if norm > most else 1.0
    return [g * factor for g in grads], norm


def root_mean_square(grads, most):
    norm = float(np.sqrt(np.mean(np.concatenate([g.ravel() for g in grads]) ** 2)))
    return [g * (most / norm if norm > most else 1.0) for g in grads], norm


def keeps_dtype(attempt):
    return all(
        g.dtype == given.dtype
        for case in attempt.cases
        for g, given in zip(case.got[0], case.args[0], strict=True)
    )


EXERCISE = exercise(
    "05.clip_global_norm",
    "One length for the whole gradient",
    teaches="why clipping scales all gradients by one factor: it shortens the step and keeps its "
    "direction",
    right=clip_global_norm,
    rtol=1e-5,  # room for the 1e-6 that PyTorch adds to the norm
    atol=1e-12,
    cases="""
        two matrices and a vector: [normal(3, 4), normal(2, 2), normal(5)], 1.0
        a gradient that is short enough: [normal(3, 2), normal(4)], 100.0
        one part far larger than the others: [normal(40, 40), normal(3), normal(2, 2)], 5.0
        a single number: [normal(1)], 0.01
        a gradient of zeros: [np.zeros((2, 3)), np.zeros(4)], 1.0
        float32: [normal(4, 4, dtype=np.float32), normal(4, dtype=np.float32)], 0.5
    """,
    mistakes=r"""
        each-array-alone: g * factor → g * (most / max(float(np.linalg.norm(g)), most))
            each array was clipped by its own norm. That bends the step toward the arrays that were
            short: one norm over all of them, one factor for all of them
        each-number-alone: g * factor → np.clip(g, -most, most)
            each number was cut off at ±most. That bends the step; all numbers are to be multiplied
            by one factor
        always-scaled: most / norm if norm > most else 1.0 → most / np.float64(norm)
            right for long gradients, but a short one was stretched (and one of zeros divided by
            zero): the factor is most / norm only where norm > most, else 1
        norms-added: np.square(g, dtype=np.float64).sum() → np.linalg.norm(g)
            & math.sqrt →
            the norms of the arrays were added. Lengths at right angles add as squares: add the
            squares of all numbers, then take one root
        root-forgotten: math.sqrt →
            this is the sum of the squares; the norm is its root
        mean-square: for g in grads)) → for g in grads) / sum(g.size for g in grads))
            the root of the MEAN square was taken. A norm has no division by the number of numbers
        mean-square: answer root_mean_square
        absolute-values: np.square(g, dtype=np.float64) → np.abs(g)
            & math.sqrt →
            the absolute values were added; the norm is the root of the sum of squares
        norm-after-clipping: grads], norm → grads], min(norm, most)
            the gradients are right, but the norm returned is the one after clipping. What one wants
            to see in a log is the one before: the spike
        dtype-not-kept: most / norm → np.float64(most) / norm
        changed-argument: return [g * factor for g in grads] → return [scale(g) for g in grads]
            & factor = → scale = lambda g: np.multiply(g, factor, out=g)\n    factor =
    """,
    constraints=(
        Constraint(
            "dtype-not-kept",
            keeps_dtype,
            "correct, but float32 gradients came back as float64: the factor was a NumPy float64, "
            "which pulls every array it meets with it. float(factor) is plain",
        ),
    ),
    hints="""
        All gradients together are one long vector; the arrays are just how it is stored. What is
        the length of that vector, and by which factor is it too long?

        The sum of the squares of all numbers of all arrays, then its root: that is norm. The factor
        is most / norm where norm is larger than most, else 1. Multiply every array by it and return
        them with norm.

        norm = math.sqrt(sum(float(... .sum()) for g in grads))
        factor = ... if norm > most else 1.0
        return [g * factor for g in grads], norm
    """,
)
