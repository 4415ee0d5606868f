"""One card, four outputs: plain text, a terminal in color, HTML for a notebook or the site.

Every verdict is a word and a mark; color only repeats it.
"""

from __future__ import annotations

import io
import sys
from typing import Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table as RichTable
from rich.text import Text

from attention_scratch.exercises.card import MARKS, Card, Table
from attention_scratch.exercises.html import card_as_html

COLORS = {"good": "green", "bad": "red", "open": "yellow", "note": "cyan"}
WIDTH = 88


class Shown:
    """Base of whatever shows itself as a card: in a notebook, at a prompt, printed."""

    __slots__ = ()

    def card(self) -> Card:
        """What is shown."""
        raise NotImplementedError

    def __str__(self) -> str:
        return plain(self.card())

    def __repr__(self) -> str:
        return for_prompt(self.card())

    def __rich__(self) -> Panel:
        return rich_card(self.card())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return mimebundle(self.card())


def plain(card: Card) -> str:
    """Text without any color."""
    return _printed(card, color=False)


def for_prompt(card: Card) -> str:
    """What an interactive prompt shows: in color where it is a terminal."""
    return _printed(card, color=bool(getattr(sys.stdout, "isatty", lambda: False)()))


def mimebundle(card: Card) -> dict[str, str]:
    """What a notebook is given."""
    return {"text/plain": for_prompt(card), "text/html": card_as_html(card)}


def rich_card(card: Card) -> Panel:
    """The card for rich's console."""
    color = COLORS[card.tone]
    parts: list[Any] = [Text(card.message)] if card.message else []
    parts += [Text(f"  {line}") for line in card.details]
    if card.table is not None:
        parts += [Text(""), _rich_table(card.table)]
    for lead, text in card.quoted:
        parts += [
            *([Text("")] if parts else []),
            Text(f"{lead}:"),
            Padding(Text(text), (0, 0, 0, 2)),
        ]
    if card.footer:
        parts.append(Text(""))
        parts += [Text(line, style="dim") for line in card.footer]
    title = Text.assemble((f"{MARKS[card.tone]} {card.label}", f"bold {color}"), f"  {card.title}")
    return Panel(Group(*parts), title=title, title_align="left", border_style=color, width=WIDTH)


def _rich_table(table: Table) -> RichTable:
    drawn = RichTable(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for column in table.columns:
        drawn.add_column(Text(column), header_style="dim")
    for row in table.rows:
        drawn.add_row(*(Text(cell) for cell in row))
    return drawn


def _printed(card: Card, *, color: bool) -> str:
    console = Console(
        file=io.StringIO(),
        width=WIDTH,
        color_system="standard" if color else None,
        force_terminal=color,
        force_jupyter=False,  # in a kernel rich would display it there and then, beside our HTML
        highlight=False,
        legacy_windows=False,
    )
    console.print(rich_card(card))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue().rstrip("\n")
