"""Exercise 05.accumulate: the gradient of a batch too large for memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from attention_scratch.exercises import Attempt, Case, Constraint, Exercise, Suspect
from .common import Array
from attention_scratch.exercises.run import record

Piece = tuple[Array, Array]  # inputs (n, C), targets (n,); a NaN target is padding


class MeanGradient:
    """The gradient (C,) of the mean squared error of ``x @ weight`` over a piece's targets.

    Like a layer's ``grads``, what it returns is always the same array, overwritten by the next
    call.
    """

    def __init__(self, weight: Array) -> None:
        self._weight = weight
        self._buffer = np.zeros_like(weight)
        self._calls = 0

    def __call__(self, piece: Piece) -> tuple[Array, int]:
        """The mean gradient over the targets that count, and how many those are."""
        self._calls += 1
        record(calls=self._calls)
        x, y = piece
        kept = ~np.isnan(y)
        error = x[kept] @ self._weight - y[kept]
        self._buffer[:] = 2 * error @ x[kept] / kept.sum()
        return self._buffer, int(kept.sum())


Average = Callable[[list[Array], list[int]], Array]


def _over(average: Average) -> Callable[[MeanGradient, list[Piece]], Array]:
    """From the pieces' own gradients and counts to one gradient."""

    def accumulate(gradient: MeanGradient, pieces: list[Piece]) -> Array:
        grads, counts = [], []
        for piece in pieces:
            grad, count = gradient(piece)
            grads.append(grad.copy())
            counts.append(count)
        return np.asarray(average(grads, counts))

    return accumulate


def _weighted(grads: list[Array], counts: list[int]) -> Array:
    return np.asarray(sum(n * g for g, n in zip(grads, counts, strict=True)) / sum(counts))


_reference = _over(_weighted)


def _rows_alone(gradient: MeanGradient, pieces: list[Piece]) -> Array:
    rows = [len(y) for _, y in pieces]
    return _over(
        lambda grads, _: np.asarray(
            sum(n * g for g, n in zip(grads, rows, strict=True)) / sum(rows)
        )
    )(gradient, pieces)


def _pieces(
    *sizes: int, padded: tuple[int, ...] = (), C: int = 4
) -> Callable[..., tuple[Any, ...]]:
    """Pieces of ``sizes`` rows, of which ``padded`` are padding."""

    def args(rng: np.random.Generator) -> tuple[MeanGradient, list[Piece]]:
        weight = rng.normal(size=C)
        pieces = []
        for place, size in enumerate(sizes):
            y = rng.normal(size=size)
            if padded:
                y[size - padded[place] :] = np.nan
            pieces.append((rng.normal(size=(size, C)), y))
        return MeanGradient(weight), pieces

    return args


def _once_each(attempt: Attempt) -> bool:
    return all(case.counters.get("calls") == len(case.args[1]) for case in attempt.cases)


EXERCISE = Exercise(
    id="05.accumulate",
    title="A batch in pieces",
    teaches="that means add up only when each is weighted by how many numbers it is the mean of",
    reference=_reference,
    rtol=1e-10,
    atol=1e-12,
    cases=(
        Case("three pieces of 4 rows", _pieces(4, 4, 4)),
        Case("the last piece is smaller", _pieces(8, 8, 1)),
        Case("padding in the pieces", _pieces(6, 4, 8, padded=(0, 3, 2))),
        Case("one piece", _pieces(5)),
        Case("many pieces of one row", _pieces(*[1] * 16, C=8)),
    ),
    suspects=(
        Suspect(
            "each-piece-alike",
            answer=_over(lambda grads, counts: np.asarray(np.mean(grads, axis=0))),
            says="right for pieces of equal size, but a piece with one target counts as much as "
            "one with eight: weight each piece's mean by its count",
        ),
        Suspect(
            "weighted-by-rows",
            answer=_rows_alone,
            says="each piece was weighted by its rows, padding included. The mean was taken over "
            "the targets that count, so their number, the second thing gradient returns, is its "
            "weight",
        ),
        Suspect(
            "never-divided",
            answer=_over(lambda grads, counts: np.asarray(np.sum(grads, axis=0))),
            says="the means were added up: with n pieces the step comes out n times too long",
        ),
        Suspect(
            "divided-by-pieces",
            answer=_over(
                lambda grads, counts: np.asarray(
                    _weighted(grads, counts) * sum(counts) / len(counts)
                )
            ),
            says="the sum was weighted by the counts, then divided by the number of pieces: divide "
            "it by the sum of the counts",
        ),
        Suspect(
            "sum-not-divided",
            answer=_over(lambda grads, counts: np.asarray(_weighted(grads, counts) * sum(counts))),
            says="this is the gradient of the summed loss; divide by the sum of the counts",
        ),
        Suspect(
            "only-the-last",
            answer=_over(lambda grads, counts: grads[-1]),
            says="this is the last piece's gradient alone: each call overwrote what was there. Add "
            "(or copy) before the next call. A list of what gradient returns holds one array, "
            "several times",
        ),
    ),
    constraints=(
        Constraint(
            "computed-twice",
            holds=_once_each,
            says="correct, but a piece's gradient was computed more than once, and that is a whole "
            "forward and backward pass: call gradient once for each piece",
        ),
    ),
    hints=(
        "A mean over 8 numbers and a mean over 1 number: how do you get the mean over all 9?",
        "Start from zeros. For each piece: add its gradient times its count, and add up the "
        "counts. Divide once, at the end. Do it as you go: the array that gradient returns is "
        "overwritten by the next call.",
        "total, n = 0.0, 0\n"
        "for piece in pieces:\n"
        "    grad, count = gradient(piece)\n"
        "    total = total + ...\n"
        "    n += ...\n"
        "return ...",
    ),
)
