"""04.gradient_check: a gradient without any formula."""

import numpy as np

from attention_scratch.exercises.authoring import exercise
from attention_scratch.nn.gradient_check import central_differences


def gradient_by_nudging(function, x, step):
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[place] += step
        below[place] -= step
        gradient[place] = (function(above) - function(below)) / (2 * step)
    return gradient


def puts_back_almost(function, x, step):
    found = np.empty_like(x)
    for place in np.ndindex(x.shape):
        x[place] += step
        higher = function(x)
        x[place] -= 2 * step
        found[place] = (higher - function(x)) / (2 * step)
        x[place] += step
    return found


def sines(x):
    return float(np.sin(2 * x).sum() + (x**3).sum())


def products(x):
    """Every number times its neighbor: the gradient of one depends on others."""
    flat = x.reshape(-1)
    return float((flat[1:] * flat[:-1]).sum() + (flat**3).sum())


def squares(x):
    return float(np.exp(x).sum() ** 2)


EXERCISE = exercise(
    "04.gradient_check",
    "Asking for a gradient without a formula",
    teaches="how nudging both ways finds any gradient, and why both ways",
    right=gradient_by_nudging,
    reference=lambda function, x, step: central_differences(function, x, step=step),
    rtol=1e-6,
    atol=1e-6,  # steps of 1e-2 and numbers up to 1e3: rounding of 1e3 * 2**-52 / 1e-2
    cases="""
        three numbers: sines, normal(3), 1e-2
        numbers that depend on each other: products, normal(4), 1e-2
        a matrix: products, normal(2, 3), 1e-2
        three axes: squares, normal(2, 1, 2), 1e-2
        a small step: sines, normal(3), 1e-4
        one number: squares, normal(1), 1e-2
    """,
    mistakes=r"""
        one-sided: function(below)) / (2 * step) → function(x)) / step
            one nudge upward, divided by the step: that is off by half a step times the curvature.
            Nudge both ways, and this error cancels
        divided-by-one-step: (2 * step) → step
            twice too large: from x - h to x + h it is 2 steps
        nudged-all-at-once: [place] += → +=
            & [place] -= → -=
            all numbers were nudged together, which gives the *sum* of their gradients: one number
            at a time
        nudged-row-by-row: np.ndindex(x.shape) → range(len(x))
            right for a vector; of a matrix whole rows were nudged at a time. np.ndindex(x.shape)
            goes through every number of any array
        not-put-back: (2 * step) → (2 * step)\n        x = below
            right for the first number; afterwards the numbers before are still nudged. Put each one
            back before you go on, or nudge a fresh copy
        not-put-back: (2 * step) → (2 * step)\n        x[place] -= step
        sign-turned: (2 * step) → (-2 * step)
            right but for the sign: f above minus f below
        changed-argument: answer puts_back_almost
    """,
    hints="""
        For one number the gradient is how much the function changes, divided by how much the number
        did. How do you get at *one* number of an array of any shape?

        Loop over np.ndindex(x.shape). For each place: a copy with that number raised by step, a
        copy with it lowered, the difference of the two values, over 2 · step.

        gradient = np.zeros_like(x)
        for place in np.ndindex(x.shape):
            above, below = x.copy(), x.copy()
            above[place] += ...
            ...
            gradient[place] = (function(above) - ...) / ...
        return gradient
    """,
)
