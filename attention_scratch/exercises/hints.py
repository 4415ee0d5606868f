"""``hint``: one more level each call: a nudge, a plan, partial code."""

from __future__ import annotations

from dataclasses import dataclass

from attention_scratch.config import settings
from attention_scratch.exercises import registry, render, state
from attention_scratch.exercises.card import Card
from attention_scratch.exercises.exercise import HINT_LEVELS, Exercise
from attention_scratch.exercises.places import solution_notebooks


@dataclass(frozen=True, slots=True, repr=False)
class Hint(render.Shown):
    """A hint; ``level`` is 1 to 3, or 4 for the word after the last."""

    exercise: str
    title: str
    level: int
    text: str
    next_step: str

    def card(self) -> Card:
        """For every kind of output."""
        last = self.level > HINT_LEVELS
        code = self.level == HINT_LEVELS
        label = "That was the last hint" if last else f"Hint {self.level} of {HINT_LEVELS}"
        return Card(
            tone="note",
            label=label,
            title=f"{self.exercise} · {self.title}",
            message="" if code else self.text,
            quoted=(("Partial code", self.text),) if code else (),
            footer=(self.next_step,) if self.next_step else (),
        )


def hint(exercise_id: str) -> Hint:
    """The next hint for an exercise; after the third, where its solution is.

    Raises:
        InputError: there is no such exercise.
    """
    exercise = registry.get(exercise_id)
    level = min(state.note_hint(exercise.id).hints, HINT_LEVELS + 1)
    if level > HINT_LEVELS:
        return Hint(exercise.id, exercise.title, level, solution_place(exercise), "")
    left = HINT_LEVELS - level
    more = f"{left} more: call hint again." if left else "That is the last but the solution."
    return Hint(exercise.id, exercise.title, level, exercise.hints[level - 1], more)


def solution_place(exercise: Exercise) -> str:
    """Where the folded solution is: the notebook here, the page on the site."""
    folders = [path.parent.name for path in solution_notebooks(settings().root)]
    found = [name for name in folders if name.startswith(exercise.chapter)]
    name = found[0] if found else f"{exercise.chapter}_*"
    place = f"exercises/{name}/solutions.ipynb, folded under the exercise's own cell"
    page = f"{settings().book.url}/exercises/{name}/solutions.html" if found else ""
    return f"The solution is in {place}" + (f", and at {page}" if page else "") + "."
