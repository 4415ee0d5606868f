"""``predict``: say a number before it is measured, then see how far off it was."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass

from attention_scratch.errors import InputError
from attention_scratch.exercises import render
from attention_scratch.exercises.card import Card, Table

# How far off a guess may be for each verdict, as a factor in either direction.
VERDICTS = (
    (1.1, "good", "Spot on"),
    (1.5, "good", "Close"),
    (2.0, "good", "In the right region"),
    (10.0, "open", "Right order of magnitude"),
    (math.inf, "bad", "Far off"),
)


@dataclass(frozen=True, slots=True, repr=False)
class Prediction(render.Shown):
    """A guess, made before measuring. Made by :func:`predict`."""

    question: str
    guess: float
    unit: str

    def compare(self, measured: float) -> Comparison:
        """Set the guess beside the measurement.

        Raises:
            InputError: ``measured`` is not a finite number.
        """
        return Comparison(self, _number("measured", measured))

    def card(self) -> Card:
        """For every kind of output."""
        return Card(
            tone="note",
            label="Prediction",
            title=self.question,
            message=f"You predict {quantity(self.guess, self.unit)}.",
        )


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(render.Shown):
    """A guess beside what was measured."""

    prediction: Prediction
    measured: float

    @property
    def ratio(self) -> float | None:
        """Guess / measured; None where one is zero or their signs differ."""
        guess = self.prediction.guess
        if guess == self.measured:
            return 1.0
        return guess / self.measured if guess * self.measured > 0 else None

    @property
    def verdict(self) -> str:
        """One of the words of ``VERDICTS``."""
        return self._judged()[1]

    def _judged(self) -> tuple[str, str]:
        ratio = self.ratio
        factor = math.inf if ratio is None else max(ratio, 1 / ratio)
        return next((tone, word) for most, tone, word in VERDICTS if factor <= most)

    def card(self) -> Card:
        """For every kind of output."""
        tone, word = self._judged()
        unit = self.prediction.unit
        rows = (
            ("predicted", quantity(self.prediction.guess, unit)),
            ("measured", quantity(self.measured, unit)),
        )
        return Card(
            tone=tone,
            label=word,
            title=self.prediction.question,
            message=self._message(),
            table=Table("Prediction and measurement", ("What", "Value"), rows),
        )

    def _message(self) -> str:
        ratio = self.ratio
        if ratio is None:
            return "The measurement is zero, or on the other side of it: what was forgotten?"
        if ratio == 1.0:
            return "Exactly as predicted."
        if max(ratio, 1 / ratio) <= VERDICTS[0][0]:
            return f"Within {abs(ratio - 1) * 100:.2g} % of the measurement."
        size, way = (ratio, "high") if ratio > 1 else (1 / ratio, "low")
        advice = " Worth finding out why." if size > 2 else ""
        return f"Too {way} by a factor of {size:.3g}.{advice}"


def predict(question: str, guess: float, unit: str = "") -> Prediction:
    """Write down a guess before measuring: ``predict("time for T = 4096?", 16, "ms")``.

    Raises:
        InputError: no question, or ``guess`` is not a finite number.
    """
    for field, given in (("question", question), ("unit", unit)):
        if not isinstance(given, str) or (field == "question" and not given.strip()):
            raise InputError(field, given, expected="text", remedy="Write it in quotes.")
    return Prediction(question, _number("guess", guess), unit)


def quantity(value: float, unit: str) -> str:
    """``1,048,576 bytes``: four digits, no more."""
    whole = value == int(value) and abs(value) < 1e9
    shown = f"{int(value):,}" if whole else f"{value:.4g}"
    return f"{shown} {unit}".rstrip()


def _number(field: str, given: object) -> float:
    number = given.item() if hasattr(given, "item") and getattr(given, "size", 0) == 1 else given
    real = isinstance(number, numbers.Real) and not isinstance(number, bool)
    if not real or not math.isfinite(float(number)):  # type: ignore[arg-type]
        raise InputError(
            field, given, expected="a finite number", remedy="Put your own number there, as in 16."
        )
    return float(number)  # type: ignore[arg-type]
