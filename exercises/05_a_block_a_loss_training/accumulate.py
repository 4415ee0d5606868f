"""05.accumulate: the gradient of a batch too large for memory."""

import numpy as np

from attention_scratch.exercises import Constraint
from attention_scratch.exercises.authoring import exercise
from attention_scratch.exercises.run import record


def accumulate(gradient, pieces):
    total, targets = 0.0, 0
    for piece in pieces:
        grad, count = gradient(piece)
        total = total + count * grad
        targets += count
    return total / targets


def a_list_of_one_array(gradient, pieces):
    found = [gradient(piece) for piece in pieces]
    counts = np.array([count for _, count in found], float)
    return np.average([grad for grad, _ in found], axis=0, weights=counts)


class MeanGradient:
    """The gradient (C,) of the mean squared error of ``x @ weight`` over a piece's targets, and
    how many those are; like a layer's ``grads`` always the same array, overwritten by each call.
    """

    def __init__(self, weight):
        self._weight, self._buffer, self._calls = weight, np.zeros_like(weight), 0

    def __call__(self, piece):
        self._calls += 1
        record(calls=self._calls)
        x, y = (each[~np.isnan(piece[1])] for each in piece)
        self._buffer[:] = 2 * (x @ self._weight - y) @ x / len(y)
        return self._buffer, len(y)


def drawn(rng, sizes, padded=None, C=4):
    """Pieces (n, C), (n,) of ``sizes`` rows, of which ``padded`` are padding: a target of NaN."""
    pieces = [(rng.normal(size=(size, C)), rng.normal(size=size)) for size in sizes]
    for (_, y), padding in zip(pieces, padded or [0] * len(sizes), strict=True):
        y[len(y) - padding :] = np.nan
    return MeanGradient(rng.normal(size=C)), pieces


def once_each(attempt):
    return all(case.counters.get("calls") == len(case.args[1]) for case in attempt.cases)


EXERCISE = exercise(
    "05.accumulate",
    "A batch in pieces",
    teaches="that means add up only when each is weighted by how many numbers it is the mean of",
    right=accumulate,
    rtol=1e-10,
    atol=1e-12,  # float64: sums of 16 terms
    cases="""
        three pieces of 4 rows: *drawn(rng, [4, 4, 4])
        the last piece is smaller: *drawn(rng, [8, 8, 1])
        padding in the pieces: *drawn(rng, [6, 4, 8], padded=[0, 3, 2])
        one piece: *drawn(rng, [5])
        many pieces of one row: *drawn(rng, [1] * 16, C=8)
    """,
    mistakes="""
        each-piece-alike: = gradient(piece) → = gradient(piece)[0], 1
            right for pieces of equal size, but a piece with one target counts as much as one with
            eight: weight each piece's mean by its count
        weighted-by-rows: = gradient(piece) → = gradient(piece)[0], len(piece[1])
            each piece was weighted by its rows, padding included. The mean was taken over the
            targets that count, so their number, the second thing gradient returns, is its weight
        never-divided: count * grad → grad
            & / targets →
            the means were added up: with n pieces the step comes out n times too long
        divided-by-pieces: / targets → / len(pieces)
            the sum was weighted by the counts, then divided by the number of pieces: divide it by
            the sum of the counts
        sum-not-divided: / targets →
            this is the gradient of the summed loss; divide by the sum of the counts
        only-the-last: total / targets → grad
            this is the last piece's gradient alone: each call overwrote what was there. Add (or
            copy) before the next call. A list of what gradient returns holds one array, several
            times
        only-the-last: answer a_list_of_one_array
        computed-twice: targets = 0.0, 0 → targets = 0.0, sum(gradient(p)[1] for p in pieces)
            & targets += count →
    """,
    constraints=(
        Constraint(
            "computed-twice",
            once_each,
            "correct, but a piece's gradient was computed more than once, and that is a whole "
            "forward and backward pass: call gradient once for each piece",
        ),
    ),
    hints="""
        A mean over 8 numbers and a mean over 1 number: how do you get the mean over all 9?

        Start from zeros. For each piece: add its gradient times its count, and add up the counts.
        Divide once, at the end. Do it as you go: the array that gradient returns is overwritten by
        the next call.

        total, n = 0.0, 0
        for piece in pieces:
            grad, count = gradient(piece)
            total = total + ...
            n += ...
        return ...
    """,
)
