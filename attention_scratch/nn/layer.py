"""What every layer has: named arrays, a forward, a backward, a mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from attention_scratch.arrays import Array
from attention_scratch.errors import InputError, require
from attention_scratch.nn import checks

Child = TypeVar("Child", bound="Layer")


class Arrays(dict[str, Array]):
    """A layer's arrays by name; assigning to a name copies into the array, which stays the same."""

    def __setitem__(self, name: str, value: Array) -> None:
        """Copy ``value`` in.

        Raises:
            InputError: there is no such name, or the shape differs.
        """
        shape = np.shape(value)
        if name not in self or self[name].shape != shape:
            given = f"shape {shape}" if name in self else "an array"
            raise InputError(
                name,
                given,
                expected=f"shape {self[name].shape}"
                if name in self
                else f"one of {', '.join(self)}",
                remedy="A layer's parameters are fixed when it is built.",
            )
        self[name][...] = value


class Layer:
    """A function of arrays that knows its own gradient.

    ``forward`` saves what ``backward`` needs; ``backward`` takes the gradient of a scalar by the
    output, *adds* the gradients of the parameters to ``grads`` and returns the gradient by the
    input. There is one ``backward`` for each ``forward``: it lets go of what was saved.

    ``params`` and ``grads`` are dicts under the same names. Their arrays are the layer's own and
    stay so: ``layer.params["weight"] = …`` copies into it. A layer made of layers shows theirs
    under dotted names (``"attention.query.weight"``).
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]

    def __init__(self) -> None:
        self.training = True
        self.children: dict[str, Layer] = {}
        self._params: dict[str, Array] = {}
        self._grads: dict[str, Array] = {}
        self._saved: tuple[Any, ...] | None = None

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """``forward``."""
        return self.forward(*inputs, **options)

    @property
    def params(self) -> Arrays:
        """Parameters by name."""
        return Arrays({name: owner._params[own] for name, owner, own in self.owners()})

    @property
    def grads(self) -> Arrays:
        """Sums of gradients by name, since the last ``zero_grad``."""
        return Arrays({name: owner._grads[own] for name, owner, own in self.owners()})

    def owners(self) -> Iterator[tuple[str, Layer, str]]:
        """(full name, layer that owns it, name in that layer) of every parameter, in order."""
        for own in self._params:
            yield own, self, own
        for prefix, child in self.children.items():
            for name, owner, own in child.owners():
                yield f"{prefix}.{name}", owner, own

    def layers(self) -> Iterator[Layer]:
        """This layer, then all below it."""
        yield self
        for child in self.children.values():
            yield from child.layers()

    def train(self) -> Self:
        """Switch to training: dropout drops."""
        return self._set_training(True)

    def eval(self) -> Self:
        """Switch to evaluation: dropout does nothing."""
        return self._set_training(False)

    def zero_grad(self) -> None:
        """Set every gradient to 0, in place."""
        for layer in self.layers():
            for grad in layer._grads.values():
                grad.fill(0)

    def load(self, params: Mapping[str, Array]) -> None:
        """Copy parameters in, by name, and round them to the layer's dtype.

        Raises:
            InputError: a name is missing or unknown, or a shape differs; nothing is copied then.
        """
        own = self.params
        for name, mine in own.items():
            if name not in params:
                self._misfit(name, "nothing", f"an array of shape {mine.shape}")
            given = np.asarray(params[name])
            if given.shape != mine.shape:
                self._misfit(name, f"shape {given.shape}", f"shape {mine.shape}")
            require(
                np.issubdtype(given.dtype, np.floating),
                name,
                f"dtype {given.dtype}",
                expected="floating-point numbers",
                remedy="Convert them with astype(np.float32).",
            )
        for name in params:
            if name not in own:
                self._misfit(name, "an array", "no parameter of that name")
        for name, mine in own.items():
            mine[...] = params[name]

    def _misfit(self, name: str, given: str, expected: str) -> None:
        raise InputError(
            name,
            given,
            expected=f"{expected}, for {self!r}",
            remedy="Build the layer from the configuration the parameters were saved with.",
        )

    def _set_training(self, training: bool) -> Self:
        for layer in self.layers():
            layer.training = training
        return self

    def _add_child(self, name: str, child: Child) -> Child:
        self.children[name] = child
        return child

    def _add_parameter(self, name: str, value: Array, dtype: DTypeLike) -> None:
        self._params[name] = np.ascontiguousarray(value, checks.float_dtype(dtype))
        self._grads[name] = np.zeros_like(self._params[name])

    def save_for_backward(self, *values: Any) -> None:
        """Keep what ``backward`` will need; for a layer's own ``forward``."""
        self._saved = values

    def saved(self) -> tuple[Any, ...]:
        """What ``forward`` saved, and let go of it; for a layer's own ``backward``.

        Raises:
            InputError: there was no forward since the last backward.
        """
        if self._saved is None:
            raise InputError(
                "backward",
                f"no forward of this {type(self).__name__} to go back through",
                expected="one forward before each backward",
                remedy="Call forward first; a second backward needs a second forward.",
            )
        saved, self._saved = self._saved, None
        return saved

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name}={value.shape}" for name, value in self._params.items())
        return f"{type(self).__name__}({shapes})"
