"""Exercise 01.sinusoidal: the hands of a clock."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect
from .common import Array
from attention_scratch.nn.position import sinusoidal


def _positions(
    *,
    first: int = 0,
    speed: Callable[[Array, int], Array] = lambda pair, C: 10000.0 ** (-2 * pair / C),
    join: Callable[[Array], Array] = lambda a: np.stack([np.sin(a), np.cos(a)], axis=-1),
    unit: float = 1.0,
) -> Callable[[int, int], Array]:
    """The map, with one of its choices made otherwise."""

    def positions(T: int, C: int) -> Array:
        speeds = speed(np.arange(C // 2), C)  # (C/2,)
        angles = unit * np.arange(first, first + T)[:, None] * speeds  # (T, C/2)
        return np.asarray(join(angles).reshape(T, C))

    return positions


def _every_number_its_speed(T: int, C: int) -> Array:
    angles = np.arange(T)[:, None] * 10000.0 ** (-np.arange(C) / C)  # (T, C)
    return np.where(np.arange(C) % 2 == 0, np.sin(angles), np.cos(angles))


def _sizes(T: int, C: int) -> Callable[..., tuple[int, int]]:
    return lambda rng: (T, C)


EXERCISE = Exercise(
    id="01.sinusoidal",
    title="The hands of a clock",
    teaches="which speed each pair of numbers has, and where its sine and cosine go",
    reference=lambda T, C: sinusoidal(T, C, dtype=np.float64),
    atol=1e-12,
    cases=(
        Case("one hand, 12 places", _sizes(12, 2)),
        Case("C = 8", _sizes(5, 8)),
        Case("one place", _sizes(1, 6)),
        Case("C = 6, which is no power of two", _sizes(7, 6)),
        Case("1,000 places", _sizes(1000, 16)),
    ),
    suspects=(
        Suspect(
            "cosine-first",
            answer=_positions(join=lambda a: np.stack([np.cos(a), np.sin(a)], axis=-1)),
            says="sine and cosine are swapped: the sine goes to the even numbers, 0, 2, 4, …",
        ),
        Suspect(
            "halves-not-side-by-side",
            answer=_positions(join=lambda a: np.concatenate([np.sin(a), np.cos(a)], axis=-1)),
            says="right numbers in another order: all sines, then all cosines. Here the sine and "
            "the cosine of one hand stand side by side",
        ),
        Suspect(
            "places-from-one",
            answer=_positions(first=1),
            says="the first row is that of place 1: places count from 0, where every sine is 0",
        ),
        Suspect(
            "exponent-not-doubled",
            answer=_positions(speed=lambda pair, C: 10000.0 ** (-pair / C)),
            says="the first hand is right and the others turn too fast: hand i has the speed "
            "10000^(-2i/C), not 10000^(-i/C)",
        ),
        Suspect(
            "exponent-over-half",
            answer=_positions(speed=lambda pair, C: 10000.0 ** (-2 * pair / (C // 2))),
            says="the hands turn too slowly: the exponent is divided by C, not by C/2",
        ),
        Suspect(
            "grows-faster",
            answer=_positions(speed=lambda pair, C: 10000.0 ** (2 * pair / C)),
            says="the hands get faster, not slower: a minus sign is missing in the exponent",
        ),
        Suspect(
            "pair-with-two-speeds",
            answer=_every_number_its_speed,
            says="each number has a speed of its own. The sine and the cosine of a pair share "
            "one: without that a shift is no rotation",
        ),
        Suspect(
            "in-degrees",
            answer=_positions(unit=np.pi / 180),
            says="the angles were taken for degrees: NumPy's sin takes radians, and the first "
            "hand turns by 1 radian a place",
        ),
    ),
    hints=(
        "How many hands are there for C numbers? Write down the speed of the first and of the "
        "second for C = 4, and the four numbers of place 1.",
        "speeds (C/2,) = 10000^(-2i/C); angles (T, C/2) = place × speed. Then put the sines at "
        "[:, 0::2] and the cosines at [:, 1::2] of an array (T, C).",
        "speeds = 10000.0 ** (-np.arange(0, C, 2) / ...)\n"
        "angles = np.arange(T)[:, None] * ...\n"
        "p = np.empty((T, C))\n"
        "p[:, 0::2] = ...\n"
        "p[:, 1::2] = ...",
    ),
)
