"""Shared by the case lists of chapter 06: a small language model that is a table of dice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_scratch.exercises import Attempt
from attention_scratch.exercises.run import record

Array = NDArray[Any]
V, PAD, EOS = 6, 0, 1


class Tree:
    """Logits that depend on every token so far and on nothing else.

    A call takes ids ``(T,)`` or ``(B, T)`` and gives the logits ``(V,)`` or ``(B, V)`` of the token
    to come. The higher ``patience``, the later the end. Calls are counted and recorded.
    """

    def __init__(self, seed: int, *, patience: float = 0.0) -> None:
        self.seed, self.patience, self.calls = seed, patience, 0

    def __call__(self, ids: Sequence[int] | Array) -> Array:
        given = np.asarray(ids)
        self.calls += 1
        record(calls=self.calls)
        if given.ndim == 1:
            return self._of(given)
        return np.stack([self._of(row) for row in given])

    def _of(self, row: Array) -> Array:
        logits = np.random.default_rng([self.seed, *map(int, row)]).normal(size=V)
        logits[PAD] = -9.0  # a trained model never writes padding
        logits[EOS] -= self.patience
        return logits


def called_as_often_as_needed(attempt: Attempt) -> bool:
    """Whether the model was asked once for each token of the longest answer."""
    return all(
        case.counters.get("calls") == case.reference_counters.get("calls") for case in attempt.cases
    )


def keeps_dtype(attempt: Attempt) -> bool:
    """Whether what came out has the dtype of what went in."""
    return all(case.got.dtype == case.args[0].dtype for case in attempt.cases)
