"""Estimates with their intervals, one below the other, beside a line that stands for no effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from attention_scratch.errors import InputError
from attention_scratch.viz import style

_ROW, _HEAD = 0.21, 0.75  # inches


@dataclass(frozen=True, slots=True)
class Effect:
    """One line of the plot.

    Attributes:
        label: what was compared.
        mean, low, high: the estimate and the ends of its interval.
        group: a heading is put above the first of each run of equal groups; empty for none.
        marked: drawn in vermilion and filled; the others are blue and hollow.
    """

    label: str
    mean: float
    low: float
    high: float
    group: str = ""
    marked: bool = False


def forest(
    effects: Sequence[Effect],
    *,
    x_label: str,
    title: str = "",
    zero: float = 0.0,
    percent: bool = False,
    width: float = style.COLUMN,
) -> Figure:
    """A forest plot: the first effect on top, a gray line at ``zero``.

    Args:
        percent: numbers along the axis are shares, written as signed percentage points.

    Raises:
        InputError: there is no effect, or an interval does not hold its mean.
    """
    if not effects:
        raise InputError("effects", effects, expected="at least one", remedy="Pass [Effect(...)].")
    for effect in effects:
        if not effect.low <= effect.mean <= effect.high:
            raise InputError(
                f"interval of {effect.label!r}",
                f"{effect.mean:g} in [{effect.low:g}, {effect.high:g}]",
                expected="low ≤ mean ≤ high, finite",
                remedy="Leave out what was not measured.",
            )
    places = _places(effects)
    rows = max(places) + 1
    figure: Figure
    figure, axes = plt.subplots(figsize=(width, _ROW * rows + _HEAD))
    for place, effect in zip(places, effects, strict=True):
        _draw(axes, place, effect)
    axes.axvline(zero, color=style.MUTED, linewidth=1, zorder=1)
    axes.set(ylim=(rows - 0.4, -0.6), xlabel=x_label, title=title)
    _name_rows(axes, places, effects)
    if percent:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:+.0f}" if x else "0"))
    plt.close(figure)  # the caller shows it: a notebook would draw an open figure twice
    return figure


def _places(effects: Sequence[Effect]) -> list[int]:
    """The row of each effect; a heading takes the one above."""
    places, row, group = [], 0, ""
    for effect in effects:
        row += effect.group not in ("", group)
        group = effect.group
        places.append(row)
        row += 1
    return places


def _draw(axes: Axes, place: int, effect: Effect) -> None:
    color = style.VERMILION if effect.marked else style.BLUE
    axes.plot([effect.low, effect.high], [place, place], color=color, linewidth=1.5, linestyle="-")
    face = color if effect.marked else style.PAPER
    axes.plot([effect.mean], [place], "o", color=color, markerfacecolor=face, markersize=6)


def _name_rows(axes: Axes, places: Sequence[int], effects: Sequence[Effect]) -> None:
    names = {place: (effect.label, False) for place, effect in zip(places, effects, strict=True)}
    for place, effect in zip(places, effects, strict=True):
        if effect.group and place - 1 not in names:
            names[place - 1] = (effect.group, True)
    axes.set_yticks(sorted(names), [names[place][0] for place in sorted(names)])
    for place, label in zip(sorted(names), axes.get_yticklabels(), strict=True):
        label.set_fontweight("bold" if names[place][1] else "normal")
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.04)
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 0), max(high, np.nextafter(0, 1)))
