"""Lines and points: what is drawn is what was given, and the slope that is fitted is right."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_scratch.errors import InputError
from attention_scratch.viz import Curve, curves, power_law
from attention_scratch.viz.curves import plain


def test_every_curve_is_drawn_with_its_name_and_its_own_look() -> None:
    lines = [Curve(f"line {n}", [1, 2, 4], [n, n + 1, n + 2], points=n % 2 == 0) for n in range(3)]
    figure = curves(lines, x_label="T", y_label="bytes", x_scale="log", title="Memory")
    axes = figure.axes[0]
    for drawn, line in zip(axes.lines, lines, strict=True):
        np.testing.assert_array_equal(drawn.get_xydata(), np.transpose([line.x, line.y]))
    assert [text.get_text() for text in axes.get_legend().texts] == ["line 0", "line 1", "line 2"]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_xscale()) == ("T", "bytes", "log")
    assert [bool(drawn.get_marker()) for drawn in axes.lines] == [True, False, True]


def test_one_curve_needs_no_legend_and_no_figure_is_left_open() -> None:
    plt.close("all")
    figure = curves([Curve("only", [1, 2], [3, 4])], x_label="x", y_label="y")
    assert figure.axes[0].get_legend() is None
    assert plt.get_fignums() == []


def test_a_logarithmic_axis_is_marked_where_it_was_measured_in_plain_numbers() -> None:
    x = 2 ** np.arange(11)
    figure = curves(
        [Curve("a", x, x * 1000, points=True)],
        x_label="D",
        y_label="y",
        x_scale="log",
        y_scale="log",
    )
    figure.draw_without_rendering()
    axes = figure.axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["1", "4", "16", "64", "256", "1,024"]
    assert [t.get_text() for t in axes.get_xticklabels(minor=True) if t.get_text()] == []
    assert "100,000" in [t.get_text() for t in axes.get_yticklabels()]


@pytest.mark.parametrize(
    ("number", "text"),
    [(4096, "4,096"), (0.5, "0.5"), (1e6, "1e6"), (1e-5, "1e-5"), (2e12, "2e12")],
)
def test_numbers_are_written_as_people_write_them(number: float, text: str) -> None:
    assert plain(number) == text


@given(st.floats(-3, 3), st.floats(1e-3, 1e3))
def test_power_law_finds_the_exponent_and_the_factor(exponent: float, factor: float) -> None:
    x = 2.0 ** np.arange(1, 8)
    got = power_law(x, factor * x**exponent)
    assert got == pytest.approx((exponent, factor), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: curves([], x_label="", y_label=""), "lines: got"),
        (
            lambda: curves([Curve("a", [1, 2], [1])], x_label="", y_label=""),
            "curve 'a': got x of shape",
        ),
        (lambda: power_law([1.0], [1.0]), "x, y: got shapes"),
        (lambda: power_law([1, 2], [0, 1]), "x, y"),
        (lambda: power_law([1, 2], [1, 2, 3]), "x, y"),
    ],
)
def test_bad_input_is_one_clear_error(draw, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw()
