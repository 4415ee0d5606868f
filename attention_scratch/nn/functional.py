"""Softmax and attention as pure functions of NumPy arrays.

Every array is float32 or float64 and the result keeps its dtype. Sizes: ``T`` queries, ``S`` keys,
``D`` numbers a query or key, ``Dv`` numbers a value; ``...`` stands for any leading axes (batch,
heads). In float64 these functions are the reference every other version in the book is held to.
"""

from __future__ import annotations

import math
from typing import Any, Literal, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from attention_scratch.nn import checks

Float = TypeVar("Float", np.float32, np.float64)


def softmax(x: NDArray[Float], *, axis: int = -1) -> NDArray[Float]:
    """Positive numbers that sum to 1 along ``axis`` and keep the ratios ``exp(x[i] - x[j])``.

    The maximum is subtracted first, so no finite score overflows. A row of nothing but ``-inf``
    gives zeros: a weighted average over no items (``torch.softmax`` gives NaN there). A row with
    a NaN or ``+inf`` gives NaN, as in torch.

    Args:
        x: scores, any shape with at least one axis.

    Returns:
        An array of the shape and dtype of ``x``.

    Raises:
        InputError: ``x`` is no float32 or float64 array, or has no such axis.
    """
    checks.float_array("x", x)
    checks.axis(x, axis)
    return _softmax_in_place(x.copy(), axis)


def log_softmax(x: NDArray[Float], *, axis: int = -1) -> NDArray[Float]:
    """The logarithm of ``softmax``, without taking the logarithm of a number that underflowed.

    A row of nothing but ``-inf`` gives ``-inf`` (``torch.log_softmax`` gives NaN). A row with a
    NaN or ``+inf`` gives NaN, as in torch.

    Args:
        x: scores, any shape with at least one axis.

    Returns:
        An array of the shape and dtype of ``x``, nowhere above 0.

    Raises:
        InputError: ``x`` is no float32 or float64 array, or has no such axis.
    """
    checks.float_array("x", x)
    checks.axis(x, axis)
    shifted = x.copy()
    _subtract_maximum(shifted, axis)
    total = np.exp(shifted).sum(axis, keepdims=True)
    total[total == 0] = 1  # a row of -inf stays -inf
    shifted -= np.log(total)
    return shifted


def causal_mask(T: int, S: int | None = None) -> NDArray[np.bool_]:
    """Which key each query may attend to when nobody may look ahead.

    The queries are the *last* ``T`` of ``S`` positions, so query ``t`` sees keys ``0`` to
    ``S - T + t`` and the last query sees all of them. This is what a model needs that adds
    tokens to a sequence it has already read. (``is_causal=True`` in torch aligns the first query
    with the first key instead; the two agree when ``T == S``.)

    Args:
        T: number of queries.
        S: number of keys; ``T`` when left out.

    Returns:
        ``(T, S)`` booleans, True where query ``t`` may attend to key ``s``.

    Raises:
        InputError: a size is no integer or is negative.
    """
    S = T if S is None else S
    checks.size("T", T)
    checks.size("S", S)
    return np.tri(T, S, k=S - T, dtype=np.bool_)


@overload
def scaled_dot_product_attention(
    query: NDArray[Float],
    key: NDArray[Float],
    value: NDArray[Float],
    *,
    mask: NDArray[np.bool_] | None = ...,
    causal: bool = ...,
    scale: float | None = ...,
    return_weights: Literal[False] = ...,
) -> NDArray[Float]: ...


@overload
def scaled_dot_product_attention(
    query: NDArray[Float],
    key: NDArray[Float],
    value: NDArray[Float],
    *,
    mask: NDArray[np.bool_] | None = ...,
    causal: bool = ...,
    scale: float | None = ...,
    return_weights: Literal[True],
) -> tuple[NDArray[Float], NDArray[Float]]: ...


def scaled_dot_product_attention(
    query: NDArray[Float],
    key: NDArray[Float],
    value: NDArray[Float],
    *,
    mask: NDArray[np.bool_] | None = None,
    causal: bool = False,
    scale: float | None = None,
    return_weights: bool = False,
) -> NDArray[Any] | tuple[NDArray[Any], NDArray[Any]]:
    """For each query, the average of the values, weighted by how well their keys match it.

    ``softmax(query @ key.T * scale) @ value``, equation 1 of Vaswani et al. (2017). A query that
    may attend to no key gives a row of zeros.

    Args:
        query: ``(..., T, D)``.
        key: ``(..., S, D)``; the leading axes of the three broadcast.
        value: ``(..., S, Dv)``.
        mask: True where a query may attend to a key; broadcast to ``(..., T, S)``.
        causal: also hide the future, as ``causal_mask(T, S)`` does.
        scale: what the scores are multiplied with; ``1 / sqrt(D)`` when left out.
        return_weights: also return the weights.

    Returns:
        ``(..., T, Dv)``, and with ``return_weights`` the weights, ``(..., T, S)``.

    Raises:
        InputError: an array's rank, dtype or shape does not fit, or the scale is not finite.
    """
    checks.attention(query, key, value, mask=mask, scale=scale)
    T, S, D = query.shape[-2], key.shape[-2], query.shape[-1]
    scale = 1 / math.sqrt(D) if scale is None else float(scale)

    scores = (query * scale) @ key.swapaxes(-1, -2)  # (..., T, S)
    if mask is not None:
        np.copyto(scores, -np.inf, where=~mask)
    if causal:
        np.copyto(scores, -np.inf, where=~causal_mask(T, S))
    weights = _softmax_in_place(scores, -1)  # (..., T, S)
    output = weights @ value  # (..., T, Dv)
    return (output, weights) if return_weights else output


def _softmax_in_place(x: NDArray[Float], axis: int) -> NDArray[Float]:
    _subtract_maximum(x, axis)
    np.exp(x, out=x)
    total = x.sum(axis, keepdims=True)
    total[total == 0] = 1  # a row of -inf became zeros and stays zeros
    x /= total
    return x


def _subtract_maximum(x: NDArray[Float], axis: int) -> None:
    maximum = x.max(axis, keepdims=True, initial=-np.inf)
    maximum[np.isneginf(maximum)] = 0  # -inf - (-inf) would be NaN
    with np.errstate(invalid="ignore"):  # +inf - inf is NaN, as documented
        x -= maximum
