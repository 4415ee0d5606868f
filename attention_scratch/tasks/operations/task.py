"""The three tasks: which expressions a model is trained on and may be asked."""

from __future__ import annotations

from dataclasses import dataclass

from attention_scratch.errors import InputError, require
from attention_scratch.tasks.operations.expression import DEEPEST, LARGEST, Expression


@dataclass(frozen=True, slots=True)
class Task:
    """Expressions over the numbers 0 to ``largest``, 1 to ``operands`` of them an operation.

    ``depth`` is the deepest nesting; 1 is flat.

    Raises:
        InputError: a size out of range.
    """

    name: str
    largest: int
    operands: int
    depth: int

    def __post_init__(self) -> None:
        limits = {"largest": (1, LARGEST), "operands": (2, 100), "depth": (1, DEEPEST)}
        for field, (low, high) in limits.items():
            size = getattr(self, field)
            require(
                type(size) is int and low <= size <= high,
                field,
                size,
                expected=f"a whole number from {low} to {high}",
                remedy="The shipped tasks are in attention_scratch.tasks.operations.TASKS.",
            )

    def check(self, expression: Expression) -> None:
        """The expression is one of this task's.

        Raises:
            InputError: a number too large, too many operands, or nested too deeply.
        """
        largest = max(expression.numbers())
        widest = max(len(node.operands) for node in expression.nodes())
        rules = (
            ("numbers", largest, self.largest),
            ("operands of one operation", widest, self.operands),
            ("levels", expression.depth, self.depth),
        )
        for what, given, limit in rules:
            if given > limit:
                raise InputError(
                    f"{what} of {expression}",
                    given,
                    expected=f"at most {limit} in the task {self.name!r}",
                    remedy=_remedy(expression),
                )


TASKS = {
    task.name: task
    for task in (
        Task("digits", largest=9, operands=8, depth=1),
        Task("double", largest=99, operands=8, depth=1),
        Task("nested", largest=9, operands=3, depth=3),
    )
}


def _remedy(expression: Expression) -> str:
    """The shipped task that has such expressions, if one has."""
    largest = max(expression.numbers())
    widest = max(len(node.operands) for node in expression.nodes())
    for task in TASKS.values():
        if largest <= task.largest and widest <= task.operands and expression.depth <= task.depth:
            return f"The task {task.name!r} has such expressions."
    return "No shipped task goes that far."
