"""How cases, mistakes and hints are written: as text, since they are mostly words.

An entry begins at the margin, and the lines indented below belong to it::

    cases   name: arguments of the call
    mistakes    key: old → new
                    what the learner reads
    hints   three paragraphs: a nudge, a plan, partial code
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from attention_scratch.errors import require
from attention_scratch.exercises.exercise import HINT_LEVELS, Arguments, Case

ARROW = " →"
MORE = "& "  # begins a further edit of the same mistake
Names = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake as it is written.

    Args:
        key: the diagnosis.
        edits: pairs (old, new): what to replace in the right source.
        says: what the learner reads; empty for one that only proves a diagnosis made elsewhere.
        when: an expression for a predicate on the attempt, or empty.
        answer: an expression for a wrong answer that no edit gives, or empty.
    """

    key: str
    edits: tuple[tuple[str, str], ...]
    says: str
    when: str
    answer: str


def cases_in(text: str, names: Names) -> Iterator[Case]:
    """The cases of a text; arguments are expressions in ``names`` and a case's own draws."""
    for head, body in _entries(text):
        name, colon, arguments = head.partition(": ")
        require(
            colon,
            "cases",
            head,
            expected="name: arguments of the call",
            remedy="Put a colon and a space after the name.",
        )
        code = compile(f"_given({' '.join([arguments, *body])})", f"<case {name}>", "eval")
        yield _case(name, code, names)


def mistakes_in(text: str) -> Iterator[Mistake]:
    """The mistakes of a text: ``key: old → new``, ``key: when EXPRESSION`` or
    ``key: answer EXPRESSION``, then ``& old → new`` for further edits, then the words.

    An edit may be broken before its arrow.
    """
    for head, body in _entries(text):
        key, _, rest = (part.strip() for part in head.partition(":"))
        form, _, expression = rest.partition(" ")
        edits = [] if form in ("when", "answer") else [rest]
        words = []
        for line in body:
            if line.startswith(ARROW.strip()):
                edits[-1] += f" {line}"
            elif line.startswith(MORE):
                edits.append(line.removeprefix(MORE))
            else:
                words.append(line)
        yield Mistake(
            key,
            tuple(_edit(key, edit) for edit in edits),
            " ".join(words),
            when=expression if form == "when" else "",
            answer=expression if form == "answer" else "",
        )


def hints_in(text: str) -> tuple[str, ...]:
    """The three hints of a text; the last keeps its lines."""
    *words, code = textwrap.dedent(text).strip().split("\n\n", HINT_LEVELS - 1)
    return (*(" ".join(paragraph.split()) for paragraph in words), code)


def _entries(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each line at the margin with the lines indented below it."""
    head, body = "", list[str]()
    for line in textwrap.dedent(text).splitlines():
        if line[:1].strip():
            if head:
                yield head, body
            head, body = line, []
        elif line.strip():
            body.append(line.strip())
    if head:
        yield head, body


def _edit(key: str, edit: str) -> tuple[str, str]:
    old, arrow, new = (part.replace("\\n", "\n") for part in f"{edit} ".partition(ARROW))
    require(
        arrow and old,
        f"mistake {key}",
        edit,
        expected="old → new, when EXPRESSION or answer EXPRESSION",
        remedy="An edit that removes something ends in its arrow.",
    )
    return old, new.strip(" ")


def _case(name: str, code: Any, names: Names) -> Case:
    def given(rng: np.random.Generator) -> Arguments:
        def normal(*shape: int, dtype: Any = np.float64) -> Any:
            return rng.normal(size=shape).astype(dtype)

        drawn = {
            "_given": lambda *args, **kwargs: Arguments(args, kwargs),
            "rng": rng,
            "inf": np.inf,
            "np": np,
            "normal": normal,
            "uniform": lambda low, high, *shape: rng.uniform(low, high, size=shape),
            "integers": lambda low, high, *shape: rng.integers(low, high, size=shape),
        }
        made: Arguments = eval(code, {**names, **drawn})
        return made

    return Case(name, given)
