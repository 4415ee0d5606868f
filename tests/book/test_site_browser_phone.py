"""The built site in headless Chromium, as narrow as a phone, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.book.site_browser import PAGES, TOO_WIDE, Seen, faults_of, window

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def seen(browser: Browser) -> Iterator[Seen]:
    """One window for all pages."""
    with window(browser, "phone") as seen:
        yield seen


@pytest.mark.parametrize("docname", PAGES)
def test_page_is_sound(seen: Seen, address: str, docname: str) -> None:
    assert faults_of(seen, address, docname) == {}


def test_a_wide_table_scrolls_by_itself_and_not_the_page(seen: Seen, address: str) -> None:
    seen.open(f"{address}book/notation.html")
    seen.page.evaluate(
        "document.querySelector('article table tbody td').innerHTML = 'wide'.repeat(200)"
    )
    assert seen.page.evaluate(TOO_WIDE) == []
