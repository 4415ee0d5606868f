"""From scores to probabilities and to what a wrong answer costs."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from attention_scratch.arrays import Array, require_array
from attention_scratch.errors import require
from attention_scratch.nn import checks

Float = TypeVar("Float", np.float32, np.float64)


def softmax(
    x: NDArray[Float], *, axis: int = -1, out: NDArray[Float] | None = None
) -> NDArray[Float]:
    """Positive numbers that sum to 1 along ``axis`` and keep the ratios ``exp(x[i] - x[j])``.

    The maximum is subtracted first, so no finite score overflows. A row of nothing but ``-inf``
    gives zeros: a weighted average over no items (``torch.softmax`` gives NaN there). A row with
    a NaN or ``+inf`` gives NaN, as in torch.

    Args:
        x: scores, any shape with at least one axis.
        axis: the one along which the numbers sum to 1.
        out: an array like ``x`` for the result, or ``x`` itself.

    Returns:
        An array of the shape and dtype of ``x``.

    Raises:
        InputError: ``x`` is no float32 or float64 array, or has no such axis.
    """
    require_array("x", x, "float (..., S)")
    if axis != -1:
        checks.axis(x, axis)
    p = _below_maximum(x, axis, out)
    np.exp(p, out=p)
    p /= _sum(p, axis)
    return p


def softmax_backward(grad: Array, p: Array) -> Array:
    """``p (grad - sum of p grad)`` along the last axis: (..., S) → (..., S).

    Args:
        grad: the gradient by the probabilities.
        p: what ``softmax`` returned.
    """
    grad = grad - np.vecdot(grad, p)[..., None]
    grad *= p
    return grad


def log_softmax(x: NDArray[Float], *, axis: int = -1) -> NDArray[Float]:
    """The logarithm of ``softmax``, without taking the logarithm of a number that underflowed.

    A row of nothing but ``-inf`` gives ``-inf`` (``torch.log_softmax`` gives NaN). A row with a
    NaN or ``+inf`` gives NaN, as in torch.

    Args:
        x: scores, any shape with at least one axis.
        axis: the one along which the probabilities sum to 1.

    Returns:
        An array of the shape and dtype of ``x``, nowhere above 0.

    Raises:
        InputError: ``x`` is no float32 or float64 array, or has no such axis.
    """
    require_array("x", x, "float (..., S)")
    checks.axis(x, axis)
    shifted = _below_maximum(x, axis)
    shifted -= np.log(_sum(np.exp(shifted), axis))
    return shifted


def cross_entropy(
    logits: Array,
    targets: NDArray[np.integer],
    *,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
) -> float:
    """Mean of ``-log softmax(logits)[target]`` over the targets that count.

    Args:
        logits: (..., V) scores.
        targets: (...) integers from 0 to V - 1, or ``ignore_index``.
        label_smoothing: the share of the probability that is taken from the target and spread
            evenly over all V classes, the target among them (Szegedy et al. 2015).
        ignore_index: targets of this value do not count, for padding. Where none counts the loss
            and its gradient are 0 (NaN in torch).

    Raises:
        InputError: shapes that do not fit, logits of another dtype than float32 or float64,
            targets that are no class.
    """
    return cross_entropy_forward(
        logits, targets, label_smoothing=label_smoothing, ignore_index=ignore_index
    )[0]


def cross_entropy_forward(
    logits: Array,
    targets: NDArray[np.integer],
    *,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
) -> tuple[float, Array]:
    """The loss, and the logarithms of the probabilities, (..., V)."""
    V = require_array("logits", logits, "float (..., V)")["V"]
    require_array("targets", targets, "int (...)")
    require(
        targets.shape == logits.shape[:-1],
        "targets",
        f"shape {targets.shape}",
        expected=f"{logits.shape[:-1]}, one for each row of logits {logits.shape}",
        remedy="Targets are class numbers, not one-hot rows.",
    )
    rights, counted = _counted(targets, ignore_index)
    checks.ids("targets", rights.reshape(targets.shape), V)

    log_p = log_softmax(logits)
    rows = log_p.reshape(rights.size, V)
    losses = -rows[np.arange(len(rights)), rights]
    if label_smoothing:
        losses *= 1 - label_smoothing
        losses -= rows.mean(-1) * label_smoothing
    return float(losses[counted].sum() / max(int(counted.sum()), 1)), log_p


def cross_entropy_backward(
    log_p: Array,
    targets: NDArray[np.integer],
    *,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
) -> Array:
    """The gradient by the logits, (..., V): softmax minus the target's distribution, a mean."""
    rights, counted = _counted(targets, ignore_index)
    grad = np.exp(log_p).reshape(rights.size, log_p.shape[-1])
    if label_smoothing:
        grad -= label_smoothing / log_p.shape[-1]
    grad[np.arange(len(rights)), rights] -= 1 - label_smoothing
    grad *= (counted / max(int(counted.sum()), 1)).astype(grad.dtype)[:, None]
    return grad.reshape(log_p.shape)


def _counted(
    targets: NDArray[np.integer], ignore_index: int | None
) -> tuple[NDArray[np.integer], NDArray[np.bool_]]:
    """Targets in one row, 0 where they do not count, and which do."""
    counted: NDArray[np.bool_] = np.ones(targets.shape, np.bool_)
    if ignore_index is not None:
        counted = targets != ignore_index
        targets = np.where(counted, targets, 0)
    return targets.reshape(-1), counted.reshape(-1)


def _below_maximum(
    x: NDArray[Float], axis: int, out: NDArray[Float] | None = None
) -> NDArray[Float]:
    """``x`` minus its maximum; ``-inf`` stays, also in a row of nothing else."""
    maximum = x.max(axis, keepdims=True, initial=np.finfo(x.dtype).min)
    with np.errstate(invalid="ignore"):  # +inf - inf is NaN, as documented
        shifted: NDArray[Float] = np.subtract(x, maximum, out=out)
    return shifted


def _sum(p: NDArray[Float], axis: int) -> NDArray[Float]:
    """The sum of exponentials below their maximum: 1 or more, and not quite 0 where all are 0."""
    total: NDArray[Float] = p.sum(axis, keepdims=True, initial=np.finfo(p.dtype).tiny)
    return total
