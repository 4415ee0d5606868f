"""``check``: run an answer, say what it is worth, note it in the learner's progress."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from attention_scratch.exercises import keys, registry, state
from attention_scratch.exercises.diagnose import diagnose, unsolved
from attention_scratch.exercises.exercise import Attempt, CaseAttempt, Exercise
from attention_scratch.exercises.generic import Diagnosis
from attention_scratch.exercises.places import is_among_solutions
from attention_scratch.exercises.result import CaseLine, Result
from attention_scratch.exercises.run import attempt

TODO_IN_TEXT = re.compile(r"""todo\(\s*(["'])(?P<message>.+?)\1\s*\)""")


def check(
    exercise_id: str, answer: Any, *, record: bool = True, time_limit: float | None = None
) -> Result:
    """Check an answer and say what is wrong with it, in the learner's terms.

    Args:
        exercise_id: as in ``"02.softmax"``.
        answer: the function (or kernel, or CUDA source, where the exercise asks for one).
        record: whether it counts in ``progress()``.
        time_limit: seconds per case, instead of the exercise's or the settings' own.

    Returns:
        A result that is true exactly when the answer passed. A learner's mistake never raises.

    Raises:
        InputError: there is no such exercise.
        KeyboardInterrupt: it was interrupted by hand.
    """
    exercise = registry.get(exercise_id)
    result = examine(exercise, answer, time_limit=time_limit)
    if record and result.status != "unsolved" and not is_among_solutions(Path.cwd()):
        state.note_check(exercise.id, passed=bool(result))
    return result


def examine(exercise: Exercise, answer: Any, *, time_limit: float | None = None) -> Result:
    """The verdict on ``answer``, without noting it anywhere."""
    message = todo_in_text(answer) if isinstance(answer, str) else None
    if message is not None:
        return _unsolved(exercise, message)
    tried = attempt(exercise, answer, limit=time_limit)
    stub = unsolved(tried)
    if stub is not None:
        return _unsolved(exercise, stub.message)
    faults: list[str] = []
    found = diagnose(tried, faults)
    return _passed(exercise, tried, faults) if found is None else _failed(tried, found, faults)


def todo_in_text(source: str) -> str | None:
    """The message of a ``todo("…")`` left in source code of another language."""
    found = TODO_IN_TEXT.search(source)
    return found["message"] if found else None


def _unsolved(exercise: Exercise, message: str) -> Result:
    return Result(
        exercise=exercise.id,
        title=exercise.title,
        status="unsolved",
        diagnosis=keys.UNSOLVED,
        message=message,
        next_step=f'Write it, then run this cell again. A nudge: hint("{exercise.id}")',
    )


def _passed(exercise: Exercise, tried: Attempt, faults: list[str]) -> Result:
    count = len(tried.cases)
    return Result(
        exercise=exercise.id,
        title=exercise.title,
        status="passed",
        diagnosis=keys.PASSED,
        message=f"Right in {'all ' * (count > 1)}{count} case{'s' * (count > 1)}.",
        details=(f"You now know {exercise.teaches}.",),
        cases=_lines(tried),
        next_step="What is left: progress()",
        faults=tuple(faults),
    )


def _failed(tried: Attempt, found: Diagnosis, faults: list[str]) -> Result:
    exercise = tried.exercise
    return Result(
        exercise=exercise.id,
        title=exercise.title,
        status="failed",
        diagnosis=found.key,
        message=_sentence(found.says),
        details=tuple(_sentence(line) for line in found.details),
        cases=_lines(tried),
        printed=next((c.printed for c in tried.failed_cases or tried.cases if c.printed), ""),
        next_step=f'Stuck? hint("{exercise.id}")',
        faults=tuple(faults),
    )


def _sentence(text: str) -> str:
    """With a capital, unless it starts with a name of the code, and a full stop after words."""
    ends_in_code = re.match(r"(it was then )?in line \d", text) or "\n" in text
    if re.match(r"[a-z]{2,}[ ,:;]", text):
        text = text[0].upper() + text[1:]
    if ends_in_code or text.startswith("(") or text.endswith((".", "!", "?", "…")):
        return text
    return f"{text}."


def _lines(tried: Attempt) -> tuple[CaseLine, ...]:
    run = tuple(CaseLine(case.name, _outcome(case), case.seconds) for case in tried.cases)
    done = {case.name for case in tried.cases}
    rest = (case.name for case in tried.exercise.cases if case.name not in done)
    return run + tuple(CaseLine(name, "not run", 0.0) for name in rest)


def _outcome(case: CaseAttempt) -> str:
    if case.error is not None:
        return "error"
    return "right" if case.passed else "wrong"
