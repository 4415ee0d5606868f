"""``progress``: every exercise, chapter by chapter, and how far the learner has come."""

from __future__ import annotations

from dataclasses import dataclass

from attention_scratch.exercises import registry, render, state
from attention_scratch.exercises.card import Card, Table
from attention_scratch.exercises.exercise import Exercise
from attention_scratch.exercises.state import Entry

MARKS = {"done": "✓ done", "tried": "… tried", "untouched": "– untouched"}


@dataclass(frozen=True, slots=True)
class Row:
    """One exercise; ``standing`` is "done", "tried" or "untouched"."""

    exercise: str
    title: str
    standing: str
    hints: int


@dataclass(frozen=True, slots=True, repr=False)
class Progress(render.Shown):
    """All exercises in the book's order."""

    rows: tuple[Row, ...]

    @property
    def done(self) -> int:
        """How many have passed."""
        return sum(row.standing == "done" for row in self.rows)

    def card(self) -> Card:
        """For every kind of output."""
        left = next((row for row in self.rows if row.standing != "done"), None)
        finished = bool(self.rows) and left is None
        return Card(
            tone="good" if finished else "note",
            label="All done" if finished else "Progress",
            title=f"{self.done} of {len(self.rows)} exercises",
            message=self._message(),
            table=self._table() if self.rows else None,
            footer=(f"Next: {left.exercise} · {left.title}",) if left else (),
        )

    def _message(self) -> str:
        if not self.rows:
            return "There are no exercises yet."
        chapters: dict[str, list[Row]] = {}
        for row in self.rows:
            chapters.setdefault(row.exercise[:2], []).append(row)
        counts = (
            f"chapter {chapter}: {sum(r.standing == 'done' for r in rows)} of {len(rows)}"
            for chapter, rows in chapters.items()
        )
        return "Done in " + ", ".join(counts) + "."

    def _table(self) -> Table:
        rows = tuple(
            (row.exercise, row.title, MARKS[row.standing], str(row.hints or "–"))
            for row in self.rows
        )
        return Table("Exercises", ("Exercise", "Title", "Standing", "Hints"), rows)


def progress() -> Progress:
    """What is done, tried and untouched."""
    entries = state.read()
    return Progress(tuple(_row(e, entries.get(e.id, Entry())) for e in registry.all_exercises()))


def _row(exercise: Exercise, entry: Entry) -> Row:
    standing = "done" if entry.passed else "tried" if entry.checks else "untouched"
    return Row(exercise.id, exercise.title, standing, entry.hints)
