"""What bends logits before a draw; each takes ``logits (..., V)`` and gives new ones.

What is cut off gets ``-inf``; what is kept stays as it is, to the bit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_scratch.errors import require


def check_temperature(temperature: float) -> None:
    """Refuse what logits cannot be divided by.

    Raises:
        InputError: a temperature of 0 or less, infinity or NaN.
    """
    require(
        0 < temperature < math.inf,
        "temperature",
        temperature,
        expected="more than 0",
        remedy="Use greedy() instead of 0.",
    )


def apply_temperature(logits: NDArray[Any], temperature: float) -> NDArray[Any]:
    """``logits / temperature``; below 1 likely tokens become likelier.

    Raises:
        InputError: as for :func:`check_temperature`.
    """
    check_temperature(temperature)
    return logits / temperature


def apply_top_k(logits: NDArray[Any], k: int) -> NDArray[Any]:
    """Keep the ``k`` largest of each row and their equals (Fan et al. 2018).

    Raises:
        InputError: ``k`` below 1.
    """
    require(k >= 1, "top_k", k, expected="1 or more", remedy="Leave it out to keep all.")
    if k >= logits.shape[-1]:
        return logits
    smallest_kept = np.partition(logits, -k, axis=-1)[..., -k, None]
    return np.where(logits < smallest_kept, -np.inf, logits)


def apply_top_p(logits: NDArray[Any], p: float) -> NDArray[Any]:
    """Keep the fewest likeliest that together have probability ``p`` (Holtzman et al. 2019).

    A token stays if those likelier than it have together less than ``p``.

    Raises:
        InputError: ``p`` is not above 0 or not at most 1.
    """
    remedy = "Leave it out to keep all."
    require(0 < p <= 1, "top_p", p, expected="above 0, at most 1", remedy=remedy)
    if p == 1:  # the sum of a long tail may round to 1 before its end
        return logits
    order = np.argsort(-logits, axis=-1, kind="stable")
    odds = np.take_along_axis(odds_to_likeliest(logits), order, -1)
    up_to_here = odds.cumsum(-1)
    kept = np.empty(logits.shape, np.bool_)
    np.put_along_axis(kept, order, up_to_here - odds < p * up_to_here[..., -1:], -1)
    return np.where(kept, logits, -np.inf)


def apply_min_p(logits: NDArray[Any], p: float) -> NDArray[Any]:
    """Keep what is at least ``p`` times as likely as the likeliest (Nguyen et al. 2024).

    Raises:
        InputError: ``p`` is not between 0 and 1.
    """
    require(0 <= p <= 1, "min_p", p, expected="0 to 1", remedy="Leave it out to keep all.")
    return np.where(odds_to_likeliest(logits) < p, -np.inf, logits)


def odds_to_likeliest(logits: NDArray[Any]) -> NDArray[Any]:
    """``p / max(p)`` of each token: 1 for the likeliest, in ``logits``' shape and dtype.

    This is softmax without its last step: it overflows nowhere, and what compares tokens of one
    row, or draws among them, does not need their sum to be 1.
    """
    return np.asarray(np.exp(logits - logits.max(-1, keepdims=True)))
