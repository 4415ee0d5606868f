"""Histograms: the bars are the counts, and what is not finite is said."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

from attention_scratch.errors import InputError
from attention_scratch.viz import histograms


def bars(axes: Axes) -> tuple[list[float], list[float]]:
    """Heights, and left edges with the last right one."""
    drawn = axes.patches
    left = [bar.get_x() for bar in drawn]
    return [bar.get_height() for bar in drawn], [*left, left[-1] + drawn[-1].get_width()]


def test_the_bars_count_every_number_once() -> None:
    values = np.random.default_rng(0).normal(size=(8, 9))
    [axes] = histograms({"query": values}, bins=11).axes
    counts, edges = np.histogram(values, bins=11)
    drawn_counts, drawn_edges = bars(axes)
    np.testing.assert_array_equal(drawn_counts, counts)
    np.testing.assert_allclose(drawn_edges, edges)
    assert axes.get_title() == "query"
    assert axes.get_xlabel() == f"mean {values.mean():.2g}, std {values.std():.2g}"


def test_numbers_that_are_not_finite_are_counted_in_the_title_and_in_no_bar() -> None:
    figure = histograms({"loss": [1.0, 2.0, np.nan, np.inf], "all": [np.nan]})
    some, none = figure.axes
    assert sum(bars(some)[0]) == 2
    assert some.get_title() == "loss: 2 not finite"
    assert none.get_title() == "all: 1 not finite"
    assert not none.patches


def test_one_range_for_all_makes_widths_comparable() -> None:
    arrays = {"wide": np.linspace(-4, 4, 50), "narrow": np.linspace(-0.9, 0.9, 50)}
    figure = histograms(arrays, bins=8, same_range=True)
    for axes in figure.axes:
        np.testing.assert_allclose(bars(axes)[1], np.linspace(-4, 4, 9))
    assert [sum(bars(axes)[0]) for axes in figure.axes] == [50, 50]
    assert np.count_nonzero(bars(figure.axes[1])[0]) == 2


def test_a_constant_array_is_one_bar_and_no_figure_is_left_open() -> None:
    plt.close("all")
    [axes] = histograms({"zeros": np.zeros((3, 3))}).axes
    assert sorted(bars(axes)[0])[-2:] == [0, 9]
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: histograms({}), "arrays: got {}; expected at least one"),
        (lambda: histograms({"a": [1]}, bins=0), "bins: got 0; expected at least one"),
        (lambda: histograms({"bias": []}), "bias: got an empty array"),
    ],
)
def test_bad_input_is_one_clear_error(draw, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw()
