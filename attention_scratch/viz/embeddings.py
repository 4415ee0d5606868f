"""Vectors of many numbers as points on paper: PCA and t-SNE, through scikit-learn."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from numpy.typing import ArrayLike, NDArray

from attention_scratch.errors import InputError, MissingExtraError
from attention_scratch.viz import style
from attention_scratch.viz.panels import numbers, panels

Method = Literal["pca", "t-sne"]

# Where a label may stand from its point: steps to the right and up, the best first.
SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
_ALIGN_X = {1: "left", 0: "center", -1: "right"}
_ALIGN_Y = {1: "bottom", 0: "center", -1: "top"}


def project(
    vectors: ArrayLike, *, method: Method = "pca", seed: int = 0
) -> tuple[NDArray[np.float64], tuple[str, str]]:
    """``(n, C)`` vectors as ``(n, 2)`` points, and what the two axes are.

    PCA (Pearson 1901) turns the cloud so that it is seen at its widest; distances keep their
    meaning. t-SNE (van der Maaten & Hinton 2008) keeps neighbors together; distances between groups
    mean nothing, and another seed gives another picture.

    Raises:
        InputError: no ``(n, C)`` array of finite numbers with n of at least 3 and C of at least 2,
            or a method that is not known.
        MissingExtraError: scikit-learn is not installed.
    """
    cloud = numbers("vectors", vectors, "(n, C)", ndim=2)
    if len(cloud) < 3 or cloud.shape[1] < 2 or not np.isfinite(cloud).all():
        raise InputError(
            "vectors",
            f"shape {cloud.shape}, {np.count_nonzero(~np.isfinite(cloud))} numbers not finite",
            expected="(n, C), finite, n of at least 3 and C of at least 2",
            remedy="Pass one row a vector, such as an embedding matrix.",
        )
    if method == "pca":
        analysis = _sklearn("decomposition").PCA(n_components=2, svd_solver="full")
        points = analysis.fit_transform(cloud)
        shares = analysis.explained_variance_ratio_
        return points, (f"first axis, {shares[0]:.0%}", f"second axis, {shares[1]:.0%}")
    if method == "t-sne":
        perplexity = min(30.0, (len(cloud) - 1) / 3)  # it must stay below the number of points
        analysis = _sklearn("manifold").TSNE(
            perplexity=perplexity, init="pca", random_state=seed, method="exact"
        )
        return analysis.fit_transform(cloud), ("", "")
    raise InputError("method", method, expected="'pca' or 't-sne'", remedy="Choose one of them.")


def embedding_map(
    vectors: ArrayLike,
    labels: Sequence[str],
    *,
    groups: Sequence[str] = (),
    method: Method = "pca",
    seed: int = 0,
    title: str = "",
    width: float = style.COLUMN,
) -> Figure:
    """Vectors as labeled points; what is near was near before, as far as two axes can show it.

    Args:
        vectors: ``(n, C)``.
        labels: ``n`` of them, written beside the points.
        groups: ``n`` names that give the points their color and marker, or none.
        method: ``"pca"`` or ``"t-sne"``, see :func:`project`.

    Raises:
        InputError: as :func:`project` does, or there is not one label and group a vector.
        MissingExtraError: scikit-learn is not installed.
    """
    points, (x_label, y_label) = project(vectors, method=method, seed=seed)
    for field, given in {"labels": labels, "groups": groups or labels}.items():
        if len(given) != len(points):
            raise InputError(
                field,
                f"{len(given)} of them",
                expected=f"{len(points)}, one a vector",
                remedy="Give every row of the vectors one.",
            )
    figure, [axes] = panels(1, columns=1, width=width, height=0.8 * width)
    membership = np.array(list(groups) or [""] * len(points))
    for number, group in enumerate(dict.fromkeys(membership.tolist())):
        chosen = points[membership == group]
        marker = "osD^vPX"[number % 7]
        color = style.PALETTE[number % len(style.PALETTE)]
        axes.plot(*chosen.T, linestyle="", marker=marker, color=color, label=group)
    axes.set(title=title, xlabel=x_label, ylabel=y_label)
    if method == "t-sne":
        axes.set(xticks=[], yticks=[])  # its numbers mean nothing
    axes.margins(0.12)
    if groups:
        axes.legend()
    _write_labels(figure, axes, points, labels)
    return figure


def _write_labels(
    figure: Figure, axes: Axes, points: NDArray[np.float64], labels: Sequence[str]
) -> None:
    """Beside each point, on the side where the least has been written so far."""
    figure.draw_without_rendering()  # from here on the axes stay where they are
    dots = Bbox.from_bounds(-4, -4, 8, 8)
    taken = [dots.translated(*place) for place in axes.transData.transform(points)]
    for label, point in zip(labels, points, strict=True):
        note = axes.annotate(label, point, xytext=(0, 0), textcoords="offset points", fontsize=11)
        boxes = []
        for right, up in SIDES:
            note.set(position=(6 * right, 6 * up), ha=_ALIGN_X[right], va=_ALIGN_Y[up])
            boxes.append(note.get_window_extent())
        best = min(range(len(SIDES)), key=lambda side: _overlap(boxes[side], taken))
        right, up = SIDES[best]
        note.set(position=(6 * right, 6 * up), ha=_ALIGN_X[right], va=_ALIGN_Y[up])
        taken.append(boxes[best])


def _overlap(box: Bbox, taken: Sequence[Bbox]) -> float:
    shared = (Bbox.intersection(box, other) for other in taken)
    return sum(found.width * found.height for found in shared if found is not None)


def _sklearn(module: str) -> Any:
    try:
        return importlib.import_module(f"sklearn.{module}")
    except ModuleNotFoundError as error:
        raise MissingExtraError("scikit-learn", "book") from error
