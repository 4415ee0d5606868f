"""Exercise 05.warmup_cosine: a learning rate that rises, then falls."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect
from .common import Array

Rate = Callable[..., float]


def _part(step: int, warmup: int, steps: int) -> float:
    """How much of the way down is behind us, 0 to 1."""
    return min(1.0, (step - warmup) / (steps - warmup))


def _rate(step: int, lr: float, warmup: int, steps: int, floor: float) -> float:
    if step < warmup:
        return lr * (step + 1) / warmup
    return floor + (lr - floor) * (1 + math.cos(math.pi * _part(step, warmup, steps))) / 2


def _after(fall: Callable[[int, float, int, int, float], float]) -> Rate:
    """The right line up, then another way down."""

    def rate(step: int, lr: float, warmup: int, steps: int, floor: float) -> float:
        return (
            _rate(step, lr, warmup, steps, floor)
            if step < warmup
            else fall(step, lr, warmup, steps, floor)
        )

    return rate


def _before(rise: Callable[[int, float, int], float]) -> Rate:
    """Another way up, then the right cosine."""

    def rate(step: int, lr: float, warmup: int, steps: int, floor: float) -> float:
        return rise(step, lr, warmup) if step < warmup else _rate(step, lr, warmup, steps, floor)

    return rate


def _cosine(part: float, lr: float, floor: float) -> float:
    return floor + (lr - floor) * (1 + math.cos(math.pi * part)) / 2


def _whole(rate: Rate) -> Callable[[int, float, int, int, float], Array]:
    """The rates of a whole run, and of some steps behind its end, as one array."""

    def schedule(last: int, lr: float, warmup: int, steps: int, floor: float) -> Array:
        return np.array([rate(step, lr, warmup, steps, floor) for step in range(last)])

    return schedule


_MISTAKES: tuple[tuple[str, Rate, str], ...] = (
    (
        "first-step-stands-still",
        _before(lambda step, lr, warmup: lr * step / warmup),
        "the first step, number 0, has a rate of 0: a whole batch is computed and nothing moves. "
        "The line takes lr / warmup at step 0 and reaches lr at step warmup - 1",
    ),
    (
        "no-warmup",
        _before(lambda step, lr, warmup: lr),
        "the rate is lr from the first step on: the line up is missing",
    ),
    (
        "cosine-from-the-start",
        _after(lambda step, lr, warmup, steps, floor: _cosine(min(1, step / steps), lr, floor)),
        "the cosine counts from step 0, so the rate drops by a jump where the line ends: its first "
        "step is step warmup, its length steps - warmup",
    ),
    (
        "cosine-too-long",
        _after(
            lambda step, lr, warmup, steps, floor: _cosine(
                min(1, (step - warmup) / steps), lr, floor
            )
        ),
        "the cosine starts at the right step but is steps long; steps - warmup are left",
    ),
    (
        "rises-again",
        _after(
            lambda step, lr, warmup, steps, floor: _cosine(
                (step - warmup) / (steps - warmup), lr, floor
            )
        ),
        "right up to the end, but a cosine comes up again: from step steps on the rate stays at "
        "floor",
    ),
    (
        "floor-forgotten",
        _after(lambda step, lr, warmup, steps, floor: _cosine(_part(step, warmup, steps), lr, 0.0)),
        "the cosine goes down to 0; it should end at floor",
    ),
    (
        "floor-added",
        _after(
            lambda step, lr, warmup, steps, floor: (
                floor + lr * (1 + math.cos(math.pi * _part(step, warmup, steps))) / 2
            )
        ),
        "floor was added to a cosine of height lr, so the rate starts above lr: the cosine's "
        "height is lr - floor",
    ),
    (
        "whole-wave",
        _after(
            lambda step, lr, warmup, steps, floor: _cosine(
                2 * _part(step, warmup, steps), lr, floor
            )
        ),
        "the cosine runs through a whole wave and comes up again: half of one, from 0 to pi",
    ),
    (
        "straight-down",
        _after(
            lambda step, lr, warmup, steps, floor: lr - (lr - floor) * _part(step, warmup, steps)
        ),
        "the rate falls along a straight line; a cosine was asked for",
    ),
    (
        "quarter-wave",
        _after(
            lambda step, lr, warmup, steps, floor: (
                floor + (lr - floor) * math.cos(math.pi / 2 * _part(step, warmup, steps))
            )
        ),
        "a quarter of a wave: it ends at its steepest. Half a wave, shifted up by 1 and halved, "
        "ends gently: (1 + cos(pi * part)) / 2",
    ),
)


EXERCISE = Exercise(
    id="05.warmup_cosine",
    title="Up a line, down a cosine",
    teaches="the schedule nearly every transformer is trained with, and its two off-by-ones",
    reference=_whole(_rate),
    adapt=_whole,
    rtol=1e-12,
    atol=1e-15,
    cases=(
        Case("5 steps up, 15 down", lambda rng: (20, 0.1, 5, 20, 0.0)),
        Case("down to a floor", lambda rng: (12, 0.01, 3, 12, 0.001)),
        Case("behind the end", lambda rng: (20, 0.1, 2, 10, 0.02)),
        Case("no steps up", lambda rng: (10, 1.0, 0, 10, 0.1)),
        Case("one step up", lambda rng: (10, 3e-3, 1, 8, 0.0)),
    ),
    suspects=tuple(Suspect(key, answer=_whole(rate), says=says) for key, rate, says in _MISTAKES),
    hints=(
        "Draw it first: at which step is the rate lr / warmup, at which two is it lr, at which "
        "does it arrive at floor?",
        "Before step warmup: lr times (step + 1) / warmup. From there on let part be the share of "
        "the steps - warmup remaining steps that is behind us, at most 1; the rate is floor plus "
        "(lr - floor) times (1 + cos(pi * part)) / 2.",
        "if step < warmup:\n"
        "    return lr * ...\n"
        "part = min(1, (step - warmup) / ...)\n"
        "return floor + ... * (1 + math.cos(...)) / 2",
    ),
)
