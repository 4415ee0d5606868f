"""The built site in headless Chromium: on a desk and on a phone, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.book.site_browser import PAGES, Seen, faults_of, window

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def seen(browser: Browser) -> Iterator[Seen]:
    """One window for all pages."""
    with window(browser) as seen:
        yield seen


@pytest.mark.parametrize("docname", PAGES)
def test_page_is_sound(seen: Seen, address: str, docname: str) -> None:
    assert faults_of(seen, address, docname) == {}
    if docname.startswith("chapters/"):
        assert seen.page.locator(".math mjx-container").count() > 0
    if docname.startswith("exercises/"):
        assert seen.page.locator("details.fold--solution").count() > 0


@pytest.fixture
def page(seen: Seen) -> Page:
    """The window, as wide as a desk."""
    seen.resize("desktop")
    return seen.page


def test_a_wide_table_scrolls_by_itself_and_not_the_page(seen: Seen, address: str) -> None:
    seen.open(f"{address}book/notation.html")
    seen.resize("phone")
    seen.page.evaluate(
        "document.querySelector('article table tbody td').innerHTML = 'wide'.repeat(200)"
    )
    assert seen.too_wide() == []


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
