"""All parameters in one vector: an optimizer is then a few operations on long arrays."""

from __future__ import annotations

import dataclasses

import numpy as np

from attention_scratch.arrays import Array
from attention_scratch.errors import InputError
from attention_scratch.nn.layer import Layer


@dataclasses.dataclass(frozen=True, slots=True)
class FlatParameters:
    """``values`` and ``grads``, (N,) each, with the place and shape of each parameter in them."""

    values: Array
    grads: Array
    slices: dict[str, slice]
    shapes: dict[str, tuple[int, ...]]

    def name_at(self, index: int) -> str:
        """The parameter that element ``index`` belongs to."""
        return next(name for name, place in self.slices.items() if index < place.stop)


def flatten(model: Layer) -> FlatParameters:
    """Move parameters and gradients into one vector each; the model's arrays become views of it.

    Views of an earlier ``flatten`` of the same model, or arrays taken from ``params`` before, are
    no longer the model's.

    Raises:
        InputError: the model has no parameters.
    """
    owners = list(model.owners())
    if not owners:
        raise InputError(
            "model",
            repr(model),
            expected="a layer with parameters",
            remedy="There is nothing to train in it.",
        )
    arrays = [owner._params[own] for _, owner, own in owners]
    values = np.concatenate([array.ravel() for array in arrays])
    grads = np.concatenate([owner._grads[own].ravel() for _, owner, own in owners])
    slices: dict[str, slice] = {}
    start = 0
    for (name, owner, own), array in zip(owners, arrays, strict=True):
        place = slices[name] = slice(start, start + array.size)
        owner._params[own] = values[place].reshape(array.shape)
        owner._grads[own] = grads[place].reshape(array.shape)
        start = place.stop
    shapes = {name: array.shape for (name, _, _), array in zip(owners, arrays, strict=True)}
    return FlatParameters(values, grads, slices, shapes)
