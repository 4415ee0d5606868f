"""Learning rates against torch.optim.lr_scheduler, step by step."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from attention_scratch.errors import InputError
from attention_scratch.nn.schedule import ReduceLROnPlateau, Schedule, StepLR, WarmupCosine

LR = 0.3


def torch_optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR)


def torch_rates(make: Callable[[torch.optim.Optimizer], Any], steps: int) -> list[float]:
    optimizer = torch_optimizer()
    schedule, rates = make(optimizer), []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


def rates(schedule: Schedule, steps: int) -> list[float]:
    return [schedule.rate(step) for step in range(steps)]


@given(st.integers(1, 20), st.floats(0.1, 1.5))
@settings(max_examples=20)
def test_step_lr_is_torchs(step_size: int, gamma: float) -> None:
    theirs = torch_rates(lambda o: lr_scheduler.StepLR(o, step_size, gamma), 50)
    ours = rates(StepLR(LR, step_size=step_size, gamma=gamma), 50)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.filterwarnings("ignore:The epoch parameter")
@given(st.integers(2, 20), st.integers(1, 40), st.floats(0, LR))
@settings(max_examples=20)
def test_warmup_and_cosine_are_torchs_linear_and_cosine(
    warmup: int, rest: int, min_lr: float
) -> None:
    def make(optimizer: torch.optim.Optimizer) -> Any:
        line = lr_scheduler.LinearLR(optimizer, 1 / warmup, 1.0, total_iters=warmup - 1)
        cosine = lr_scheduler.CosineAnnealingLR(optimizer, rest, eta_min=min_lr)
        return lr_scheduler.SequentialLR(optimizer, [line, cosine], [warmup])

    steps = warmup + rest + 1
    ours = rates(WarmupCosine(LR, warmup=warmup, steps=warmup + rest, min_lr=min_lr), steps)
    np.testing.assert_allclose(ours, torch_rates(make, steps), rtol=1e-9, atol=1e-12)


def test_the_rate_stays_at_its_minimum_behind_the_last_step() -> None:
    schedule = WarmupCosine(LR, warmup=0, steps=10, min_lr=0.1)
    assert schedule.rate(0) == LR
    assert schedule.rate(10) == schedule.rate(1000) == 0.1


def test_a_plain_schedule_is_constant() -> None:
    assert rates(Schedule(LR), 5) == [LR] * 5


METRICS = st.lists(
    st.one_of(st.floats(-2, 2), st.sampled_from([math.nan, math.inf, 1.0, 0.99999])), max_size=60
)


@given(METRICS, st.sampled_from(["min", "max"]), st.integers(0, 3), st.integers(0, 3))
@settings(max_examples=60)
def test_a_plateau_reduces_the_rate_when_torch_does(
    metrics: list[float], mode: Any, patience: int, cooldown: int
) -> None:
    options: dict[str, Any] = {
        "mode": mode,
        "factor": 0.3,
        "patience": patience,
        "threshold": 1e-3,
        "cooldown": cooldown,
        "min_lr": 0.01,
    }
    optimizer = torch_optimizer()
    theirs = lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    ours = ReduceLROnPlateau(LR, **options)
    for step, metric in enumerate(metrics):
        theirs.step(metric)
        ours.observe(metric)
        assert ours.rate(step) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)


def test_a_plateaus_state_survives_json_and_continues() -> None:
    metrics = [1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.4, 0.4, 0.4, 0.4]
    through = ReduceLROnPlateau(LR, patience=1, cooldown=1)
    first = ReduceLROnPlateau(LR, patience=1, cooldown=1)
    second = ReduceLROnPlateau(LR, patience=1, cooldown=1)
    second.load_state(json.loads(json.dumps(first.state())))  # best is still infinite
    for metric in metrics[:5]:
        second.observe(metric)
    first.load_state(json.loads(json.dumps(second.state())))
    for metric in metrics[5:]:
        first.observe(metric)
    for metric in metrics:
        through.observe(metric)
    assert through.lr < LR
    assert first.state() == through.state()


def test_the_state_of_another_schedule_is_refused() -> None:
    with pytest.raises(InputError, match=r"schedule state: got bad, best, lr, waiting; .*nothing"):
        StepLR(LR, step_size=1).load_state(ReduceLROnPlateau(LR).state())


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Schedule(-1.0), "lr"),
        (lambda: Schedule(math.inf), "lr"),
        (lambda: StepLR(LR, step_size=0), "step_size"),
        (lambda: StepLR(LR, step_size=1, gamma=0.0), "gamma"),
        (lambda: WarmupCosine(LR, warmup=-1, steps=3), "warmup"),
        (lambda: WarmupCosine(LR, warmup=3, steps=3), "steps"),
        (lambda: WarmupCosine(LR, warmup=0, steps=3, min_lr=1.0), "min_lr"),
        (lambda: ReduceLROnPlateau(LR, factor=1.0), "factor"),
        (lambda: ReduceLROnPlateau(LR, patience=-1), "patience"),
        (lambda: ReduceLROnPlateau(LR, threshold=-1.0), "threshold"),
        (lambda: ReduceLROnPlateau(LR, cooldown=-1), "cooldown"),
        (lambda: ReduceLROnPlateau(LR, min_lr=1.0), "min_lr"),
        (lambda: ReduceLROnPlateau(LR, mode="up"), "mode"),  # type: ignore[arg-type]
    ],
)
def test_settings_out_of_range_are_refused(make: Callable[[], Schedule], field: str) -> None:
    with pytest.raises(InputError, match=f"^{field}: got"):
        make()
