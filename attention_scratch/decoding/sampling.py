"""One token a row, from logits and from numbers that were drawn beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_scratch.decoding.filters import (
    apply_min_p,
    apply_temperature,
    apply_top_k,
    apply_top_p,
    odds_to_likeliest,
)


def sample_tokens(
    logits: NDArray[Any],
    draws: ArrayLike,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> NDArray[np.int64]:
    """The next token of each row: temperature → top-k → top-p → min-p → draw.

    Temperature 0 takes the likeliest, of equals the first, and looks at nothing else. Penalties
    come before: pass logits that :func:`apply_penalties` gave.

    Args:
        logits: ``(..., V)``, -inf for what is impossible.
        draws: ``(...)`` uniform numbers in [0, 1), one a row. Where they come from is the caller's
            business; the same numbers give the same tokens, whatever else is in the batch.
        temperature, top_k, top_p, min_p: as for the functions of these names; None leaves out.

    Returns:
        ``(...)`` ids.

    Raises:
        InputError: a setting out of range.
    """
    if temperature == 0:
        return np.asarray(logits.argmax(-1))
    logits = apply_temperature(np.asarray(logits, np.float64), temperature)
    if top_k is not None:
        logits = apply_top_k(logits, top_k)
    if top_p is not None:
        logits = apply_top_p(logits, top_p)
    if min_p is not None:
        logits = apply_min_p(logits, min_p)
    return draw(logits, draws)


def draw(logits: NDArray[Any], draws: ArrayLike) -> NDArray[np.int64]:
    """For each row of ``logits (..., V)`` the token on whose share of [0, 1) its number falls."""
    up_to_here = odds_to_likeliest(np.asarray(logits, np.float64)).cumsum(-1)
    share = np.asarray(draws)[..., None] * up_to_here[..., -1:]
    return np.asarray((up_to_here > share).argmax(-1))
