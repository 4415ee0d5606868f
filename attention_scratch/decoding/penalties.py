"""Penalties for what has been said before, as transformers and vLLM define them.

``counts (..., V)`` says how often each token has occurred; 0 leaves its logit alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_scratch.errors import require

Counts = NDArray[np.int64]


def apply_penalties(
    logits: NDArray[Any],
    prompts: Sequence[ArrayLike],
    written: Sequence[ArrayLike],
    *,
    repetition_penalty: float = 1.0,
    presence_penalty: float = 0.0,
    frequency_penalty: float = 0.0,
) -> NDArray[Any]:
    """All three on ``logits (N, V)``: repetition looks at prompts too, the others do not.

    Args:
        prompts: for each row the ids it began with.
        written: for each row the ids that were added.

    Raises:
        InputError: a penalty out of range.
    """
    if (repetition_penalty, presence_penalty, frequency_penalty) == (1, 0, 0):
        return logits
    added = count_tokens(written, logits.shape[-1])
    seen = count_tokens(prompts, logits.shape[-1]) + added
    logits = apply_repetition_penalty(logits, seen, repetition_penalty)
    logits = apply_frequency_penalty(logits, added, frequency_penalty)
    return apply_presence_penalty(logits, added, presence_penalty)


def apply_repetition_penalty(logits: NDArray[Any], counts: Counts, penalty: float) -> NDArray[Any]:
    """Divide positive logits of what occurred, multiply negative ones (Keskar et al. 2019).

    Raises:
        InputError: a penalty of 0 or less, infinity or NaN.
    """
    require(
        0 < penalty < math.inf,
        "repetition_penalty",
        penalty,
        expected="more than 0",
        remedy="1 changes nothing, more than 1 discourages.",
    )
    penalized = np.where(logits < 0, logits * penalty, logits / penalty)
    return np.where(counts > 0, penalized, logits)


def apply_presence_penalty(logits: NDArray[Any], counts: Counts, penalty: float) -> NDArray[Any]:
    """Subtract ``penalty`` from what occurred, however often.

    Raises:
        InputError: a penalty outside -2 … 2.
    """
    _check_subtracted("presence_penalty", penalty)
    return np.where(counts > 0, logits - penalty, logits)


def apply_frequency_penalty(logits: NDArray[Any], counts: Counts, penalty: float) -> NDArray[Any]:
    """Subtract ``penalty`` for each time a token occurred.

    Raises:
        InputError: a penalty outside -2 … 2.
    """
    _check_subtracted("frequency_penalty", penalty)
    return logits - penalty * counts.astype(logits.dtype)


def count_tokens(sequences: Sequence[ArrayLike], V: int) -> Counts:
    """How often each of ``V`` tokens occurs in each of N sequences: (N, V).

    Ids beyond V, which an embedding may have and no logit, do not count.
    """
    rows = [np.bincount(np.asarray(ids, np.int64), minlength=V)[:V] for ids in sequences]
    return np.array(rows, np.int64).reshape(len(sequences), V)


def _check_subtracted(field: str, penalty: float) -> None:
    require(
        -2 <= penalty <= 2,
        field,
        penalty,
        expected="-2 to 2",
        remedy="0 changes nothing, more discourages.",
    )
