"""The explorer as a notebook's cell hands it over: data, fallback, limits."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from attention_scratch import viz
from attention_scratch.errors import InputError
from attention_scratch.nn.functional import softmax
from attention_scratch.viz.attention_explorer import MOST_BYTES, WIDGET, percent, visible

TOKENS = ["Max", "(", "3", ",", "7", ")", "->"]


def weights(*, causal: bool, layers: int = 2, heads: int = 3, T: int = len(TOKENS)) -> np.ndarray:
    scores = 3 * np.random.default_rng(0).normal(size=(layers, heads, T, T))
    if causal:
        scores[..., np.triu(np.ones((T, T), dtype=bool), 1)] = -np.inf
    return softmax(scores)


def read(explorer: viz.Explorer) -> BeautifulSoup:
    return BeautifulSoup(explorer._repr_html_(), "html.parser")


def embedded(explorer: viz.Explorer) -> Any:
    [script] = read(explorer).select('script[type="application/json"]')
    return json.loads(script.string or "")


@pytest.mark.parametrize("causal", [True, False])
def test_the_page_carries_every_weight_to_half_a_255th(causal: bool) -> None:
    given = weights(causal=causal)
    data = embedded(viz.explore(given, TOKENS))
    assert data["causal"] is causal
    levels = np.frombuffer(base64.b64decode(data["weights"]), np.uint8).reshape(2, 3, -1)
    T = len(TOKENS)
    assert levels.shape[-1] == (T * (T + 1) // 2 if causal else T * T)
    place = np.tril_indices(T) if causal else np.divmod(np.arange(T * T), T)
    np.testing.assert_allclose(levels / 255, given[..., place[0], place[1]], atol=0.5 / 255)


def test_a_sentence_names_the_largest_weights_and_sums_up_the_rest() -> None:
    row = np.zeros((1, 1, 4, 4))
    row[0, 0, 3] = [0.05, 0.6, 0.25, 0.1]
    row[0, 0, 1] = [0.001, 0.999, 0, 0]
    row[0, 0, 0, 0] = 1
    explorer = viz.explore(row, ["a", "b", "c", "d"])
    assert explorer.sentence(0, 0, 3) == (
        "Layer 0, head 0. Query 3 “d” looks at 1 “b” 60 %, 2 “c” 25 %, 3 “d” 10 %; 1 more key: 5 %."
    )
    assert explorer.sentence(0, 0, 0) == "Layer 0, head 0. Query 0 “a” looks at 0 “a” 100 %."
    assert explorer.sentence(0, 0, 2) == "Layer 0, head 0. Query 2 “c” looks at nothing."
    assert repr(explorer) == f"What each token looks at: {explorer.sentence(0, 0, 3)}"


@given(st.integers(0, 255))
def test_a_percentage_is_off_by_seven_tenths_at_most(level: int) -> None:
    """Rounded twice: to 1/255 (0.2 points) and to whole percents (0.5)."""
    text = percent(level)
    if text == "under 1 %":
        assert 0 < level / 255 < 0.005
    else:
        assert abs(int(text.removesuffix(" %")) - 100 * level / 255) <= 0.5


@pytest.mark.parametrize(
    ("token", "shown"), [("\n", "↵"), ("  ", "␣␣"), ("", "∅"), (" said", " said"), ("a\tb", "a⇥b")]
)
def test_tokens_without_ink_are_made_visible(token: str, shown: str) -> None:
    assert visible(token) == shown


def test_without_script_the_first_query_is_a_sentence_and_a_table() -> None:
    explorer = viz.explore(weights(causal=True), TOKENS, layer=1, head=2, query=4)
    stage = read(explorer).select_one("figure .stage")
    assert stage is not None
    assert stage.p is not None
    assert stage.p.get_text() == explorer.sentence(1, 2, 4)
    rows = [row.get_text(" ") for row in stage.select("tbody tr")]
    levels = explorer.levels[1, 2, 4]
    order = [key for key in np.argsort(-levels.astype(int), kind="stable") if levels[key]]
    assert rows == [f"{key} {TOKENS[key]} {percent(levels[key])}" for key in order]


def test_text_of_the_reader_is_never_markup() -> None:
    explorer = viz.explore(
        np.ones((1, 1, 2, 2)) / 2, ["</script><b>", "<i>"], title='"><u>', caption="<u>"
    )
    html = explorer._repr_html_()
    assert "</script><b>" not in html
    figure = BeautifulSoup(html, "html.parser").figure
    assert figure is not None
    assert figure["aria-label"] == '"><u>'
    assert not figure.select("b, i, u")
    assert json.loads(figure.script.string)["tokens"][0] == "</script><b>"  # type: ignore[union-attr]


def test_the_module_asks_no_other_host_and_is_the_form_anywidget_takes() -> None:
    html = viz.explore(weights(causal=True), TOKENS)._repr_html_()
    assert not re.search(r"https?:|import\s|import\(|fetch|url\(", html)
    assert "export default { render: " in WIDGET.module()
    assert len(WIDGET.module().encode()) < 8_000


def test_the_same_weights_give_the_same_bytes() -> None:
    made = [viz.explore(weights(causal=True), TOKENS)._repr_html_() for _ in range(2)]
    assert made[0] == made[1]


def test_a_choice_counts_from_either_end() -> None:
    assert viz.explore(weights(causal=True), TOKENS).start == (0, 0, 6)
    chosen = viz.explore(weights(causal=True), TOKENS, layer=-1, head=-3, query=2)
    assert chosen.start == (1, 0, 2)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: viz.explore([], []), "weights: got shapes none"),
        (
            lambda: viz.explore(np.ones((1, 2, 3, 4)), list("abcd")),
            r"weights: got shapes \(2, 3, 4\); expected \(H, T, T\) for each layer",
        ),
        (
            lambda: viz.explore(np.ones((1, 1, 2, 2, 2)), list("ab")),
            r"\(1, 2, 2, 2\).*Pick one sequence of a batch",
        ),
        (
            lambda: viz.explore([np.ones((1, 2, 2)), np.ones((2, 2, 2))], list("ab")),
            r"shapes \(1, 2, 2\), \(2, 2, 2\)",
        ),
        (lambda: viz.explore(np.full((1, 1, 2, 2), -1.0), list("ab")), "numbers from -1 to -1"),
        (lambda: viz.explore(np.full((1, 1, 2, 2), np.nan), list("ab")), "expected 0 to 1"),
        (lambda: viz.explore(np.ones((1, 1, 2, 2)), ["a"]), "tokens: got 1 of them; expected 2"),
        (lambda: viz.explore(np.ones((1, 1, 2, 2)), list("ab"), head=1), "head: got 1"),
        (lambda: viz.explore(np.ones((1, 1, 2, 2)), list("ab"), query=-3), "query: got -3"),
        (
            lambda: viz.explore(np.ones((1, 1, 512, 512)), ["a"] * 512),
            rf"bytes as a figure; expected at most {MOST_BYTES:,}",
        ),
    ],
)
def test_bad_input_is_one_clear_error(draw, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw()
