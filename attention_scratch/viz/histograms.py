"""Where the numbers of a model lie: parameters, activations, gradients."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from attention_scratch.errors import InputError
from attention_scratch.viz import style
from attention_scratch.viz.panels import panels


def histograms(
    arrays: Mapping[str, ArrayLike],
    *,
    bins: int = 41,
    columns: int = 2,
    same_range: bool = False,
    width: float = style.COLUMN,
) -> Figure:
    """One small histogram an array, with its mean and standard deviation.

    Numbers that are not finite are left out of the bars and counted in the title: one NaN among a
    million weights is what such a figure is looked at for.

    Args:
        arrays: of any shape, by name.
        bins: how many bars.
        same_range: one horizontal range for all of them, so that they can be compared.

    Raises:
        InputError: there is no array, one is empty, or there is not at least one bar.
    """
    if not arrays or bins < 1:
        raise InputError(
            "arrays" if not arrays else "bins",
            dict(arrays) if not arrays else bins,
            expected="at least one",
            remedy="Pass {name: array}.",
        )
    flat = {name: _flat(name, values) for name, values in arrays.items()}
    figure, grid = panels(len(flat), columns=columns, width=width, height=1.9, share_x=same_range)
    everything = np.concatenate([_finite(values) for values in flat.values()])
    for axes, (name, values) in zip(grid, flat.items(), strict=True):
        _draw(axes, name, values, bins, everything if same_range else values)
    return figure


def _flat(name: str, values: ArrayLike) -> NDArray[np.float64]:
    flat = np.asarray(values, dtype=np.float64).ravel()
    if not flat.size:
        raise InputError(
            name, "an empty array", expected="at least one number", remedy="Leave it out."
        )
    return flat


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[np.isfinite(values)]


def _draw(
    axes: Axes,
    name: str,
    values: NDArray[np.float64],
    bins: int,
    range_of: NDArray[np.float64],
) -> None:
    finite = _finite(values)
    lost = values.size - finite.size
    if finite.size:
        edges = np.histogram_bin_edges(_finite(range_of), bins)
        counts = np.histogram(finite, edges)[0]
        axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=style.BLUE)
        summary = f"mean {finite.mean():.2g}, std {finite.std():.2g}"
        axes.set_xlabel(summary, fontsize=10, color=style.MUTED)
    title = f"{name}: {lost:,} not finite" if lost else name
    color = style.VERMILION if lost else style.INK
    axes.set_title(title, fontsize=11, fontweight="normal", color=color)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.tick_params(labelsize=10)
    axes.spines["left"].set_visible(False)
