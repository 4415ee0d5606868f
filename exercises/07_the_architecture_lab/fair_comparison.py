"""Exercise 07.fair_comparison: as many parameters on both sides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect


def _matched(C: int, F: int, bias: bool) -> int:
    gated = 3 * C * F + (2 * F + C if bias else 0)
    fewest = C if bias else 0
    return round((gated - fewest) / (2 * C + (1 if bias else 0)))


def _sizes(C: int, F: int, bias: bool) -> Callable[[np.random.Generator], tuple[int, int, bool]]:
    return lambda rng: (C, F, bias)


EXERCISE = Exercise(
    id="07.fair_comparison",
    title="As many parameters on both sides",
    teaches="what has to be evened out before two designs can be compared",
    reference=_matched,
    cases=(
        Case("C = 32, F = 64", _sizes(32, 64, False)),
        Case("an odd width", _sizes(48, 85, False)),
        Case("one hidden number", _sizes(8, 1, False)),
        Case("with biases", _sizes(32, 100, True)),
        Case("narrow, with biases", _sizes(4, 170, True)),
        Case("the width of a large model", _sizes(2048, 8192, False)),
    ),
    suspects=(
        Suspect(
            "same-width",
            answer=lambda C, F, bias: F,
            says="with the same width the gated layer has half as many parameters again: it has "
            "three matrices, the plain one two",
        ),
        Suspect(
            "two-thirds",
            answer=lambda C, F, bias: round(2 * F / 3),
            says="turned around: 2/3 is what a gated layer's width shrinks to beside a plain one. "
            "Here the gated one is given, and the plain one may be wider",
        ),
        Suspect(
            "biases-forgotten",
            answer=lambda C, F, bias: round(3 * F / 2),
            says="right without biases. With them each matrix brings a vector as long as its "
            "output: F for gate and up, C for down",
        ),
        Suspect(
            "rounded-down",
            answer=lambda C, F, bias: int(
                (3 * C * F + (2 * F if bias else 0)) / (2 * C + (1 if bias else 0))
            ),
            says="right up to rounding: take the nearest width, not the next one below. (Where "
            "two are equally near, round() takes the even one)",
        ),
        Suspect(
            "four-times",
            answer=lambda C, F, bias: 4 * C,
            says="4 C is a habit, not a comparison: count the parameters of the gated layer and "
            "solve for the width",
        ),
    ),
    hints=(
        "How many matrices has each of the two layers, and of which shapes? Count the numbers "
        "of the gated one first.",
        "Gated: gate (F, C), up (F, C), down (C, F). Plain with width W: up (W, C), down (C, W). "
        "Set the counts equal, with the biases where there are some, and solve for W; round().",
        "gated = 3 * C * F + (... if bias else 0)\n"
        "per_hidden = 2 * C + (1 if bias else 0)      # what one more hidden number costs\n"
        "return round((gated - (C if bias else 0)) / ...)",
    ),
)
