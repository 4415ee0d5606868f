"""01.embedding: picking rows."""

import functools

import numpy as np

from attention_scratch.exercises import Constraint
from attention_scratch.exercises.authoring import exercise
from attention_scratch.exercises.run import memory_recorded

from .encode import Refused


def refusing(answer):
    """``answer``, noting the memory it holds, where a refusal of either kind is a result."""

    @functools.wraps(answer)
    def judged(ids, table):
        try:
            with memory_recorded():
                return answer(ids, table)
        except (ValueError, IndexError):
            return Refused()

    return judged


@refusing
def embed(ids, table):
    if ((ids < 0) | (ids >= len(table))).any():
        raise ValueError("an id outside the table")
    return table[ids]


def one_row_after_the_other(ids, table):
    if np.any(ids < 0) or np.any(ids >= len(table)):
        raise IndexError("an id outside the table")
    return np.array([table[number] for number in ids.flat]).reshape(ids.size, table.shape[1])


def holds_little(attempt):
    case = attempt.case("a vocabulary of 5,000")
    return case.counters["held"] < 8 * case.want.nbytes + 50_000


def says_held(attempt):
    case = attempt.case("a vocabulary of 5,000")
    ratio = case.counters["held"] / case.want.nbytes
    return (
        f"correct, but to pick {case.want.size} numbers it held {ratio:,.0f} times their memory: "
        "a one-hot row has as many numbers as there are tokens. An array can be indexed by an "
        "array of ids"
    )


EXERCISE = exercise(
    "01.embedding",
    "Picking rows",
    teaches="that an embedding picks rows, for ids of any shape, and what NumPy does with id -1",
    right=embed,  # copies: compared exactly
    adapt=refusing,
    cases="""
        a row of ids: integers(0, 6, 5), normal(6, 4)
        a batch: integers(0, 6, 2, 3), normal(6, 4)
        as wide as the vocabulary is large, in float32: np.array([2, 0, 2, 1]),
            normal(4, 4, dtype=np.float32)
        a single id: np.array(4), normal(6, 4)
        three axes of ids: integers(0, 6, 2, 1, 3), normal(6, 4)
        no ids: integers(0, 6, 2, 0), normal(6, 4)
        a vocabulary of 5,000: integers(0, 5_000, 4, 16), normal(5_000, 4)
        an id below 0: np.array([[1, 0, -1]]), normal(6, 4)
        an id of V: np.array([[1, 0, 6]]), normal(6, 4)
    """,
    mistakes="""
        picks-columns: answer refusing(lambda ids, table: table[:, ids])
            it picks columns: the tokens are along the first axis of the table
        picks-columns: table[ids] → np.take(table, ids, axis=1)
        ids-flattened: table[ids] → table[ids.reshape(-1)]
            right rows, but the shape of the ids got lost: ids (B, T) become (B, T, C)
        ids-flattened: answer one_row_after_the_other
        counts-from-the-end: raise ValueError("an id outside the table") → pass
            an id of -1 gives the last row, for NumPy counts negative places from the end: a wrong
            id goes unnoticed. Refuse it with a ValueError
        clipped: raise ValueError("an id outside the table") → ids = ids.clip(0, len(table) - 1)
            an id outside the table gives the first or last row: a wrong id goes unnoticed. Refuse
            it with a ValueError
        wrapped-around: raise ValueError("an id outside the table") → ids = ids % len(table)
            an id outside the table starts over at the first row: a wrong id goes unnoticed. Refuse
            it with a ValueError
        empty-refused: .any() → .any() or ids.min() < 0
            right, but an empty array of ids is refused: the minimum of nothing is an error, while
            (ids < 0).any() is False
        one-hot: table[ids] → (ids[..., None] == np.arange(len(table))) @ table
    """,
    constraints=(Constraint("one-hot", holds=holds_little, says=says_held),),
    hints="""
        NumPy can be given a whole array of places at once. What shape does table[ids] have when
        ids is (B, T)?

        table[ids] picks along the first axis and puts the axes of ids in its place. Before it, see
        to ids below 0 and ids of len(table) or more, in a way that also works for no ids.

        if (...).any():
            raise ValueError(...)
        return table[...]
    """,
)
