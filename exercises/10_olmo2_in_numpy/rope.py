"""10.rope: pairs of one head turned by their position."""

from __future__ import annotations

import numpy as np

from attention_scratch.exercises.exercise import Case, Exercise, Suspect
from attention_scratch.exercises.registry import register

from .common import ATOL, RTOL, Array


def angles(length: int, width: int, theta: float) -> Array:
    frequencies = theta ** (-np.arange(0, width, 2) / width)  # (D/2,)
    turned: Array = np.arange(length)[:, None] * frequencies  # (T, D/2)
    return turned


def rotate(x: Array, turn: Array) -> Array:
    first, second = np.split(x, 2, axis=-1)
    cos, sin = np.cos(turn), np.sin(turn)
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


def rope(x: Array, theta: float) -> Array:
    return rotate(x, angles(len(x), x.shape[1], theta))


def rope_interleaved(x: Array, theta: float) -> Array:
    turn = angles(len(x), x.shape[1], theta)
    even, odd = x[:, ::2], x[:, 1::2]
    cos, sin = np.cos(turn), np.sin(turn)
    return np.stack([even * cos - odd * sin, odd * cos + even * sin], axis=-1).reshape(x.shape)


def rope_repeated_angles(x: Array, theta: float) -> Array:
    turn = np.repeat(angles(len(x), x.shape[1], theta), 2, axis=1)
    first, second = np.split(x, 2, axis=-1)
    turned: Array = x * np.cos(turn) + np.concatenate([-second, first], axis=-1) * np.sin(turn)
    return turned


def rope_from_one(x: Array, theta: float) -> Array:
    return rotate(x, angles(x.shape[0] + 1, x.shape[1], theta)[1:])


def rope_slow(x: Array, theta: float) -> Array:
    width = x.shape[1]
    turn = np.arange(len(x))[:, None] * theta ** (-np.arange(width // 2) / width)
    return rotate(x, turn)


register(
    Exercise(
        id="10.rope",
        title="Rotary positions, rotate-half",
        teaches="which elements are paired, and by what angle each pair turns",
        reference=rope,
        rtol=RTOL,
        atol=ATOL,
        cases=(
            Case(
                "one pair, positions 0 to 3",
                lambda rng: (np.tile(np.array([[1.0, 0.0]]), (4, 1)), 500000.0),
            ),
            Case("two pairs", lambda rng: (rng.normal(size=(5, 4)), 500000.0)),
            Case("a head of 32, 10 positions", lambda rng: (rng.normal(size=(10, 32)), 500000.0)),
            Case("another theta", lambda rng: (rng.normal(size=(10, 8)), 10000.0)),
        ),
        suspects=(
            Suspect(
                "interleaved-pairs",
                answer=rope_interleaved,
                says="shape right, first wrong at position 1: you pair element i with i + 1. "
                "OLMo 2 pairs i with i + D/2 (rotate-half).",
            ),
            Suspect(
                "turned-backward",
                answer=lambda x, theta: rotate(x, -angles(len(x), x.shape[1], theta)),
                says="every pair turns the wrong way: the minus sign belongs to the second half "
                "where it enters the first.",
            ),
            Suspect(
                "angles-repeated-next-to-each-other",
                answer=rope_repeated_angles,
                says="the halves are paired rightly, but their angles are not: the table of angles "
                "is repeated half after half (concatenate), not element by element (repeat).",
            ),
            Suspect(
                "positions-from-one",
                answer=rope_from_one,
                says="the first position is turned already: positions count from 0.",
            ),
            Suspect(
                "exponent-halved",
                answer=rope_slow,
                says="the first pair is right and the others turn too fast: pair i has frequency "
                "theta^(−2i/D), not theta^(−i/D).",
            ),
        ),
        hints=(
            "A pair (a, b) turned by an angle t becomes (a cos t − b sin t, b cos t + a sin t). "
            "Which two elements form pair i?",
            "Make the frequencies (D/2,), the angles (T, D/2) as position × frequency, split x "
            "into its two halves (T, D/2), turn, and put the halves side by side again.",
            "frequencies = theta ** (-np.arange(0, D, 2) / D)\n"
            "angle = np.arange(T)[:, None] * frequencies\n"
            "first, second = x[:, : D // 2], x[:, D // 2 :]\n"
            "return np.concatenate([first * np.cos(angle) − …, second * … + …], axis=-1)",
        ),
    )
)
