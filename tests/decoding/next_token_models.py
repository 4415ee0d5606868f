"""Functions of ids and lengths that give next-token logits, to decode from."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from attention_scratch.decoding import Ids, NextLogits


def table_model(V: int, *, seed: int = 0) -> NextLogits:
    """Random logits for every beginning, always the same for the same beginning."""

    def next_logits(ids: Ids, lengths: Ids) -> NDArray[Any]:
        beginnings = [row[:length].tolist() for row, length in zip(ids, lengths, strict=True)]
        return np.array(
            [
                2 * np.random.default_rng([seed, *beginning]).normal(size=V)
                for beginning in beginnings
            ]
        )

    return next_logits


def torch_next_logits(model: Any) -> NextLogits:
    """The same of a model of transformers."""

    def next_logits(ids: Ids, lengths: Ids) -> NDArray[Any]:
        with torch.no_grad():
            logits = model(torch.from_numpy(ids)).logits.numpy()
        return np.asarray(logits[np.arange(len(ids)), lengths - 1])

    return next_logits


class Recorded:
    """A model that counts the rows it was asked for, and the calls."""

    def __init__(self, model: NextLogits) -> None:
        self.model = model
        self.rows = self.calls = 0

    def __call__(self, ids: Ids, lengths: Ids) -> NDArray[Any]:
        self.rows += len(ids)
        self.calls += 1
        return self.model(ids, lengths)


def all_continuations(
    model: NextLogits, prompt: list[int], *, V: int, longest: int, eos: int | None
) -> dict[tuple[int, ...], float]:
    """Every continuation that ends, or has the greatest length, with its log-probability."""
    found: dict[tuple[int, ...], float] = {}
    unfinished: dict[tuple[int, ...], float] = {(): 0.0}
    for length in range(1, longest + 1):
        extended = {}
        for tokens, total in unfinished.items():
            ids = np.array([[*prompt, *tokens]])
            logs = torch.log_softmax(torch.tensor(model(ids, np.array([ids.shape[1]]))[0]), -1)
            for token in range(V):
                extended[(*tokens, token)] = total + float(logs[token])
        ended = {t for t in extended if t[-1] == eos or length == longest}
        found.update({t: extended[t] for t in ended})
        unfinished = {t: total for t, total in extended.items() if t not in ended}
    return found
