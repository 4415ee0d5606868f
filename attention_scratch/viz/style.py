"""One look for every figure of the book: call ``style.use()`` once at the top of a notebook.

Figures are opaque white cards, so they read the same on a light and on a dark page. A figure
``COLUMN`` inches wide fills the text column of the site at its natural size (its 13-point labels
are then nearly as large as the text) and still has readable labels when a phone shrinks it to half.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.colors import Colormap, LinearSegmentedColormap

COLUMN = 6.0  # inches: the width of a figure that fills the text column

# Okabe & Ito (2008): told apart with every common kind of color blindness.
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
INK = "#1B1F24"
MUTED = "#5F6770"
GRID = "#E3E7EB"
PAPER = "#FFFFFF"

PALETTE: tuple[str, ...] = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, INK)
LINE_STYLES: tuple[object, ...] = (
    "-",
    "--",
    "-.",
    ":",
    (0, (5, 1)),
    (0, (3, 1, 1, 1)),
    "-",
)

# One color a part of the book, dark enough for text on white (contrast at least 4.5 : 1).
PART_COLORS: tuple[str, ...] = ("#0067A3", "#00785A", "#B84A00", "#8E4585")


def part_color(part: int) -> str:
    """The color of part 1, 2, 3 or 4 of the book, as ``#rrggbb``."""
    return PART_COLORS[part - 1]


def weights_colormap() -> Colormap:
    """White to deep blue, for numbers that start at 0: attention weights, probabilities."""
    colors = ["#F8FBFE", "#A9CFE8", "#3C8FC2", "#0067A3", "#053654"]
    return _see_through_gaps(LinearSegmentedColormap.from_list("weights", colors))


def signed_colormap() -> Colormap:
    """Orange, white, blue, for numbers of either sign: scores, differences, gradients."""
    colors = ["#8A3600", "#DE8A4A", "#FCFBFA", "#5BA3CF", "#054A75"]
    return _see_through_gaps(LinearSegmentedColormap.from_list("signed", colors))


def use() -> None:
    """Make this the style of every figure drawn from now on, in a notebook or in a script.

    In a notebook figures become SVG: sharp at any zoom, exactly as wide as asked for, and the
    same bytes on every run.
    """
    mpl.rcParams.update(_SETTINGS)
    _use_svg_in_notebooks()


def _see_through_gaps(colormap: Colormap) -> Colormap:
    return colormap.with_extremes(bad=(0, 0, 0, 0))  # NaN shows the hatched axes behind it


def _use_svg_in_notebooks() -> None:
    ipython = sys.modules.get("IPython")  # imported already wherever there is a notebook
    shell = ipython.get_ipython() if ipython else None
    if shell is None or "inline" not in mpl.get_backend():
        return
    inline: Any = importlib.import_module("matplotlib_inline.backend_inline")
    inline.set_matplotlib_formats("svg", bbox_inches=None, metadata={"Date": None})


_SETTINGS: dict[str, Any] = {
    "figure.figsize": (COLUMN, 3.8),
    "figure.facecolor": PAPER,
    "figure.constrained_layout.use": True,
    "savefig.facecolor": PAPER,
    "savefig.dpi": 200,
    "svg.hashsalt": "attention-scratch",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib: the same on every machine
    "font.size": 13,
    "axes.titlesize": 14,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelsize": 13,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=PALETTE, linestyle=LINE_STYLES),
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "lines.linewidth": 2.2,
    "lines.markersize": 6,
    "legend.frameon": False,
    "legend.fontsize": 12,
    "image.aspect": "equal",
    "image.interpolation": "none",
}
