"""A guess beside the measurement."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_scratch.errors import InputError
from attention_scratch.exercises import predict


@pytest.mark.parametrize(
    ("guess", "measured", "verdict"),
    [
        (100, 100, "Spot on"),
        (105, 100, "Spot on"),
        (100, 140, "Close"),
        (190, 100, "In the right region"),
        (100, 420, "Right order of magnitude"),
        (1, 120, "Far off"),
        (0, 5, "Far off"),
        (-2, 2, "Far off"),
        (0, 0, "Spot on"),
        (-3, -3.1, "Spot on"),
    ],
)
def test_the_verdict_goes_by_the_factor(guess: float, measured: float, verdict: str) -> None:
    assert predict("how long?", guess, "ms").compare(measured).verdict == verdict


def test_the_comparison_shows_both_with_their_unit_and_the_factor() -> None:
    shown = str(predict("bytes for T = 4096?", 16_000_000, "bytes").compare(67_108_864))
    assert "16,000,000 bytes" in shown
    assert "67,108,864 bytes" in shown
    assert "Too low by a factor of 4.19" in shown


def test_a_close_guess_is_told_in_percent() -> None:
    assert "Within 5 %" in str(predict("q?", 105).compare(100))


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_too_high_and_too_low_are_symmetric(a: float, b: float) -> None:
    assert predict("q?", a).compare(b).verdict == predict("q?", b).compare(a).verdict


@pytest.mark.parametrize(
    "bad", [None, "16", float("nan"), float("inf"), True, [1], ..., 1j, np.ones(2)]
)
def test_a_guess_that_is_no_number_is_one_clear_error(bad: Any) -> None:
    with pytest.raises(InputError, match=r"guess: got .*expected a finite number"):
        predict("q?", bad)
    with pytest.raises(InputError, match="measured"):
        predict("q?", 1).compare(bad)


@pytest.mark.parametrize("bad", [None, "", 3])
def test_a_prediction_needs_a_question(bad: Any) -> None:
    with pytest.raises(InputError, match="question"):
        predict(bad, 1)


def test_numpy_numbers_are_numbers() -> None:
    assert predict("q?", np.float32(2)).compare(np.array([2.0])).verdict == "Spot on"


def test_it_renders_without_a_kernel() -> None:
    prediction = predict("q?", 3, "ms")
    for shown in (prediction, prediction.compare(4)):
        html = shown._repr_mimebundle_()["text/html"]
        assert "3 ms" in html
        assert "<script" not in html
