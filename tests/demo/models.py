"""Small decoders with random weights, saved as checkpoints of the operations task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from attention_scratch.nn import Decoder, TransformerConfig
from attention_scratch.tasks.operations import TASKS, TOKENS
from attention_scratch.tasks.operations.model import OperationsModel

Call = Callable[[str, Any], Any]

SMALL = {"vocab_size": len(TOKENS), "dim": 24, "layers": 2, "heads": 4, "hidden": 40}


def random_decoder(
    config: Mapping[str, Any], *, dtype: type = np.float32, seed: int = 0
) -> Decoder:
    """A decoder none of whose parameters is 0 or 1, so that none can be left out unseen."""
    model = Decoder(
        TransformerConfig.from_dict({**SMALL, **config}),
        rng=np.random.default_rng(seed),
        dtype=dtype,
    )
    rng = np.random.default_rng(seed + 1)
    for values in model.params.values():
        values += 0.3 * rng.standard_normal(values.shape).astype(np.float32)
    return model


def save(model: Decoder, folder: Path, *, task: str = "nested") -> Path:
    """Write a checkpoint of the task; returns its folder."""
    OperationsModel(model, TASKS[task]).save(folder)
    return folder
