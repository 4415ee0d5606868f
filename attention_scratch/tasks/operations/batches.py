"""Expressions as padded arrays of token ids, ready for a decoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_scratch.errors import require
from attention_scratch.tasks.operations.expression import Expression, evaluate
from attention_scratch.tasks.operations.vocabulary import (
    ANSWER_TOKENS,
    EOS,
    PAD,
    encode,
    encode_answer,
    inner_values,
)

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Batch:
    """``B`` questions with their answers.

    Padding is on the right, where a causal model's earlier positions cannot see it: no mask is
    needed.

    Attributes:
        sequences: ``(B, T + 1)``: question, answer, ``<eos>``, then ``<pad>``.
        positions: ``(B, A)``: where in ``ids`` the answer's tokens are predicted; ``A`` is 3, the
            longest answer's digits and ``<eos>``. Where less is to be predicted the last position
            is repeated.
        targets: ``(B, A)``: the answer's tokens, and ``<pad>``, to be ignored, where the position
            is a repeated one.
    """

    sequences: Ids
    positions: Ids
    targets: Ids

    @property
    def ids(self) -> Ids:
        """``(B, T)``: what the model reads."""
        return self.sequences[:, :-1]

    @property
    def next_ids(self) -> Ids:
        """``(B, T)``: the token after each of ``ids``, for a loss on every token."""
        return self.sequences[:, 1:]

    def __len__(self) -> int:
        return len(self.sequences)


def pad(rows: Sequence[Sequence[int]]) -> tuple[Ids, Ids]:
    """Rows of ids as ``(B, T)``, filled up with ``<pad>`` on the right, and their lengths ``(B,)``.

    Raises:
        InputError: no rows.
    """
    require(rows, "rows", "none", expected="at least one", remedy="Skip empty batches.")
    lengths = np.array([len(row) for row in rows])
    padded = np.full((len(rows), lengths.max()), PAD)
    padded[np.arange(padded.shape[1]) < lengths[:, None]] = np.concatenate(rows)
    return padded, lengths


def batch(expressions: Sequence[Expression], *, inner: bool = False) -> Batch:
    """A batch of these expressions and their answers.

    Args:
        expressions: the questions.
        inner: ask for the value of every inner expression too, where its parenthesis closes. The
            positions and targets of these follow the answer's, so ``A`` grows.

    Raises:
        InputError: no expressions, or an inner value of two digits (one position predicts one
            token).
    """
    questions = [encode(expression) for expression in expressions]
    answers = [encode_answer(evaluate(expression)) for expression in expressions]
    sequences, _ = pad([q + a for q, a in zip(questions, answers, strict=True)])
    arrows = [len(question) - 1 for question in questions]
    positions = [
        [arrow + step for step in range(len(answer))]
        for arrow, answer in zip(arrows, answers, strict=True)
    ]
    targets = [answer + [PAD] * (ANSWER_TOKENS - len(answer)) for answer in answers]
    for row in positions:
        row += [row[-1]] * (ANSWER_TOKENS - len(row))
    if inner:
        for number, expression in enumerate(expressions):
            for place, value in inner_values(expression):
                positions[number].append(place)
                targets[number].append(_one_token(value))
    widest = max(map(len, positions))
    for at, wanted in zip(positions, targets, strict=True):
        missing = widest - len(at)
        at += [at[-1]] * missing
        wanted += [PAD] * missing
    return Batch(sequences, np.array(positions), np.array(targets))


def _one_token(value: int) -> int:
    first, *rest = encode_answer(value)
    require(
        rest == [EOS],
        "inner",
        f"an inner expression of value {value}",
        expected="values of one digit",
        remedy="Use a task over digits, or inner=False.",
    )
    return first
