"""The recipes of ``models/operations-*``: from a seed to a model that answers, in NumPy.

A small decoder of ``attention_scratch.nn`` reads an expression and writes its answer. The loss is
on the answer's tokens only: the operands are random, and nothing could be learned from guessing
them. For nested expressions it is also on the values of the inner ones, at the parenthesis that
closes each: they are answers too, and one expression then teaches several times.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import platform
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from attention_scratch.errors import InputError
from attention_scratch.files import write_atomically
from attention_scratch.nn import AdamW, CrossEntropy, Decoder, TransformerConfig, flatten
from attention_scratch.nn.history import History
from attention_scratch.nn.schedule import WarmupCosine
from attention_scratch.nn.train import Batch
from attention_scratch.nn.train import train as optimize
from attention_scratch.recipes.operations_card import model_card
from attention_scratch.tasks import operations
from attention_scratch.tasks.operations import PAD, TASKS, TOKENS, Expression, Task
from attention_scratch.tasks.operations.model import OperationsModel


@dataclasses.dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a run, its seed aside."""

    task: Task
    steps: int
    batch_size: int = 128
    inner: bool = False  # a loss on the values of inner expressions too, where they close
    parts: int = 1  # a batch is sorted by length and computed in so many parts: less padding
    learning_rate: float = 3e-3
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = 0.01
    warmup: int = 100
    gradient_norm: float = 1.0
    dim: int = 64
    layers: int = 2
    heads: int = 2
    hidden: int = 128
    evaluate_every: int = 200
    validation: int = 500  # expressions an evaluation
    test: int = 2000  # expressions of each kind in the end, fewer where there are no more

    def transformer(self) -> TransformerConfig:
        """The decoder's shape: rotary positions, RMSNorm first in each block, SwiGLU."""
        return TransformerConfig(
            vocab_size=len(TOKENS),
            dim=self.dim,
            layers=self.layers,
            heads=self.heads,
            hidden=self.hidden,
        )


RECIPES = {
    "digits": Recipe(TASKS["digits"], steps=800),
    "double": Recipe(TASKS["double"], steps=6000, batch_size=64, parts=2, layers=3, heads=4),
    "nested": Recipe(TASKS["nested"], steps=3000, inner=True, parts=4, layers=4, heads=4),
}
_DRAWS = 10  # for each test expression: where there are few, nearly all of them come up


def train(
    name: str,
    out: Path,
    *,
    seed: int = 0,
    depth: int | None = None,
    recipe: Recipe | None = None,
    threads: int = 1,
    progress: bool = True,
) -> dict[str, Any]:
    """Train one of the operations models and write it to ``out``; returns its ``training.json``.

    The same seed gives the same weights on the same machine. Nothing is written before the end.

    Args:
        name: ``digits``, ``double`` or ``nested``.
        out: folder to make; it must not exist, or be empty.
        seed: of first weights and expressions.
        depth: train on this many levels at most, to see what the model makes of one more.
        recipe: sizes and optimization; the default is that of the shipped model.
        threads: of NumPy's matrix products; the matrices are small, so more than 2 help little.
        progress: show a progress bar.

    Raises:
        InputError: any argument that cannot be used, before anything is written.
    """
    out = Path(out)
    _check(name, out, depth=depth, seed=seed, threads=threads)
    recipe = recipe or RECIPES[name]
    if depth is not None:
        recipe = dataclasses.replace(recipe, task=dataclasses.replace(recipe.task, depth=depth))
    questions = unseen(recipe)
    wall, processor = time.perf_counter(), time.process_time()
    with threadpool_limits(threads):
        model, history = fit(recipe, seed=seed, progress=progress)
        seconds, processor_seconds = time.perf_counter() - wall, time.process_time() - processor
        accuracy = measure(model, questions)
    options = "" if depth is None else f" --depth {depth}"
    record = {
        "command": f"attention-scratch train operations-{name} --out models/operations-{name}"
        f" --seed {seed}{options}",
        "seed": seed,
        "threads": threads,
        "machine": platform.machine(),
        "versions": {"python": platform.python_version(), "numpy": version("numpy")},
        "parameters": sum(value.size for value in model.network.params.values()),
        "recipe": dataclasses.asdict(recipe),
        "seconds": round(seconds, 1),
        "processor_seconds": round(processor_seconds, 1),
        "accuracy": accuracy,
        "examples": _examples(model),
        "evaluations": history.evaluations,
        "losses": [round(loss, 5) for loss in history.losses],
    }
    model.save(out)
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    write_atomically(out / "training.json", text)
    write_atomically(out / "README.md", model_card(name, record))
    return record


