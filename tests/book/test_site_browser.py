"""The built site in headless Chromium, as wide as a desk, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.book.site_browser import PAGES, Seen, faults_of, window
from tests.book.site_pages import DOCNAMES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def seen(browser: Browser) -> Iterator[Seen]:
    """One window for all pages."""
    with window(browser, "desktop") as seen:
        yield seen


@pytest.mark.parametrize("docname", PAGES)
def test_page_is_sound(seen: Seen, address: str, docname: str) -> None:
    assert faults_of(seen, address, docname) == {}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh window of desktop size."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("docname", [n for n in DOCNAMES if n.startswith("chapters/")])
def test_formulas_are_typeset(page: Page, address: str, docname: str) -> None:
    page.goto(f"{address}{docname}.html")
    written = page.locator(".math").count()
    assert written > 0
    page.wait_for_function("MathJax.startup.promise.then(() => true)")
    assert page.locator(".math mjx-container").count() >= written
    assert "\\(" not in page.locator("article").inner_text()


@pytest.mark.parametrize("docname", [n for n in DOCNAMES if n.startswith("exercises/")])
def test_a_solution_is_folded_and_unfolds_with_the_keyboard(
    page: Page, address: str, docname: str
) -> None:
    page.goto(f"{address}{docname}.html")
    fold = page.locator("details.fold--solution").first
    code = fold.locator("div.cell_input").first
    assert not code.is_visible()
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert code.is_visible()
    assert fold.locator("summary").inner_text().strip() == "Hide the solution"
    page.keyboard.press("Enter")
    assert not code.is_visible()


def test_the_address_that_is_printed_opens_the_landing_page(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_url(f"{address}book/index.html")
    assert page.locator("article h1").is_visible()


def test_the_color_mode_button_changes_the_colors(page: Page, address: str) -> None:
    page.goto(f"{address}book/part1.html")
    background = "getComputedStyle(document.body).backgroundColor"
    seen = {page.evaluate(background)}
    for _ in range(3):
        page.locator(".theme-switch-button").last.click()
        seen.add(page.evaluate(background))
    assert len(seen) == 2


def test_search_finds_a_term_offline(page: Page, address: str) -> None:
    page.goto(f"{address}search.html?q=softmax")
    page.wait_for_selector("#search-results li")
    assert page.locator("#search-results li").count() >= 3
