"""Exercise 04.gradient_check: a gradient without any formula."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect
from .common import Array
from attention_scratch.nn.gradient_check import central_differences

Loss = Callable[[Array], float]


def _reference(function: Loss, x: Array, step: float) -> Array:
    return central_differences(function, x, step=step)


def _sines(x: Array) -> float:
    return float(np.sin(2 * x).sum() + (x**3).sum())


def _products(x: Array) -> float:
    """Every number times its neighbor: the gradient of one depends on others."""
    flat = x.reshape(-1)
    return float((flat[1:] * flat[:-1]).sum() + (flat**3).sum())


def _squares(x: Array) -> float:
    return float(np.exp(x).sum() ** 2)


def _by_nudging(
    slope: Callable[[Loss, Array, Array, float], float], *, restore: bool = True
) -> Callable[..., Array]:
    """One slope for each number, from ``(function, x, nudge, step)``."""

    def gradient(function: Loss, x: Array, step: float) -> Array:
        x, found = x.copy(), np.zeros_like(x)
        for place in np.ndindex(x.shape):
            nudge = np.zeros_like(x)
            nudge[place] = step
            found[place] = slope(function, x, nudge, step)
            if not restore:
                x = x - nudge
        return found

    return gradient


def _central(function: Loss, x: Array, nudge: Array, step: float) -> float:
    return (function(x + nudge) - function(x - nudge)) / (2 * step)


def _at_once(function: Loss, x: Array, step: float) -> Array:
    return np.full_like(x, (function(x + step) - function(x - step)) / (2 * step))


def _row_by_row(function: Loss, x: Array, step: float) -> Array:
    found = np.zeros_like(x)
    for row in range(len(x)):
        nudge = np.zeros_like(x)
        nudge[row] = step
        found[row] = _central(function, x, nudge, step)
    return found


def _at(
    function: Loss, *shape: int, step: float = 1e-2
) -> Callable[..., tuple[Loss, Array, float]]:
    return lambda rng: (function, rng.normal(size=shape), step)


EXERCISE = Exercise(
    id="04.gradient_check",
    title="Asking for a gradient without a formula",
    teaches="how nudging both ways finds any gradient, and why both ways",
    reference=_reference,
    rtol=1e-6,
    atol=1e-6,  # steps of 1e-2 and numbers up to 1e3: rounding of 1e3 * 2**-52 / 1e-2
    cases=(
        Case("three numbers", _at(_sines, 3)),
        Case("numbers that depend on each other", _at(_products, 4)),
        Case("a matrix", _at(_products, 2, 3)),
        Case("three axes", _at(_squares, 2, 1, 2)),
        Case("a small step", _at(_sines, 3, step=1e-4)),
        Case("one number", _at(_squares, 1)),
    ),
    suspects=(
        Suspect(
            "one-sided",
            answer=_by_nudging(lambda f, x, nudge, h: (f(x + nudge) - f(x)) / h),
            says="one nudge upward, divided by the step: that is off by half a step times the "
            "curvature. Nudge both ways, and this error cancels",
        ),
        Suspect(
            "divided-by-one-step",
            answer=_by_nudging(lambda f, x, nudge, h: (f(x + nudge) - f(x - nudge)) / h),
            says="twice too large: from x - h to x + h it is 2 steps",
        ),
        Suspect(
            "nudged-all-at-once",
            answer=_at_once,
            says="all numbers were nudged together, which gives the *sum* of their gradients: one "
            "number at a time",
        ),
        Suspect(
            "nudged-row-by-row",
            answer=_row_by_row,
            says="right for a vector; of a matrix whole rows were nudged at a time. "
            "np.ndindex(x.shape) goes through every number of any array",
        ),
        Suspect(
            "not-put-back",
            answer=_by_nudging(_central, restore=False),
            says="right for the first number; afterwards the numbers before are still nudged. Put "
            "each one back before you go on, or nudge a fresh copy",
        ),
        Suspect(
            "sign-turned",
            answer=_by_nudging(lambda f, x, nudge, h: -_central(f, x, nudge, h)),
            says="right but for the sign: f above minus f below",
        ),
    ),
    hints=(
        "For one number the gradient is how much the function changes, divided by how much the "
        "number did. How do you get at *one* number of an array of any shape?",
        "Loop over np.ndindex(x.shape). For each place: a copy with that number raised by step, a "
        "copy with it lowered, the difference of the two values, over 2 · step.",
        "gradient = np.zeros_like(x)\n"
        "for place in np.ndindex(x.shape):\n"
        "    above, below = x.copy(), x.copy()\n"
        "    above[place] += ...\n"
        "    ...\n"
        "    gradient[place] = (function(above) - ...) / ...\n"
        "return gradient",
    ),
)
