"""Small exercises for the tests of the machinery."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from attention_scratch.exercises import Case, Exercise, Result
from attention_scratch.exercises.checking import examine


def cases(*values: Any) -> tuple[Case, ...]:
    """One case per value, each the only argument."""
    return tuple(
        Case(f"case {chr(ord('a') + i)}", lambda rng, value=value: (value,))
        for i, value in enumerate(values)
    )


def exercise(reference: Callable[..., Any], *values: Any, **fields: Any) -> Exercise:
    """An exercise with one argument; tolerances of a few roundings unless given."""
    given = {"rtol": 1e-9, "atol": 1e-12, "id": "99.tiny", "cases": cases(*values)} | fields
    return Exercise(
        title="Tiny",
        teaches="how it is done",
        reference=reference,
        hints=("look", "think", "y = x"),
        **given,
    )


def verdict(
    answer: Any, reference: Callable[..., Any], *values: Any, limit: float = 5.0, **fields: Any
) -> Result:
    """What is said of ``answer``."""
    return examine(exercise(reference, *values, **fields), answer, time_limit=limit)


def ramp(*shape: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Distinct numbers without symmetry."""
    return np.arange(1.0, np.prod(shape) + 1).reshape(shape) ** 1.5
