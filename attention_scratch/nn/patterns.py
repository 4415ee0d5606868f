"""Which keys a query may attend to: boolean arrays, True where it may, combined with ``&``.

``functional.causal_mask`` hides the future; these hide padding and what is far away.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_scratch.nn import checks

Mask = NDArray[np.bool_]


def padding_mask(lengths: Any, S: int) -> Mask:
    """True at the first ``lengths[b]`` of ``S`` positions.

    Args:
        lengths: integers, (B,) or any shape.
        S: positions of the padded sequences.

    Returns:
        (B, S); for attention of several heads take ``mask[:, None, None, :]``.

    Raises:
        InputError: a length below 0 or above ``S``.
    """
    checks.size("S", S)
    lengths = np.asarray(lengths)
    checks.ids("lengths", lengths, S + 1)
    within: Mask = np.arange(S) < lengths[..., None]
    return within


def local_window(T: int, window: int) -> Mask:
    """True where query and key are less than ``window`` positions apart, either way.

    With a causal mask: the query's own position and the ``window - 1`` before it (Beltagy et al.
    2020).

    Returns:
        (T, T).
    """
    checks.size("T", T)
    checks.positive("window", window)
    return np.abs(_distances(T)) < window


def strided(T: int, stride: int) -> Mask:
    """True at the nearest positions and at every ``stride``-th one from the query.

    The strided pattern of Sparse Transformers (Child et al. 2019, section 4.3), both of its parts
    in each head: keys less than ``stride`` away, and keys whose distance ``stride`` divides. Any
    position is reached in two steps, of about 2 √T keys each when ``stride`` is √T.

    Returns:
        (T, T).
    """
    checks.size("T", T)
    checks.positive("stride", stride)
    distance = _distances(T)
    seen: Mask = (np.abs(distance) < stride) | (distance % stride == 0)
    return seen


def _distances(T: int) -> NDArray[np.int64]:
    return np.arange(T)[:, None] - np.arange(T)
