"""The architecture lab: one small task, one baseline, one choice changed at a time.

Every arm is trained on the same expressions in the same order, so that an arm and the baseline can
be compared seed by seed. All have as many parameters as the baseline, as nearly as the width of the
feed-forward layers allows.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_scratch.errors import InputError
from attention_scratch.nn import AdamW, CrossEntropy, Decoder, History, TransformerConfig, flatten
from attention_scratch.nn.schedule import WarmupCosine
from attention_scratch.nn.train import Batch, train
from attention_scratch.tasks import operations
from attention_scratch.tasks.operations import OPERATIONS, PAD, TOKENS, Expression, Split, Task
from attention_scratch.tasks.operations.model import OperationsModel

TASK = Task("lab", largest=9, operands=3, depth=2)
FLAT = Task("flat lab", largest=9, operands=4, depth=1)
LONGER = Task("longer", largest=9, operands=16, depth=1)
OPERANDS = (2, 3, 4, 5, 6, 8, 10, 12, 16)  # of flat expressions asked in the end
STEPS, BATCH, RATE, WARMUP, EVALUATE_EVERY = 300, 64, 6e-3, 15, 60
SEEDS = (0, 1, 2, 3)
_GROUP = 8  # batches drawn together and sorted by length, so that little is padding

BASELINE = TransformerConfig(
    vocab_size=len(TOKENS), dim=32, layers=2, heads=4, hidden=64, max_positions=64
)
_CHOICES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("positions", "learned", {"positions": "learned"}),
    ("positions", "sinusoidal", {"positions": "sinusoidal"}),
    ("positions", "ALiBi", {"positions": "alibi"}),
    ("positions", "relative", {"positions": "relative"}),
    ("positions", "none", {"positions": "none"}),
    ("norm", "layer", {"norm": "layer"}),
    ("norm", "none", {"norm": "none"}),
    ("order", "post", {"order": "post"}),
    ("order", "OLMo 2", {"order": "olmo2"}),
    ("activation", "GEGLU", {"activation": "geglu"}),
    ("activation", "GELU", {"activation": "gelu"}),
    ("activation", "ReLU", {"activation": "relu"}),
    ("activation", "SiLU", {"activation": "silu"}),
    ("activation", "Mish", {"activation": "mish"}),
    ("attention", "window 4", {"window": 4}),
    ("attention", "window 8", {"window": 8}),
    ("attention", "strided 4", {"stride": 4}),
    ("layers", "1", {"layers": 1}),
    ("layers", "3", {"layers": 3}),
    ("no positions", "1 layer", {"positions": "none", "layers": 1}),
    ("no positions", "not causal", {"positions": "none", "causal": False}),
)
_ON_FLAT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("2 layers", {}),
    ("1 layer", {"layers": 1}),
    ("1 layer, learned positions", {"layers": 1, "positions": "learned"}),
)
_RATES = (RATE / 4, RATE * 4)
_NORMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("RMS before", {}),
    ("RMS after", {"order": "post"}),
    ("no norm", {"norm": "none"}),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Arm:
    """One choice: what was varied, what it was set to, and the model that follows from it."""

    factor: str
    value: str
    config: TransformerConfig
    rate: float = RATE
    task: Task = TASK

    @property
    def name(self) -> str:
        """``positions: learned``."""
        return f"{self.factor}: {self.value}"


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """What one arm made of one seed.

    Attributes:
        parameters: how many the model has.
        flat, nested: part of unseen expressions answered right; ``nested`` is None for an arm that
            is trained on flat ones only.
        by_operation: the same of the flat ones, operation by operation.
        by_operands: the same of longer and longer flat ones; at most 3 operands were trained on.
        curve: ``step``, ``flat``, ``nested`` and each operation, every ``EVALUATE_EVERY`` steps.
        losses: step by step.
        diverged_at: the step at which a gradient was not finite and training ended.
        seconds: of processor time.
    """

    parameters: int
    flat: float
    nested: float | None
    by_operation: dict[str, float]
    by_operands: dict[str, float]
    curve: list[dict[str, float]]
    losses: list[float]
    diverged_at: int | None
    seconds: float


def arms() -> tuple[Arm, ...]:
    """The baseline, each factor's other values, and where two factors may need each other."""
    found = [Arm("baseline", "rotary, RMS before, SwiGLU, full attention, 2 layers", BASELINE)]
    found += [Arm(factor, value, matched(changes)) for factor, value, changes in _CHOICES]
    found += [
        Arm("learning rate", f"{rate:g}, {label}", matched(changes), rate)
        for (label, changes), rate in itertools.product(_NORMS, _RATES)
    ]
    found += [Arm("flat only", label, matched(changes), task=FLAT) for label, changes in _ON_FLAT]
    return tuple(found)


def matched(changes: Mapping[str, Any]) -> TransformerConfig:
    """The baseline with these changes, and as nearly as many parameters as it can have."""
    target = parameters(BASELINE)
    fewest, next_fewest = (
        parameters(dataclasses.replace(BASELINE, **changes, hidden=hidden)) for hidden in (1, 2)
    )
    hidden = 1 + round((target - fewest) / (next_fewest - fewest))
    return dataclasses.replace(BASELINE, **changes, hidden=hidden)


