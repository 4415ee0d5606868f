"""Gradients by nudging: slow, simple, and independent of every backward pass."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from attention_scratch.arrays import Array, require_array
from attention_scratch.errors import InputError
from attention_scratch.nn import checks


def central_differences(
    function: Callable[[Array], float], x: Array, *, step: float | None = None
) -> Array:
    """The gradient of a number by every number of ``x``: ``(f(x + h) - f(x - h)) / 2h`` for each.

    It is off by h²/6 times the third derivative, and by the rounding of f divided by h. Their sum
    is least where h is near the cube root of one rounding: that is the step when none is given,
    times the size of the number where it is above 1. About two thirds of the digits are then right.

    Args:
        function: called twice for each number, with an array like ``x``.
        x: any shape; it is not changed.
        step: h.

    Returns:
        An array of the shape and dtype of ``x``.

    Raises:
        InputError: ``x`` is no float32 or float64 array, the step is not above 0, or the function
            returned something else than a finite number.
    """
    require_array("x", x, "float (..., N)")
    if step is not None:
        checks.above_zero("step", step)
    nudged, gradient = x.copy(), np.empty_like(x)
    for place in np.ndindex(x.shape):
        at = x[place]
        h = step or float(np.cbrt(np.finfo(x.dtype).eps)) * max(1.0, abs(float(at)))
        above, below = at + x.dtype.type(h), at - x.dtype.type(h)  # as far apart as x can say
        nudged[place] = above
        higher = _finite(function(nudged.copy()), place)
        nudged[place] = below
        lower = _finite(function(nudged.copy()), place)
        nudged[place] = at
        gradient[place] = (higher - lower) / float(above - below)
    return gradient


def _finite(value: float, place: tuple[int, ...]) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InputError(
            "function",
            f"{value!r} when x{list(place)} is nudged",
            expected="a finite number",
            remedy="Reduce arrays to one number, by a weighted sum for example.",
        )
    return number
