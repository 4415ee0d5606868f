"""The explorer in headless Chromium: it shows the weights, for every reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest

from attention_scratch import viz
from tests.viz.test_attention_explorer import TOKENS, weights
from tests.viz.widget_page import document, figures

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

CAUSAL = viz.explore(weights(causal=True), TOKENS, title="Causal", caption="Look around.")
FULL = viz.explore(weights(causal=False), TOKENS, title="Full", layer=1, head=2, query=0)
HTML = CAUSAL._repr_html_() + FULL._repr_html_()
ALL = [(layer, head, query) for layer in range(2) for head in range(3) for query in range(7)]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with figures(browser, HTML) as seen:
        yield seen.page


def figure(page: Page, name: str = "Causal") -> Locator:
    return page.get_by_role("figure", name=name)


def says(at: Locator) -> str:
    return str(at.locator("[aria-live]").inner_text())


@pytest.mark.parametrize("explorer", [CAUSAL, FULL], ids=["causal", "full"])
def test_every_choice_shows_its_own_weights(page: Page, explorer: viz.Explorer) -> None:
    at = figure(page, explorer.title)
    for layer, head, query in ALL:
        at.get_by_role("radio", name=f"Layer {layer}, head {head}").click()
        at.get_by_role("radio", name=f"{query} {TOKENS[query]}", exact=True).click()
        assert says(at) == explorer.sentence(layer, head, query)
        heights = at.locator(".bar").evaluate_all(
            "bars => bars.map(b => parseFloat(b.style.height))"
        )
        levels = explorer.levels[layer, head, query].astype(float)
        np.testing.assert_allclose(heights, 100 * levels / 255, atol=1e-3)


def test_the_small_maps_are_the_heads(page: Page) -> None:
    read = """all => all.map(canvas => {
      const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return Array.from(image.data).filter((_, i) => i % 4 === 3);
    })"""
    drawn = figure(page).locator("canvas").evaluate_all(read)
    np.testing.assert_array_equal(np.reshape(drawn, CAUSAL.levels.shape), CAUSAL.levels)


def test_what_is_shown_first_is_what_the_cell_chose(page: Page) -> None:
    at = figure(page, "Full")
    assert says(at) == FULL.sentence(1, 2, 0)
    checked = at.get_by_role("radio", checked=True)
    assert [r.get_attribute("aria-label") for r in checked.all()] == ["0 Max", "Layer 1, head 2"]


def test_everything_is_reached_and_worked_with_the_keyboard(page: Page) -> None:
    at = figure(page)
    at.get_by_role("radio", name="6 ->").focus()
    page.keyboard.press("ArrowLeft")
    assert says(at) == CAUSAL.sentence(0, 0, 5)
    page.keyboard.press("Home")
    assert says(at) == CAUSAL.sentence(0, 0, 0)
    page.keyboard.press("ArrowLeft")  # there is none before the first
    page.keyboard.press("ArrowRight")
    assert says(at) == CAUSAL.sentence(0, 0, 1)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert says(at) == CAUSAL.sentence(1, 1, 1)
    page.keyboard.press("End")
    assert says(at) == CAUSAL.sentence(1, 2, 1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the fold of the table
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == (
        "Weights of this query, table"
    )


def test_the_table_holds_the_weights_of_the_chosen_query(page: Page) -> None:
    at = figure(page)
    at.locator("summary").click()
    at.get_by_role("radio", name="3 ,").click()
    rows = [row.inner_text().split("\t") for row in at.locator("details tbody tr").all()]
    levels = CAUSAL.levels[0, 0, 3]
    assert [int(row[0]) for row in rows] == [
        key for key in np.argsort(-levels.astype(int), kind="stable") if levels[key]
    ]
    assert [row[1] for row in rows] == [TOKENS[int(row[0])] for row in rows]


def test_it_fits_its_window_and_every_reader(browser: Browser) -> None:
    with figures(browser, HTML) as seen:
        seen.page.locator("summary").first.click()
        assert seen.faults() == {}


def test_many_heads_and_tokens_fit_a_phone(browser: Browser) -> None:
    tokens = [f" token{n}" if n % 5 else "a very long token indeed" for n in range(40)]
    wide = viz.explore(weights(causal=True, layers=2, heads=12, T=40), tokens, title="Wide")
    with figures(browser, wide._repr_html_()) as seen:
        assert seen.faults() == {}
        assert seen.size == "phone"
        sizes = seen.page.locator(".map").evaluate_all("all => all.map(e => e.offsetWidth)")
        assert min(sizes) >= 24  # WCAG 2.2: large enough for a finger


def test_without_script_the_words_are_there(browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content(document(HTML))
    assert figure(page).locator(".stage > p").inner_text() == CAUSAL.sentence(0, 0, 6)
    context.close()
