"""Beam search: keep the few best beginnings, and compare sequences of different lengths fairly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from attention_scratch.decoding.continuation import (
    Continuation,
    Ids,
    NextLogits,
    checked_logits,
    log_probabilities,
    padded_prompts,
)
from attention_scratch.errors import require


def beam_search(
    next_logits: NextLogits,
    prompts: Sequence[Sequence[int]],
    *,
    beams: int,
    max_new_tokens: int,
    eos: int | None = None,
    length_penalty: float = 1.0,
) -> list[list[Continuation]]:
    """Look for the likeliest continuation of each prompt, all prompts and beams in one batch.

    Every step extends the ``beams`` best unfinished sequences by every token and keeps the best
    ``beams`` again. A sequence that ends among the best is set aside. The result is ordered by
    ``normalized``: without a length penalty every further token would count against a sequence,
    because no probability is above 1. A prompt is done when nothing unfinished can still enter
    its ``beams`` best.

    Args:
        next_logits: the model, as for ``greedy``.
        prompts: ids, at least one each, of any lengths.
        beams: how many sequences to keep; 1 is greedy but for the stopping.
        max_new_tokens: the most to write; what is unfinished then counts as it is.
        eos: the id that ends a sequence, if the model has one.
        length_penalty: the exponent of the length that log-probabilities are divided by.

    Returns:
        For each prompt up to ``beams`` different continuations, best first.

    Raises:
        InputError: as for ``greedy``, or a setting out of range.
    """
    require(beams >= 1, "beams", beams, expected="1 or more", remedy="4 is common.")
    finite = math.isfinite(length_penalty)
    require(finite, "length_penalty", length_penalty, expected="a finite number", remedy="Try 1.0.")
    ids, lengths = padded_prompts(prompts, room=max_new_tokens)
    rule = _Rule(beams, max_new_tokens, eos, length_penalty)
    searches = [
        Search(rule, row[None], int(length)) for row, length in zip(ids, lengths, strict=True)
    ]
    active = searches
    while active := [search for search in active if not search.done]:
        rows = np.concatenate([search.ids for search in active])
        counts = np.array([len(search.ids) for search in active])
        sizes = np.repeat([search.start + search.written for search in active], counts)
        logs = log_probabilities(checked_logits(next_logits, rows, sizes))
        for search, part in zip(active, np.split(logs, counts.cumsum()[:-1]), strict=True):
            search.extend(part)
    return [search.set_aside for search in searches]


def normalized(continuation: Continuation, length_penalty: float = 1.0) -> float:
    """Log-probability over ``length ** length_penalty``: 1 gives the mean a token."""
    length = float(len(continuation.tokens))
    return continuation.log_probability / math.pow(length, length_penalty)


@dataclass(frozen=True, slots=True)
class _Rule:
    beams: int
    max_new_tokens: int
    eos: int | None
    length_penalty: float


@dataclass(slots=True)
class Search:
    """One prompt's search: ``ids (W, T)``, W unfinished sequences, and their log-probabilities.

    ``set_aside`` holds what has ended, best first.
    """

    rule: _Rule
    ids: Ids
    start: int
    written: int = 0
    totals: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    set_aside: list[Continuation] = field(default_factory=list)
    done: bool = False

    def extend(self, logs: NDArray[np.float64]) -> None:
        """One step, from (W, V) log-probabilities of the next token."""
        V, beams = logs.shape[1], self.rule.beams
        candidates = (self.totals[:, None] + logs).reshape(-1)
        # As many sequences may end as go on, so twice as many candidates leave enough of both.
        order = np.argsort(-candidates, kind="stable")[: 2 * beams]
        order = order[candidates[order] > -np.inf]
        parents, tokens = order // V, order % V
        ids = self.ids[parents]
        ids[:, self.start + self.written] = tokens
        self.written += 1

        ending = np.isin(tokens, [] if self.rule.eos is None else [self.rule.eos])
        for place in np.flatnonzero(ending[:beams]):
            self._set_aside(ids[place], float(candidates[order[place]]), finished=True)
        going_on = np.flatnonzero(~ending)[:beams]
        self.ids, self.totals = ids[going_on], candidates[order[going_on]]
        if self.written == self.rule.max_new_tokens:
            for row, total in zip(self.ids, self.totals, strict=True):
                self._set_aside(row, float(total), finished=False)
        self.done = self.written == self.rule.max_new_tokens or self._nothing_better_can_come()

    def _set_aside(self, row: Ids, total: float, *, finished: bool) -> None:
        tokens = tuple(row[self.start : self.start + self.written].tolist())
        self.set_aside.append(Continuation(tokens, total, finished))
        self.set_aside.sort(key=self._score, reverse=True)
        del self.set_aside[self.rule.beams :]

    def _score(self, continuation: Continuation) -> float:
        return normalized(continuation, self.rule.length_penalty)

    def _nothing_better_can_come(self) -> bool:
        if len(self.totals) == 0:
            return True
        if len(self.set_aside) < self.rule.beams:
            return False
        # The best that can happen: all further tokens are certain, and the length is the kindest.
        longest = max(
            (self.written + 1) ** self.rule.length_penalty,
            self.rule.max_new_tokens**self.rule.length_penalty,
        )
        return bool(self.totals[0] / longest <= self._score(self.set_aside[-1]))
