"""Matrices as colored cells: what is drawn is what was given."""

from __future__ import annotations

from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from attention_scratch.errors import InputError
from attention_scratch.viz import Map, attention_heads, attention_map, heatmap, heatmaps, style


def drawn_values(figure: Figure) -> list[np.ma.MaskedArray]:
    return [axes.images[0].get_array() for axes in figure.axes if axes.images]


def numbers(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_every_number_is_drawn_in_its_own_cell() -> None:
    values = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    figure = heatmap(Map(values))
    np.testing.assert_array_equal(drawn_values(figure)[0], values)
    cells = {(int(t.get_position()[1]), int(t.get_position()[0])): t for t in figure.axes[0].texts}
    assert {at: t.get_text() for at, t in cells.items()} == {
        (i, j): f"{values[i, j]:.2f}" for i in range(2) for j in range(3)
    }


def test_a_nan_is_a_gap_without_a_number() -> None:
    figure = heatmap(Map(np.array([[1.0, np.nan]])))
    assert drawn_values(figure)[0].mask.tolist() == [[False, True]]
    assert numbers(figure) == ["1.00"]


def test_numbers_are_left_out_where_they_could_not_be_read() -> None:
    assert numbers(heatmap(Map(np.ones((13, 2))))) == []
    assert numbers(heatmap(Map(np.ones((2, 2)), number_format=""))) == []


@pytest.mark.parametrize("value", [0.0, 0.1, 0.3, 0.45, 0.5, 0.55, 0.7, 1.0])
def test_numbers_stand_out_from_their_cells(value: float) -> None:
    figure = heatmap(Map(np.array([[value]]), largest=1.0))
    image = figure.axes[0].images[0]
    background = image.cmap(image.norm(value))
    ink = figure.axes[0].texts[0].get_color()
    assert contrast(background, ink) >= 4.5 - 0.3  # large, bold-free labels: WCAG asks for 3


def contrast(first: object, second: object) -> float:
    def luminance(color: object) -> float:
        channels = np.array(plt.matplotlib.colors.to_rgb(color))
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return float(linear @ [0.2126, 0.7152, 0.0722])

    dim, bright = sorted([luminance(first), luminance(second)])
    return (bright + 0.05) / (dim + 0.05)


def test_signed_maps_are_white_at_zero_and_symmetric() -> None:
    figure = heatmap(Map(np.array([[-1.0, 0.0, 4.0]]), signed=True))
    image = figure.axes[0].images[0]
    assert (image.norm.vmin, image.norm.vmax) == (-4, 4)
    assert min(image.cmap(image.norm(0.0))[:3]) > 0.97


def test_a_matrix_of_zeros_is_drawn() -> None:
    figure = heatmaps([Map(np.zeros((2, 2))), Map(np.zeros((2, 2)), signed=True)])
    figure.savefig(BytesIO())
    assert len(drawn_values(figure)) == 2


def test_an_attention_map_names_its_tokens_and_axes() -> None:
    axes = attention_map(np.eye(2, 3), ["she", "ran"], ["she", "ran", "home"]).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["she", "ran"]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["she", "ran", "home"]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("query", "key")
    assert (axes.images[0].norm.vmin, axes.images[0].norm.vmax) == (0, 1)


def test_heads_are_drawn_in_order_and_unused_places_stay_empty() -> None:
    weights = np.random.default_rng(0).random((3, 4, 4))
    figure = attention_heads(weights, list("abcd"), titles=["0", "1", "2"])
    for drawn, head in zip(drawn_values(figure), weights, strict=True):
        np.testing.assert_array_equal(drawn, head)
    assert [axes.get_visible() for axes in figure.axes] == [True, True, True, False]


@pytest.mark.parametrize("shape", [(1, 1), (1, 12), (12, 1), (40, 40), (3, 4)])
@pytest.mark.parametrize("width", [3.0, style.COLUMN])
def test_any_shape_fits_its_width_with_labels_inside(shape: tuple[int, int], width: float) -> None:
    rows, columns = ([f"token {i}" for i in range(n)] for n in shape)
    with plt.rc_context():
        style.use()
        figure = heatmap(Map(np.ones(shape), "title", rows, columns, "query", "key"), width=width)
        figure.draw_without_rendering()
        tight = figure.get_tightbbox()
    assert figure.get_size_inches()[0] == width
    assert tight.x0 >= -0.05
    assert tight.x1 <= width + 0.05


def test_labels_left_empty_make_room_for_the_others() -> None:
    def size(labels: list[str]) -> float:
        axes = heatmap(Map(np.zeros((4, 96)), column_labels=labels)).axes[0]
        return axes.get_xticklabels()[0].get_fontsize()

    every, eighth = [str(n) for n in range(96)], [str(n) if n % 8 == 0 else "" for n in range(96)]
    assert size(every) < 6
    assert size(eighth) > 10


def test_no_figure_is_left_open() -> None:
    plt.close("all")
    heatmap(Map(np.ones((2, 2))))
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: heatmaps([]), "matrices: got"),
        (lambda: heatmap(Map(np.ones(3))), r"values: got shape \(3,\)"),
        (lambda: heatmap(Map(np.ones((0, 3)))), r"values: got shape \(0, 3\)"),
        (lambda: heatmap(Map(np.ones((2, 3)), "", ["a"])), "row_labels: got 1 labels; expected 2"),
        (
            lambda: attention_map(np.ones((2, 2)), ["a", "b"], ["a"]),
            "column_labels: got 1 labels; expected 2",
        ),
        (lambda: attention_map(np.ones((1, 2, 2)), ["a"], ["a"]), r"values: got shape \(1, 2, 2\)"),
        (lambda: attention_heads(np.ones((2, 2)), ["a", "b"], titles=["0"]), "weights: got shape"),
        (
            lambda: attention_heads(np.ones((2, 1, 1)), ["a"], titles=["0"]),
            r"weights: got shape \(2, 1, 1\)",
        ),
    ],
)
def test_bad_input_is_one_clear_error(draw, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw()
