"""Exercise 01.embedding: picking rows."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from attention_scratch.exercises import Attempt, Case, Constraint, Exercise, Suspect
from .common import Array, Refused, refusing
from attention_scratch.exercises.run import record

MANY = "a vocabulary of 5,000"
OUTSIDE = ("an id below 0", "an id of V")


def _measured(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Notes the peak of memory; a refusal of either kind is a result."""

    def run(ids: Array, table: Array) -> Any:
        mine = not tracemalloc.is_tracing()
        if mine:
            tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        try:
            return answer(ids, table)
        finally:
            record(held=tracemalloc.get_traced_memory()[1] - before)
            if mine:
                tracemalloc.stop()

    return _refusing(run)


def _refusing(answer: Callable[..., Any]) -> Callable[..., Any]:
    return refusing(answer, lambda error, ids, table: Refused(), ValueError, IndexError)


def _embed(ids: Array, table: Array) -> Any:
    if ((ids < 0) | (ids >= len(table))).any():
        return Refused()
    return table[ids]


def _refuses_empty(ids: Array, table: Array) -> Any:
    return _embed(ids, table) if ids.size else Refused()


def _random(*shape: int, V: int = 6, C: int = 4) -> Callable[..., tuple[Array, Array]]:
    return lambda rng: (rng.integers(0, V, size=shape), rng.normal(size=(V, C)))


def _square(rng: np.random.Generator) -> tuple[Array, Array]:
    return np.array([2, 0, 2, 1]), rng.normal(size=(4, 4)).astype(np.float32)


def _outside(number: int) -> Callable[..., tuple[Array, Array]]:
    return lambda rng: (np.array([[1, 0, number]]), rng.normal(size=(6, 4)))


def _picks_without_a_product(attempt: Attempt) -> bool:
    case = attempt.case(MANY)
    return bool(case.counters["held"] < 8 * case.want.nbytes + 50_000)


def _says_held(attempt: Attempt) -> str:
    case = attempt.case(MANY)
    ratio = case.counters["held"] / case.want.nbytes
    return (
        f"correct, but to pick {case.want.size} numbers it held {ratio:,.0f} times their memory: "
        "a one-hot row has as many numbers as there are tokens. An array can be indexed by an "
        "array of ids"
    )


EXERCISE = Exercise(
    id="01.embedding",
    title="Picking rows",
    teaches="that an embedding picks rows, for ids of any shape, and what NumPy does with id -1",
    reference=_embed,
    adapt=_measured,
    cases=(
        Case("a row of ids", _random(5)),
        Case("a batch", _random(2, 3)),
        Case("as wide as the vocabulary is large, in float32", _square),
        Case("a single id", _random()),
        Case("three axes of ids", _random(2, 1, 3)),
        Case("no ids", _random(2, 0)),
        Case(MANY, _random(4, 16, V=5_000, C=4)),
        Case(OUTSIDE[0], _outside(-1)),
        Case(OUTSIDE[1], _outside(6)),
    ),
    suspects=(
        Suspect(
            "picks-columns",
            answer=_refusing(lambda ids, table: table[:, ids]),
            says="it picks columns: the tokens are along the first axis of the table",
        ),
        Suspect(
            "ids-flattened",
            answer=_refusing(lambda ids, table: _embed(ids.reshape(-1), table)),
            says="right rows, but the shape of the ids got lost: ids (B, T) become (B, T, C)",
        ),
        Suspect(
            "counts-from-the-end",
            answer=_refusing(lambda ids, table: table[ids]),
            says="an id of -1 gives the last row, for NumPy counts negative places from the end: "
            "a wrong id goes unnoticed. Refuse it with a ValueError",
        ),
        Suspect(
            "clipped",
            answer=_refusing(lambda ids, table: np.take(table, ids, axis=0, mode="clip")),
            says="an id outside the table gives the first or last row: a wrong id goes unnoticed. "
            "Refuse it with a ValueError",
        ),
        Suspect(
            "wrapped-around",
            answer=_refusing(lambda ids, table: np.take(table, ids, axis=0, mode="wrap")),
            says="an id outside the table starts over at the first row: a wrong id goes "
            "unnoticed. Refuse it with a ValueError",
        ),
        Suspect(
            "empty-refused",
            answer=_refuses_empty,
            says="right, but an empty array of ids is refused: the minimum of nothing is an "
            "error, while (ids < 0).any() is False",
        ),
    ),
    constraints=(Constraint("one-hot", holds=_picks_without_a_product, says=_says_held),),
    hints=(
        "NumPy can be given a whole array of places at once. What shape does table[ids] have when "
        "ids is (B, T)?",
        "table[ids] picks along the first axis and puts the axes of ids in its place. Before it, "
        "see to ids below 0 and ids of len(table) or more, in a way that also works for no ids.",
        "if (...).any():\n    raise ValueError(...)\nreturn table[...]",
    ),
)
