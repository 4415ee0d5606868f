"""Token ids: what a model reads and what it is to predict, checked by reading it back."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_scratch.errors import InputError
from attention_scratch.tasks.operations import (
    ARROW,
    EOS,
    IDS,
    PAD,
    TOKENS,
    Expression,
    batch,
    decode,
    encode,
    encode_answer,
    evaluate,
    pad,
    parse,
    tokens,
)
from tests.tasks.operations.strategies import EXPRESSIONS


def test_one_token_an_operation_a_digit_and_a_mark() -> None:
    ids = encode(parse("Max(42,First(7,0))"))
    assert tokens(ids) == ["Max", "(", "4", "2", ",", "First", "(", "7", ",", "0", ")", ")", "->"]
    assert tokens(encode_answer(42)) == ["4", "2", "<eos>"]
    assert tokens(encode_answer(0)) == ["0", "<eos>"]
    assert len(TOKENS) == 21
    assert TOKENS[PAD] == "<pad>"


@settings(max_examples=25)
@given(EXPRESSIONS)
def test_the_tokens_of_a_question_spell_its_text(expression: Expression) -> None:
    ids = encode(expression)
    assert "".join(tokens(ids)) == f"{expression}->"
    assert tokens(ids)[:-1] == re.findall(r"[A-Za-z]+|\d|[(),]", str(expression))


@settings(max_examples=25)
@given(st.integers(0, 99))
def test_an_answer_is_decoded_up_to_its_end(answer: int) -> None:
    assert decode([*encode_answer(answer), IDS["7"], PAD]) == str(answer)
    assert decode(encode_answer(answer)[:-1]) == str(answer)


@pytest.mark.parametrize("number", [-1, 21])
def test_an_id_of_another_vocabulary_is_refused(number: int) -> None:
    with pytest.raises(InputError, match=f"token id: got {number}; expected 0 to 20"):
        decode([number])


@settings(max_examples=25)
@given(st.lists(EXPRESSIONS, min_size=1, max_size=6))
def test_a_batch_holds_every_question_and_its_answer(several: list[Expression]) -> None:
    made = batch(several)
    B, T = len(several), made.ids.shape[1]
    assert len(made) == B
    assert made.positions.shape == made.targets.shape == (B, 3)
    assert made.sequences.dtype == made.positions.dtype == made.targets.dtype == np.int64
    for row, expression in enumerate(several):
        written = [*encode(expression), *encode_answer(evaluate(expression))]
        assert made.sequences[row].tolist() == written + [PAD] * (T + 1 - len(written))
        assert decode(made.targets[row]) == str(evaluate(expression))
    assert max(len(encode(e)) + len(str(evaluate(e))) for e in several) == T


@settings(max_examples=25)
@given(st.lists(EXPRESSIONS, min_size=1, max_size=6))
def test_each_target_is_the_token_after_its_position(several: list[Expression]) -> None:
    made = batch(several)
    for row in range(len(made)):
        real = made.targets[row] != PAD
        positions = made.positions[row][real]
        assert made.ids[row, positions[0]] == ARROW
        assert (np.diff(positions) == 1).all()
        np.testing.assert_array_equal(made.next_ids[row, positions], made.targets[row][real])
        assert made.targets[row][real][-1] == EOS
        assert (made.positions[row][~real] == positions[-1]).all()


def test_padding_is_on_the_right_and_nowhere_else() -> None:
    padded, lengths = pad([[3, 4], [5], [6, 7, 8]])
    np.testing.assert_array_equal(padded, [[3, 4, PAD], [5, PAD, PAD], [6, 7, 8]])
    np.testing.assert_array_equal(lengths, [2, 1, 3])


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(InputError, match="rows: got none"):
        batch([])


def digits_only(expression: Expression) -> Expression:
    """The same shape over digits."""
    operands = tuple(
        digits_only(operand) if isinstance(operand, Expression) else operand % 10
        for operand in expression.operands
    )
    return Expression(expression.operation, operands)


def closed_at_the_end(text: str) -> str:
    """The operation that the last parenthesis of ``text`` closes, from its name on."""
    level = 0
    for start in range(len(text) - 1, -1, -1):
        level += {")": 1, "(": -1}.get(text[start], 0)
        if level == 0 and text[start] == "(":
            name = re.search(r"[A-Za-z]+$", text[:start])
            assert name
            return text[name.start() :]
    raise AssertionError(text)


@settings(max_examples=25)
@given(st.lists(EXPRESSIONS.map(digits_only), min_size=1, max_size=4))
def test_every_inner_value_is_asked_for_where_its_parenthesis_closes(
    several: list[Expression],
) -> None:
    made, plain = batch(several, inner=True), batch(several)
    np.testing.assert_array_equal(made.positions[:, :3], plain.positions)
    np.testing.assert_array_equal(made.targets[:, :3], plain.targets)
    for row, expression in enumerate(several):
        asked = {
            int(place): TOKENS[target]
            for place, target in zip(made.positions[row, 3:], made.targets[row, 3:], strict=True)
            if target != PAD
        }
        spelled = tokens(made.ids[row].tolist())
        expected = {}
        for place in range(len(encode(expression)) - 2):  # the outermost ")" is not an inner one
            if spelled[place] == ")":
                inner = closed_at_the_end("".join(spelled[: place + 1]))
                expected[place] = str(evaluate(parse(inner)))
        assert asked == expected


def test_an_inner_value_of_two_digits_is_refused() -> None:
    with pytest.raises(InputError, match=r"inner: got an inner expression of value 42"):
        batch([parse("Max(1,First(42))")], inner=True)
    assert len(batch([parse("Max(42,First(7))")], inner=True)) == 1
