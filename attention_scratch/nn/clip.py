"""Gradients as one vector: their length, shortened when it is too long, and numbers gone wrong."""

from __future__ import annotations

import math

import numpy as np

from attention_scratch.errors import InputError
from attention_scratch.nn.parameters import FlatParameters

_EPS = 1e-6  # torch.nn.utils.clip_grad_norm_ adds it to the norm


def clip_by_global_norm(parameters: FlatParameters, max_norm: float) -> float:
    """Scale all gradients alike so that together they are at most ``max_norm`` long.

    The direction of the step stays; only its length changes (Pascanu, Mikolov and Bengio, 2013).

    Returns:
        The norm before.

    Raises:
        InputError: ``max_norm`` is not positive, or a gradient is not finite.
    """
    if not max_norm > 0:
        raise InputError("max_norm", max_norm, expected="more than 0", remedy="Try 1.0.")
    norm = global_norm(parameters)
    if norm > max_norm - _EPS:
        parameters.grads[:] *= min(1.0, max_norm / (norm + _EPS))
    return norm


def global_norm(parameters: FlatParameters) -> float:
    """The length of all gradients as one vector.

    Raises:
        InputError: a gradient that is not finite, by the parameter's name.
    """
    grads = parameters.grads
    largest = float(np.abs(grads).max(initial=0))
    if not math.isfinite(largest):
        raise not_finite(parameters)
    if largest == 0:
        return 0.0
    scaled = grads / largest  # no square overflows or vanishes
    return largest * math.sqrt(float(scaled @ scaled))


def not_finite(parameters: FlatParameters) -> InputError:
    """The error for gradients with a NaN or an infinity: it names the first such parameter."""
    bad = np.flatnonzero(~np.isfinite(parameters.grads))
    name = parameters.name_at(int(bad[0]))
    return InputError(
        f"gradient of {name}",
        f"{parameters.grads[bad[0]]} ({len(bad)} of all {len(parameters.grads)} gradients "
        "are NaN or infinite)",
        expected="finite numbers",
        remedy="Lower the learning rate, clip the gradients, or look for a division by zero "
        "between this parameter and the loss.",
    )
