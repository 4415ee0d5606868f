"""07.fair_comparison: as many parameters on both sides."""

from attention_scratch.exercises.authoring import exercise


def matched_width(C, F, bias):
    gated = 3 * C * F + (2 * F + C if bias else 0)
    fixed = C if bias else 0
    per_hidden = 2 * C + (1 if bias else 0)
    return round((gated - fixed) / per_hidden)


def whole_division(C, F, bias):
    return (3 * C * F + 2 * F * bias) // (2 * C + bias)


EXERCISE = exercise(
    "07.fair_comparison",
    "As many parameters on both sides",
    teaches="what has to be evened out before two designs can be compared",
    right=matched_width,
    cases="""
        C = 32, F = 64: 32, 64, False
        an odd width: 48, 85, False
        one hidden number: 8, 1, False
        with biases: 32, 100, True
        narrow, with biases: 4, 170, True
        the width of a large model: 2048, 8192, False
    """,
    mistakes="""
        same-width: round((gated - fixed) / per_hidden) → F
            with the same width the gated layer has half as many parameters again: it has three
            matrices, the plain one two
        two-thirds: (gated - fixed) / per_hidden → 2 * F / 3
            turned around: 2/3 is what a gated layer's width shrinks to beside a plain one. Here
            the gated one is given, and the plain one may be wider
        biases-forgotten: (gated - fixed) / per_hidden → 3 * F / 2
            right without biases. With them each matrix brings a vector as long as its output: F
            for gate and up, C for down
        rounded-down: round( → int(
            right up to rounding: take the nearest width, not the next one below. (Where two are
            equally near, round() takes the even one)
        rounded-down: answer whole_division
        four-times: round((gated - fixed) / per_hidden) → 4 * C
            4 C is a habit, not a comparison: count the parameters of the gated layer and solve for
            the width
        dtype: round( → (
    """,
    hints="""
        How many matrices has each of the two layers, and of which shapes? Count the numbers of the
        gated one first.

        Gated: gate (F, C), up (F, C), down (C, F). Plain with width W: up (W, C), down (C, W). Set
        the counts equal, with the biases where there are some, and solve for W; round().

        gated = 3 * C * F + (... if bias else 0)
        per_hidden = 2 * C + (1 if bias else 0)      # what one more hidden number costs
        return round((gated - (C if bias else 0)) / ...)
    """,
)
