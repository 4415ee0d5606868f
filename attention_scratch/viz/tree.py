"""Sequences as a tree: every branch a token with its probability, every leaf a whole sequence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attention_scratch.errors import InputError
from attention_scratch.viz import style

State = Literal["plain", "kept", "dropped"]

_LEAF = 0.46  # inches from one leaf to the next
_LOOKS: dict[State, tuple[str, str, float]] = {  # color, line style, width
    "plain": (style.MUTED, "-", 1.4),
    "kept": (style.BLUE, "-", 3.0),
    "dropped": (style.MUTED, ":", 1.4),
}


@dataclass(frozen=True, slots=True)
class Branch:
    """A token that may come next.

    Attributes:
        token: as it is shown.
        probability: of this token after those before it.
        children: what may follow; none for the end of a sequence.
        state: drawn in blue (``kept``), dotted (``dropped``) or plainly.
    """

    token: str
    probability: float
    children: tuple[Branch, ...] = ()
    state: State = "plain"


def token_tree(
    branches: Sequence[Branch], *, title: str = "", width: float = style.COLUMN
) -> Figure:
    """The tree from left to right; behind each leaf, the product of its branches.

    Raises:
        InputError: there is no branch, or a probability is none.
    """
    if not branches:
        raise InputError(
            "branches", branches, expected="at least one", remedy="Pass [Branch(...)]."
        )
    _check(branches)
    leaves = sum(_leaves(branch) for branch in branches)
    figure: Figure
    figure, axes = plt.subplots(figsize=(width, _LEAF * leaves + (0.75 if title else 0.35)))
    _Drawing(axes).children(branches, x=0.0, top=0.0, product=1.0)
    axes.set(xlim=(-0.15, _depth(branches) + 0.75), ylim=(-leaves + 0.45, 0.55), title=title)
    axes.axis("off")
    plt.close(figure)  # the caller shows it: a notebook would draw an open figure twice
    return figure


@dataclass(frozen=True, slots=True)
class _Drawing:
    axes: Axes

    def children(
        self, branches: Sequence[Branch], *, x: float, top: float, product: float
    ) -> float:
        """Draw branches whose first leaf lies at ``top``; the height of the node they leave."""
        heights = []
        for branch in branches:
            probability = product * branch.probability
            if branch.children:
                height = self.children(branch.children, x=x + 1, top=top, product=probability)
            else:
                height = top
                self._leaf(x + 1, height, probability, branch.state)
            heights.append(height)
            top -= _leaves(branch)
        own = (heights[0] + heights[-1]) / 2
        for branch, height in zip(branches, heights, strict=True):
            self._branch(branch, (x, own), (x + 1, height))
        if x == 0:
            self.axes.plot(x, own, "o", color=style.INK, markersize=7, zorder=3)
        return own

    def _branch(self, branch: Branch, start: tuple[float, float], end: tuple[float, float]) -> None:
        color, dashes, line = _LOOKS[branch.state]
        self.axes.plot(
            [start[0], end[0]], [start[1], end[1]], dashes, color=color, linewidth=line, zorder=1
        )
        share = 0.62  # of the way, where neighbors have spread far enough for their numbers
        self.axes.text(
            start[0] + share * (end[0] - start[0]),
            start[1] + share * (end[1] - start[1]),
            f"{branch.probability:g}",
            ha="center",
            va="center",
            fontsize=11,
            color=color if branch.state == "kept" else style.INK,
            bbox={"facecolor": style.PAPER, "edgecolor": "none", "pad": 1.0},
            zorder=2,
        )
        self.axes.text(
            *end,
            branch.token,
            ha="center",
            va="center",
            fontsize=12,
            color=style.PAPER if branch.state == "kept" else style.INK,
            bbox={
                "boxstyle": "round,pad=0.28",
                "facecolor": style.BLUE if branch.state == "kept" else style.PAPER,
                "edgecolor": color,
                "linestyle": dashes,
            },
            zorder=4,
        )

    def _leaf(self, x: float, y: float, probability: float, state: State) -> None:
        kept = state == "kept"
        self.axes.text(
            x + 0.2,
            y,
            f"{probability:.3g}",
            va="center",
            fontsize=12,
            fontweight="bold" if kept else "normal",
            color=style.BLUE if kept else style.INK,
        )


def _check(branches: Sequence[Branch]) -> None:
    for branch in _all(branches):
        if not 0 <= branch.probability <= 1:
            raise InputError(
                f"probability of {branch.token!r}",
                branch.probability,
                expected="from 0 to 1",
                remedy="Pass the probability of the token after those before it.",
            )


def _all(branches: Sequence[Branch]) -> Iterator[Branch]:
    for branch in branches:
        yield branch
        yield from _all(branch.children)


def _leaves(branch: Branch) -> int:
    return sum(map(_leaves, branch.children)) or 1


def _depth(branches: Sequence[Branch]) -> int:
    return 1 + max((_depth(b.children) for b in branches if b.children), default=0)
