"""The loss around a trained model, along two directions (Li et al. 2018, arXiv:1712.09913)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from attention_scratch.errors import InputError
from attention_scratch.viz import style
from attention_scratch.viz.panels import numbers, panels

LEVELS = 14  # contour lines, about


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Losses on a grid: ``losses[i, j]`` at ``second[i]`` along one direction, ``first[j]`` along
    the other, in multiples of the directions.
    """

    first: NDArray[np.float64]  # (columns,)
    second: NDArray[np.float64]  # (rows,)
    losses: NDArray[np.float64]  # (rows, columns)


def random_direction(
    parameters: Mapping[str, NDArray[np.floating]], *, rng: np.random.Generator
) -> dict[str, NDArray[np.floating]]:
    """A random direction whose every row is as long as the row of the parameter it moves.

    Without that, a step of one length would shake small weights apart and leave large ones as they
    are, and two models could not be compared (Li et al. 2018, section 4). Vectors (biases, norms)
    stay where they are, as in the paper.
    """
    direction = {}
    for name, values in parameters.items():
        if values.ndim < 2:
            direction[name] = np.zeros_like(values)
            continue
        drawn = rng.standard_normal(values.shape).astype(values.dtype)  # (out, in)
        lengths = np.linalg.norm(values, axis=-1, keepdims=True)  # (out, 1)
        direction[name] = drawn * (lengths / np.linalg.norm(drawn, axis=-1, keepdims=True))
    return direction


def slice_losses(
    loss: Callable[[NDArray[np.floating]], float],
    center: NDArray[np.floating],
    directions: tuple[NDArray[np.floating], NDArray[np.floating]],
    *,
    reach: float = 1.0,
    points: int = 15,
) -> Slice:
    """The loss at ``points`` × ``points`` places around ``center``, ``reach`` directions far.

    Args:
        loss: from a flat vector of parameters ``(n,)`` to a number; it must not keep the vector.
        center: ``(n,)``.
        directions: two of ``(n,)``.

    Raises:
        InputError: a direction of another shape than the center, no reach, or less than two points.
    """
    for number, direction in enumerate(directions, start=1):
        if np.shape(direction) != np.shape(center):
            raise InputError(
                f"direction {number}",
                f"shape {np.shape(direction)}",
                expected=f"{np.shape(center)}, as the center",
                remedy="Flatten parameters and directions in the same order.",
            )
    if reach <= 0 or points < 2:
        raise InputError(
            "reach, points",
            (reach, points),
            expected="a reach above 0 and at least 2 points",
            remedy="Leave them out for 15 points from -1 to 1.",
        )
    along = np.linspace(-reach, reach, points)
    first, second = directions
    losses = [[float(loss(center + a * first + b * second)) for a in along] for b in along]
    return Slice(along, along, np.array(losses))


def landscape(
    losses: Slice | ArrayLike,
    *,
    title: str = "",
    log: bool = True,
    width: float = style.COLUMN,
) -> Figure:
    """Contours of the loss; the cross is the model itself, in the middle.

    Args:
        losses: what :func:`slice_losses` returned, or a grid ``(rows, columns)`` of losses from -1
            to 1 in both directions. A loss that is not finite is left blank.
        log: contours at equal ratios of the loss; they need losses above 0.

    Raises:
        InputError: no grid of at least 2 × 2, no finite loss, or one that has no logarithm.
    """
    given = losses if isinstance(losses, Slice) else _from_grid(losses)
    values = np.ma.masked_invalid(given.losses)
    present = values.compressed()
    if min(given.losses.shape) < 2 or not present.size or (log and present.min() <= 0):
        lowest = f", the lowest {present.min():g}" if present.size else ", none finite"
        raise InputError(
            "losses",
            f"shape {given.losses.shape}{lowest}",
            expected="at least 2 × 2 of them" + (", above 0" if log else ""),
            remedy="Pass log=False for losses that may be 0 or below.",
        )
    figure, [axes] = panels(1, columns=1, width=width, height=0.8 * width)
    low, high = float(present.min()), float(present.max())
    scale = LogNorm(low, high) if log and high > low else Normalize(low, max(high, low + 1e-12))
    levels = _levels(low, high, log=log)
    colors = style.weights_colormap()
    filled = axes.contourf(
        given.first, given.second, values, levels, cmap=colors, norm=scale, extend="both"
    )
    axes.contour(given.first, given.second, values, levels, colors=style.PAPER, linewidths=0.7)
    axes.plot(0, 0, "x", color=style.VERMILION, markersize=10, markeredgewidth=2.5)
    axes.set(xlabel="first direction", ylabel="second direction", title=title, aspect="equal")
    axes.grid(visible=False)
    ticks = levels[::3].tolist()
    bar = figure.colorbar(filled, ax=axes, label="loss")
    bar.set_ticks(ticks, labels=[f"{tick:.2g}" for tick in ticks])
    return figure


def _from_grid(losses: ArrayLike) -> Slice:
    grid = numbers("losses", losses, "(rows, columns)", ndim=2)
    rows, columns = grid.shape
    return Slice(np.linspace(-1, 1, columns), np.linspace(-1, 1, rows), grid)


def _levels(low: float, high: float, *, log: bool) -> NDArray[np.float64]:
    if high <= low:
        return np.array([low, low + 1e-12])
    return np.geomspace(low, high, LEVELS) if log else np.linspace(low, high, LEVELS)
