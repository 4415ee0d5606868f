"""Exercise 06.stop_at_eos: a batch whose rows end at different times."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Attempt, Case, Constraint, Exercise, Suspect
from .common import (
    EOS,
    PAD,
    Array,
    Tree,
    called_as_often_as_needed,
)

Decode = Callable[[Tree, Array, int, int, int], Array]


def _decode(
    *,
    fill: Callable[[int, int], int | None] = lambda eos, pad: pad,
    over: Callable[[Array], bool] = lambda finished: bool(finished.all()),
    remember: bool = True,
    hide_end: bool = False,
    look_back: bool = False,
) -> Decode:
    """Batched greedy decoding with one of its parts done otherwise."""

    def decode(model: Tree, prompts: Array, eos: int, pad: int, limit: int) -> Array:
        ids = prompts
        finished = (prompts == eos).any(1) if look_back else np.zeros(len(prompts), bool)
        while ids.shape[1] < prompts.shape[1] + limit and not over(finished):
            tokens = model(ids).argmax(-1)
            filling = fill(eos, pad)
            ended = tokens == eos
            if hide_end:
                finished = finished | ended
            if filling is not None:
                tokens = np.where(finished, filling, tokens)
            finished = (finished | ended) if remember else tokens == eos
            ids = np.concatenate([ids, tokens[:, None]], 1)
        return ids[:, prompts.shape[1] :]

    return decode


def _to_the_limit(attempt: Attempt) -> bool:
    """Every answer is right, and followed by padding up to the limit."""

    def padded(got: Array, want: Array, limit: int) -> bool:
        if np.shape(got) != (len(want), limit):
            return False
        return bool(
            (got[:, : want.shape[1]] == want).all() and (got[:, want.shape[1] :] == PAD).all()
        )

    return all(padded(c.got, c.want, c.args[4]) for c in attempt.failed_cases)


def _prompts(
    rows: list[list[int]], *, limit: int, seed: int, patience: float = 0.2
) -> Callable[[np.random.Generator], tuple[Tree, Array, int, int, int]]:
    return lambda rng: (Tree(seed, patience=patience), np.array(rows), EOS, PAD, limit)


EXERCISE = Exercise(
    id="06.stop_at_eos",
    title="A batch whose rows end at different times",
    teaches="that a finished row keeps still, and that the batch goes on until the last one ends",
    reference=_decode(),
    cases=(
        Case("three rows", _prompts([[2, 3], [4, 5], [3, 3]], limit=24, seed=0)),
        Case("one row", _prompts([[5, 2, 4]], limit=24, seed=1)),
        Case("all end at once", _prompts([[2], [3], [4]], limit=8, seed=2, patience=-50.0)),
        Case("none ends before the limit", _prompts([[2], [5]], limit=5, seed=3, patience=50.0)),
        Case(
            "an end token in a prompt",
            _prompts([[EOS, 2, 3], [EOS, 4, 4], [5, 4, 3]], limit=20, seed=4),
        ),
        Case("eight rows", _prompts([[n % 4 + 2, n // 4 + 2] for n in range(8)], limit=30, seed=5)),
    ),
    suspects=(
        Suspect(
            "stops-with-the-first",
            answer=_decode(over=lambda finished: bool(finished.any())),
            says="all rows stopped when the first one had ended: go on until every row has",
        ),
        Suspect(
            "finished-rows-go-on",
            answer=_decode(fill=lambda eos, pad: None),
            says="a row that has ended kept writing: behind its end token there is only padding",
        ),
        Suspect(
            "forgets-who-finished",
            answer=_decode(remember=False),
            says="a row counted as finished only in the step right after its end token, then "
            "began to write again: once finished, always finished (finished |= ...)",
        ),
        Suspect(
            "filled-with-ends",
            answer=_decode(fill=lambda eos, pad: eos),
            says="finished rows were filled with the end token: what is no part of the answer is "
            "padding",
        ),
        Suspect(
            "end-hidden",
            answer=_decode(hide_end=True),
            says="the end token itself became padding: a row is finished *after* it. Choose the "
            "filling by who had finished before this step",
        ),
        Suspect(
            "end-in-the-prompt",
            answer=_decode(look_back=True),
            says="a prompt that holds an end token counted as finished: only a token that was "
            "just chosen ends a row",
        ),
        Suspect(
            "runs-to-the-limit",
            when=_to_the_limit,
            says="the answers are right, but the loop ran to the limit after every row had "
            "ended: stop as soon as finished.all()",
        ),
    ),
    constraints=(
        Constraint(
            "asked-too-often",
            holds=called_as_often_as_needed,
            says="correct, but the model was asked more often than there are new columns: each "
            "question costs a whole forward pass",
        ),
    ),
    hints=(
        "What must be remembered of each row from one step to the next, and when does it change?",
        "Keep finished, one truth value a row, False at first. Each step: the argmax of every "
        "row; padding instead where finished; then finished becomes True where the token is eos. "
        "Append the column. Stop when all are finished or at the limit.",
        "finished = np.zeros(len(prompts), dtype=bool)\n"
        "for _ in range(limit):\n"
        "    tokens = np.where(finished, ..., model(ids).argmax(axis=-1))\n"
        "    finished |= ...\n"
        "    ids = np.concatenate([ids, tokens[:, None]], axis=1)\n"
        "    if ...:\n"
        "        break\n"
        "return ids[:, ...]",
    ),
)
