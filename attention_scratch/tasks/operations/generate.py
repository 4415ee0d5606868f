"""Random expressions whose operations, numbers of operands and answers are balanced.

The largest of eight random digits is a 9 more often than not, so a model could guess. Here an
expression is grown from its answer instead: the answer is drawn first, uniformly, then an
operation, then operands that lead to this answer. An operand that becomes an expression itself is
grown from its value in the same way.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from attention_scratch.errors import require
from attention_scratch.tasks.operations.expression import OPERATIONS, Expression, fewest_operands
from attention_scratch.tasks.operations.splits import Split, check_split, split_of
from attention_scratch.tasks.operations.task import Task

_NAMES = tuple(OPERATIONS)
_DRAWS_PER_DISTINCT = 200  # give up when this many draws, per expression wanted, were not enough


def expressions(
    task: Task,
    *,
    rng: np.random.Generator,
    split: Split | None = "train",
    depth: int | None = None,
    balanced: bool = True,
) -> Iterator[Expression]:
    """Random expressions of a task, without end.

    Every operation is equally likely, every number of operands it allows too, and every answer
    (before those of other splits are left out).

    Args:
        task: the range of numbers, operands and levels.
        rng: source of the draws; taken from in blocks, so draw from it elsewhere only before
            the first or after the last expression.
        split: only expressions of this split; None for all.
        depth: exactly this many levels; each depth of the task equally often when left out.
        balanced: False draws each number uniformly and lets the answer be what it is.

    Raises:
        InputError: an unknown split, or a depth the task does not have.
    """
    check_split(split)
    require(
        depth is None or 1 <= depth <= task.depth,
        "depth",
        depth,
        expected=f"1 to {task.depth} in the task {task.name!r}",
        remedy="Choose another task, or leave it out.",
    )
    return _draw(task, _below(rng), split, depth, balanced)


def distinct(
    task: Task,
    count: int,
    *,
    rng: np.random.Generator,
    split: Split | None = "test",
    depth: int | None = None,
    balanced: bool = True,
) -> list[Expression]:
    """``count`` different expressions; arguments as of ``expressions``.

    Raises:
        InputError: a negative count, or more than can be found.
    """
    require(count >= 0, "count", count, expected="0 or more", remedy="Pass a number of them.")
    source = expressions(task, rng=rng, split=split, depth=depth, balanced=balanced)
    found = different(source, count, draws=_DRAWS_PER_DISTINCT * count)
    require(
        len(found) >= count,
        "count",
        count,
        expected=f"at most about {len(found)}, all there are of this kind",
        remedy="Ask for fewer, or for more operands.",
    )
    return found


def different(source: Iterable[Expression], count: int, *, draws: int) -> list[Expression]:
    """The first ``count`` different expressions of a source, or those among its first ``draws``."""
    found: dict[Expression, None] = {}
    for expression in itertools.islice(source, draws):
        if len(found) == count:
            break
        found[expression] = None
    return list(found)


Below = Callable[[int], int]  # a uniform number from 0 to n - 1


def _below(rng: np.random.Generator) -> Below:
    def block() -> Iterator[float]:  # one call of NumPy a number would be ten times slower
        while True:
            yield from rng.random(1024).tolist()

    uniform = block()
    return lambda n: int(next(uniform) * n)


def _draw(
    task: Task, below: Below, split: Split | None, depth: int | None, balanced: bool
) -> Iterator[Expression]:
    while True:
        levels = depth or 1 + below(task.depth)
        answer = below(task.largest + 1) if balanced else None
        expression = _grow(task, below, levels, answer)
        if split is None or split_of(expression) == split:
            yield expression


def _grow(task: Task, below: Below, depth: int, answer: int | None) -> Expression:
    """An expression of exactly ``depth`` levels with this answer (None: any)."""
    operation = _NAMES[below(len(_NAMES))]
    fewest = fewest_operands(operation)
    count = fewest + below(task.operands - fewest + 1)
    if answer is None:
        values: list[int | None] = [None] * count
    else:
        values = [*_values_for(operation, count, answer, task.largest, below)]
    levels = _levels(count, depth, below)
    operands: list[int | Expression] = []
    for value, inner in zip(values, levels, strict=True):
        if inner:
            operands.append(_grow(task, below, inner, value))
        else:
            operands.append(below(task.largest + 1) if value is None else value)
    return Expression(operation, tuple(operands))


def _values_for(operation: str, count: int, answer: int, largest: int, below: Below) -> list[int]:
    """``count`` values of which the operation gives ``answer``."""
    low = answer if operation == "Min" else 0
    high = answer if operation == "Max" else largest
    values = [low + below(high - low + 1) for _ in range(count)]
    place = {"First": 0, "Second": 1, "Last": count - 1}.get(operation)
    values[below(count) if place is None else place] = answer
    return values


def _levels(count: int, depth: int, below: Below) -> list[int]:
    """Levels of each operand: one has all that are left, of the others half are numbers."""
    if depth == 1:
        return [0] * count
    levels = [0 if below(2) else 1 + below(depth - 1) for _ in range(count)]
    levels[below(count)] = depth - 1
    return levels
