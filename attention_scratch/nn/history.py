"""What happened in a training run: a number a step, a row an evaluation."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

from attention_scratch.errors import InputError


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One step, for the profiling hook.

    Attributes:
        number: counted from 1.
        loss: mean over the step's batches.
        rate: learning rate.
        norm: of all gradients, before clipping; NaN where loss scaling left the step out.
        seconds: where the time went: ``data``, ``forward``, ``backward``, ``update``.
    """

    number: int
    loss: float
    rate: float
    norm: float
    seconds: dict[str, float]


@dataclasses.dataclass(slots=True)
class History:
    """Losses, rates and norms step by step, evaluations as they came, seconds in all.

    Each evaluation is a dict of its metrics and ``"step"``.
    """

    losses: list[float] = dataclasses.field(default_factory=list)
    rates: list[float] = dataclasses.field(default_factory=list)
    norms: list[float] = dataclasses.field(default_factory=list)
    evaluations: list[dict[str, float]] = dataclasses.field(default_factory=list)
    seconds: float = 0.0
    best_step: int | None = None
    stopped_early: bool = False

    @property
    def steps(self) -> int:
        """Steps taken."""
        return len(self.losses)

    def add(self, step: Step) -> None:
        """Take note of a step."""
        self.losses.append(step.loss)
        self.rates.append(step.rate)
        self.norms.append(step.norm)

    def metric(self, name: str) -> list[tuple[int, float]]:
        """(step, value) of one metric, evaluation by evaluation.

        Raises:
            InputError: the evaluations have no such metric.
        """
        for row in self.evaluations:
            if name not in row:
                raise InputError(
                    "metric",
                    name,
                    expected=f"one of {', '.join(key for key in row if key != 'step') or 'none'}",
                    remedy="Name one that evaluate() returns.",
                )
        return [(int(row["step"]), row[name]) for row in self.evaluations]


@dataclasses.dataclass(frozen=True, slots=True)
class EarlyStopping:
    """End training when a metric no longer improves, and go back to the best weights.

    Attributes:
        metric: its name in what ``evaluate`` returns.
        mode: whether smaller or larger is better.
        patience: how many evaluations in a row may bring nothing better before the end.
    """

    metric: str = "loss"
    mode: Literal["min", "max"] = "min"
    patience: int = 5

    def __post_init__(self) -> None:
        if self.mode not in ("min", "max"):
            raise InputError("mode", self.mode, expected="min or max", remedy="A loss: min.")
        if self.patience < 0:
            raise InputError(
                "patience", self.patience, expected="0 or more", remedy="Count in evaluations."
            )

    def improved(self, history: History) -> bool:
        """Whether the last evaluation is better than all before; NaN never is."""
        *earlier, last = (row[self.metric] for row in history.evaluations)
        sign = 1 if self.mode == "max" else -1
        best = max((sign * value for value in earlier if not math.isnan(value)), default=-math.inf)
        return sign * last > best

    def exhausted(self, history: History) -> bool:
        """Whether more than ``patience`` evaluations followed the best one."""
        since = [row for row in history.evaluations if row["step"] > (history.best_step or 0)]
        return len(since) > self.patience
