"""What each setting does to a small transformer on the digits task: short trainings, three seeds.

One thing is changed at a time. Every run is kept in the report as soon as it ends, so an
interrupted sweep goes on where it stopped; a run whose setting changed is done again.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from attention_scratch.bench import provenance
from attention_scratch.config import settings
from attention_scratch.files import write_atomically
from attention_scratch.nn import (
    AdamW,
    CrossEntropy,
    Decoder,
    TransformerConfig,
    WarmupCosine,
    flatten,
)
from attention_scratch.nn.train import Batch, train
from attention_scratch.tasks import operations
from attention_scratch.tasks.operations import PAD, TASKS, TOKENS, Expression
from attention_scratch.tasks.operations.model import OperationsModel

SEEDS = (0, 1, 2)
TASK = TASKS["digits"]
TEST = 1000  # expressions of the test split; the same ones for every run
ROUNDS = 15  # of timing, all settings in turn
METHOD = (
    "A decoder trained from nothing on the digits task for 300 steps of 32 expressions, one "
    "setting changed at a time, with seeds 0, 1 and 2; accuracy on 1,000 expressions of the test "
    "split, the whole answer has to be right. Seconds of a step are medians of processor time on "
    "one thread, all settings in turn."
)


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """Everything that decides a run, its seed aside; the defaults are what others are held to."""

    dim: int = 32
    layers: int = 2
    heads: int = 2
    order: str = "pre"
    batch: int = 32
    steps: int = 300
    rate: float = 5e-3
    warmup: int = 30
    clip: float | None = 1.0
    betas: tuple[float, float] = (0.9, 0.98)
    decay: float = 0.01
    dropout: float = 0.0
    smoothing: float = 0.0
    every_token: bool = False  # the loss is on the whole sequence, not on the answer alone
    examples: int | None = None  # different expressions to learn from; None: new ones every step

    def transformer(self) -> TransformerConfig:
        """A decoder whose feed-forward layers are twice as wide as its stream."""
        return TransformerConfig(
            vocab_size=len(TOKENS),
            dim=self.dim,
            layers=self.layers,
            heads=self.heads,
            hidden=2 * self.dim,
            order=self.order,
            dropout=self.dropout,
        )


FEW = {"examples": 1000, "steps": 600}  # so few that they can be learned by heart


def varied(field: str, *values: Any, **also: Any) -> list[tuple[str, Setting]]:
    """The usual setting with one field changed, and others too where ``also`` says so."""
    return [(str(value), Setting(**{**also, field: value})) for value in values]


GROUPS: dict[str, list[tuple[str, Setting]]] = {
    "width": varied("dim", 8, 16, 32, 64, 128),
    "heads": varied("heads", 1, 2, 4, 8),
    "layers": varied("layers", 1, 2, 3, 4),
    "learning rate": varied("rate", 5e-4, 1.5e-3, 5e-3, 1.5e-2, 5e-2),
    "learning rate, width 128": varied("rate", 1.5e-3, 5e-3, dim=128),
    "steps": varied("steps", 75, 150, 300, 600),
    "different expressions": varied("examples", 125, 500, 1000, 4000, None, steps=600),
    "loss on": [("the answer", Setting()), ("every token", Setting(every_token=True))],
    "warm-up": varied("warmup", 0, 30),
    "warm-up, 4 layers at rate 0.02": varied("warmup", 0, 30, layers=4, rate=0.02),
    "clipping": varied("clip", None, 1.0, 0.1),
    "dropout": varied("dropout", 0.0, 0.1),
    "weight decay": varied("decay", 0.0, 0.01, 0.3),
    "label smoothing": varied("smoothing", 0.0, 0.1),
    "dropout, 1000 expressions": varied("dropout", 0.0, 0.1, 0.3, **FEW),
    "weight decay, 1000 expressions": varied("decay", 0.01, 0.3, 3.0, **FEW),
    "label smoothing, 1000 expressions": varied("smoothing", 0.0, 0.1, **FEW),
}


def main() -> None:
    """Train what is missing, time every setting, write ``reports/cpu/accuracy/…json``."""
    path = settings().paths.reports / "cpu" / "accuracy" / "hyperparameters.json"
    with threadpool_limits(1):
        sweep(path, groups=GROUPS, seeds=SEEDS)
    print(path)


def sweep(
    path: Path,
    *,
    groups: dict[str, list[tuple[str, Setting]]],
    seeds: tuple[int, ...],
    rounds: int = ROUNDS,
) -> dict[str, Any]:
    """Every setting of every group with every seed; returns the report it writes to ``path``."""
    different = list(dict.fromkeys(setting for group in groups.values() for _, setting in group))
    done = {key: run for key, run in _earlier(path) if key[0] in map(_key, different)}
    missing = [
        (setting, seed)
        for seed, setting in itertools.product(seeds, different)
        if (_key(setting), seed) not in done
    ]
    costs: dict[str, dict[str, float]] = {}
    for setting, seed in tqdm(missing, desc="trainings", unit="run"):
        done[_key(setting), seed] = fit(setting, seed=seed)
        _write(path, groups, seeds, done, costs)
    costs = measure(different, rounds=rounds)
    return _write(path, groups, seeds, done, costs)


def fit(setting: Setting, *, seed: int) -> dict[str, Any]:
    """One training: accuracies, the loss at its end, processor seconds."""
    model = Decoder(setting.transformer(), rng=np.random.default_rng(seed))
    parameters = flatten(model)
    batches, drawn = _batches(setting, seed)
    started = time.process_time()
    history = train(
        model,
        batches,
        CrossEntropy(ignore_index=PAD, label_smoothing=setting.smoothing),
        AdamW(parameters, lr=setting.rate, betas=setting.betas, weight_decay=setting.decay),
        steps=setting.steps,
        schedule=WarmupCosine(
            setting.rate, warmup=setting.warmup, steps=setting.steps, min_lr=setting.rate / 20
        ),
        max_norm=setting.clip,
        progress=False,
    )
    seconds = time.process_time() - started
    answers = OperationsModel(model, TASK)
    test = operations.distinct(TASK, TEST, rng=np.random.default_rng(1), split="test")
    found = {"accuracy": answers.accuracy(test)}
    if drawn:
        found["accuracy_seen"] = answers.accuracy(drawn[:TEST])
    return {
        "seed": seed,
        **{name: round(value, 4) for name, value in found.items()},
        "last_loss": round(statistics.fmean(history.losses[-20:]), 5),
        "largest_norm": round(max(history.norms), 3),
        "parameters": len(parameters.values),
        "seconds": round(seconds, 2),
    }


def measure(different: list[Setting], *, rounds: int) -> dict[str, dict[str, float]]:
    """Processor seconds and peak megabytes of one training step of each setting."""
    steps = {_key(setting): one_step(setting) for setting in different}
    seconds: dict[str, list[float]] = {key: [] for key in steps}
    megabytes = {}
    for key, step in steps.items():
        step()
        tracemalloc.start()
        step()
        megabytes[key] = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    for _ in tqdm(range(rounds), desc="timing", unit="round"):
        for key, step in steps.items():
            started = time.process_time()
            step()
            seconds[key].append(time.process_time() - started)
    return {
        key: {
            "step_seconds": round(statistics.median(seconds[key]), 6),
            "peak_megabytes": round(megabytes[key], 2),
        }
        for key in steps
    }


def one_step(setting: Setting) -> Callable[[], None]:
    """A whole training step, always on the same batch."""
    model = Decoder(setting.transformer(), rng=np.random.default_rng(0))
    optimizer = AdamW(flatten(model), lr=setting.rate)
    batch = _batches(setting, 0)[0](0)
    loss = CrossEntropy(ignore_index=PAD)

    def step() -> None:
        optimizer.parameters.grads.fill(0)
        loss.forward(model.forward(*batch.inputs, **batch.options), batch.targets)
        model.backward(loss.backward())
        optimizer.step()

    return step


def _batches(setting: Setting, seed: int) -> tuple[Callable[[int], Batch], list[Expression]]:
    """Batches by number, and the expressions they are drawn from if those are few."""
    drawn: list[Expression] = []
    if setting.examples is not None:
        rng = np.random.default_rng([seed, 1_000_000])
        drawn = operations.distinct(TASK, setting.examples, rng=rng, split="train")

    def batch(number: int) -> Batch:
        rng = np.random.default_rng([seed, number])
        if drawn:
            chosen = [drawn[i] for i in rng.integers(len(drawn), size=setting.batch)]
        else:
            chosen = list(itertools.islice(operations.expressions(TASK, rng=rng), setting.batch))
        made = operations.batch(chosen)
        if setting.every_token:
            return Batch((made.ids,), made.next_ids)
        return Batch((made.ids,), made.targets, {"at": made.positions})

    return batch, drawn


def _key(setting: Setting) -> str:
    return json.dumps(dataclasses.asdict(setting))


def _earlier(path: Path) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
    """Runs of an earlier report, by setting and seed."""
    if path.is_file():
        for row in json.loads(path.read_text(encoding="utf-8"))["rows"]:
            for run in row["runs"]:
                yield (json.dumps(row["setting"]), run["seed"]), run


def _write(
    path: Path,
    groups: dict[str, list[tuple[str, Setting]]],
    seeds: tuple[int, ...],
    done: dict[tuple[str, int], dict[str, Any]],
    costs: dict[str, dict[str, float]],
) -> dict[str, Any]:
    rows = [
        {
            "factor": factor,
            "value": value,
            "setting": dataclasses.asdict(setting),
            **costs.get(_key(setting), {}),
            "runs": [done[_key(setting), s] for s in seeds if (_key(setting), s) in done],
        }
        for factor, group in groups.items()
        for value, setting in group
    ]
    report = {
        "name": "hyperparameters",
        "title": "Settings of a small transformer, one changed at a time",
        "method": METHOD,
        "seeds": list(seeds),
        "usual": dataclasses.asdict(Setting()),
        "rows": rows,
        "provenance": dataclasses.asdict(provenance()),
    }
    write_atomically(path, (json.dumps(report, indent=2) + "\n"))
    return report


if __name__ == "__main__":
    main()
