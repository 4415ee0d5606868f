"""Expressions such as ``Max(First(2,8),7)`` as values, and what each operation means."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from attention_scratch.errors import InputError

LARGEST = 99  # numbers are 0 to 99
DEEPEST = 16  # of any expression; the tasks stay far below
OPERATIONS: dict[str, Callable[[Sequence[int]], int]] = {
    "First": operator.itemgetter(0),
    "Second": operator.itemgetter(1),
    "Last": operator.itemgetter(-1),
    "Max": max,
    "Min": min,
}


def fewest_operands(operation: str) -> int:
    """How many operands an operation needs."""
    return 2 if operation == "Second" else 1


@dataclass(frozen=True, slots=True)
class Expression:
    """An operation and its operands: numbers from 0 to 99 or further expressions.

    ``str(expression)`` is how it is written, and ``parse`` reads that back.

    Raises:
        InputError: an unknown operation, too few operands, an operand that is neither a number
            from 0 to 99 nor an expression, or more than 16 levels.
    """

    operation: str
    operands: tuple[int | Expression, ...]

    def __post_init__(self) -> None:
        if self.operation not in OPERATIONS:
            raise InputError(
                "operation",
                self.operation,
                expected=", ".join(OPERATIONS),
                remedy="Names are written with a capital letter.",
            )
        if not isinstance(self.operands, tuple):
            raise InputError(
                "operands",
                f"a {type(self.operands).__name__}",
                expected="a tuple of numbers and expressions",
                remedy="Convert it: tuple(operands).",
            )
        if len(self.operands) < fewest_operands(self.operation):
            raise InputError(
                f"operands of {self.operation}",
                f"{len(self.operands)} of them",
                expected=f"at least {fewest_operands(self.operation)}",
                remedy="Add an operand.",
            )
        for operand in self.operands:
            if type(operand) is not Expression and not _is_number(operand):
                raise InputError(
                    f"operand of {self.operation}",
                    operand,
                    expected=f"a whole number from 0 to {LARGEST} or an Expression",
                    remedy="Convert text with parse(), other numbers with int().",
                )
        if self.depth > DEEPEST:
            raise InputError(
                "expression",
                f"{self.depth} levels",
                expected=f"at most {DEEPEST}",
                remedy="Replace an inner expression by its value.",
            )

    @property
    def depth(self) -> int:
        """Levels of operations: 1 for ``Max(3,5)``, 2 for ``Max(First(2,8),5)``."""
        deepest = 0
        for operand in self.operands:
            if type(operand) is Expression and operand.depth > deepest:
                deepest = operand.depth
        return deepest + 1

    def __str__(self) -> str:
        return f"{self.operation}({','.join(map(str, self.operands))})"

    def nodes(self) -> Iterator[Expression]:
        """This expression and all inside it, outermost first, left to right."""
        yield self
        for operand in self.operands:
            if isinstance(operand, Expression):
                yield from operand.nodes()

    def numbers(self) -> Iterator[int]:
        """The numbers in it, left to right."""
        for operand in self.operands:
            if isinstance(operand, Expression):
                yield from operand.numbers()
            else:
                yield operand


def evaluate(expression: Expression) -> int:
    """The answer: inner expressions first, then the operation on their values."""
    values = [
        evaluate(operand) if isinstance(operand, Expression) else operand
        for operand in expression.operands
    ]
    return OPERATIONS[expression.operation](values)


def _is_number(operand: Any) -> bool:
    return type(operand) is int and 0 <= operand <= LARGEST
