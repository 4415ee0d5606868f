"""Shared by the case lists of chapter 02."""

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
    """Whether what came out has the dtype of what went in."""
    return all(case.got.dtype == case.args[0].dtype for case in attempt.cases)


def naive_softmax(x: Array, maximum: Array | float = 0.0, axis: int | None = -1) -> Array:
    """Softmax after subtracting any ``maximum``, summed over any ``axis`` (None: all)."""
    e = np.exp(x - maximum)
    return np.asarray(e / e.sum(axis, keepdims=True))


def scores_times(factor: Callable[[int, int, int], float]) -> Callable[..., Array]:
    """Unscaled scores times a factor made from T, S and D."""

    def scores(query: Array, key: Array) -> Array:
        T, S, D = query.shape[-2], key.shape[-2], query.shape[-1]
        return np.asarray(query @ key.swapaxes(-1, -2) * factor(T, S, D))

    return scores
