"""The training loop: forward, loss, backward, clip, step; evaluate, save, continue."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from attention_scratch.arrays import Array
from attention_scratch.errors import InputError
from attention_scratch.nn.clip import clip_by_global_norm, global_norm
from attention_scratch.nn.history import EarlyStopping, History, Step
from attention_scratch.nn.layer import Layer
from attention_scratch.nn.loss import CrossEntropy
from attention_scratch.nn.optim import Optimizer
from attention_scratch.nn.precision import MixedPrecision
from attention_scratch.nn.schedule import Schedule
from attention_scratch.nn.training_state import TrainingState

Evaluate = Callable[[], Mapping[str, float]]


@dataclasses.dataclass(frozen=True, slots=True)
class Batch:
    """One call of the model, ``model.forward(*inputs, **options)``, and what it should have said.

    Attributes:
        inputs: arrays.
        targets: class numbers, one for each row of logits.
        options: further arguments by name, such as a decoder's ``at``.
    """

    inputs: tuple[Array, ...]
    targets: Array
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def train(
    model: Layer,
    batches: Callable[[int], Batch],
    loss: CrossEntropy,
    optimizer: Optimizer,
    *,
    steps: int,
    schedule: Schedule | None = None,
    max_norm: float | None = None,
    accumulate: int = 1,
    precision: MixedPrecision | None = None,
    evaluate: Evaluate | None = None,
    evaluate_every: int = 100,
    early_stopping: EarlyStopping | None = None,
    checkpoint: Path | None = None,
    checkpoint_every: int = 500,
    resume: bool = False,
    on_step: Callable[[Step], None] | None = None,
    progress: bool = True,
) -> History:
    """Train ``model`` in place.

    Batches are asked for by number, so that a continued run sees the same ones as a run that was
    never stopped: ``lambda n: make(np.random.default_rng([seed, n]))``. A run that is continued
    with ``resume`` from a checkpoint gives the same weights, bit for bit, as one that was not
    interrupted, dropout included.

    Args:
        model: any layer; its parameters are those of ``optimizer``.
        batches: from a number, counted from 0, to a batch.
        loss: of the model's output and the batch's targets.
        optimizer: moves the parameters; built on ``flatten(model)``.
        steps: how many in all, those before a continuation included.
        schedule: the learning rate of each step; the optimizer's own when left out. It also hears
            of each evaluation: of the early stopping's metric, or else of the first.
        max_norm: clip the gradients, all together, to this length.
        accumulate: batches whose mean gradient makes one step.
        precision: compute with emulated 16-bit numbers.
        evaluate: called between steps, the model in evaluation mode; returns metrics by name.
        evaluate_every: steps between evaluations; there is one behind the last step too.
        early_stopping: which metric has to improve, and for how long it may not. Where it is given
            the weights are those of the best evaluation in the end.
        checkpoint: folder for ``training.safetensors``, made when first written to.
        checkpoint_every: steps between checkpoints; there is one behind the last step too.
        resume: continue from the checkpoint, if there is one.
        on_step: called after each step, with where its time went.
        progress: show a progress bar.

    Raises:
        InputError: settings that do not fit; a checkpoint of another model, or one that is there
            without ``resume``; a loss or gradient that is not finite (the error names the
            parameter, and the weights are those before the step).
    """
    _check(steps, accumulate, evaluate_every, checkpoint_every, evaluate, early_stopping)
    state = TrainingState(model, optimizer, schedule, precision)
    if checkpoint is not None:
        state.open(checkpoint, resume=resume)
    history = state.history
    run = Run(model, batches, loss, optimizer, max_norm, accumulate, precision)
    bar = tqdm(total=steps, initial=history.steps, disable=not progress, unit="step")
    with bar, _training_mode(model):
        while history.steps < steps and not history.stopped_early:
            started = time.perf_counter()
            rate = schedule.rate(history.steps) if schedule else optimizer.lr
            step = run.step(history.steps, rate)
            history.add(step)
            last = history.steps == steps
            if evaluate and (last or history.steps % evaluate_every == 0):
                _evaluate(model, evaluate, state, schedule, early_stopping)
            history.seconds += time.perf_counter() - started
            due = last or history.stopped_early or history.steps % checkpoint_every == 0
            if checkpoint is not None and due:
                state.save(checkpoint)
            bar.set_postfix(_shown(history), refresh=False)
            bar.update()
            if on_step is not None:
                on_step(step)
    if early_stopping is not None:
        state.restore_best()
    return history


@dataclasses.dataclass(slots=True)
class Run:
    """The part of a run that is repeated every step."""

    model: Layer
    batches: Callable[[int], Batch]
    loss: CrossEntropy
    optimizer: Optimizer
    max_norm: float | None
    accumulate: int
    precision: MixedPrecision | None

    def step(self, number: int, rate: float) -> Step:
        """Step ``number``, counted from 0."""
        seconds = dict.fromkeys(("data", "forward", "backward", "update"), 0.0)
        parameters = self.optimizer.parameters
        with _timed(seconds, "update"):
            parameters.grads.fill(0)
        mean = 0.0
        for part in range(self.accumulate):
            with _timed(seconds, "data"):
                batch = self.batches(number * self.accumulate + part)
            with self.precision.computing() if self.precision else contextlib.nullcontext():
                mean += self.forward_and_backward(batch, seconds) / self.accumulate
        with _timed(seconds, "update"):
            norm = self._update(rate, mean)
        return Step(number + 1, mean, rate, norm, seconds)

    def forward_and_backward(self, batch: Batch, seconds: dict[str, float]) -> float:
        with _timed(seconds, "forward"):
            output = self.model.forward(*batch.inputs, **batch.options)
            value = self.loss.forward(output, batch.targets)
        with _timed(seconds, "backward"):
            grad = self.loss.backward()
            scale = (self.precision.scale if self.precision else 1.0) / self.accumulate
            if scale != 1:
                grad *= scale
            self.model.backward(grad)
        return value

    def _update(self, rate: float, loss: float) -> float:
        """Clip and step; the norm before clipping, NaN if the step was left out."""
        parameters = self.optimizer.parameters
        left_out = self.precision is not None and not self.precision.unscale()
        if left_out:
            norm = math.nan
        elif self.max_norm is None:
            norm = global_norm(parameters)
        else:
            norm = clip_by_global_norm(parameters, self.max_norm)
        if not math.isfinite(loss):
            raise InputError(
                "loss",
                loss,
                expected="a finite number",
                remedy="Look for a target that the model thinks impossible, or for an overflow.",
            )
        if not left_out:
            self.optimizer.step(rate)
        return norm


def _evaluate(
    model: Layer,
    evaluate: Evaluate,
    state: TrainingState,
    schedule: Schedule | None,
    early_stopping: EarlyStopping | None,
) -> None:
    model.eval()
    metrics = {name: float(value) for name, value in evaluate().items()}
    model.train()
    history = state.history
    history.evaluations.append({"step": history.steps, **metrics})
    observed = early_stopping.metric if early_stopping else next(iter(metrics), "loss")
    if schedule is not None or early_stopping is not None:
        history.metric(observed)  # an error if an evaluation lacks it
    if schedule is not None:
        schedule.observe(metrics[observed])
    if early_stopping is not None:
        if early_stopping.improved(history):
            state.remember_best()
        history.stopped_early = early_stopping.exhausted(history)


@contextlib.contextmanager
def _training_mode(model: Layer) -> Iterator[None]:
    model.train()
    try:
        yield
    finally:
        model.eval()


@contextlib.contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[name] += time.perf_counter() - started


def _shown(history: History) -> dict[str, str]:
    """What the progress bar says: loss and the last metrics."""
    shown = {"loss": f"{history.losses[-1]:.4f}"}
    if history.evaluations:
        last = history.evaluations[-1]
        shown |= {name: f"{value:.4g}" for name, value in last.items() if name != "step"}
    return shown


def _check(
    steps: int,
    accumulate: int,
    evaluate_every: int,
    checkpoint_every: int,
    evaluate: Evaluate | None,
    early_stopping: EarlyStopping | None,
) -> None:
    counts = {
        "steps": steps,
        "accumulate": accumulate,
        "evaluate_every": evaluate_every,
        "checkpoint_every": checkpoint_every,
    }
    for field, given in counts.items():
        if given < 1:
            raise InputError(field, given, expected="1 or more", remedy="Count in steps.")
    if early_stopping is not None and evaluate is None:
        raise InputError(
            "early_stopping",
            "no evaluate",
            expected="a function that measures its metric",
            remedy="Pass evaluate=lambda: {…}.",
        )
