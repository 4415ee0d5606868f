"""Lines and points on axes: what was measured against what was varied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import ArrayLike

from attention_scratch.errors import InputError
from attention_scratch.viz import style

Scale = Literal["linear", "log"]

MOST_TICKS = 6  # numbers along a logarithmic x axis: more would touch


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line.

    Attributes:
        label: its name in the legend.
        x, y: as many numbers each.
        points: True for measurements (dots joined by a line), False for a formula (a line).
    """

    label: str
    x: ArrayLike
    y: ArrayLike
    points: bool = False


def curves(
    lines: Sequence[Curve],
    *,
    x_label: str,
    y_label: str,
    title: str = "",
    x_scale: Scale = "linear",
    y_scale: Scale = "linear",
    width: float = style.COLUMN,
) -> Figure:
    """Lines on one pair of axes, told apart by color, dash and marker.

    Raises:
        InputError: there is no line, or one has not as many x as y.
    """
    if not lines:
        raise InputError("lines", lines, expected="at least one", remedy="Pass [Curve(...)].")
    figure: Figure
    figure, axes = plt.subplots(figsize=(width, 0.62 * width))
    for number, line in enumerate(lines):
        _draw(axes, line, number)
    axes.set(xlabel=x_label, ylabel=y_label, title=title, xscale=x_scale, yscale=y_scale)
    _plain_numbers(axes, lines)
    if len(lines) > 1:
        axes.legend()
    plt.close(figure)  # the caller shows it: a notebook would draw an open figure twice
    return figure


def power_law(x: ArrayLike, y: ArrayLike) -> tuple[float, float]:
    """The ``exponent`` and ``factor`` of ``y = factor * x ** exponent`` that fit best.

    Least squares on the logarithms: on log-log axes, the slope of the straight line.

    Raises:
        InputError: fewer than two points, or one that is not positive.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.shape != y.shape or x.ndim != 1 or len(x) < 2 or min(x.min(), y.min()) <= 0:
        raise InputError(
            "x, y",
            f"shapes {x.shape} and {y.shape}",
            expected="two lists of as many positive numbers, at least two",
            remedy="A power law has a logarithm: leave out zeros.",
        )
    exponent, offset = np.polyfit(np.log(x), np.log(y), 1)
    return float(exponent), float(np.exp(offset))


def _draw(axes: Axes, line: Curve, number: int) -> None:
    x, y = np.asarray(line.x), np.asarray(line.y)
    if x.shape != y.shape or x.ndim != 1:
        raise InputError(
            f"curve {line.label!r}",
            f"x of shape {x.shape}, y of shape {y.shape}",
            expected="one y for each x",
            remedy="Pass two flat arrays of one length.",
        )
    marker = "osD^vPX"[number % 7] if line.points else ""
    axes.plot(x, y, marker=marker, label=line.label)


def _plain_numbers(axes: Axes, lines: Sequence[Curve]) -> None:
    """On a logarithmic axis: numbers as people write them, x marked where it was measured."""
    measured = next((np.asarray(line.x) for line in lines if line.points), None)
    if axes.get_xscale() == "log" and measured is not None:
        axes.set_xticks(measured[:: -(-len(measured) // MOST_TICKS)])
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "log":
            axis.set_major_formatter(FuncFormatter(lambda number, _: plain(number)))
            axis.set_minor_formatter(NullFormatter())


def plain(number: float) -> str:
    """``1,024`` or ``0.01``; ``2e12`` where that would be long."""
    if 1e-3 <= abs(number) < 1e6:
        return f"{number:,.6g}"
    mantissa, exponent = f"{number:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}"
