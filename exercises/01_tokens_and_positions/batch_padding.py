"""Exercise 01.batch_padding: texts of different lengths in one array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect
from .common import Array

Rows = list[list[int]]
Padded = tuple[Array, Array]


def _lengths(rows: Rows) -> Array:
    return np.array([len(row) for row in rows])


def _pad(rows: Rows, pad: int, *, left: bool = False, longest: bool = True) -> Padded:
    lengths = _lengths(rows)
    T = int(lengths.max() if longest else lengths.min())
    ids = np.full((len(rows), T), pad)
    for row, tokens in zip(ids, rows, strict=True):
        start = T - len(tokens) if left else 0
        row[start : start + len(tokens)] = tokens[:T]
    real = np.arange(T) < lengths[:, None]
    return ids, np.asarray(real[:, ::-1] if left else real)


def _from_pad(rows: Rows, pad: int) -> Padded:
    ids, _ = _pad(rows, pad)
    return ids, np.asarray(ids != pad)


def _inverted(rows: Rows, pad: int) -> Padded:
    ids, real = _pad(rows, pad)
    return ids, ~real


def _one_too_many(rows: Rows, pad: int) -> Padded:
    ids, _ = _pad(rows, pad)
    return ids, np.asarray(np.arange(ids.shape[1]) <= _lengths(rows)[:, None])


def _given(rows: Rows, pad: int) -> Callable[..., tuple[Any, ...]]:
    return lambda rng: (rows, pad)


EXERCISE = Exercise(
    id="01.batch_padding",
    title="Texts of different lengths in one array",
    teaches="how a batch is filled up, and that what is real is known from lengths, not from ids",
    reference=_pad,
    cases=(
        Case("three lengths", _given([[9, 2, 14], [8, 2, 15, 13, 4], [10]], 0)),
        Case("another pad", _given([[5, 6], [7, 8, 9, 1]], 20)),
        Case("one text", _given([[3, 1, 4]], 0)),
        Case("equal lengths", _given([[3, 1], [4, 1], [5, 9]], 0)),
        Case("an empty text among them", _given([[], [2, 7, 1]], 0)),
        Case("a text that contains the pad", _given([[0, 4, 0], [6, 0]], 0)),
    ),
    suspects=(
        Suspect(
            "mask-from-the-pad",
            answer=_from_pad,
            says="right until a text itself contains the pad: what is real is known from the "
            "lengths, not from the ids",
        ),
        Suspect(
            "mask-inverted",
            answer=_inverted,
            says="the truth values are upside down: True means a token of the text",
        ),
        Suspect(
            "mask-one-too-many",
            answer=_one_too_many,
            says="off by one: the first pad of each text counts as real. A text of 3 tokens has "
            "them at 0, 1 and 2",
        ),
        Suspect(
            "padded-on-the-left",
            answer=lambda rows, pad: _pad(rows, pad, left=True),
            says="the padding is on the left, so the texts no longer begin at place 0",
        ),
        Suspect(
            "cut-to-the-shortest",
            answer=lambda rows, pad: _pad(rows, pad, longest=False),
            says="long texts were cut to the shortest one's length: fill up to the longest",
        ),
        Suspect(
            "padded-with-zeros",
            answer=lambda rows, pad: _pad(rows, 0),
            says="it fills up with 0; the pad that was passed may be another id",
        ),
    ),
    hints=(
        "How long must the array be? Fill all of it with the pad first; what is left to do then?",
        "lengths = the length of each text (B,). Make ids (B, longest) with np.full and write "
        "each text into the beginning of its row. A place is real when its number is below the "
        "text's length: compare np.arange (T,) with lengths (B, 1).",
        "lengths = np.array([len(s) for s in sequences])\n"
        "ids = np.full((len(sequences), ...), pad)\n"
        "for row, sequence in zip(ids, sequences):\n"
        "    row[: ...] = sequence\n"
        "return ids, np.arange(...) < lengths[:, None]",
    ),
)
