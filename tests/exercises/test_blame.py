"""An exception is told with the learner's own line and what it usually means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from attention_scratch.exercises.blame import message, own_line, remark
from attention_scratch.exercises.prove import execute


def caught(function: Callable[[], Any]) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("it did not raise")


def learner(code: str) -> Callable[[], Any]:
    """A function ``f`` as a learner would write it in a cell."""
    names: dict[str, Any] = {"np": np}
    execute(code, names, "<cell>")
    return names["f"]  # type: ignore[no-any-return]


def test_the_line_is_the_learners_not_numpys() -> None:
    error = caught(learner("def f():\n    x = np.ones((3, 4))\n    return np.linalg.inv(x)\n"))
    assert own_line(error) == "line 3 of f: return np.linalg.inv(x)"


def test_the_line_is_the_deepest_of_the_learners_own_helpers() -> None:
    error = caught(learner("def g(x):\n    return x[9]\n\ndef f():\n    return g([1])\n"))
    assert own_line(error) == "line 2 of g: return x[9]"


def test_an_exception_without_lines_of_the_learner_has_none() -> None:
    assert own_line(ValueError("made, not raised")) is None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("np.ones((3, 4)) + np.ones(3)", r"shapes \(3,4\) and \(3,\) do not fit.*keepdims"),
        ("np.ones((3, 4)) @ np.ones((3, 4))", "they have 4 and 3 entries. Is a transpose missing"),
        ("nowhere", "Nothing is called nowhere"),
        ("np.ones(3)[3]", "Axis 0 has size 3: its indices run from 0 to 2"),
        ("np.ones((2, 0))[0, 0]", "Axis 1 is empty"),
        ("np.ones(3)[1, 1]", "fewer axes"),
        ("[1][1]", "past the end"),
        ("None.shape", "did a function end without return"),
        ("[1].shape", "not an array"),
        ("None + 1", "did a function end without return"),
        ("np.ones(3)[1.0]", "An index must be an integer"),
        ("list((1, 2))[0.5]", "An index must be an integer"),
        ("1 / 0", "divisor is 0"),
        ("{}['k']", "no such key"),
        ("f()", "calls itself without end"),
        ("exit()", "use return"),
        ("bool(np.ones(3) > 0)", r"\.any\(\) or \.all\(\)"),
        ("np.ones(6).reshape(4, 2)", "same product"),
        ("{np.ones(2): 1}", "a tuple can"),
        ("np.add(np.ones(2, int), 0.5, out=np.ones(2, int))", "cannot change the dtype"),
    ],
)
def test_common_mistakes_get_a_plain_remark(body: str, says: str) -> None:
    import re

    error = caught(learner(f"def f():\n    return {body}\n"))
    said = remark(error)
    assert said is not None, message(error)
    assert re.search(says, said), said


def test_numpy_that_was_not_imported_is_named() -> None:
    def forgets() -> Any:
        names: dict[str, Any] = {}
        execute("def f():\n    return np.ones(3)\n", names, "<cell>")
        return names["f"]()

    assert "NumPy is not imported" in str(remark(caught(forgets)))


def test_a_local_name_read_too_early_is_explained() -> None:
    error = caught(learner("def f():\n    total += 1\n    return total\n"))
    assert "read too early" in str(remark(error))


def test_an_unusual_exception_speaks_for_itself() -> None:
    assert remark(LookupError("rare")) is None
    assert message(LookupError("rare")) == "LookupError: rare"
    assert message(KeyError()) == "KeyError"
