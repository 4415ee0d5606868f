"""What a training run did: learning curves over seeds, gradients per layer, weights over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from attention_scratch.errors import InputError
from attention_scratch.viz import style
from attention_scratch.viz.curves import Scale
from attention_scratch.viz.panels import numbers, panels

Spread = Literal["range", "deviation"]

# Of the weights at a step: the outer band holds 98 in 100, the inner one half, the line the middle.
QUANTILES = (0.01, 0.25, 0.5, 0.75, 0.99)


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """The same training with several seeds.

    Attributes:
        label: its name in the legend.
        steps: ``(n,)``, where it was measured.
        values: ``(seeds, n)``; what is not finite is left out of mean and band.
    """

    label: str
    steps: ArrayLike
    values: ArrayLike


def learning_curves(
    runs: Sequence[Runs],
    *,
    y_label: str,
    x_label: str = "step",
    title: str = "",
    spread: Spread = "range",
    y_scale: Scale = "linear",
    width: float = style.COLUMN,
) -> Figure:
    """The mean over seeds as a line, in a band of what the seeds did.

    Args:
        spread: the band reaches from the lowest to the highest seed (``"range"``) or one standard
            deviation to both sides (``"deviation"``, of two seeds or more).

    Raises:
        InputError: there is no run, its shapes do not fit, or a deviation of one seed is asked for.
    """
    if not runs:
        raise InputError("runs", runs, expected="at least one", remedy="Pass [Runs(...)].")
    figure, [axes] = panels(1, columns=1, width=width, height=0.62 * width)
    for run in runs:
        steps, values = _measured(run)
        low, high = _band(run.label, values, spread)
        [line] = axes.plot(steps, values.mean(axis=0), label=run.label)
        axes.fill_between(steps, low, high, color=line.get_color(), alpha=0.18, linewidth=0)
    axes.set(xlabel=x_label, ylabel=y_label, title=title, yscale=y_scale)
    if len(runs) > 1:
        axes.legend()
    return figure


def gradient_norms(
    layers: Sequence[str],
    norms: Mapping[str, ArrayLike],
    *,
    title: str = "",
    y_label: str = "gradient norm",
    width: float = style.COLUMN,
) -> Figure:
    """How much gradient reaches each layer, on a logarithmic axis: what vanishes falls off.

    Args:
        layers: ``n`` names, from the input to the output.
        norms: of each run, ``(n,)``. A zero is drawn as a gap: it has no logarithm.

    Raises:
        InputError: there is no run, or one has not a norm for each layer, or a negative one.
    """
    if not norms:
        raise InputError("norms", norms, expected="at least one run", remedy="Pass {name: norms}.")
    figure, [axes] = panels(1, columns=1, width=width, height=0.62 * width)
    for number, (label, given) in enumerate(norms.items()):
        values = numbers(f"norms of {label!r}", given, f"({len(layers)},)", ndim=1)
        if len(values) != len(layers) or np.any(values < 0):
            raise InputError(
                f"norms of {label!r}",
                f"{len(values)} numbers, the smallest {values.min():g}",
                expected=f"{len(layers)}, one for each layer, none below 0",
                remedy="Pass np.linalg.norm of each layer's gradients.",
            )
        drawn = np.where(values > 0, values, np.nan)
        axes.plot(range(len(layers)), drawn, marker="osD^vPX"[number % 7], label=label)
    axes.set(ylabel=y_label, title=title, yscale="log")
    axes.set_xticks(range(len(layers)), list(layers))
    if sum(map(len, layers)) > 40:
        axes.tick_params(axis="x", labelrotation=90)
    if len(norms) > 1:
        axes.legend()
    return figure


def weight_evolution(
    steps: ArrayLike,
    snapshots: Mapping[str, ArrayLike],
    *,
    columns: int = 2,
    width: float = style.COLUMN,
) -> Figure:
    """How the weights of each parameter spread over training, a small picture each.

    The line is the median, the inner band holds the middle half of the weights, the outer one 98 of
    100.

    Args:
        steps: ``(n,)``, where the snapshots were taken.
        snapshots: of each parameter, ``(n, ...)``: its values at each step.

    Raises:
        InputError: there is no parameter, or it has not a snapshot for each step.
    """
    when = numbers("steps", steps, "(n,)", ndim=1)
    if not snapshots:
        raise InputError(
            "snapshots", snapshots, expected="at least one", remedy="Pass {name: (n, ...) array}."
        )
    figure, grid = panels(len(snapshots), columns=columns, width=width, height=2.1, share_x=True)
    for axes, (name, values) in zip(grid, snapshots.items(), strict=True):
        _draw_quantiles(axes, when, name, np.asarray(values, dtype=np.float64))
    for axes in grid[-columns:]:
        axes.set_xlabel("step")
    return figure


def _measured(run: Runs) -> tuple[NDArray[np.float64], np.ma.MaskedArray]:
    steps = numbers(f"steps of {run.label!r}", run.steps, "(n,)", ndim=1)
    values = numbers(f"values of {run.label!r}", run.values, "(seeds, n)", ndim=2)
    if values.shape[1] != len(steps):
        raise InputError(
            f"values of {run.label!r}",
            f"shape {values.shape}",
            expected=f"(seeds, {len(steps)}), a value for each step",
            remedy="Put the seeds first: np.stack([values of each seed]).",
        )
    return steps, np.ma.masked_invalid(values)


def _band(
    label: str, values: np.ma.MaskedArray, spread: Spread
) -> tuple[np.ma.MaskedArray, np.ma.MaskedArray]:
    if spread == "range":
        return values.min(axis=0), values.max(axis=0)
    if len(values) < 2:
        raise InputError(
            f"values of {label!r}",
            "one seed",
            expected="two or more for a deviation",
            remedy='Take spread="range", or train with more seeds.',
        )
    mean, deviation = values.mean(axis=0), values.std(axis=0, ddof=1)
    return mean - deviation, mean + deviation


def _draw_quantiles(
    axes: Axes, steps: NDArray[np.float64], name: str, values: NDArray[np.float64]
) -> None:
    if values.ndim < 1 or len(values) != len(steps) or values.size == 0:
        raise InputError(
            f"snapshots of {name!r}",
            f"shape {values.shape}",
            expected=f"({len(steps)}, ...), one for each step",
            remedy="Stack copies of the parameter: np.stack([p.copy() at each step]).",
        )
    flat = values.reshape(len(steps), -1)
    lowest, low, middle, high, highest = np.quantile(flat, QUANTILES, axis=1)
    axes.fill_between(steps, lowest, highest, color=style.BLUE, alpha=0.16, linewidth=0)
    axes.fill_between(steps, low, high, color=style.BLUE, alpha=0.32, linewidth=0)
    axes.plot(steps, middle, color=style.BLUE)
    axes.set_title(name, fontsize=11, fontweight="normal")
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
