"""Shapes of wrongness: right up to a sign, a factor, a shift …, and where the wrong entries lie."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from attention_scratch.exercises import compare, keys

Array = np.ndarray[Any, np.dtype[Any]]
ENOUGH = 3  # entries that must agree before a factor or a shift is more than chance
SLACK = 10.0  # tolerances are widened by this: a factor multiplies the rounding too


class Judge:
    """Compares transformed answers with the reference, within widened tolerances.

    A lenient judge lets a pattern pass on arrays too small or too plain to prove it.
    """

    def __init__(self, got: Array, want: Array, *, rtol: float, atol: float, lenient: bool) -> None:
        self.got = got.astype(np.float64)
        self.want = want.astype(np.float64)
        self.rtol, self.atol = SLACK * rtol + 1e-12, SLACK * atol
        self.enough = 1 if lenient else ENOUGH

    def right(self, got: Array, want: Array) -> bool:
        return bool(compare.close(got, want, rtol=self.rtol, atol=self.atol).all())

    def varied(self, values: Array) -> bool:
        return np.unique(values).size >= self.enough


@dataclass(frozen=True, slots=True)
class Match:
    """A pattern all failed cases follow; ``index`` is the one that proves it best."""

    key: str
    says: str
    index: int


Pattern = Callable[[Judge], str | None]


def find(pairs: list[tuple[Any, Any]], *, rtol: float, atol: float) -> Match | None:
    """The first pattern that turns what was returned into what is right, in every pair.

    At least one pair must be large and varied enough to prove it: anything would turn one
    number into another.
    """
    if not all(_comparable(got, want) for got, want in pairs):
        return None
    strict = [Judge(got, want, rtol=rtol, atol=atol, lenient=False) for got, want in pairs]
    lenient = [Judge(got, want, rtol=rtol, atol=atol, lenient=True) for got, want in pairs]
    for key, pattern in _PATTERNS:
        for index, judge in enumerate(strict):
            said = pattern(judge)
            if said and all(pattern(other) for other in lenient):
                return Match(key, said, index)
            if said:
                break
    return None


def _comparable(got: Any, want: Any) -> bool:
    if not (isinstance(got, np.ndarray) and isinstance(want, np.ndarray)):
        return False
    if got.shape != want.shape or "c" in got.dtype.kind + want.dtype.kind or not got.size:
        return False
    return bool(np.isfinite(got).all() and np.isfinite(want).all())


def _transposed(judge: Judge) -> str | None:
    n = judge.got.ndim
    for i in range(n):
        for j in range(i + 1, n):
            swapped = judge.got.swapaxes(i, j)
            if swapped.shape == judge.want.shape and judge.right(swapped, judge.want):
                return f"right values, but axes {i} and {j} are swapped: transposed?"
    return None


def _sign(judge: Judge) -> str | None:
    if np.any(judge.want) and judge.right(-judge.got, judge.want):
        return "right but for the sign"
    return None


def _factor(judge: Judge) -> str | None:
    if not judge.varied(judge.want):
        return None
    ratio = _ratio(judge.got, judge.want)
    if ratio is None or not judge.right(judge.got / ratio, judge.want):
        return None
    return f"right up to a factor: every value is {_times(ratio)}"


def _row_factor(judge: Judge) -> str | None:
    for axis in range(judge.got.ndim - 1, -1, -1):
        if judge.got.ndim < min(2, judge.enough) or judge.got.shape[axis] < judge.enough:
            continue
        mine = np.moveaxis(judge.got, axis, -1).reshape(-1, judge.got.shape[axis])
        right = np.moveaxis(judge.want, axis, -1).reshape(mine.shape)
        if all(_one_factor(judge, m, r) for m, r in zip(mine, right, strict=True)):
            return (
                f"right up to one factor for each slice along axis {axis}: something that is "
                "divided out (or multiplied in) there is missing"
            )
    return None


def _one_factor(judge: Judge, got: Array, want: Array) -> bool:
    ratio = _ratio(got, want)
    return ratio is not None and judge.varied(want) and judge.right(got / ratio, want)


def _offset(judge: Judge) -> str | None:
    offset = float(np.median(judge.got - judge.want))
    if judge.varied(judge.want) and judge.right(judge.got - offset, judge.want):
        return f"right up to an added constant: every value is too {_off(offset)}"
    return None


def _reversed(judge: Judge) -> str | None:
    for axis, size in enumerate(judge.got.shape):
        if (
            size > 1
            and judge.varied(judge.want)
            and judge.right(np.flip(judge.got, axis), judge.want)
        ):
            return f"right values, but axis {axis} runs backward"
    return None


def _shifted(judge: Judge) -> str | None:
    for axis, size in enumerate(judge.got.shape):
        mine, right = np.moveaxis(judge.got, axis, 0), np.moveaxis(judge.want, axis, 0)
        for by in (1, 2):
            if size - by < judge.enough or not judge.varied(right[:-by]):
                continue
            if judge.right(mine[by:], right[:-by]):
                return f"right values, but {by} too late along axis {axis}"
            if judge.right(mine[:-by], right[by:]):
                return f"right values, but {by} too early along axis {axis}"
    return None


_PATTERNS: tuple[tuple[str, Pattern], ...] = (
    (keys.TRANSPOSED, _transposed),
    (keys.SIGN, _sign),
    (keys.FACTOR, _factor),
    (keys.ROW_FACTOR, _row_factor),
    (keys.OFFSET, _offset),
    (keys.REVERSED, _reversed),
    (keys.SHIFTED, _shifted),
)


def _ratio(got: Array, want: Array) -> float | None:
    """The one factor by which ``got`` is too large; None where there can be none."""
    telling = (want != 0) & (got != 0)
    if not telling.any():
        return None
    largest = np.argmax(np.where(telling, np.abs(want), 0))
    with np.errstate(all="ignore"):
        ratio = float(got.flat[largest] / want.flat[largest])
    return ratio if math.isfinite(ratio) and ratio != 0 else None


def _times(ratio: float) -> str:
    size = abs(ratio)
    shown = f"{size:.3g}{_named(size)} times too large"
    if size < 1:
        shown = f"{1 / size:.3g}{_named(1 / size)} times too small"
    return shown + (" and has the wrong sign" if ratio < 0 else "")


def _named(size: float) -> str:
    """``(√8)`` for 2.83: factors in this book are mostly roots."""
    square = size * size
    whole = abs(size - round(size)) < 1e-6 * size
    rooted = not whole and abs(square - round(square)) < 1e-4 * square and square < 1e6
    return f" (√{round(square)})" if rooted else ""


def _off(offset: float) -> str:
    return f"large by {offset:.3g}" if offset > 0 else f"small by {-offset:.3g}"


def where_wrong(mask: Any) -> str:
    """Where the wrong entries lie: how many, and the rows or columns they share."""
    wrong = np.asarray(mask, dtype=bool)
    count = int(wrong.sum())
    if wrong.ndim == 0 or count == 0:
        return ""
    if count == wrong.size:
        return "every position is wrong" if count > 1 else ""
    said = f"{count} of {wrong.size} positions {'is' if count == 1 else 'are'} wrong"
    shared = _shared(wrong) if count > 1 else None
    return f"{said}, {shared}" if shared else said


def _shared(wrong: Array) -> str | None:
    """What all wrong entries share: one index, a side of the diagonal, a range of indices."""
    hits = [
        (axis, size, np.unique(np.nonzero(wrong)[axis])) for axis, size in enumerate(wrong.shape)
    ]
    for axis, size, hit in hits:
        if len(hit) == 1 and size > 1:
            last = " (the last)" if hit[0] == size - 1 else ""
            return f"all at index {hit[0]}{_along(wrong, axis)}{last}"
    if wrong.ndim >= 2 and wrong.shape[-1] == wrong.shape[-2]:
        if not np.tril(wrong).any():
            return "all above the diagonal"
        if not np.triu(wrong).any():
            return "all below the diagonal"
    for axis, size, hit in hits:
        steps = set(np.diff(hit).tolist())
        if len(hit) == size or len(steps) != 1:
            continue
        along = _along(wrong, axis)
        if steps == {1} and hit[-1] == size - 1:
            return f"all from index {hit[0]} on{along}"
        if steps == {1} and hit[0] == 0:
            return f"all before index {hit[-1] + 1}{along}"
        if steps == {1}:
            return f"all from index {hit[0]} to {hit[-1]}{along}"
        return f"all {steps.pop()} apart{along}, starting at index {hit[0]}"
    return None


def _along(wrong: Array, axis: int) -> str:
    return f" along axis {axis}" if wrong.ndim > 1 else ""
