"""Exercise 01.rotary: pairs turned by their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from attention_scratch.exercises import Attempt, Case, Constraint, Exercise, Suspect
from .common import Array
from attention_scratch.nn.position import Rotary

FAR = "float32, far from the beginning"


def _angles(positions: Array, D: int, theta: float) -> Array:
    return np.asarray(positions[:, None] * theta ** (-np.arange(0, D, 2) / D))  # (T, D/2)


def _turn_halves(x: Array, angles: Array) -> Array:
    first, second = np.split(x, 2, axis=-1)
    cos, sin = np.cos(angles), np.sin(angles)
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


def _rotary(x: Array, positions: Array, theta: float) -> Array:
    return np.asarray(Rotary(x.shape[-1], theta=theta, dtype=x.dtype)(x, positions))


def _interleaved(x: Array, positions: Array, theta: float) -> Array:
    angles = _angles(positions, x.shape[-1], theta)
    first, second = x[..., 0::2], x[..., 1::2]
    cos, sin = np.cos(angles), np.sin(angles)
    turned = np.stack([first * cos - second * sin, second * cos + first * sin], axis=-1)
    return turned.reshape(x.shape)


def _repeated_next_to_each_other(x: Array, positions: Array, theta: float) -> Array:
    angles = np.repeat(_angles(positions, x.shape[-1], theta), 2, axis=-1)  # (T, D)
    first, second = np.split(x, 2, axis=-1)
    return np.asarray(
        x * np.cos(angles) + np.concatenate([-second, first], axis=-1) * np.sin(angles)
    )


def _reflected(x: Array, positions: Array, theta: float) -> Array:
    angles = _angles(positions, x.shape[-1], theta)
    first, second = np.split(x, 2, axis=-1)
    cos, sin = np.cos(angles), np.sin(angles)
    return np.concatenate([first * cos + second * sin, second * cos + first * sin], axis=-1)


def _with_angles(angles: Callable[[Array, int, float], Array]) -> Callable[..., Array]:
    return lambda x, positions, theta: _turn_halves(x, angles(positions, x.shape[-1], theta))


def _case(
    *shape: int, positions: Any = None, theta: float = 10000.0, dtype: type = np.float64
) -> Callable[..., tuple[Any, ...]]:
    """Random numbers ``(..., T, D)`` at ``positions``; 0, 1, 2, … when left out."""
    at = np.arange(shape[-2]) if positions is None else np.asarray(positions)
    return lambda rng: (rng.normal(size=shape).astype(dtype), at, theta)


def _only_far_away(attempt: Attempt) -> bool:
    return [c.name for c in attempt.failed_cases] == [FAR] and attempt.case(FAR).error is None


EXERCISE = Exercise(
    id="01.rotary",
    title="Pairs turned by their place",
    teaches="which numbers form a pair, by what angle it turns, and where float32 is too coarse",
    reference=_rotary,
    atol=2e-6,
    cases=(
        Case("one pair", lambda rng: (np.tile([1.0, 0.0], (4, 1)), np.arange(4), 10000.0)),
        Case("two pairs", _case(5, 4)),
        Case("batch and heads", _case(2, 3, 6, 8)),
        Case("as many heads as places", _case(5, 5, 4)),
        Case("one place, the hundredth", _case(2, 1, 8, positions=[100])),
        Case("places in any order", _case(4, 6, positions=[7, 3, 3, 0])),
        Case("another theta", _case(10, 8, theta=500_000.0)),
        Case(FAR, _case(3, 8, positions=[100_000, 100_003, 123_457], dtype=np.float32)),
    ),
    suspects=(
        Suspect(
            "interleaved-pairs",
            answer=_interleaved,
            says="shape right, first wrong at place 1: it pairs number i with i + 1. Here i goes "
            "with i + D/2. Both are in use; a model must get the one it was trained with",
        ),
        Suspect(
            "turned-backward",
            answer=_with_angles(lambda at, D, theta: -_angles(at, D, theta)),
            says="every pair turns the wrong way: (a, b) becomes (a cos - b sin, b cos + a sin)",
        ),
        Suspect(
            "reflected",
            answer=_reflected,
            says="one sign is wrong, so the pairs are not turned and their lengths change: (a, b) "
            "becomes (a cos - b sin, b cos + a sin)",
        ),
        Suspect(
            "angles-repeated-next-to-each-other",
            answer=_repeated_next_to_each_other,
            says="the halves are paired rightly, but their angles are not: repeat the D/2 angles "
            "as a block (concatenate), not one by one (repeat)",
        ),
        Suspect(
            "positions-ignored",
            answer=_with_angles(lambda at, D, theta: _angles(np.arange(len(at)), D, theta)),
            says="right while the places are 0, 1, 2, …: the rows stand where `positions` says",
        ),
        Suspect(
            "positions-from-one",
            answer=_with_angles(lambda at, D, theta: _angles(at + 1, D, theta)),
            says="place 0 is turned already: its angle is 0",
        ),
        Suspect(
            "theta-ignored",
            answer=_with_angles(lambda at, D, theta: _angles(at, D, 10000.0)),
            says="right for theta = 10,000: use the one that is passed",
        ),
        Suspect(
            "exponent-not-doubled",
            answer=_with_angles(lambda at, D, theta: _angles(at, 2 * D, theta)[:, : D // 2]),
            says="the first pair is right and the others turn too fast: pair i has the speed "
            "theta^(-2i/D), not theta^(-i/D)",
        ),
        Suspect(
            "angles-in-float32",
            when=_only_far_away,
            says="right near the beginning. At place 100,000 an angle in float32 is off by up to "
            "thousandths of a radian: compute the angles in float64 and round at the end",
        ),
    ),
    constraints=(
        Constraint(
            "dtype-not-kept",
            holds=lambda attempt: all(c.got.dtype == c.args[0].dtype for c in attempt.cases),
            says="correct, but float32 went in and float64 came out: round at the end, with "
            ".astype(x.dtype)",
        ),
    ),
    hints=(
        "A pair (a, b) turned by an angle becomes (a cos - b sin, b cos + a sin). For D = 4, "
        "which two numbers are the first pair, and which the second?",
        "speeds (D/2,) = theta^(-2i/D); angles (T, D/2) = positions × speeds; split x into its "
        "two halves (..., T, D/2), turn, put the halves side by side again, give back the dtype.",
        "speeds = theta ** (-np.arange(0, D, 2) / ...)\n"
        "angles = positions[:, None] * ...\n"
        "first, second = x[..., : D // 2], x[..., D // 2 :]\n"
        "turned = np.concatenate([first * np.cos(angles) - ..., ...], axis=-1)\n"
        "return turned.astype(...)",
    ),
)
