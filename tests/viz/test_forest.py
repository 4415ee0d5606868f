"""Forest plots: what is drawn is what was given, in order, with headings above groups."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from attention_scratch.errors import InputError
from attention_scratch.viz import Effect, forest, style

EFFECTS = [
    Effect("learned", -0.10, -0.2, 0.0, "positions"),
    Effect("ALiBi", -0.02, -0.05, 0.01, "positions"),
    Effect("1", -0.2, -0.25, -0.15, "layers", marked=True),
]


def test_each_interval_and_mean_is_drawn_in_its_row_below_its_heading() -> None:
    axes = forest(EFFECTS, x_label="points").axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["positions", "learned", "ALiBi", "layers", "1"]
    *drawn, _ = axes.lines
    bars = [(*bar.get_xdata(), *bar.get_ydata()) for bar in drawn[::2]]
    assert bars == [(-0.2, 0.0, 1, 1), (-0.05, 0.01, 2, 2), (-0.25, -0.15, 4, 4)]
    dots = [(*dot.get_xdata(), *dot.get_ydata()) for dot in drawn[1::2]]
    assert dots == [(-0.10, 1), (-0.02, 2), (-0.2, 4)]


def test_the_first_effect_is_on_top_and_marked_ones_are_told_apart() -> None:
    axes = forest(EFFECTS, x_label="points").axes[0]
    bottom, top = axes.get_ylim()
    assert bottom > top
    colors = [to_hex(line.get_color()) for line in axes.lines[1:-1:2]]
    marked = to_hex(style.VERMILION)
    assert [color == marked for color in colors] == [effect.marked for effect in EFFECTS]


def test_no_effect_has_a_line_inside_the_axes() -> None:
    axes = forest(EFFECTS[2:], x_label="points").axes[0]
    assert axes.lines[-1].get_xdata() == pytest.approx([0, 0])
    assert axes.get_xlim()[0] < -0.25
    assert axes.get_xlim()[1] > 0


def test_shares_are_written_as_signed_points() -> None:
    figure = forest(EFFECTS, x_label="points", percent=True)
    figure.canvas.draw()
    texts = {label.get_text() for label in figure.axes[0].get_xticklabels()}
    assert "0" in texts
    assert any(text.startswith("-") and "." not in text for text in texts)


@pytest.mark.parametrize("mean", [0.2, np.nan])
def test_an_interval_without_its_mean_is_refused(mean: float) -> None:
    with pytest.raises(InputError, match="interval of 'x'"):
        forest([Effect("x", mean, -0.1, 0.1)], x_label="points")


def test_nothing_to_draw_is_an_error() -> None:
    with pytest.raises(InputError, match="effects"):
        forest([], x_label="points")
