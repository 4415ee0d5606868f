"""05.warmup_cosine: a learning rate that rises, then falls."""

import math
from dataclasses import replace

import numpy as np

from attention_scratch.exercises.authoring import exercise


def warmup_cosine(step, lr, warmup, steps, floor):
    if step < warmup:
        return lr * (step + 1) / warmup
    part = min(1.0, (step - warmup) / (steps - warmup))
    return floor + (lr - floor) * (1 + math.cos(math.pi * part)) / 2


def a_straight_line(step, lr, warmup, steps, floor):
    if step < warmup:
        return lr * (step + 1) / warmup
    return np.interp(step, [warmup, steps], [lr, floor])


def whole(rate):
    """The rates of a whole run, and of some steps behind its end, as one array."""

    def schedule(last, lr, warmup, steps, floor):
        return np.array([rate(step, lr, warmup, steps, floor) for step in range(last)])

    return schedule


EXERCISE = exercise(
    "05.warmup_cosine",
    "Up a line, down a cosine",
    teaches="the schedule nearly every transformer is trained with, and its two off-by-ones",
    right=warmup_cosine,
    reference=whole(warmup_cosine),
    adapt=whole,
    rtol=1e-12,
    atol=1e-15,  # float64: a handful of roundings of rates up to 1
    cases="""
        5 steps up, 15 down: 20, 0.1, 5, 20, 0.0
        down to a floor: 12, 0.01, 3, 12, 0.001
        behind the end: 20, 0.1, 2, 10, 0.02
        no steps up: 10, 1.0, 0, 10, 0.1
        one step up: 10, 3e-3, 1, 8, 0.0
    """,
    mistakes=r"""
        first-step-stands-still: (step + 1) → step
            the first step, number 0, has a rate of 0: a whole batch is computed and nothing moves.
            The line takes lr / warmup at step 0 and reaches lr at step warmup - 1
        no-warmup: lr * (step + 1) / warmup → lr
            the rate is lr from the first step on: the line up is missing
        cosine-from-the-start: (step - warmup) / (steps - warmup) → step / steps
            the cosine counts from step 0, so the rate drops by a jump where the line ends: its
            first step is step warmup, its length steps - warmup
        cosine-too-long: (steps - warmup) → steps
            the cosine starts at the right step but is steps long; steps - warmup are left
        rises-again: min(1.0, → (
            right up to the end, but a cosine comes up again: from step steps on the rate stays at
            floor
        floor-forgotten: floor + (lr - floor) → lr
            the cosine goes down to 0; it should end at floor
        floor-added: (lr - floor) → lr
            floor was added to a cosine of height lr, so the rate starts above lr: the cosine's
            height is lr - floor
        whole-wave: math.pi → 2 * math.pi
            the cosine runs through a whole wave and comes up again: half of one, from 0 to pi
        straight-down: (1 + math.cos(math.pi * part)) / 2 → (1 - part)
            the rate falls along a straight line; a cosine was asked for
        straight-down: answer a_straight_line
        quarter-wave: (1 + math.cos(math.pi * part)) / 2 → math.cos(math.pi / 2 * part)
            a quarter of a wave: it ends at its steepest. Half a wave, shifted up by 1 and halved,
            ends gently: (1 + cos(pi * part)) / 2
        raised: if step < warmup: → rising = lr * (step + 1) / warmup\n    if step < warmup:
    """,
    hints="""
        Draw it first: at which step is the rate lr / warmup, at which two is it lr, at which does
        it arrive at floor?

        Before step warmup: lr times (step + 1) / warmup. From there on let part be the share of the
        steps - warmup remaining steps that is behind us, at most 1; the rate is floor plus (lr -
        floor) times (1 + cos(pi * part)) / 2.

        if step < warmup:
            return lr * ...
        part = min(1, (step - warmup) / ...)
        return floor + ... * (1 + math.cos(...)) / 2
    """,
)
SUSPECTS = tuple(replace(suspect, answer=whole(suspect.answer)) for suspect in EXERCISE.suspects)
EXERCISE = replace(EXERCISE, suspects=SUSPECTS)  # they see a whole run, as the reference does
