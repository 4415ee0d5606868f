"""What a run did: the lines and bands drawn are the numbers given."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from numpy.typing import NDArray

from attention_scratch.errors import InputError
from attention_scratch.viz import Runs, gradient_norms, learning_curves, weight_evolution

STEPS = np.array([0.0, 100.0, 300.0, 400.0])
LOSSES = np.array([[3.0, 2.0, 1.5, 1.0], [2.0, 2.5, 1.0, 0.5], [4.0, 3.0, 0.5, 0.0]])


def edges(band: PolyCollection) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lowest and highest y of a filled band at each of its x."""
    corners = band.get_paths()[0].vertices
    x = np.unique(corners[:, 0])
    y = [corners[corners[:, 0] == at, 1] for at in x]
    return np.array([v.min() for v in y]), np.array([v.max() for v in y])


def bands(axes: Axes) -> list[PolyCollection]:
    return [drawn for drawn in axes.collections if isinstance(drawn, PolyCollection)]


def test_a_learning_curve_is_the_mean_over_seeds_in_the_band_of_all_seeds() -> None:
    axes = learning_curves([Runs("ours", STEPS, LOSSES)], y_label="loss").axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), STEPS)
    np.testing.assert_allclose(axes.lines[0].get_ydata(), LOSSES.mean(axis=0))
    low, high = edges(bands(axes)[0])
    np.testing.assert_allclose(low, LOSSES.min(axis=0))
    np.testing.assert_allclose(high, LOSSES.max(axis=0))
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_legend()) == ("step", "loss", None)


def test_a_deviation_is_that_of_a_sample() -> None:
    runs = [Runs("ours", STEPS, LOSSES)]
    low, high = edges(bands(learning_curves(runs, y_label="", spread="deviation").axes[0])[0])
    np.testing.assert_allclose((high - low) / 2, LOSSES.std(axis=0, ddof=1))
    np.testing.assert_allclose((high + low) / 2, LOSSES.mean(axis=0))


def test_a_seed_that_went_off_is_left_out_where_it_did() -> None:
    diverged = LOSSES.copy()
    diverged[2, 2:] = np.nan, np.inf
    axes = learning_curves([Runs("ours", STEPS, diverged)], y_label="loss").axes[0]
    expected = [*LOSSES[:, :2].mean(axis=0), *LOSSES[:2, 2:].mean(axis=0)]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), expected)
    assert edges(bands(axes)[0])[1].tolist() == [4.0, 3.0, 1.5, 1.0]


def test_runs_are_told_apart_by_name_color_and_dash() -> None:
    axes = learning_curves(
        [Runs("pre", STEPS, LOSSES), Runs("post", STEPS, LOSSES + 1)], y_label="loss"
    ).axes[0]
    assert [text.get_text() for text in axes.get_legend().texts] == ["pre", "post"]
    for line, band in zip(axes.lines, bands(axes), strict=True):
        color = plt.matplotlib.colors.to_rgb(line.get_color())
        assert tuple(band.get_facecolor()[0][:3]) == pytest.approx(color)
    assert axes.lines[0].get_color() != axes.lines[1].get_color()


def test_gradient_norms_stand_at_their_layers_on_a_logarithmic_axis() -> None:
    norms = {"with norm": [1.0, 2.0, 3.0], "without": [1.0, 1e-3, 0.0]}
    axes = gradient_norms(["embedding", "block 0", "block 1"], norms).axes[0]
    assert axes.get_yscale() == "log"
    assert [t.get_text() for t in axes.get_xticklabels()] == ["embedding", "block 0", "block 1"]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), norms["with norm"])
    np.testing.assert_array_equal(axes.lines[1].get_ydata(), [1.0, 1e-3, np.nan])
    assert [text.get_text() for text in axes.get_legend().texts] == list(norms)


def test_weights_evolve_as_quantiles_of_all_their_numbers() -> None:
    snapshots = np.random.default_rng(0).normal(size=(4, 5, 7)) * STEPS[:, None, None]
    figure = weight_evolution(STEPS, {"query": snapshots, "key": snapshots + 1})
    query, key = figure.axes
    assert (query.get_title(), key.get_title()) == ("query", "key")
    expected = np.quantile(snapshots.reshape(4, -1), (0.01, 0.25, 0.5, 0.75, 0.99), axis=1)
    np.testing.assert_allclose(query.lines[0].get_ydata(), expected[2])
    np.testing.assert_allclose(key.lines[0].get_ydata(), expected[2] + 1)
    outer, inner = bands(query)
    np.testing.assert_allclose(edges(outer), expected[[0, 4]])
    np.testing.assert_allclose(edges(inner), expected[[1, 3]])


def test_every_column_of_pictures_has_its_steps_written_below() -> None:
    figure = weight_evolution(STEPS, {name: np.ones((4, 2)) for name in "abc"})
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert len(shown) == 3
    figure.draw_without_rendering()
    written = [any(t.get_visible() for t in axes.get_xticklabels()) for axes in shown]
    assert written == [False, True, True]


def test_no_figure_is_left_open() -> None:
    plt.close("all")
    learning_curves([Runs("ours", STEPS, LOSSES)], y_label="")
    gradient_norms(["a"], {"": [1.0]})
    weight_evolution(STEPS, {"a": np.ones((4, 2))})
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: learning_curves([], y_label=""), "runs: got"),
        (
            lambda: learning_curves([Runs("a", STEPS, LOSSES.T)], y_label=""),
            r"values of 'a': got shape \(4, 3\); expected \(seeds, 4\)",
        ),
        (
            lambda: learning_curves([Runs("a", STEPS, LOSSES[0])], y_label=""),
            r"values of 'a': got shape \(4,\)",
        ),
        (
            lambda: learning_curves([Runs("a", STEPS, LOSSES[:1])], y_label="", spread="deviation"),
            "values of 'a': got one seed",
        ),
        (lambda: gradient_norms(["a"], {}), "norms: got"),
        (lambda: gradient_norms(["a"], {"x": [1.0, 2.0]}), "norms of 'x': got 2 numbers"),
        (lambda: gradient_norms(["a"], {"x": [-1.0]}), "norms of 'x': got 1 numbers, the smallest"),
        (lambda: weight_evolution(STEPS, {}), "snapshots: got"),
        (
            lambda: weight_evolution(STEPS, {"a": np.ones((3, 2))}),
            r"snapshots of 'a': got shape \(3, 2\)",
        ),
    ],
)
def test_bad_input_is_one_clear_error(draw, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw()
