"""Shared by the case lists of chapter 03."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_scratch.exercises import Attempt

Array = NDArray[Any]


def numbered(*shape: int) -> Callable[..., Array]:
    """An array of that shape whose numbers are all different."""
    return lambda rng: rng.permutation(int(np.prod(shape))).reshape(shape).astype(float)


def normal(*shapes: tuple[int, ...], dtype: type = np.float64) -> Callable[..., tuple[Any, ...]]:
    """Arguments of those shapes, drawn from the normal distribution."""
    return lambda rng: tuple(rng.normal(size=shape).astype(dtype) for shape in shapes)


def keeps_dtype(attempt: Attempt) -> bool:
    """Whether what came out has the dtype of what went in."""
    return all(case.got.dtype == case.args[0].dtype for case in attempt.cases)


def split(x: Array, heads: int) -> Array:
    """(..., T, C) → (..., H, T, D)."""
    return np.moveaxis(x.reshape(*x.shape[:-1], heads, -1), -2, -3)


def merge(x: Array) -> Array:
    """(..., H, T, D) → (..., T, C)."""
    return np.moveaxis(x, -3, -2).reshape(*x.shape[:-3], x.shape[-2], -1)


def split_by_reshape(x: Array, heads: int) -> Array:
    """The shape of ``split`` with the numbers left where they lie."""
    return x.reshape(*x.shape[:-2], heads, x.shape[-2], -1)


def merge_by_reshape(x: Array) -> Array:
    """The shape of ``merge`` with the numbers left where they lie."""
    return x.reshape(*x.shape[:-3], x.shape[-2], -1)
