"""Exercise 05.adamw_step: one step of the optimizer, by the book."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect
from .common import Array

State = tuple[Array, Array, Array]


def _adamw(
    *,
    corrected: tuple[bool, bool] = (True, True),
    behind: int = 0,
    decay: str = "apart",
    eps_inside: bool = False,
    root: bool = True,
    old_means: bool = False,
    swapped: bool = False,
    up: bool = False,
) -> Callable[..., State]:
    """AdamW with one of its lines written otherwise."""

    def step(
        value: Array,
        gradient: Array,
        mean: Array,
        square: Array,
        number: int,
        *,
        lr: float,
        betas: tuple[float, float],
        eps: float,
        decay_rate: float,
    ) -> State:
        beta1, beta2 = betas[::-1] if swapped else betas
        g = gradient + decay_rate * value if decay == "gradient" else gradient
        new_mean = beta1 * mean + (1 - beta1) * g
        new_square = beta2 * square + (1 - beta2) * g * g
        m, v = (mean, square) if old_means else (new_mean, new_square)
        n = number - behind
        m = m / (1 - beta1**n) if corrected[0] else m
        v = v / (1 - beta2**n) if corrected[1] else v
        size = np.sqrt(v + eps) if eps_inside else (np.sqrt(v) if root else v) + eps
        move = (-lr if up else lr) * m / size
        if decay == "unscaled":
            return value - decay_rate * value - move, new_mean, new_square
        if decay == "after":
            return (value - move) * (1 - lr * decay_rate), new_mean, new_square
        if decay == "apart":
            return value - lr * decay_rate * value - move, new_mean, new_square
        return value - move, new_mean, new_square

    return step


_reference = _adamw()


def _args(*shape: int, number: int, spread: float = 0.0) -> Callable[..., tuple[Any, ...]]:
    """A step in the middle of a run (from zero means where ``number`` is 1)."""

    def args(rng: np.random.Generator) -> tuple[Any, ...]:
        value, gradient, earlier = rng.normal(size=(3, *shape))
        gradient = gradient * 10.0 ** rng.uniform(-spread, spread, size=shape)
        started = float(number > 1)
        mean = started * 0.3 * earlier
        square = started * (0.1 + earlier**2)
        return value, gradient, mean, square, number

    return args


def _settings(**changed: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {"lr": 0.01, "betas": (0.9, 0.99), "eps": 1e-8, "decay_rate": 0.1}
    return usual | changed


EXERCISE = Exercise(
    id="05.adamw_step",
    title="One step of AdamW",
    teaches="what bias correction and decoupled weight decay are, line by line",
    reference=_reference,
    rtol=1e-10,
    atol=1e-12,
    cases=(
        Case("the first step", _args(5, number=1), kwargs=_settings()),
        Case("the third step", _args(2, 3, number=3), kwargs=_settings()),
        Case("step 1000", _args(4, number=1000), kwargs=_settings()),
        Case(
            "gradients from 1e-4 to 1e4",
            _args(8, number=1, spread=4.0),
            kwargs=_settings(decay_rate=0.5),
        ),
        Case("without decay", _args(6, number=2), kwargs=_settings(decay_rate=0.0)),
        Case("a large eps", _args(6, number=4), kwargs=_settings(eps=0.1)),
    ),
    suspects=(
        Suspect(
            "no-bias-correction",
            answer=_adamw(corrected=(False, False)),
            says="the two means began at zero, so in the first steps they are far too small, and "
            "not equally so: divide them by 1 - beta1**step and 1 - beta2**step",
        ),
        Suspect(
            "only-the-mean-corrected",
            answer=_adamw(corrected=(True, False)),
            says="the mean gradient is corrected for its start at zero, the mean square is not: "
            "the first step comes out 1 / √(1 - beta2) times too long, here ten times",
        ),
        Suspect(
            "only-the-square-corrected",
            answer=_adamw(corrected=(False, True)),
            says="the mean square is corrected for its start at zero, the mean gradient is not: "
            "divide it by 1 - beta1**step",
        ),
        Suspect(
            "counted-from-zero",
            answer=_adamw(behind=1),
            says="the correction uses step - 1. The first step is number 1: at 0 it would divide "
            "by zero",
        ),
        Suspect(
            "decay-through-the-gradient",
            answer=_adamw(decay="gradient"),
            says="the decay was added to the gradient, so it is divided by the root mean square "
            "like the rest: that is Adam with L2. The W of AdamW: shrink the value itself, by "
            "lr * decay_rate of it",
        ),
        Suspect(
            "decay-not-times-lr",
            answer=_adamw(decay="unscaled"),
            says="the value shrinks by decay_rate each step, whatever the learning rate; it should "
            "by lr * decay_rate",
        ),
        Suspect(
            "decay-after-the-step",
            answer=_adamw(decay="after"),
            says="nearly right: the decay also shrank the step just taken. It applies to the value "
            "before the step",
        ),
        Suspect(
            "decay-forgotten",
            answer=_adamw(decay="none"),
            says="right without decay; the value should also shrink by lr * decay_rate of itself",
        ),
        Suspect(
            "eps-inside-the-root",
            answer=_adamw(eps_inside=True),
            says="eps stands inside the root; it is added to the root",
        ),
        Suspect(
            "no-root",
            answer=_adamw(root=False),
            says="the mean gradient was divided by the mean SQUARE. Its root has the gradient's "
            "own units, so that they cancel",
        ),
        Suspect(
            "old-means-used",
            answer=_adamw(old_means=True),
            says="the step was taken with the means from before this gradient came in: update them "
            "first",
        ),
        Suspect(
            "betas-exchanged",
            answer=_adamw(swapped=True),
            says="the betas are exchanged: the first is the mean gradient's, the second the mean "
            "square's",
        ),
        Suspect(
            "uphill",
            answer=_adamw(up=True),
            says="the step goes up the gradient: subtract it",
        ),
    ),
    hints=(
        "Follow the chapter's table for one parameter. On step 1, with means of zero, the value "
        "should move by almost exactly lr, whatever the gradient. Does yours?",
        "In this order: both means take in the gradient; divide copies of them by 1 - beta**step; "
        "the move is lr times one over the root of the other plus eps; the new value is the old "
        "one minus lr * decay_rate * value minus the move. Return the means uncorrected.",
        "mean = beta1 * mean + (1 - beta1) * ...\n"
        "square = beta2 * square + (1 - beta2) * ...\n"
        "move = (mean / (1 - ...)) / (np.sqrt(square / (1 - ...)) + eps)\n"
        "return value - lr * ... * value - lr * move, mean, square",
    ),
)
