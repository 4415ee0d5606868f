"""Expressions, what they mean, and how they are read; the oracle is Python's own ``eval``."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_scratch.errors import InputError
from attention_scratch.tasks.operations import Expression, evaluate, parse
from tests.tasks.operations.strategies import EXPRESSIONS

MEANING = {
    "First": lambda *values: values[0],
    "Second": lambda *values: values[1],
    "Last": lambda *values: values[-1],
    "Max": lambda *values: sorted(values)[-1],
    "Min": lambda *values: sorted(values)[0],
}


@settings(max_examples=50)
@given(EXPRESSIONS)
def test_python_evaluates_the_text_to_the_same_answer(expression: Expression) -> None:
    assert evaluate(expression) == eval(str(expression), {"__builtins__": {}}, MEANING)


@settings(max_examples=50)
@given(EXPRESSIONS)
def test_parsing_reads_back_what_was_written(expression: Expression) -> None:
    assert parse(str(expression)) == expression


@settings(max_examples=50)
@given(EXPRESSIONS, st.randoms())
def test_spaces_between_the_pieces_do_not_matter(expression: Expression, random: Any) -> None:
    pieces = re.findall(r"[A-Za-z]+|\d+|[(),]", str(expression))
    spaced = "".join(random.choice(("", " ", "\t", "\n ")) + piece for piece in pieces) + " "
    assert parse(spaced) == expression


@settings(max_examples=50)
@given(EXPRESSIONS)
def test_depth_is_that_of_the_parentheses(expression: Expression) -> None:
    level = deepest = 0
    for character in str(expression):
        level += {"(": 1, ")": -1}.get(character, 0)
        deepest = max(deepest, level)
    assert expression.depth == deepest


@settings(max_examples=50)
@given(EXPRESSIONS)
def test_nodes_and_numbers_are_those_of_the_text(expression: Expression) -> None:
    text = str(expression)
    assert [node.operation for node in expression.nodes()] == re.findall("[A-Za-z]+", text)
    assert list(expression.numbers()) == [int(n) for n in re.findall(r"\d+", text)]


def test_the_example_of_the_book() -> None:
    assert evaluate(parse("Max(First(2,8),Second(5,1))")) == 2
    assert evaluate(parse("Max(First(2,8),Second(1,5))")) == 5


@pytest.mark.parametrize(
    ("text", "at", "expected", "remedy"),
    [
        ("", "the text ends at character 1", "an operation first", "Begin with"),
        ("  ", "the text ends at character 3", "an operation first", "Begin with"),
        ("7", "'7' at character 1", "an operation first", "Begin with"),
        ("Sum(1,2)", "'Sum' at character 1", "an operation: First, Second, Last", "one of these"),
        ("max(1,2)", "'max' at character 1", "an operation: First", "Did you mean Max?"),
        ("Max(1,Secnd(2,3))", "'Secnd' at character 7", "an operation", "Did you mean Second?"),
        ("Max", "the text ends at character 4", r"'\(' after Max", r"Write Max\(…\)"),
        ("Max 3", "'3' at character 5", r"'\(' after Max", r"Write Max\(…\)"),
        ("Max(", "the text ends at character 5", r"'\)' for the '\(' at character 4", "Close Max"),
        ("Max(3,5", "the text ends at character 8", r"'\)' for the '\('", "Close Max"),
        ("Max(1,Min(2,3)", "ends at character 15", r"the '\(' at character 4", "Close Max"),
        ("Max(1,Min(2,3", "ends at character 14", r"the '\(' at character 10", "Close Min"),
        ("Max(1,2))", r"'\)' at character 9", "every '\\(' is closed already", "Remove this"),
        ("Max()", r"'\)' at character 5", "an empty list", "Put a number"),
        ("Max(1,Min())", r"'\)' at character 11", r"Min\(\) has an empty list", "Put a number"),
        ("Max(1,)", r"'\)' at character 7", "a number or an operation", "remove a mark"),
        ("Max(,1)", "',' at character 5", "a number or an operation", "remove a mark"),
        ("Max(1,,2)", "',' at character 7", "a number or an operation", "remove a mark"),
        ("Max((1,2))", r"'\(' at character 5", "a number or an operation", "remove a mark"),
        ("Max(1 2)", "'2' at character 7", r"',' or '\)'", "Separate operands"),
        ("Max(1,2)Min(3)", "'Min' at character 9", "the end", "one expression at a time"),
        ("Max(100)", "'100' at character 5", "an operand from 0 to 99", "in this range"),
        ("Max(-3)", "'-3' at character 5", "an operand from 0 to 99", "in this range"),
        ("Max(07)", "'07' at character 5", "without leading zeros", "Write 7"),
        ("Max(3.5)", r"'\.' at character 6", "a letter, a digit", "Remove it"),
        ("Max(3+5)", r"'\+' at character 6", "a letter, a digit", "Remove it"),
        ("Max(٣)", "'٣' at character 5", "a letter, a digit", "Remove it"),
        ("Second(4)", "'Second' at character 1", "at least 2 operands for Second, not 1", "First"),
        ("Max(1,Second(4))", "'Second' at character 7", "at least 2 operands", "use First"),
        ("Max(" * 17 + "1" + ")" * 17, "'Max' at character 65", "at most 16 levels", "Replace"),
    ],
)
def test_a_mistake_is_found_at_its_character(
    text: str, at: str, expected: str, remedy: str
) -> None:
    with pytest.raises(InputError, match=at) as caught:
        parse(text)
    assert re.search(expected, caught.value.expected), caught.value
    assert re.search(remedy, caught.value.remedy), caught.value
    assert "\n" not in str(caught.value)


def test_a_range_of_digits_refuses_two_of_them() -> None:
    assert parse("Max(9)", largest=9) == Expression("Max", (9,))
    with pytest.raises(InputError, match=r"'10' at character 5.*an operand from 0 to 9"):
        parse("Max(10)", largest=9)


def test_numbers_and_nesting_of_any_length_give_the_same_short_error() -> None:
    for text in ("Max(" + "9" * 10_000 + ")", "Max(" * 100_000, "Max(1," * 100_000 + "?"):
        with pytest.raises(InputError) as caught:
            parse(text)
        assert len(str(caught.value)) < 250


@settings(max_examples=50)
@given(st.lists(st.sampled_from(["Max", "Second", "(", ")", ",", "1", "42", " "]), max_size=12))
def test_what_is_not_refused_is_written_back_as_it_was(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        expression = parse(text)
    except InputError:
        return
    assert str(expression) == re.sub(r"\s", "", text)


@pytest.mark.parametrize("text", [None, 7, ["Max(1)"], Expression("Max", (1,))])
def test_only_text_is_parsed(text: Any) -> None:
    with pytest.raises(InputError, match=r"expression: got a .*expected text"):
        parse(text)


@pytest.mark.parametrize(
    ("operation", "operands", "message"),
    [
        ("Sum", (1, 2), "operation: got Sum"),
        ("Max", (), "operands of Max: got 0"),
        ("Second", (4,), "operands of Second: got 1"),
        ("Max", [1, 2], "operands: got a list"),
        ("Max", (100,), "operand of Max: got 100"),
        ("Max", (-1,), "operand of Max: got -1"),
        ("Max", (True,), "operand of Max: got True"),
        ("Max", (2.0,), r"operand of Max: got 2\.0"),
        ("Max", ("3",), "operand of Max: got 3"),
    ],
)
def test_impossible_expressions_cannot_be_made(operation: str, operands: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Expression(operation, operands)


def test_more_than_sixteen_levels_cannot_be_made() -> None:
    expression = Expression("Max", (1,))
    for _ in range(15):
        expression = Expression("Max", (expression,))
    with pytest.raises(InputError, match="17 levels"):
        Expression("Max", (expression,))
