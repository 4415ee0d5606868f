"""A tree of tokens: every branch and every product is drawn, and nothing else is said."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest

from attention_scratch.errors import InputError
from attention_scratch.viz import style
from attention_scratch.viz.tree import Branch, token_tree

TREE = (
    Branch("1", 0.5, (Branch("2", 0.25), Branch(".", 0.75, state="kept")), state="kept"),
    Branch("7", 0.5, (Branch("7", 1.0, (Branch(".", 0.5, state="dropped"),)),)),
)


def texts(branches: tuple[Branch, ...]) -> list[str]:
    return [text.get_text() for text in token_tree(branches).axes[0].texts]


def test_every_token_its_probability_and_every_product_is_written() -> None:
    tokens, chances = ["1", "2", ".", "7", "7", "."], ["0.5", "0.25", "0.75", "0.5", "1", "0.5"]
    products = ["0.125", "0.375", "0.25"]
    assert sorted(texts(TREE)) == sorted([*tokens, *chances, *products])


def test_what_is_kept_is_blue_and_what_is_dropped_is_dotted() -> None:
    lines = [line for line in token_tree(TREE).axes[0].lines if len(line.get_xdata()) == 2]
    assert [line.get_color() for line in lines].count(style.BLUE) == 2
    assert [line.get_linestyle() for line in lines].count(":") == 1


def test_leaves_lie_one_below_the_other_and_a_node_between_its_children() -> None:
    lines = [line for line in token_tree(TREE).axes[0].lines if len(line.get_xdata()) == 2]
    ends = {tuple(map(float, (line.get_xdata()[1], line.get_ydata()[1]))) for line in lines}
    assert ends == {(2.0, 0.0), (2.0, -1.0), (1.0, -0.5), (3.0, -2.0), (2.0, -2.0), (1.0, -2.0)}


def test_no_figure_is_left_open() -> None:
    plt.close("all")
    token_tree(TREE, title="two beams")
    assert plt.get_fignums() == []


@pytest.mark.parametrize("branches", [(), (Branch("1", 0.5, (Branch("2", 1.5),)),)])
def test_a_tree_without_branches_or_with_odds_above_one_is_refused(
    branches: tuple[Branch, ...],
) -> None:
    with pytest.raises(InputError, match="expected"):
        token_tree(branches)
