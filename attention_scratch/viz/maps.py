"""Matrices as colored cells: scores, masks, attention weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize, TwoSlopeNorm
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from attention_scratch.errors import InputError
from attention_scratch.viz import style

MOST_NUMBERS = 12  # rows or columns up to which the numbers are written into the cells
LARGEST_CELL = 0.75  # inches


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """One matrix to draw.

    Attributes:
        values: ``(rows, columns)``; a NaN is drawn as a hatched gap.
        title: short, above the matrix.
        row_labels, column_labels: one a row and a column, or none at all. Empty ones make room:
            only every eighth of many columns may say its number.
        row_name, column_name: what the axes are.
        signed: True for numbers of either sign (white is 0), False for numbers from 0 up.
        largest: the number drawn in the deepest color; the largest one present when left out.
        number_format: of the numbers in the cells, such as ``".2f"``; empty for none. They are
            left out of matrices of more than ``MOST_NUMBERS`` rows or columns.
    """

    values: NDArray[np.floating]
    title: str = ""
    row_labels: Sequence[str] = ()
    column_labels: Sequence[str] = ()
    row_name: str = ""
    column_name: str = ""
    signed: bool = False
    largest: float | None = None
    number_format: str = ".2f"


def heatmap(matrix: Map, *, width: float = style.COLUMN) -> Figure:
    """One matrix in a figure of its own, ``width`` inches wide.

    Raises:
        InputError: the values are no matrix, or the labels are not one a row and a column.
    """
    return heatmaps([matrix], width=width)


def heatmaps(
    matrices: Sequence[Map], *, columns: int | None = None, width: float = style.COLUMN
) -> Figure:
    """Matrices side by side, ``columns`` of them in a line of ``width`` inches.

    Raises:
        InputError: there is none; its values are no matrix; its labels are not one a row and a
            column.
    """
    if not matrices:
        raise InputError("matrices", matrices, expected="at least one", remedy="Pass [Map(...)].")
    for matrix in matrices:
        _check(matrix)
    columns = min(columns or len(matrices), len(matrices))
    layout = _Layout.of(matrices, columns, width)
    figure: Figure
    figure, grid = plt.subplots(
        len(layout.row_cells),
        columns,
        squeeze=False,
        figsize=(width, layout.height),
        width_ratios=layout.column_cells,
        height_ratios=layout.row_cells,
    )
    for axes in grid.flat[len(matrices) :]:
        axes.set_visible(False)
    for axes, matrix in zip(grid.flat, matrices, strict=False):
        _draw(axes, matrix, cell=layout.cell)
    plt.close(figure)  # the caller shows it: a notebook would draw an open figure twice
    return figure


def attention_map(
    weights: ArrayLike,
    query_labels: Sequence[str],
    key_labels: Sequence[str],
    *,
    title: str = "",
    width: float = style.COLUMN,
) -> Figure:
    """Who looks at whom: a row for each query, a column for each key, white 0, deep blue 1.

    Args:
        weights: ``(T, S)``.
        query_labels: ``T`` names.
        key_labels: ``S`` names.

    Raises:
        InputError: the weights are no matrix, or the labels are not one a row and a column.
    """
    return heatmap(_weights_map(weights, query_labels, key_labels, title), width=width)


def attention_heads(
    weights: ArrayLike,
    labels: Sequence[str],
    *,
    titles: Sequence[str],
    columns: int = 2,
    width: float = style.COLUMN,
) -> Figure:
    """The same tokens seen by several heads, one small map each.

    Args:
        weights: ``(H, T, T)``.
        labels: ``T`` names.
        titles: ``H`` names.

    Raises:
        InputError: the weights are no stack of matrices, or the labels do not fit them.
    """
    stack = np.asarray(weights, dtype=float)
    if stack.ndim != 3 or len(stack) != len(titles):
        raise InputError(
            "weights",
            f"shape {stack.shape}",
            expected=f"(H, T, T) with one of the {len(titles)} titles a head",
            remedy="Pick one sequence of a batch with weights[0].",
        )
    maps = [_weights_map(head, labels, labels, t) for head, t in zip(stack, titles, strict=True)]
    return heatmaps(maps, columns=columns, width=width)


def _weights_map(
    weights: ArrayLike, query_labels: Sequence[str], key_labels: Sequence[str], title: str
) -> Map:
    return Map(
        np.asarray(weights, dtype=float),
        title,
        query_labels,
        key_labels,
        row_name="query",
        column_name="key",
        largest=1.0,
    )


def _check(matrix: Map) -> None:
    shape = np.shape(matrix.values)
    if len(shape) != 2 or 0 in shape:
        raise InputError(
            "values",
            f"shape {shape}",
            expected="(rows, columns), both at least 1",
            remedy="Pick one matrix of a stack with values[0].",
        )
    labels = {"row_labels": matrix.row_labels, "column_labels": matrix.column_labels}
    for (field, given), size in zip(labels.items(), shape, strict=True):
        if len(given) not in (0, size):
            raise InputError(
                field,
                f"{len(given)} labels",
                expected=f"{size}, for values of shape {shape}",
                remedy="Give every row and column one label, or leave them all out.",
            )


@dataclass(frozen=True, slots=True)
class _Layout:
    """How large to draw: every cell of every matrix is a square of ``cell`` inches."""

    cell: float
    height: float  # of the figure, inches
    column_cells: tuple[int, ...]  # the widest matrix of each column of the grid
    row_cells: tuple[int, ...]  # the tallest matrix of each row of the grid

    @classmethod
    def of(cls, matrices: Sequence[Map], columns: int, width: float) -> _Layout:
        lines = [matrices[start : start + columns] for start in range(0, len(matrices), columns)]
        places = [matrices[start::columns] for start in range(columns)]
        column_cells = tuple(max(np.shape(m.values)[1] for m in place) for place in places)
        row_cells = tuple(max(np.shape(m.values)[0] for m in line) for line in lines)
        room = width - sum(max(_beside(m) for m in place) for place in places)
        cell = min(max(room, 0.3 * columns) / sum(column_cells), LARGEST_CELL)
        around = sum(max(_above_and_below(m) for m in line) for line in lines)
        return cls(cell, cell * sum(row_cells) + around, column_cells, row_cells)


def _beside(matrix: Map) -> float:
    """Inches that labels and gaps take from the width."""
    label = max((len(text) for text in matrix.row_labels), default=0)
    return 0.11 * label + (0.35 if matrix.row_name else 0) + 0.2


def _above_and_below(matrix: Map) -> float:
    """Inches that title and labels add to the height."""
    label = max((len(text) for text in matrix.column_labels), default=0)
    labels = 0.11 * label if _turned(matrix) else 0.25 * (label > 0)
    names = (0.4 if matrix.title else 0) + (0.35 if matrix.column_name else 0)
    return labels + names + 0.2


def _turned(matrix: Map) -> bool:
    return any(len(text) > 3 for text in matrix.column_labels)


def _draw(axes: Axes, matrix: Map, *, cell: float) -> None:
    values = np.ma.masked_invalid(np.asarray(matrix.values, dtype=float))
    colors, scale = _colors(values, matrix)
    axes.imshow(values, cmap=colors, norm=scale)
    axes.patch.set(facecolor="#F1F2F4", hatch="////", edgecolor="#C9CED4", linewidth=0)
    axes.grid(visible=False)
    axes.set_title(matrix.title)
    axes.set_xlabel(matrix.column_name)
    axes.set_ylabel(matrix.row_name)
    _label(axes, matrix, cell=cell)
    rows, columns = values.shape
    if matrix.number_format and max(rows, columns) <= MOST_NUMBERS:
        _write_numbers(axes, values, matrix.number_format, colors=colors, scale=scale, cell=cell)


def _colors(values: np.ma.MaskedArray, matrix: Map) -> tuple[Colormap, Normalize]:
    present = np.abs(values.compressed())
    largest = matrix.largest or float(present.max(initial=0)) or 1.0
    if matrix.signed:
        return style.signed_colormap(), TwoSlopeNorm(0, -largest, largest)
    return style.weights_colormap(), Normalize(0, largest)


def _label(axes: Axes, matrix: Map, *, cell: float) -> None:
    rows, columns = np.shape(matrix.values)
    axes.set_yticks(range(rows) if matrix.row_labels else [], list(matrix.row_labels))
    axes.set_xticks(range(columns) if matrix.column_labels else [], list(matrix.column_labels))
    apart = min(_apart(matrix.row_labels), _apart(matrix.column_labels))
    points = min(12.0, 72 * cell * apart * 0.95)  # neighbors must not touch
    axes.tick_params(length=0, axis="both", labelsize=points)
    if _turned(matrix):
        axes.tick_params(axis="x", labelrotation=90)
    axes.spines[:].set_visible(False)


def _apart(labels: Sequence[str]) -> int:
    """Cells from one label to the next, where some are left empty to make room."""
    places = [place for place, text in enumerate(labels) if text]
    return min((b - a for a, b in pairwise(places)), default=MOST_NUMBERS)


def _write_numbers(
    axes: Axes,
    values: np.ma.MaskedArray,
    number_format: str,
    *,
    colors: Colormap,
    scale: Normalize,
    cell: float,
) -> None:
    longest = max((len(format(v, number_format)) for v in values.compressed()), default=1)
    points = min(13.0, 72 * cell * 0.85 / (0.62 * longest))
    for (row, column), value in np.ndenumerate(values.filled(np.nan)):
        if np.isnan(value):
            continue
        dark = _luminance(colors(scale(value))) < 0.2
        axes.text(
            column,
            row,
            format(value, number_format),
            ha="center",
            va="center",
            fontsize=points,
            color="white" if dark else style.INK,
        )


def _luminance(color: tuple[float, float, float, float]) -> float:
    """How bright a color is to the eye, 0 to 1 (sRGB, WCAG 2)."""
    red, green, blue = (channel**2.2 for channel in color[:3])
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)
