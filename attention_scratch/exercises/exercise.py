"""What an exercise is: its cases, the mistakes it knows by name, and one learner's attempt."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from attention_scratch.errors import AttentionScratchError, require

EXERCISE_ID = re.compile(r"\d\d\.[a-z0-9][a-z0-9_-]*")
HINT_LEVELS = 3


class Arguments(NamedTuple):
    """What a call is given."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


ArgsFactory = Callable[[np.random.Generator], tuple[Any, ...]]


class Unsolved(AttentionScratchError, NotImplementedError):  # noqa: N818 - a state, no error
    """Raised by the stub of an exercise; ``message`` says what is to be done."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        return [f"Not solved yet: {self.message}"]


def todo(message: str) -> Any:
    """End the body of a stub: raises :class:`Unsolved` with the task's own message."""
    raise Unsolved(message)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One named input.

    Args:
        name: the property it stands for, as the learner reads it ("N % 32 != 0").
        args: makes the arguments from a seeded generator: a tuple of positional ones, or
            :class:`Arguments`.
    """

    name: str
    args: ArgsFactory

    def __post_init__(self) -> None:
        _require_text("Case.name", self.name)
        require(
            callable(self.args),
            f"Case({self.name!r}).args",
            self.args,
            expected="a function of a generator that returns a tuple",
            remedy="Write lambda rng: (first, second).",
        )

    def arguments(self, rng: np.random.Generator) -> Arguments:
        """Make the positional and keyword arguments."""
        args = self.args(rng)
        if isinstance(args, Arguments):
            return args
        require(
            isinstance(args, tuple),
            f"Case({self.name!r}).args",
            f"a factory that returned {type(args).__name__}",
            expected="a tuple of positional arguments",
            remedy="A single argument needs its comma: (x,).",
        )
        return Arguments(args, {})


@dataclass(frozen=True, slots=True, eq=False)
class CaseAttempt:
    """What the learner's function did on one case, beside what the reference did.

    ``got`` and ``want`` are None where ``error`` is set; ``changed`` names the arguments that
    were changed in place; ``warnings`` are NumPy's; ``counters`` come from :func:`record`.
    """

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    got: Any = None
    want: Any = None
    error: BaseException | None = None
    seconds: float = 0.0
    passed: bool = False
    changed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    printed: str = ""
    counters: Mapping[str, Any] = field(default_factory=dict)
    reference_counters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """One call of ``check``: the learner's object and what it did on every case that was run.

    After a case that ran out of time, or was not solved, the later ones are not run.
    """

    exercise: Exercise
    answer: Any
    cases: tuple[CaseAttempt, ...]

    @property
    def failed_cases(self) -> tuple[CaseAttempt, ...]:
        return tuple(c for c in self.cases if not c.passed)

    @property
    def passed_cases(self) -> tuple[CaseAttempt, ...]:
        return tuple(c for c in self.cases if c.passed)

    def case(self, name: str) -> CaseAttempt:
        """The case of that name.

        Raises:
            KeyError: no such case was run.
        """
        for case in self.cases:
            if case.name == name:
                return case
        raise KeyError(name)


Says = str | Callable[[Attempt], str]


@dataclass(frozen=True, slots=True, eq=False)
class Suspect:
    """A mistake known by name.

    Args:
        key: the diagnosis, in lower-case-words-with-hyphens.
        says: what the learner reads; text, or a function of the attempt that returns it.
        answer: a wrong answer: the suspect is guilty when it gives what the learner's function
            gave (or raises the same type of error) on every failed case.
        when: or a predicate on the whole attempt.
    """

    key: str
    says: Says
    answer: Callable[..., Any] | None = None
    when: Callable[[Attempt], bool] | None = None

    def __post_init__(self) -> None:
        _require_key("Suspect.key", self.key)
        _require_says(f"Suspect({self.key!r}).says", self.says)
        require(
            (self.answer is None) != (self.when is None),
            f"Suspect({self.key!r})",
            "both answer and when" if self.answer else "neither answer nor when",
            expected="exactly one of them",
            remedy="Give answer=<a wrong function> or when=<a predicate on the attempt>.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class Constraint:
    """What a right answer must also keep to: ``holds(attempt)`` on an attempt that is right."""

    key: str
    holds: Callable[[Attempt], bool]
    says: Says

    def __post_init__(self) -> None:
        _require_key("Constraint.key", self.key)
        _require_says(f"Constraint({self.key!r}).says", self.says)


@dataclass(frozen=True, slots=True, eq=False)
class Mutant:
    """A wrong answer to an exercise, and the diagnosis it must get."""

    exercise: str
    diagnosis: str
    answer: Any
    name: str

    def __str__(self) -> str:
        return f"{self.exercise}/{self.name}"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Exercise:
    """A task, the function that is right, and how a wrong one is recognized.

    Args:
        id: chapter and name, as in ``"02.softmax"``.
        title: shown above every result.
        teaches: what the learner knows afterwards, as a noun phrase or clause.
        reference: the oracle; called with the case's arguments, float arrays in float64.
        cases: the inputs, from the plain to the telling one.
        hints: exactly three: a nudge, a plan, partial code.
        rtol, atol: tolerances for floating-point results; integers are compared exactly.
        suspects: mistakes known by name, the more particular first.
        constraints: what a right answer must also keep to.
        mutants: wrong answers that prove it, each with the diagnosis it must get.
        adapt: turns the learner's object (a kernel, CUDA source) into a function with the
            reference's signature.
        in_place: True where the task is to change an argument.
        reference_dtype: what float arrays are converted to for the reference; None leaves them.
        time_limit: seconds per case, where the settings' own do not fit.
        agrees: ``agrees(got, want)`` instead of the comparison within tolerances.
    """

    id: str
    title: str
    teaches: str
    reference: Callable[..., Any]
    cases: tuple[Case, ...]
    hints: tuple[str, ...]
    rtol: float = 0.0
    atol: float = 0.0
    suspects: tuple[Suspect, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    mutants: tuple[Mutant, ...] = ()
    adapt: Callable[[Any], Callable[..., Any]] | None = None
    in_place: bool = False
    reference_dtype: type[np.floating[Any]] | None = np.float64
    time_limit: float | None = None
    agrees: Callable[[Any, Any], bool] | None = None

    def __post_init__(self) -> None:
        require(
            isinstance(self.id, str) and EXERCISE_ID.fullmatch(self.id),
            "Exercise.id",
            self.id,
            expected="two digits of the chapter, a dot and a name, as in 02.softmax",
            remedy="Rename the exercise.",
        )
        for name in ("title", "teaches"):
            _require_text(f"Exercise({self.id!r}).{name}", getattr(self, name))
        _require_hints(f"Exercise({self.id!r}).hints", self.hints)
        _require_unique(f"Exercise({self.id!r}).cases", [case.name for case in self.cases])
        keys = [s.key for s in self.suspects] + [c.key for c in self.constraints]
        if keys:
            _require_unique(f"Exercise({self.id!r}): diagnoses", keys)
        for name in ("rtol", "atol"):
            require(
                0 <= getattr(self, name) < 1,
                f"Exercise({self.id!r}).{name}",
                getattr(self, name),
                expected="a number from 0 up to 1",
                remedy="Derive it in a comment.",
            )

    @property
    def chapter(self) -> str:
        """The chapter's two digits."""
        return self.id[:2]


def _require_text(field_name: str, given: object) -> None:
    fits = isinstance(given, str) and given.strip()
    require(fits, field_name, given, expected="some text", remedy="Write a few words.")


def _require_key(field_name: str, given: object) -> None:
    require(
        isinstance(given, str) and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", given),
        field_name,
        given,
        expected="lower-case words joined by hyphens",
        remedy="Write it as in max-not-subtracted.",
    )


def _require_says(field_name: str, given: object) -> None:
    if not callable(given):
        _require_text(field_name, given)


def _require_hints(field_name: str, given: object) -> None:
    require(
        isinstance(given, tuple) and len(given) == HINT_LEVELS,
        field_name,
        given,
        expected="a tuple of three: a nudge, a plan, partial code",
        remedy="Write exactly three.",
    )
    assert isinstance(given, tuple)
    for level, hint in enumerate(given, start=1):
        _require_text(f"{field_name}[{level}]", hint)


def _require_unique(field_name: str, names: list[str]) -> None:
    require(
        names and len(set(names)) == len(names),
        field_name,
        names,
        expected="at least one, each with its own name",
        remedy="Rename the one that occurs twice." if names else "Add one.",
    )
