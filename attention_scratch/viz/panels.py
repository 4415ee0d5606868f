"""Small pictures of one kind in a grid, as wide together as the text column."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from attention_scratch.errors import InputError


def panels(
    count: int, *, columns: int, width: float, height: float, share_x: bool = False
) -> tuple[Figure, list[Axes]]:
    """A figure of ``count`` axes, at most ``columns`` in a line, each ``height`` inches tall."""
    columns = min(columns, count)
    rows = -(-count // columns)
    figure: Figure
    figure, grid = plt.subplots(
        rows, columns, squeeze=False, figsize=(width, rows * height), sharex=share_x
    )
    used: list[Axes] = list(grid.flat[:count])
    for axes in grid.flat[count:]:
        axes.set_visible(False)
    for axes in used[-columns:]:  # the lowest of each column, where no other stands below
        axes.tick_params(labelbottom=True)
    plt.close(figure)  # the caller shows it: a notebook would draw an open figure twice
    return figure, used


def numbers(field: str, values: ArrayLike, shape: str, *, ndim: int) -> NDArray[np.float64]:
    """``values`` as float64, of ``ndim`` axes and with at least one number.

    Raises:
        InputError: another rank, or nothing in it; ``shape`` says what was expected.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != ndim or array.size == 0:
        raise InputError(
            field,
            f"shape {array.shape}",
            expected=f"{shape}, at least one number",
            remedy="Reshape the array, or leave this one out.",
        )
    return array
