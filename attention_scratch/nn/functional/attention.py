"""Scaled dot-product attention, equation 1 of Vaswani et al. (2017), and its way back."""

from __future__ import annotations

import math
from typing import Any, Literal, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from attention_scratch.arrays import Array
from attention_scratch.nn import checks
from attention_scratch.nn.functional.probability import softmax, softmax_backward

Float = TypeVar("Float", np.float32, np.float64)


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
    weights = attention_weights(query, key, mask=mask, causal=causal, scale=scale)  # (..., T, S)
    output = weights @ value  # (..., T, Dv)
    return (output, weights) if return_weights else output


def scaled_dot_product_attention_backward(
    grad: Array,
    query: Array,
    key: Array,
    value: Array,
    weights: Array,
    *,
    scale: float | None = None,
) -> tuple[Array, Array, Array]:
    """The gradients by query, key and value: the four steps forward, from the end.

    Masks need nothing: where a key was hidden its weight is 0, and so is the score's gradient.

    Args:
        grad: the gradient by the output, ``(..., T, Dv)``.
        query: as in the forward pass, like key, value and scale.
        key: ``(..., S, D)``.
        value: ``(..., S, Dv)``.
        weights: what the forward pass returned with ``return_weights``.
        scale: as in the forward pass.
    """
    grad_value = sum_to(weights.swapaxes(-1, -2) @ grad, value.shape)  # (..., S, Dv)
    grad_weights = grad @ value.swapaxes(-1, -2)  # (..., T, S)
    grad_query, grad_key, _ = attention_weights_backward(
        grad_weights, query, key, weights, scale=scale
    )
    return grad_query, grad_key, grad_value


def attention_weights(
    query: Array,
    key: Array,
    *,
    bias: Array | None = None,
    mask: NDArray[np.bool_] | None = None,
    causal: bool = False,
    scale: float | None = None,
) -> Array:
    """``softmax(query @ key.T * scale + bias)``, 0 where hidden: the part before the values.

    Arguments are those of ``scaled_dot_product_attention``, which checks them; ``bias`` broadcasts
    to ``(..., T, S)``.
    """
    scores = (query * _scale(query, scale)) @ key.swapaxes(-1, -2)  # (..., T, S)
    if bias is not None:
        scores += bias
    if mask is not None:
        np.copyto(scores, -np.inf, where=~mask)
    if causal:
        np.copyto(scores, -np.inf, where=~causal_mask(*scores.shape[-2:]))
    return softmax(scores, out=scores)


def attention_weights_backward(
    grad: Array, query: Array, key: Array, weights: Array, *, scale: float | None = None
) -> tuple[Array, Array, Array]:
    """``(..., T, S)`` → the gradients by query, by key, and by what was added to the scores."""
    scale = _scale(query, scale)
    grad_scores = softmax_backward(grad, weights)  # (..., T, S)
    grad_query = sum_to(grad_scores @ key, query.shape)
    grad_query *= scale
    grad_key = sum_to(grad_scores.swapaxes(-1, -2) @ (query * scale), key.shape)
    return grad_query, grad_key, grad_scores


def sum_to(grad: Array, shape: tuple[int, ...]) -> Array:
    """The sum over the axes along which an array of this shape was repeated."""
    if grad.shape == shape:
        return grad
    first = grad.ndim - len(shape)
    repeated = tuple(i for i, n in enumerate(shape, first) if n != grad.shape[i])
    total: Array = grad.sum((*range(first), *repeated), keepdims=True)
    return total.reshape(shape)


def _scale(query: Array, scale: float | None) -> float:
    return 1 / math.sqrt(query.shape[-1]) if scale is None else float(scale)
