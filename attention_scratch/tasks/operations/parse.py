"""From text to an :class:`Expression`, with errors that point at the character."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from attention_scratch.errors import InputError, require
from attention_scratch.tasks.operations.expression import (
    DEEPEST,
    LARGEST,
    OPERATIONS,
    Expression,
    fewest_operands,
)

_PIECE = re.compile(r"\s*(?:(?P<name>[A-Za-z_]+)|(?P<number>-?[0-9]+)|(?P<mark>[(),]))")
_SHOWN = 60  # characters of the text an error quotes


@dataclass(frozen=True, slots=True)
class _Piece:
    """A name, number or mark; ``kind`` is "end" behind the last one."""

    kind: str
    text: str
    start: int


@dataclass(slots=True)
class _Open:
    """An operation whose closing parenthesis has not come yet."""

    name: str
    start: int  # of its name
    parenthesis: int
    operands: list[int | Expression] = field(default_factory=list)


def parse(text: str, *, largest: int = LARGEST) -> Expression:
    """Read an expression such as ``"Max(First(2,8), 7)"``; spaces do not matter.

    Args:
        text: the expression.
        largest: the largest number that may occur in it.

    Raises:
        InputError: anything else. The message quotes the text, says at which character (counted
            from 1) it goes wrong, what would be right there and what to do.
    """
    require(
        isinstance(text, str),
        "expression",
        f"a {type(text).__name__}",
        expected="text such as 'Max(3,5,7)'",
        remedy="Convert an Expression with str().",
    )
    return _Parser(text, largest).run()


class _Parser:
    """A loop over the pieces with a stack of open operations: depth costs no recursion."""

    def __init__(self, text: str, largest: int) -> None:
        self.text = text
        self.largest = largest
        self.pieces = self._pieces()
        self.open: list[_Open] = []

    def run(self) -> Expression:
        piece = next(self.pieces)
        if piece.kind != "name":
            raise self._error(
                piece, "an operation first", f"Begin with one of {', '.join(OPERATIONS)}."
            )
        self._begin(piece)
        while True:
            closed = self._operand_or_close()
            while closed is not None:
                if not self.open:
                    self._expect_the_end()
                    return closed
                self.open[-1].operands.append(closed)
                closed = self._comma_or_close()

    def _begin(self, name: _Piece) -> None:
        if name.text not in OPERATIONS:
            meant = difflib.get_close_matches(name.text.capitalize(), OPERATIONS, n=1)
            remedy = f"Did you mean {meant[0]}?" if meant else "Take one of these."
            raise self._error(name, f"an operation: {', '.join(OPERATIONS)}", remedy)
        if len(self.open) == DEEPEST:
            remedy = "Replace an inner expression by its value."
            raise self._error(name, f"at most {DEEPEST} levels of operations", remedy)
        mark = next(self.pieces)
        if mark.text != "(":
            raise self._error(mark, f"'(' after {name.text}", f"Write {name.text}(…).")
        self.open.append(_Open(name.text, name.start, mark.start))

    def _operand_or_close(self) -> Expression | None:
        """After "(" or ",": a number, the start of an operation, or a mistake."""
        piece = next(self.pieces)
        if piece.kind == "name":
            self._begin(piece)
            return None
        if piece.kind == "number":
            self.open[-1].operands.append(self._number(piece))
            return self._comma_or_close()
        if piece.kind == "end":
            raise self._unclosed(piece)
        if piece.text == ")" and not self.open[-1].operands:
            name = self.open[-1].name
            raise self._error(
                piece, f"an operand: {name}() has an empty list", "Put a number there."
            )
        raise self._error(piece, "a number or an operation", "Put one there, or remove a mark.")

    def _comma_or_close(self) -> Expression | None:
        """After an operand: "," and None, or ")" and the finished expression."""
        piece = next(self.pieces)
        if piece.text == ",":
            return None
        if piece.text == ")":
            return self._close()
        if piece.kind == "end":
            raise self._unclosed(piece)
        raise self._error(piece, "',' or ')'", "Separate operands by commas.")

    def _close(self) -> Expression:
        done = self.open.pop()
        fewest = fewest_operands(done.name)
        if len(done.operands) < fewest:
            piece = _Piece("name", done.name, done.start)
            raise self._error(
                piece,
                f"at least {fewest} operands for {done.name}, not {len(done.operands)}",
                "Add one, or use First.",
            )
        return Expression(done.name, tuple(done.operands))

    def _number(self, piece: _Piece) -> int:
        digits = piece.text
        if digits.startswith("-") or len(digits.lstrip("0")) > len(str(self.largest)):
            value = self.largest + 1
        else:
            value = int(digits)
        if value > self.largest:
            raise self._error(
                piece, f"an operand from 0 to {self.largest}", "Use a number in this range."
            )
        if digits != str(value):
            raise self._error(piece, "a number without leading zeros", f"Write {value}.")
        return value

    def _expect_the_end(self) -> None:
        piece = next(self.pieces)
        if piece.text == ")":
            raise self._error(piece, "the end: every '(' is closed already", "Remove this ')'.")
        if piece.kind != "end":
            raise self._error(piece, "the end of the expression", "Give one expression at a time.")

    def _unclosed(self, end: _Piece) -> InputError:
        innermost = self.open[-1]
        return self._error(
            end,
            f"')' for the '(' at character {innermost.parenthesis + 1}",
            f"Close {innermost.name}(… there.",
        )

    def _pieces(self) -> Iterator[_Piece]:
        """The pieces of the text, then "end" for ever."""
        position = 0
        while match := _PIECE.match(self.text, position):
            kind = str(match.lastgroup)
            yield _Piece(kind, match[kind], match.start(kind))
            position = match.end()
        position = len(self.text) - len(self.text[position:].lstrip())
        if position < len(self.text):
            piece = _Piece("strange", self.text[position], position)
            raise self._error(piece, "a letter, a digit, '(', ')' or ','", "Remove it.")
        while True:
            yield _Piece("end", "", len(self.text))

    def _error(self, piece: _Piece, expected: str, remedy: str) -> InputError:
        at = piece.start
        found = "the text ends" if piece.kind == "end" else f"{_cut(piece.text)!r}"
        first = max(0, min(at - _SHOWN // 2, len(self.text) - _SHOWN))
        quoted = _ellipsis(self.text, first)
        given = f"{found} at character {at + 1} of {quoted}"
        return InputError("expression", given, expected=expected, remedy=remedy)


def _cut(text: str) -> str:
    return text if len(text) <= 20 else text[:20] + "…"


def _ellipsis(text: str, first: int) -> str:
    shown = text[first : first + _SHOWN]
    before = "…" if first else ""
    after = "…" if first + _SHOWN < len(text) else ""
    return f"{before}{shown!r}{after}"
