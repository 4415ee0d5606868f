"""Whatever an answer is, a check does not crash and never shows the expected values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.exercises.tiny import ramp, verdict

SQUARE, WIDE, LONG = ramp(4, 4), ramp(3, 5), ramp(12)


def transform(x: Any) -> Any:
    """The tiny tasks' reference: nothing symmetric about it."""
    return np.sqrt(x) + np.arange(x.shape[-1]) ** 2


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: np.array([None, 1]),
        lambda x: (n for n in x),
        lambda x: {"a": x},
        lambda x: np.ma.masked_array(x),
        lambda x: object(),
        lambda x: transform,
        lambda x: np.array("text"),
        lambda x: np.zeros((0, 0)),
        lambda x: x > 1,
        lambda x: (x, x),
        lambda x: np.full_like(x, 1e308) * 10,
        lambda x: x.astype(np.complex64),
        lambda x: 10**400,
        lambda x: __import__("sys").exit("bye"),
        lambda x: (_ for _ in ()).throw(BaseException("raw")),
        lambda x: exec("raise RecursionError"),
        np.linalg.inv,
        "not a function",
        None,
        type,
        lambda: None,
    ],
)
def test_no_answer_crashes_a_check(answer: Any) -> None:
    result = verdict(answer, transform, WIDE, LONG)
    assert result.status == "failed"
    assert str(result)
    assert "<div" in result._repr_mimebundle_()["text/html"]


def numbers_in(value: Any) -> set[str]:
    """Every way an expected number might be written, if it has digits enough to be known by."""
    found = set()
    for number in np.asarray(value, dtype=float).ravel():
        for text in (repr(float(number)), f"{number:.6g}", f"{number:.8g}", f"{number:.4f}"):
            if sum(c.isdigit() for c in text.strip("0.")) >= 5:
                found.add(text)
    return found


@settings(max_examples=60, deadline=None)
@given(
    x=hnp.arrays(
        np.float64,
        hnp.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=4),
        elements=st.floats(0.1, 9.0, allow_subnormal=False),
    ),
    mistake=st.sampled_from(
        [
            lambda x: None,
            lambda x: x,
            lambda x: -np.tanh(x) * 0.7310585,
            lambda x: np.tanh(x) * 0.7310585 * 2,
            lambda x: np.tanh(x) * 0.7310585 + 1,
            lambda x: (np.tanh(x) * 0.7310585)[None],
            lambda x: (np.tanh(x) * 0.7310585).tolist(),
            lambda x: np.tanh(x) * np.nan,
            lambda x: x[::-1],
            lambda x: x @ np.ones(99),
            lambda x: (x, x),
        ]
    ),
)
def test_the_expected_values_are_never_shown(
    x: np.ndarray[Any, Any], mistake: Callable[[Any], Any]
) -> None:
    def reference(x: Any) -> Any:
        return np.tanh(x) * 0.7310585

    want = reference(x)
    result = verdict(mistake, reference, x)
    assume(not result)
    bundle = result._repr_mimebundle_()
    for shown in (str(result), bundle["text/plain"], bundle["text/html"]):
        for number in numbers_in(want):
            assert number not in shown
