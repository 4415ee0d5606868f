"""Writing an exercise: one right source, its mistakes as edits of it, its cases as lines.

EXERCISE = exercise(
    "02.softmax",
    "Softmax that survives large scores",
    teaches="why the largest score of each row is subtracted",
    right=softmax,
    cases=\"\"\"
        a row of three: np.array([1.0, 2.0, 3.0])
        a batch of rows: normal(2, 3, 5)
    \"\"\",
    mistakes=\"\"\"
        wrong-axis: -1 → 0
            the first axis sums to 1; the last one should
    \"\"\",
    hints=\"\"\"
        a nudge

        a plan

        partial = code
    \"\"\",
)
"""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from attention_scratch.errors import InputError
from attention_scratch.exercises.exercise import (
    Attempt,
    Constraint,
    Exercise,
    Mutant,
    Suspect,
)
from attention_scratch.exercises.notation import (
    Mistake,
    Names,
    cases_in,
    hints_in,
    mistakes_in,
)

Function = Callable[..., Any]
Right = Function | tuple[Function, ...]


def exercise(
    id: str,
    title: str,
    *,
    right: Right,
    cases: str,
    mistakes: str,
    hints: str,
    reference: Function | None = None,
    **fields: Any,
) -> Exercise:
    """An exercise; each mistake with words becomes a suspect, each with an answer a mutant.

    A mutant proves that the mistake gets its diagnosis. One without words is for a diagnosis that
    is made elsewhere: of a constraint, of an earlier mistake, or of any answer ("raised").

    Args:
        id, title: as in :class:`Exercise`.
        right: the function that mistakes are edits of, or several where those it calls are edited
            too (the last one counts).
        cases: a line each, ``name: arguments of the call``, in the module's own names and
            ``normal(*shape, dtype=float)``, ``uniform(low, high, *shape)``,
            ``integers(low, high, *shape)``, ``rng``, ``inf``.
        mistakes: ``key: old → new`` (every occurrence of ``old`` is replaced; ``\\n`` is a new
            line), ``key: answer NAME`` for a wrong answer that no edit gives, or ``key: when NAME``
            for a predicate on the attempt; below it ``& old → new`` for further edits and what
            the learner reads. The more particular come first.
        hints: three paragraphs: a nudge, a plan, partial code.
        reference: the oracle; by default ``right``.
        fields: what else :class:`Exercise` takes: teaches, rtol, atol, constraints, …

    Raises:
        InputError: an edit does not change the right source, or a field of the exercise is wrong.
    """
    names = sys._getframe(1).f_globals
    functions = right if isinstance(right, tuple) else (right,)
    source = "\n\n".join(textwrap.dedent(inspect.getsource(function)) for function in functions)
    written = [(m, _wrong(id, m, source, names)) for m in mistakes_in(mistakes)]
    return Exercise(
        id=id,
        title=title,
        reference=reference or functions[-1],
        cases=tuple(cases_in(cases, names)),
        suspects=tuple(_suspect(m, answer, names) for m, answer in written if m.says),
        mutants=tuple(mutants(id, written)),
        hints=hints_in(hints),
        **fields,
    )


def keeps_dtype(
    says: str = "correct, but float32 went in and another dtype came out", *, like: int = 0
) -> Constraint:
    """The constraint that all arrays of the result have the dtype of argument ``like``."""

    def holds(attempt: Attempt) -> bool:
        return all(
            _dtype(leaf) == _dtype(case.args[like])
            for case in attempt.cases
            for leaf in _leaves(case.got)
        )

    return Constraint("dtype-not-kept", holds, says)


def edited(id: str, mistake: Mistake, source: str) -> str:
    """The right source after a mistake's edits.

    Raises:
        InputError: an edit is of something that does not stand in it.
    """
    for old, new in mistake.edits:
        if old not in source:
            raise InputError(
                f"{id}: mistake {mistake.key}",
                old,
                expected="what stands in the right source",
                remedy=f"Copy it from there:\n{source}",
            )
        source = source.replace(old, new)
    return source


def mutants(id: str, written: list[tuple[Mistake, Any]]) -> Iterator[Mutant]:
    """Those mistakes that have an answer, each under its key, numbered where that repeats."""
    seen: Counter[str] = Counter()
    for mistake, answer in written:
        if answer is not None:
            seen[mistake.key] += 1
            number = f"-{seen[mistake.key]}" if seen[mistake.key] > 1 else ""
            yield Mutant(id, mistake.key, answer, f"{mistake.key}{number}")


def _wrong(id: str, mistake: Mistake, source: str, names: Names) -> Function | None:
    """The wrong answer a mistake stands for; None where only a predicate tells it."""
    if mistake.edits:
        return _function(edited(id, mistake, source), f"<{id}, {mistake.key}>", names)
    return eval(mistake.answer, names) if mistake.answer else None


def _function(source: str, filename: str, names: Names) -> Function:
    """The last function a source defines, in a module's own names."""
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    space = dict(names)
    tree = ast.parse(source)
    exec(compile(tree, filename, "exec"), space)
    last = tree.body[-1]
    assert isinstance(last, ast.FunctionDef)
    function: Function = space[last.name]
    return function


def _suspect(mistake: Mistake, answer: Function | None, names: Names) -> Suspect:
    if mistake.when:
        return Suspect(mistake.key, mistake.says, when=eval(mistake.when, names))
    return Suspect(mistake.key, mistake.says, answer=answer)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, dict):
        yield from _leaves(list(value.values()))
    elif hasattr(value, "dtype"):
        yield value


def _dtype(array: Any) -> str:
    """The dtype's name: torch's float32 is NumPy's."""
    return str(array.dtype).removeprefix("torch.")
