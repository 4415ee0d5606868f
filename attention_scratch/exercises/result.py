"""What ``check`` returns: a verdict that reads well in a terminal, a notebook and plain text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from attention_scratch.exercises import render
from attention_scratch.exercises.card import Card, Table


@dataclass(frozen=True, slots=True)
class CaseLine:
    """How one case went: ``outcome`` is "right", "wrong", "error" or "not run"."""

    name: str
    outcome: str
    seconds: float


@dataclass(frozen=True, slots=True, repr=False)
class Result(render.Shown):
    """The verdict on one answer; true exactly when it passed.

    Args:
        exercise: its id.
        title: its title.
        status: "passed", "unsolved" or "failed".
        diagnosis: key of the suspect, the constraint or the generic diagnosis (``keys.py``);
            "passed" or "unsolved" otherwise.
        message: one sentence.
        details: further lines.
        cases: how each case went.
        printed: what the function itself printed.
        next_step: what to do now.
        faults: what went wrong in the exercise's own suspects and constraints (empty: nothing).
    """

    exercise: str
    title: str
    status: str
    diagnosis: str
    message: str
    details: tuple[str, ...] = ()
    cases: tuple[CaseLine, ...] = ()
    printed: str = ""
    next_step: str = ""
    faults: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.status == "passed"

    def card(self) -> Card:
        """Title, lines and table, for every kind of output."""
        return Card(
            tone={"passed": "good", "unsolved": "open", "failed": "bad"}[self.status],
            label={"passed": "Passed", "unsolved": "Not solved yet", "failed": "Not right yet"}[
                self.status
            ],
            title=f"{self.exercise} · {self.title}",
            message=self.message,
            details=self.details,
            table=self._table(),
            quoted=(("It printed", self.printed.rstrip()),) if self.printed.strip() else (),
            footer=tuple(line for line in (self.next_step, *self._apologies()) if line),
        )

    def _table(self) -> Table | None:
        if self.status == "unsolved" or not self.cases:
            return None
        marks = {"right": "✓ right", "wrong": "✗ wrong", "error": "✗ error", "not run": "– not run"}
        rows = tuple((c.name, marks[c.outcome], _time(c.seconds)) for c in self.cases)
        return Table("Cases", ("Case", "Result", "Time"), rows)

    def _apologies(self) -> Iterator[str]:
        """Only where a fault may have let something pass; a suspect may stumble over nonsense."""
        for fault in self.faults if self else ():
            yield f"A fault of this exercise, not yours; please report it: {fault}"


def _time(seconds: float) -> str:
    if seconds == 0:
        return ""
    if seconds < 1e-4:
        return "< 0.1 ms"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"
