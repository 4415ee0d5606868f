"""What is shown of a result, a hint, a prediction or the progress, before anything shows it."""

from __future__ import annotations

from dataclasses import dataclass

MARKS = {"good": "✓", "bad": "✗", "open": "○", "note": "→"}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text; the caption is also its name for a screen reader."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown of a result, a hint, a prediction or the progress.

    Args:
        tone: "good", "bad", "open" or "note": picks the mark and the color.
        label: the verdict in a word or two.
        title: what it is about.
        message: the one sentence; may be empty where something is quoted.
        details: further lines.
        table: rows, where there are any.
        quoted: pairs of a lead-in and text to be shown as it is (code, output).
        footer: what to do next.
    """

    tone: str
    label: str
    title: str
    message: str
    details: tuple[str, ...] = ()
    table: Table | None = None
    quoted: tuple[tuple[str, str], ...] = ()
    footer: tuple[str, ...] = ()
