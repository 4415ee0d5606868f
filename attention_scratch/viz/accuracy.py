"""How often a model is right, and what it says instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from attention_scratch.errors import InputError
from attention_scratch.viz import style
from attention_scratch.viz.maps import Map, heatmap, heatmaps


def accuracy_by(
    rows: Sequence[str],
    columns: Sequence[str],
    correct: ArrayLike,
    *,
    row_order: Sequence[str] = (),
    column_order: Sequence[str] = (),
    row_name: str = "operation",
    column_name: str = "depth",
    title: str = "",
    width: float = style.COLUMN,
) -> Figure:
    """The share of right answers for each pair of kinds, such as operation and depth.

    Args:
        rows, columns: of each of ``n`` answers, the kinds it belongs to.
        correct: ``(n,)`` booleans.
        row_order, column_order: the kinds in the figure's order; sorted when left out.

    A pair that no answer belongs to is a hatched gap.

    Raises:
        InputError: there is no answer, not as many of each, or a kind that is in no order given.
    """
    right = np.asarray(correct, dtype=bool)
    _same_length({"rows": rows, "columns": columns, "correct": np.atleast_1d(right)})
    row_names, row_at = _numbered("rows", rows, row_order)
    column_names, column_at = _numbered("columns", columns, column_order)
    at = (row_at, column_at)
    asked = np.zeros((len(row_names), len(column_names)))
    np.add.at(asked, at, 1)
    hit = np.zeros_like(asked)
    np.add.at(hit, at, right)
    share = np.divide(hit, asked, out=np.full_like(hit, np.nan), where=asked > 0)
    return heatmap(
        Map(share, title, row_names, column_names, row_name, column_name, False, 1.0, ".1%"),
        width=width,
    )


def confusion_counts(
    true: Sequence[str], given: Sequence[str], classes: Sequence[str]
) -> NDArray[np.int64]:
    """``(classes, classes + 1)``: how often the answer to a row's class was a column's.

    The last column counts answers that are no class at all.

    Raises:
        InputError: not as many true as given answers, none, or a true one that is no class.
    """
    _same_length({"true": true, "given": given})
    _, right = _numbered("true", true, classes)
    number = {name: place for place, name in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes) + 1), dtype=np.int64)
    np.add.at(counts, (right, [number.get(g, -1) for g in given]), 1)
    return counts


def confusion(
    answers: Mapping[str, tuple[Sequence[str], Sequence[str]]],
    classes: Sequence[str],
    *,
    columns: int = 2,
    width: float = style.COLUMN,
) -> Figure:
    """Which answers are taken for which, one small map a kind of question.

    A row is a right answer, shared out over what the model said; the diagonal is right. The column
    ``…`` holds what is no class at all, and is left out where there is no such answer. A class that
    was never the right answer is a hatched row.

    Args:
        answers: by title, the right and the given answers.
        classes: the possible answers, in order.

    Raises:
        InputError: there are none, or what :func:`confusion_counts` refuses.
    """
    if not answers:
        raise InputError(
            "answers", answers, expected="at least one panel", remedy="Pass {title: (true, given)}."
        )
    counts = {
        title: confusion_counts(true, given, classes) for title, (true, given) in answers.items()
    }
    strange = any(count[:, -1].any() for count in counts.values())
    names = [*classes, "…"] if strange else list(classes)
    maps = []
    for title, count in counts.items():
        totals = count.sum(axis=1, keepdims=True)  # (classes, 1)
        share = np.divide(count, totals, out=np.full(count.shape, np.nan), where=totals > 0)[
            :, : len(names)
        ]
        maps.append(
            Map(share, title, classes, names, "right", "answered", False, 1.0, number_format="")
        )
    return heatmaps(maps, columns=columns, width=width)


def _numbered(
    field: str, kinds: Sequence[str], order: Sequence[str]
) -> tuple[list[str], list[int]]:
    """The kinds in order, and of each answer the place of its kind."""
    names = list(order) or sorted(set(kinds))
    number = {name: place for place, name in enumerate(names)}
    strange = next((kind for kind in kinds if kind not in number), None)
    if strange is not None:
        raise InputError(
            field, strange, expected=f"one of {', '.join(names)}", remedy="Name it in the order."
        )
    return names, [number[kind] for kind in kinds]


def _same_length(given: Mapping[str, Sequence[object] | NDArray[np.bool_]]) -> None:
    lengths = {field: len(values) for field, values in given.items()}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        raise InputError(
            ", ".join(lengths),
            f"{', '.join(map(str, lengths.values()))} of them",
            expected="as many of each, at least one",
            remedy="Give every answer one of each.",
        )
