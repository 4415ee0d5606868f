"""Expressions as padded arrays of token ids, ready for a decoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_scratch.errors import InputError
from attention_scratch.tasks.operations.expression import Expression, evaluate
from attention_scratch.tasks.operations.vocabulary import ANSWER_TOKENS, PAD, encode, encode_answer

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Batch:
    """``B`` questions with their answers.

    Padding is on the right, where a causal model's earlier positions cannot see it: no mask is
    needed.

    Attributes:
        sequences: ``(B, T + 1)``: question, answer, ``<eos>``, then ``<pad>``.
        positions: ``(B, A)``: where in ``ids`` the answer's tokens are predicted; ``A`` is 3, the
            longest answer's digits and ``<eos>``. A shorter answer repeats its last position.
        targets: ``(B, A)``: the answer's tokens; ``<pad>``, to be ignored, behind ``<eos>``.
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
    if not rows:
        raise InputError("rows", "none", expected="at least one", remedy="Skip empty batches.")
    lengths = np.array([len(row) for row in rows])
    padded = np.full((len(rows), lengths.max()), PAD)
    padded[np.arange(padded.shape[1]) < lengths[:, None]] = np.concatenate(rows)
    return padded, lengths


def batch(expressions: Sequence[Expression]) -> Batch:
    """A batch of these expressions and their answers.

    Raises:
        InputError: no expressions.
    """
    questions = [encode(expression) for expression in expressions]
    answers = [encode_answer(evaluate(expression)) for expression in expressions]
    sequences, _ = pad([q + a for q, a in zip(questions, answers, strict=True)])
    targets = np.full((len(answers), ANSWER_TOKENS), PAD)
    arrows = np.array([len(question) - 1 for question in questions])
    sizes = np.array([len(answer) for answer in answers])
    steps = np.arange(ANSWER_TOKENS)
    targets[steps < sizes[:, None]] = np.concatenate(answers)
    positions = arrows[:, None] + np.minimum(steps, sizes[:, None] - 1)
    return Batch(sequences, positions, targets)
