"""Cross-entropy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attention_scratch.arrays import Array
from attention_scratch.nn import checks, functional
from attention_scratch.nn.layer import Layer


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
        loss, log_p = functional.cross_entropy_forward(
            logits,
            targets,
            label_smoothing=self.label_smoothing,
            ignore_index=self.ignore_index,
        )
        self.save_for_backward(log_p, targets)
        return loss

    def backward(self) -> Array:
        """The gradient by the logits, (..., V)."""
        return functional.cross_entropy_backward(
            *self.saved(), label_smoothing=self.label_smoothing, ignore_index=self.ignore_index
        )
