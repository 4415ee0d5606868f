"""SGD, Adam and AdamW on one flat vector of parameters: a few in-place operations a step.

The update rules are PyTorch's, operation by operation, so a run can be compared step by step.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_scratch.errors import InputError
from attention_scratch.nn import checks
from attention_scratch.nn.parameters import FlatParameters

State = dict[str, NDArray[Any]]


class Optimizer:
    """What the three have in common: the vectors, the learning rate, the number of steps taken.

    Args:
        parameters: values and gradients, as ``flatten(model)`` gives them.
        lr: learning rate, used where ``step`` is called without one.
        weight_decay: strength of the pull towards zero.
        decay_all: also pull biases, gains and other vectors; by default only matrices.

    Raises:
        InputError: a negative or non-finite setting.
    """

    def __init__(
        self,
        parameters: FlatParameters,
        *,
        lr: float,
        weight_decay: float = 0.0,
        decay_all: bool = False,
    ) -> None:
        checks.settings(
            (0 <= lr < math.inf, "lr", lr, "0 or more", "Most models learn with 1e-4 to 1e-2."),
            (0 <= weight_decay < math.inf, "weight_decay", weight_decay, "0 or more", "Try 0.01."),
        )
        self.parameters = parameters
        self.lr = lr
        self.weight_decay = weight_decay
        self.steps = 0
        self._decayed = _decayed(parameters, everything=decay_all) if weight_decay else []
        self._scratch = np.empty_like(parameters.values)

    def step(self, lr: float | None = None) -> None:
        """Move the parameters by their gradients, with this learning rate if one is given."""
        raise NotImplementedError

    def state(self) -> State:
        """What a continuation needs beside the parameters: copies of the vectors it keeps."""
        kept = {name: vector.copy() for name, vector in self._vectors().items()}
        return {"steps": np.array(self.steps), **kept}

    def load_state(self, state: State) -> None:
        """Continue from what ``state`` gave.

        Raises:
            InputError: names, shapes or dtypes of another optimizer or model.
        """
        vectors = self._vectors()
        expected = {name: (vector.shape, vector.dtype) for name, vector in vectors.items()}
        given = {name: (array.shape, array.dtype) for name, array in state.items()}
        steps = given.pop("steps", None)
        if steps is None or given != expected:
            raise InputError(
                "optimizer state",
                ", ".join(f"{name} {array.shape}" for name, array in state.items()) or "nothing",
                expected=f"steps and {', '.join(f'{n} {v.shape}' for n, v in vectors.items())}",
                remedy=f"Use the state of {type(self).__name__} and the same model.",
            )
        for name, vector in vectors.items():
            vector[:] = state[name]
        self.steps = int(state["steps"])

    def _vectors(self) -> State:
        raise NotImplementedError

    def _add_decay_to_gradient(self, gradient: NDArray[Any]) -> None:
        """L2 regularization: the gradient of ``weight_decay / 2 * |values|^2`` is added."""
        for part in self._decayed:
            gradient[part] += self.weight_decay * self.parameters.values[part]


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked for (Polyak, 1964).

    ``velocity = momentum * velocity + gradient``, then ``value -= lr * velocity``.
    """

    def __init__(
        self,
        parameters: FlatParameters,
        *,
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        decay_all: bool = False,
    ) -> None:
        super().__init__(parameters, lr=lr, weight_decay=weight_decay, decay_all=decay_all)
        checks.settings((0 <= momentum < 1, "momentum", momentum, "0 or more, below 1", "Try 0.9."))
        self.momentum = momentum
        self.velocity = np.zeros_like(parameters.values)

    def step(self, lr: float | None = None) -> None:
        self.steps += 1
        self.velocity *= self.momentum
        self.velocity += self.parameters.grads
        self._add_decay_to_gradient(self.velocity)
        np.multiply(self.velocity, self.lr if lr is None else lr, out=self._scratch)
        self.parameters.values[:] -= self._scratch

    def _vectors(self) -> State:
        return {"velocity": self.velocity}


class Adam(Optimizer):
    """Each parameter's step is its mean gradient over its root mean square (Kingma and Ba, 2014).

    Both means are exponential, and divided by ``1 - beta ** steps`` because they began at zero.
    ``weight_decay`` is added to the gradient, so it is divided by the root mean square as well;
    ``AdamW`` is usually what one wants instead.
    """

    def __init__(
        self,
        parameters: FlatParameters,
        *,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decay_all: bool = False,
    ) -> None:
        super().__init__(parameters, lr=lr, weight_decay=weight_decay, decay_all=decay_all)
        fits = len(betas) == 2 and all(0 <= beta < 1 for beta in betas)
        checks.settings(
            (fits, "betas", betas, "two numbers from 0 to below 1", "Try (0.9, 0.999)."),
            (0 <= eps < math.inf, "eps", eps, "0 or more", "Try 1e-8."),
        )
        self.betas = betas
        self.eps = eps
        self.mean = np.zeros_like(parameters.values)
        self.square = np.zeros_like(parameters.values)

    def step(self, lr: float | None = None) -> None:
        self._decay(self.lr if lr is None else lr)
        self._move(self.lr if lr is None else lr)

    def _decay(self, lr: float) -> None:
        self._add_decay_to_gradient(self.parameters.grads)

    def _move(self, lr: float) -> None:
        self.steps += 1
        gradient, scratch = self.parameters.grads, self._scratch
        beta1, beta2 = self.betas

        np.subtract(gradient, self.mean, out=scratch)
        scratch *= 1 - beta1
        self.mean += scratch  # beta1 * mean + (1 - beta1) * gradient

        self.square *= beta2
        np.multiply(gradient, gradient, out=scratch)
        scratch *= 1 - beta2
        self.square += scratch

        np.sqrt(self.square, out=scratch)
        scratch /= math.sqrt(1 - beta2**self.steps)
        scratch += self.eps
        np.divide(self.mean, scratch, out=scratch)
        scratch *= lr / (1 - beta1**self.steps)
        self.parameters.values[:] -= scratch

    def _vectors(self) -> State:
        return {"mean": self.mean, "square": self.square}


class AdamW(Adam):
    """Adam whose weight decay shrinks the values themselves (Loshchilov and Hutter, 2017).

    ``value *= 1 - lr * weight_decay`` comes first, untouched by the root mean square. As everyone
    trains transformers, only matrices decay unless ``decay_all`` is set: gains and biases have no
    size that a matrix before or behind them could not undo.
    """

    def __init__(
        self,
        parameters: FlatParameters,
        *,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        decay_all: bool = False,
    ) -> None:
        super().__init__(
            parameters,
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            decay_all=decay_all,
        )

    def _decay(self, lr: float) -> None:
        for part in self._decayed:
            self.parameters.values[part] *= 1 - lr * self.weight_decay


def _decayed(parameters: FlatParameters, *, everything: bool) -> list[slice]:
    """The parts of the vector that decay, neighbors joined."""
    parts: list[slice] = []
    for name, part in parameters.slices.items():
        if not everything and len(parameters.shapes[name]) < 2:
            continue
        if parts and parts[-1].stop == part.start:
            parts[-1] = slice(parts[-1].start, part.stop)
        else:
            parts.append(part)
    return parts
