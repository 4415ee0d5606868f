"""An interactive figure on a page with the book's colors, without building the book."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.book.site_browser import Seen, window
from tests.book.site_pages import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

THEME = ROOT / "book" / "static" / "css" / "theme.css"


def document(html: str) -> str:
    """A whole page around figures, in the site's colors."""
    return (
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Figures</title>'
        f"<style>{THEME.read_text(encoding='utf-8')}</style></head>"
        f'<body style="background: var(--paper)"><main><h1>Figures</h1>{html}</main></body></html>'
    )


@contextmanager
def figures(browser: Browser, html: str) -> Iterator[Seen]:
    """Figures shown in a window; the test fails if a script complained meanwhile."""
    with window(browser) as seen:
        seen.page.set_content(document(html))
        yield seen
        assert seen.complaints == []
