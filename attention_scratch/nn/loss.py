"""Cross-entropy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attention_scratch.errors import InputError
from attention_scratch.nn import checks
from attention_scratch.nn.functional import log_softmax
from attention_scratch.nn.layer import Array, Layer


class CrossEntropy(Layer):
    """Mean of ``-log softmax(logits)[target]`` over the targets that count.

    Label smoothing (Szegedy et al. 2015) takes ``label_smoothing`` of the probability from the
    target and spreads it evenly over all V classes, the target among them, as in torch. Where no
    target counts the loss and its gradient are 0 (NaN in torch).

    Args:
        label_smoothing: from 0 to below 1.
        ignore_index: targets of this value do not count, for padding.

    Raises:
        InputError: ``label_smoothing`` is out of range.
    """

    def __init__(self, *, label_smoothing: float = 0.0, ignore_index: int | None = None) -> None:
        super().__init__()
        checks.probability("label_smoothing", label_smoothing)
        self.label_smoothing = label_smoothing
        self.ignore_index = ignore_index

    def forward(self, logits: Array, targets: NDArray[np.integer]) -> float:
        """(..., V) scores and (...) integers → the mean loss.

        Raises:
            InputError: shapes that do not fit, logits of another dtype than float32 or float64,
                targets that are no class.
        """
        checks.float_array("logits", logits)
        checks.integers("targets", targets)
        if targets.shape != logits.shape[:-1]:
            raise InputError(
                "targets",
                f"shape {targets.shape}",
                expected=f"{logits.shape[:-1]}, one for each row of logits {logits.shape}",
                remedy="Targets are class numbers, not one-hot rows.",
            )
        V = logits.shape[-1]
        counted: NDArray[np.bool_] = np.ones(targets.shape, np.bool_)
        if self.ignore_index is not None:
            counted = targets != self.ignore_index
            targets = np.where(counted, targets, 0)
        checks.ids("targets", targets, V)
        counted, targets = counted.reshape(-1), targets.reshape(-1)
        log_p = log_softmax(logits.reshape(targets.size, V))
        self._keep(log_p, targets, counted, logits.shape)

        losses = -log_p[np.arange(len(targets)), targets]
        if self.label_smoothing:
            losses *= 1 - self.label_smoothing
            losses -= log_p.mean(-1) * self.label_smoothing
        count = int(counted.sum())
        return float(losses[counted].sum() / count) if count else 0.0

    def backward(self) -> Array:
        """The gradient by the logits, (..., V): softmax minus the target's distribution, a mean."""
        log_p, targets, counted, shape = self._release()
        grad: Array = np.exp(log_p, out=log_p)
        if self.label_smoothing:
            grad -= self.label_smoothing / shape[-1]
        grad[np.arange(len(targets)), targets] -= 1 - self.label_smoothing
        grad *= (counted / max(int(counted.sum()), 1)).astype(grad.dtype)[:, None]
        return grad.reshape(shape)
