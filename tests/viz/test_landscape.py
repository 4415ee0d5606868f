"""Slices through a loss: computed where they say, drawn as they are."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.contour import QuadContourSet

from attention_scratch.errors import InputError
from attention_scratch.viz import Slice, landscape, random_direction, slice_losses


def bowl(parameters: np.ndarray) -> float:
    """A loss known everywhere: 1 + x² + 10 y² + z⁴."""
    x, y, z = parameters
    return float(1 + x**2 + 10 * y**2 + z**4)


def test_a_slice_holds_the_loss_at_every_place_it_names() -> None:
    center, u, v = np.array([0.5, 0.0, 1.0]), np.array([1.0, 0, 0]), np.array([0, 2.0, 0])
    got = slice_losses(bowl, center, (u, v), reach=0.5, points=5)
    np.testing.assert_allclose(got.first, np.linspace(-0.5, 0.5, 5))
    for i, b in enumerate(got.second):
        for j, a in enumerate(got.first):
            assert got.losses[i, j] == pytest.approx(2 + (0.5 + a) ** 2 + 10 * (2 * b) ** 2)


def test_a_random_direction_moves_each_row_by_its_own_length() -> None:
    rng = np.random.default_rng(0)
    parameters = {
        "weight": (rng.normal(size=(6, 4)) * np.arange(6)[:, None]).astype(np.float32),
        "bias": np.ones(6),
    }
    direction = random_direction(parameters, rng=np.random.default_rng(1))
    rows = np.linalg.norm(direction["weight"], axis=1)
    np.testing.assert_allclose(rows, np.linalg.norm(parameters["weight"], axis=1), rtol=1e-5)
    assert direction["weight"].dtype == np.float32
    assert not direction["bias"].any()
    other = random_direction(parameters, rng=np.random.default_rng(2))
    assert not np.allclose(other["weight"], direction["weight"])


def filled(figure: plt.Figure) -> QuadContourSet:
    sets = [c for c in figure.axes[0].collections if isinstance(c, QuadContourSet)]
    return next(found for found in sets if found.filled)


@pytest.mark.parametrize("log", [True, False])
def test_contours_span_the_losses_and_the_model_is_marked(log: bool) -> None:
    rough = slice_losses(bowl, np.zeros(3), (np.eye(3)[0], np.eye(3)[1]), points=9)
    figure = landscape(rough, title="bowl", log=log)
    drawn = filled(figure)
    levels = np.asarray(drawn.levels)
    assert (levels.min(), levels.max()) == pytest.approx((1.0, 12.0))
    steps = np.diff(np.log(levels)) if log else np.diff(levels)
    np.testing.assert_allclose(steps, steps[0])
    [cross] = figure.axes[0].lines
    assert cross.get_xydata().tolist() == [[0.0, 0.0]]
    assert [axes.get_ylabel() for axes in figure.axes] == ["second direction", "loss"]


def test_a_contour_lies_where_the_loss_has_its_level() -> None:
    fine = slice_losses(bowl, np.zeros(3), (np.eye(3)[0], np.eye(3)[1]), points=81)
    lines = next(c for c in landscape(fine).axes[0].collections if not c.filled)
    level, path = lines.levels[6], lines.get_paths()[6]
    x, y = path.vertices.T
    np.testing.assert_allclose(1 + x**2 + 10 * y**2, level, rtol=5e-3)


def test_a_bare_grid_reaches_from_minus_one_to_one_and_may_have_gaps() -> None:
    grid = np.arange(1.0, 13.0).reshape(3, 4)
    grid[2, 3] = np.inf
    axes = landscape(grid).axes[0]
    assert (axes.get_xlim(), axes.get_ylim()) == ((-1, 1), (-1, 1))
    assert np.max(filled(axes.figure).levels) == pytest.approx(11)


def test_a_flat_loss_is_drawn_and_no_figure_is_left_open() -> None:
    plt.close("all")
    landscape(np.full((3, 3), 2.0)).draw_without_rendering()
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda: slice_losses(bowl, np.zeros(3), (np.zeros(3), np.zeros(2))),
            r"direction 2: got shape \(2,\); expected \(3,\)",
        ),
        (
            lambda: slice_losses(bowl, np.zeros(3), (np.zeros(3), np.zeros(3)), points=1),
            r"reach, points: got \(1.0, 1\)",
        ),
        (lambda: landscape(np.ones(3)), r"losses: got shape \(3,\)"),
        (lambda: landscape(np.ones((1, 3))), r"losses: got shape \(1, 3\), the lowest 1"),
        (lambda: landscape(np.zeros((3, 3))), "the lowest 0; .*above 0. Pass log=False"),
        (lambda: landscape(np.full((2, 2), np.nan)), "none finite"),
        (
            lambda: landscape(Slice(np.zeros(2), np.zeros(2), np.full((2, 2), -1.0))),
            "the lowest -1",
        ),
    ],
)
def test_bad_input_is_one_clear_error(draw, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw()
