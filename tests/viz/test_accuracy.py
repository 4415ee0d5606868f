"""Right and wrong answers: shares and counts as scikit-learn and a plain loop find them."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from attention_scratch.errors import InputError
from attention_scratch.viz import accuracy_by, confusion, confusion_counts

RNG = np.random.default_rng(0)
OPERATIONS = RNG.choice(["Max", "Min", "First"], 200).tolist()
DEPTHS = RNG.choice(["1", "2"], 200).tolist()
CORRECT = RNG.random(200) < 0.8


def drawn(figure: Figure, place: int = 0) -> np.ma.MaskedArray:
    return figure.axes[place].images[0].get_array()


def test_each_cell_is_the_share_of_right_answers_of_its_kind() -> None:
    figure = accuracy_by(OPERATIONS, DEPTHS, CORRECT, row_order=["Max", "Min", "First"])
    axes = figure.axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["Max", "Min", "First"]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["1", "2"]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("operation", "depth")
    for i, operation in enumerate(["Max", "Min", "First"]):
        for j, depth in enumerate(["1", "2"]):
            of = [
                right
                for o, d, right in zip(OPERATIONS, DEPTHS, CORRECT, strict=True)
                if (o, d) == (operation, depth)
            ]
            assert drawn(figure)[i, j] == pytest.approx(sum(of) / len(of))


def test_a_kind_without_answers_is_a_gap_and_not_zero() -> None:
    figure = accuracy_by(["Max", "Min"], ["1", "2"], [True, False])
    assert drawn(figure).mask.tolist() == [[False, True], [True, False]]
    assert [t.get_text() for t in figure.axes[0].texts] == ["100.0%", "0.0%"]


def test_confusion_counts_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    classes = list("0123")
    true, given = RNG.choice(classes, 300).tolist(), RNG.choice(classes, 300).tolist()
    counts = confusion_counts(true, given, classes)
    expected = metrics.confusion_matrix(true, given, labels=classes)
    np.testing.assert_array_equal(counts[:, :-1], expected)
    assert not counts[:, -1].any()


def test_rows_of_a_confusion_map_add_up_to_one_and_strange_answers_have_a_column() -> None:
    answers = {"Max": (["0", "0", "1"], ["0", "1", "1"]), "Min": (["1", "1"], ["1", "x"])}
    figure = confusion(answers, ["0", "1"])
    np.testing.assert_allclose(drawn(figure, 0), [[0.5, 0.5, 0], [0, 1, 0]])
    assert drawn(figure, 1).mask.tolist() == [[True] * 3, [False] * 3]
    np.testing.assert_allclose(drawn(figure, 1)[1], [0, 0.5, 0.5])
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == ["0", "1", "…"]
    assert [axes.get_title() for axes in figure.axes] == ["Max", "Min"]


def test_without_strange_answers_there_is_no_column_for_them_and_no_figure_is_left_open() -> None:
    plt.close("all")
    figure = confusion({"Max": (["0", "1"], ["0", "1"])}, ["0", "1"])
    np.testing.assert_allclose(drawn(figure), np.eye(2))
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: accuracy_by([], [], []), "rows, columns, correct: got 0, 0, 0 of them"),
        (lambda: accuracy_by(["a"], ["b"], [True, False]), "got 1, 1, 2 of them"),
        (
            lambda: accuracy_by(["a"], ["b"], [True], row_order=["c"]),
            "rows: got a; expected one of c",
        ),
        (lambda: confusion({}, ["0"]), "answers: got {}"),
        (lambda: confusion_counts(["2"], ["0"], ["0", "1"]), "true: got 2; expected one of 0, 1"),
        (lambda: confusion_counts(["0"], [], ["0"]), "true, given: got 1, 0 of them"),
    ],
)
def test_bad_input_is_one_clear_error(draw, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw()
