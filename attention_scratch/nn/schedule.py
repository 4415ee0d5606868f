"""Learning rates that change: by the step, or when a metric no longer improves.

Every schedule answers ``rate(step)`` for steps counted from 0. Names and values are PyTorch's.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from attention_scratch.errors import InputError
from attention_scratch.nn import checks


class Schedule:
    """A constant learning rate, and the base of the others.

    Raises:
        InputError: a rate that is negative or not finite.
    """

    def __init__(self, lr: float) -> None:
        checks.settings(
            (0 <= lr < math.inf, "lr", lr, "0 or more", "Most models learn with 1e-4 to 1e-2.")
        )
        self.lr = lr

    def rate(self, step: int) -> float:
        """The learning rate of this step; the first step is 0."""
        return self.lr

    def observe(self, metric: float) -> None:
        """Take note of an evaluation; only ``ReduceLROnPlateau`` cares."""

    def state(self) -> dict[str, Any]:
        """What a continuation needs, as JSON can hold it; nothing where the step decides."""
        return {}

    def load_state(self, state: dict[str, Any]) -> None:
        """Continue from what ``state`` gave.

        Raises:
            InputError: the state of another schedule.
        """
        if state.keys() != self.state().keys():
            raise InputError(
                "schedule state",
                ", ".join(sorted(state)) or "nothing",
                expected=", ".join(sorted(self.state())) or "nothing: the step decides",
                remedy=f"Use the state of {type(self).__name__}.",
            )
        for name, value in state.items():
            setattr(self, name, value)


class StepLR(Schedule):
    """``lr * gamma ** (step // step_size)``: a staircase."""

    def __init__(self, lr: float, *, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(lr)
        checks.settings(
            (step_size >= 1, "step_size", step_size, "1 or more", "Count in steps."),
            (0 < gamma < math.inf, "gamma", gamma, "more than 0", "Try 0.1."),
        )
        self.step_size = step_size
        self.gamma = gamma

    def rate(self, step: int) -> float:
        return self.lr * self.gamma ** (step // self.step_size)


class WarmupCosine(Schedule):
    """A straight line up to ``lr``, then half a cosine down to ``min_lr``.

    Step 0 takes ``lr / warmup``, steps ``warmup - 1`` and ``warmup`` take ``lr``, and from
    ``steps`` on the rate is ``min_lr``. The cosine is Loshchilov and Hutter's (2016); the line
    keeps Adam's first steps small, while its mean squares are still of few gradients.
    """

    def __init__(self, lr: float, *, warmup: int, steps: int, min_lr: float = 0.0) -> None:
        super().__init__(lr)
        checks.settings(
            (warmup >= 0, "warmup", warmup, "0 or more", "5 % of the steps is common."),
            (steps > warmup, "steps", steps, f"more than warmup, {warmup}", "Train for longer."),
            (0 <= min_lr <= lr, "min_lr", min_lr, f"from 0 to lr, {lr}", "Try 0."),
        )
        self.warmup = warmup
        self.steps = steps
        self.min_lr = min_lr

    def rate(self, step: int) -> float:
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        part = min(1.0, (step - self.warmup) / (self.steps - self.warmup))
        return self.min_lr + (self.lr - self.min_lr) * (1 + math.cos(math.pi * part)) / 2


class ReduceLROnPlateau(Schedule):
    """Multiply the rate by ``factor`` when more than ``patience`` evaluations bring nothing new.

    An evaluation is better when it passes the best so far by ``threshold`` of it. After a
    reduction, ``cooldown`` evaluations are not counted; a reduction of less than ``eps`` is not
    made. NaN is never better.
    """

    def __init__(
        self,
        lr: float,
        *,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(lr)
        checks.settings(
            (mode in ("min", "max"), "mode", mode, "min or max", "A loss is to be minimal."),
            (0 < factor < 1, "factor", factor, "between 0 and 1", "Try 0.5."),
            (patience >= 0, "patience", patience, "0 or more", "Count in evaluations."),
            (0 <= threshold < 1, "threshold", threshold, "0 or more, below 1", "Try 1e-4."),
            (cooldown >= 0, "cooldown", cooldown, "0 or more", "Count in evaluations."),
            (0 <= min_lr <= lr, "min_lr", min_lr, f"from 0 to lr, {lr}", "Try 0."),
        )
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.eps = eps
        self.best = math.inf if mode == "min" else -math.inf
        self.bad = 0
        self.waiting = 0

    def observe(self, metric: float) -> None:
        if self._better(metric):
            self.best = metric
            self.bad = 0
        else:
            self.bad += 1
        if self.waiting:
            self.waiting -= 1
            self.bad = 0
        if self.bad > self.patience:
            reduced = max(self.lr * self.factor, self.min_lr)
            if self.lr - reduced > self.eps:
                self.lr = reduced
            self.waiting = self.cooldown
            self.bad = 0

    def state(self) -> dict[str, Any]:
        return {"lr": self.lr, "best": self.best, "bad": self.bad, "waiting": self.waiting}

    def _better(self, metric: float) -> bool:
        if self.mode == "min":
            return metric < self.best * (1 - self.threshold)
        return metric > self.best * (1 + self.threshold)
