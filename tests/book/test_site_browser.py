"""The built site in headless Chromium: every page, on a desk and on a phone, light and dark."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import axe_playwright_python
import pytest

from tests.book.site_pages import DOCNAMES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

pytestmark = pytest.mark.browser

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
PAGES = [*DOCNAMES, "search", "genindex", "py-modindex"]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """async options => {
  const found = await axe.run(document, {resultTypes: ["violations"], preload: false, ...options});
  return found.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html).join(" | ")}`);
}"""
# Boxes wider than the window, unless something around them scrolls by itself.
TOO_WIDE = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  return [...document.querySelectorAll("body *")]
    .filter(e => e.getBoundingClientRect().right > root.clientWidth + 1)
    .slice(0, 5).map(e => `${e.tagName}.${e.className}`);
}"""
# Thousands of colored words of code come in a dozen colors: one of each is enough to look at.
KEEP_ONE_OF_EACH = """() => {
  const seen = new Set();
  for (const span of document.querySelectorAll(".highlight pre span, .sig span")) {
    const kind = `${span.closest(".cell_output, .sig")?.className} ${span.className}`;
    if (seen.has(kind)) span.replaceWith(...span.childNodes); else seen.add(kind);
  }
}"""


@dataclasses.dataclass
class Seen:
    """A page, and what it said and asked for since it was opened."""

    page: Page
    complaints: list[str] = dataclasses.field(default_factory=list)
    requests: list[Request] = dataclasses.field(default_factory=list)

    def watch(self) -> None:
        """Note errors of scripts, messages of the console, failed answers, requests."""
        page = self.page
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("console", self._note_message)
        page.on("response", self._note_response)
        page.on("request", lambda request: self.requests.append(request))

    def open(self, url: str) -> None:
        """Load a page and wait until its fonts and formulas stand."""
        self.complaints.clear()
        self.requests.clear()
        self.page.goto(url, wait_until="load")
        self.page.evaluate("document.fonts.ready.then(() => window.MathJax?.startup?.promise)")

    def show(self, mode: str) -> None:
        """Switch to the light or the dark colors as the page's own button does."""
        self.page.evaluate("mode => { document.documentElement.dataset.theme = mode }", mode)

    def axe(self, *rules: str) -> list[str]:
        """What axe finds wrong, by all rules or only some."""
        options = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
        found: list[str] = self.page.evaluate(RUN_AXE, options)
        return found

    def _note_message(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _note_response(self, response: Any) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")


@pytest.fixture(scope="module", params=SIZES)
def seen(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Seen]:
    """One window of a size, used for all pages."""
    width, height = SIZES[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    context.add_init_script(AXE)
    window = Seen(context.new_page())
    window.watch()
    yield window
    context.close()


@pytest.mark.parametrize("docname", PAGES)
def test_page_is_sound(seen: Seen, address: str, docname: str) -> None:
    """One visit for all that holds of every page: visits cost more than checks."""
    seen.open(f"{address}{docname}.html")
    outside = {r.url for r in seen.requests if _leaves(r.url, address)}
    faults = {
        "asked another host": sorted(outside),
        "complained": seen.complaints,
        "wider than the window": seen.page.evaluate(TOO_WIDE),
        "formulas with errors": seen.page.locator("mjx-merror").all_inner_texts(),
    }
    seen.page.evaluate(KEEP_ONE_OF_EACH)
    seen.show("light")
    faults["axe, light"] = seen.axe()
    seen.show("dark")
    faults["axe, dark"] = seen.axe("color-contrast")
    assert {what: found for what, found in faults.items() if found} == {}


def _leaves(url: str, address: str) -> bool:
    parts = urlsplit(url)
    return (
        parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != urlsplit(address).netloc
    )


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


def test_a_long_table_scrolls_inside_a_phone_page(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{address}book/notation.html")
    page.evaluate("document.querySelector('article table tbody td').innerHTML = 'wide'.repeat(200)")
    assert page.evaluate(TOO_WIDE) == []
    context.close()