def parameters(config: TransformerConfig) -> int:
    """How many numbers a decoder of that shape learns."""
    model = Decoder(config, rng=np.random.default_rng(0))
    return sum(array.size for array in model.params.values())


def run(arm: Arm, seed: int, *, steps: int | None = None, progress: bool = False) -> Run:
    """Train one arm with one seed.

    The same arm and seed give the same numbers on the same machine. ``steps`` ends the run early,
    on the same schedule: its losses are then the first ones of the whole run.

    Raises:
        InputError: a number of steps that is none, or beyond the schedule.
    """
    steps = STEPS if steps is None else steps
    if not 1 <= steps <= STEPS:
        raise InputError("steps", steps, expected=f"1 to {STEPS}", remedy="Leave it out for all.")
    for group in range(-(-steps // _GROUP)):
        _group(arm.task, seed, group)  # drawn once for all arms, and not on this one's clock
    started = time.process_time()
    model = OperationsModel(Decoder(arm.config, rng=np.random.default_rng(seed)), arm.task)
    history, diverged_at = _fit(model, arm.rate, seed, steps=steps, progress=progress)
    metrics = _metrics(model, "test")
    return Run(
        parameters=sum(array.size for array in model.network.params.values()),
        flat=metrics["flat"],
        nested=metrics.get("nested"),
        by_operation={name: metrics[name] for name in OPERATIONS},
        by_operands={str(n): float(_right(model, longer(n)).mean()) for n in OPERANDS},
        curve=history.evaluations,
        losses=history.losses,
        diverged_at=diverged_at,
        seconds=time.process_time() - started,
    )


def _fit(
    model: OperationsModel, rate: float, seed: int, *, steps: int, progress: bool
) -> tuple[History, int | None]:
    history = History()
    try:
        history = train(
            model.network,
            lambda number: batch(model.task, seed, number),
            CrossEntropy(ignore_index=PAD),
            AdamW(flatten(model.network), lr=rate, betas=(0.9, 0.98)),
            steps=steps,
            schedule=WarmupCosine(rate, warmup=WARMUP, steps=STEPS),
            max_norm=1.0,
            evaluate=lambda: _metrics(model, "validation"),
            evaluate_every=EVALUATE_EVERY,
            on_step=history.add,
            progress=progress,
        )
    except InputError as error:
        if "gradient" not in error.field:
            raise
        return history, history.steps + 1
    return history, None


def batch(task: Task, seed: int, number: int) -> Batch:
    """Batch ``number`` of every run on this task with this seed."""
    group, place = divmod(number, _GROUP)
    made = operations.batch(_group(task, seed, group)[place])
    return Batch((made.ids,), made.targets, {"at": made.positions})


@functools.lru_cache(maxsize=2 * -(-STEPS // _GROUP))
def _group(task: Task, seed: int, number: int) -> tuple[tuple[Expression, ...], ...]:
    """A few batches of expressions of like length each, in random order."""
    rng = np.random.default_rng([seed, number])
    order = rng.permutation(_GROUP)
    drawn = itertools.islice(operations.expressions(task, rng=rng), _GROUP * BATCH)
    by_length = sorted(drawn, key=lambda expression: len(operations.encode(expression)))
    return tuple(tuple(by_length[place * BATCH : (place + 1) * BATCH]) for place in order)


@functools.cache
def questions(task: Task, depth: int, split: Split) -> tuple[Expression, ...]:
    """Up to 500 different expressions of one depth, of a split that no run trains on."""
    rng = np.random.default_rng(depth)
    count = 500 if split == "test" else 250
    return tuple(operations.distinct(task, count, rng=rng, split=split, depth=depth))


@functools.cache
def longer(operands: int) -> tuple[Expression, ...]:
    """100 flat expressions with so many operands."""
    drawn = operations.expressions(LONGER, rng=np.random.default_rng(operands), split="test")
    fitting = (expression for expression in drawn if len(expression.operands) == operands)
    return tuple(itertools.islice(fitting, 100))


def _metrics(model: OperationsModel, split: Split) -> dict[str, float]:
    """``flat``, ``nested`` where the task is nested, and each operation of the flat ones."""
    flat = questions(model.task, 1, split)
    right = _right(model, flat)
    names = np.array([expression.operation for expression in flat])
    by_operation = {name: float(right[names == name].mean()) for name in OPERATIONS}
    metrics = {"flat": float(right.mean()), **by_operation}
    if model.task.depth > 1:
        metrics["nested"] = float(_right(model, questions(model.task, 2, split)).mean())
    return metrics


def _right(model: OperationsModel, expressions: tuple[Expression, ...]) -> NDArray[np.bool_]:
    """Which are answered right; none by a model that has diverged and gives no numbers."""
    try:
        return model.right(expressions, strict=False)
    except InputError as error:
        if error.field != "next_logits":
            raise
        return np.zeros(len(expressions), np.bool_)
