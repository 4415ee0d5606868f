"""Shared by the case lists of chapter 04."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_scratch.exercises import Attempt

Array = NDArray[Any]


def normal(*shapes: tuple[int, ...], dtype: type = np.float64) -> Callable[..., tuple[Any, ...]]:
    """Arguments of those shapes, drawn from the normal distribution."""
    return lambda rng: tuple(rng.normal(size=shape).astype(dtype) for shape in shapes)


def keeps_dtype(attempt: Attempt) -> bool:
    """Whether what came out, one array or several, has the dtype of the first argument."""

    def outputs(got: Any) -> tuple[Array, ...]:
        return tuple(got) if isinstance(got, tuple | list) else (got,)

    return all(
        output.dtype == case.args[0].dtype for case in attempt.cases for output in outputs(case.got)
    )


def rows(x: Array) -> Array:
    """(..., n) → (rows, n)."""
    return x.reshape(-1, x.shape[-1])