def fit(recipe: Recipe, *, seed: int, progress: bool) -> tuple[OperationsModel, History]:
    """A model trained by the recipe on expressions of the training split."""
    network = Decoder(recipe.transformer(), rng=np.random.default_rng(seed))
    model = OperationsModel(network, recipe.task)
    held_out = operations.distinct(
        recipe.task, recipe.validation, rng=np.random.default_rng(0), split="validation"
    )
    history = optimize(
        network,
        lambda number: training_batch(recipe, seed=seed, number=number),
        CrossEntropy(ignore_index=PAD),
        AdamW(
            flatten(network),
            lr=recipe.learning_rate,
            betas=recipe.betas,
            weight_decay=recipe.weight_decay,
        ),
        steps=recipe.steps,
        schedule=WarmupCosine(
            recipe.learning_rate,
            warmup=recipe.warmup,
            steps=recipe.steps,
            min_lr=recipe.learning_rate / 20,
        ),
        max_norm=recipe.gradient_norm,
        accumulate=recipe.parts,
        evaluate=lambda: {"accuracy": model.accuracy(held_out)},
        evaluate_every=recipe.evaluate_every,
        progress=progress,
    )
    return model, history


def training_batch(recipe: Recipe, *, seed: int, number: int) -> Batch:
    """Part ``number`` of a run's batches: new expressions, with the loss on their answers."""
    step, part = divmod(number, recipe.parts)
    rows = recipe.batch_size // recipe.parts
    drawn = _drawn(recipe, seed, step)[part * rows : (part + 1) * rows]
    batch = operations.batch(drawn, inner=recipe.inner)
    return Batch((batch.ids,), batch.targets, {"at": batch.positions})


@functools.lru_cache(maxsize=1)
def _drawn(recipe: Recipe, seed: int, step: int) -> list[Expression]:
    """The expressions of one step, short ones first."""
    rng = np.random.default_rng([seed, step])
    drawn = itertools.islice(operations.expressions(recipe.task, rng=rng), recipe.batch_size)
    return sorted(drawn, key=lambda expression: len(str(expression)))


def unseen(recipe: Recipe) -> dict[str, list[Expression]]:
    """Different expressions of the test split by kind: ``recipe.test``, or nearly all there are.

    ``balanced`` is drawn as in training; ``independent`` draws each number by itself, so that
    largest and smallest operands lie closer together. The depths of the shipped nested task are
    all asked for, also where the model never sees them.
    """
    deepest = TASKS[recipe.task.name].depth
    task = dataclasses.replace(recipe.task, depth=deepest)
    kinds: dict[str, dict[str, Any]] = {
        f"depth {depth}": {"depth": depth} for depth in range(1, deepest + 1)
    }
    if deepest == 1:
        kinds = {"balanced": {}, "independent": {"balanced": False}}
    found = {}
    for kind, options in kinds.items():
        source = operations.expressions(task, rng=np.random.default_rng(1), split="test", **options)
        found[kind] = operations.different(source, recipe.test, draws=_DRAWS * recipe.test)
    return found


def measure(
    model: OperationsModel, questions: Mapping[str, Sequence[Expression]]
) -> dict[str, Any]:
    """Accuracies on each kind of expression, whole and by operation."""
    measured = {}
    for kind, drawn in questions.items():
        right = model.right(drawn, strict=False)
        names = np.array([expression.operation for expression in drawn])
        by_operation = {
            name: round(float(right[names == name].mean()), 5)
            for name in operations.OPERATIONS
            if (names == name).any()
        }
        measured[kind] = {
            "accuracy": round(float(right.mean()), 5),
            "expressions": len(drawn),
            "by_operation": by_operation,
        }
    return measured


def _examples(model: OperationsModel) -> list[dict[str, str]]:
    """A few expressions of the test split with what the model says."""
    drawn = operations.distinct(model.task, 6, rng=np.random.default_rng(2), split="test")
    return [
        {"expression": str(e), "answer": answer, "truth": str(operations.evaluate(e))}
        for e, answer in zip(drawn, model.answer(drawn), strict=True)
    ]


def _check(name: str, out: Path, *, depth: int | None, seed: int, threads: int) -> None:
    if name not in RECIPES:
        raise InputError(
            "name", name, expected=", ".join(RECIPES), remedy="Choose one of these recipes."
        )
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise InputError(
            "out",
            str(out),
            expected="a folder that does not exist yet or is empty",
            remedy="Give another folder, or move this one away.",
        )
    if depth is not None and not 1 <= depth <= RECIPES[name].task.depth:
        raise InputError(
            "depth",
            depth,
            expected=f"1 to {RECIPES[name].task.depth} for {name}",
            remedy="Leave it out for all of them.",
        )
    if seed < 0:
        raise InputError("seed", seed, expected="0 or more", remedy="The shipped models' is 0.")
    if threads < 1:
        raise InputError("threads", threads, expected="1 or more", remedy="1 is always right.")
