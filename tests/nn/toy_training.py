"""A task small enough to train on in a test: repeat the first of four digits at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from attention_scratch.nn import Decoder, TransformerConfig
from attention_scratch.nn.history import History
from attention_scratch.nn.loss import CrossEntropy
from attention_scratch.nn.optim import AdamW, Optimizer
from attention_scratch.nn.parameters import flatten
from attention_scratch.nn.schedule import ReduceLROnPlateau, Schedule
from attention_scratch.nn.train import Batch, train

V, ROWS = 6, 16


def decoder(
    *, dropout: float = 0.0, seed: int = 0, dim: int = 16, dtype: Any = np.float32
) -> Decoder:
    config = TransformerConfig(
        vocab_size=V, dim=dim, layers=1, heads=2, hidden=2 * dim, dropout=dropout
    )
    return Decoder(config, rng=np.random.default_rng(seed), dtype=dtype)


def batch(number: int, *, rows: int = ROWS) -> Batch:
    ids = np.random.default_rng([7, number]).integers(0, V, (rows, 4))
    at = np.full((rows, 1), 3)
    return Batch((ids,), ids[:, :1], {"at": at})


def accuracy(model: Decoder) -> float:
    held_out = batch(10**9, rows=100)
    logits = model.forward(*held_out.inputs, **held_out.options)
    return float((logits.argmax(-1) == held_out.targets).mean())


class Run:
    """A model with its optimizer, schedule and training, all from one seed."""

    def __init__(self, *, dropout: float = 0.1, seed: int = 0, dtype: Any = np.float32) -> None:
        self.model = decoder(dropout=dropout, seed=seed, dtype=dtype)
        self.parameters = flatten(self.model)
        self.optimizer: Optimizer = AdamW(self.parameters, lr=5e-3)
        # It waits for the accuracy to fall, so it has something to do in every test.
        self.schedule: Schedule = ReduceLROnPlateau(5e-3, mode="min", patience=0, factor=0.5)

    @property
    def weights(self) -> np.ndarray:
        return self.parameters.values

    def train(self, steps: int, checkpoint: Path | None = None, **options: Any) -> History:
        given: dict[str, Any] = {
            "schedule": self.schedule,
            "evaluate": lambda: {"accuracy": accuracy(self.model)},
            "evaluate_every": 10,
            "checkpoint_every": 10,
            "progress": False,
            **options,
        }
        return train(
            self.model,
            given.pop("batches", batch),
            CrossEntropy(),
            self.optimizer,
            steps=steps,
            checkpoint=checkpoint,
            **given,
        )
