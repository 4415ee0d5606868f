"""The 21 tokens: one an operation, a digit, a mark; numbers are spelled in digits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attention_scratch.errors import InputError
from attention_scratch.tasks.operations.expression import LARGEST, OPERATIONS, Expression

TOKENS = ("<pad>", "<eos>", "(", ")", ",", "->", *OPERATIONS, *map(str, range(10)))
IDS = {token: number for number, token in enumerate(TOKENS)}
PAD, EOS, ARROW = IDS["<pad>"], IDS["<eos>"], IDS["->"]
ANSWER_TOKENS = len(str(LARGEST)) + 1  # digits of the longest answer, and <eos>
_OPEN, _CLOSE, _COMMA = IDS["("], IDS[")"], IDS[","]
_DIGITS = [[IDS[digit] for digit in str(number)] for number in range(LARGEST + 1)]


def encode(expression: Expression) -> list[int]:
    """The question as token ids: ``Max ( 4 2 , 7 ) ->``."""
    ids: list[int] = []
    _append(ids, expression)
    ids.append(ARROW)
    return ids


def inner_values(expression: Expression) -> list[tuple[int, int]]:
    """(place in ``encode(expression)``, value) of each inner expression's closing parenthesis."""
    found: list[tuple[int, int]] = []
    _inner_values(expression, 0, found)
    return found


def encode_answer(answer: int) -> list[int]:
    """The answer as token ids: its digits, most significant first, then ``<eos>``."""
    return [*_DIGITS[answer], EOS]


def decode(ids: Iterable[int]) -> str:
    """The tokens of ids, joined, up to and without the first ``<eos>``.

    Raises:
        InputError: an id outside the vocabulary.
    """
    text = ""
    for number in ids:
        if not 0 <= number < len(TOKENS):
            raise InputError(
                "token id",
                int(number),
                expected=f"0 to {len(TOKENS) - 1}",
                remedy="These ids belong to another vocabulary.",
            )
        if number == EOS:
            break
        text += TOKENS[number]
    return text


def tokens(ids: Sequence[int]) -> list[str]:
    """Each id's token, for looking at."""
    return [TOKENS[number] for number in ids]


def _append(ids: list[int], expression: Expression) -> None:
    ids += (IDS[expression.operation], _OPEN)
    for operand in expression.operands:
        if isinstance(operand, Expression):
            _append(ids, operand)
        else:
            ids += _DIGITS[operand]
        ids.append(_COMMA)
    ids[-1] = _CLOSE


def _inner_values(
    expression: Expression, start: int, found: list[tuple[int, int]]
) -> tuple[int, int]:
    """(length in tokens, value) of an expression that begins at ``start``; collects those in it."""
    length, values = 2, []
    for operand in expression.operands:
        if isinstance(operand, Expression):
            tokens, value = _inner_values(operand, start + length, found)
            found.append((start + length + tokens - 1, value))
        else:
            tokens, value = len(_DIGITS[operand]), operand
        length += tokens + 1
        values.append(value)
    return length, OPERATIONS[expression.operation](values)
