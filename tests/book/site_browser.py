"""Looking at the built site in headless Chromium."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import axe_playwright_python

from tests.book.site_pages import DOCNAMES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
PAGES = [*DOCNAMES, "search", "genindex", "py-modindex"]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """async ([include, options]) => {
  const found = await axe.run(include, {resultTypes: ["violations"], preload: false, ...options});
  return found.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html).join(" | ")}`);
}"""
# Contrast is axe's slowest rule, and a page writes thousands of words in a few looks: mark one
# visible element for each combination of color, grounds, size and weight.
MARK_LOOKS = """() => {
  const clear = "rgba(0, 0, 0, 0)", seen = new Set();
  for (const element of document.querySelectorAll("body *")) {
    element.removeAttribute("data-look");
    const hasText = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!hasText || !element.checkVisibility({visibilityProperty: true})) continue;
    const {color, fontSize, fontWeight, opacity} = getComputedStyle(element);
    const look = [color, fontSize, fontWeight, opacity];
    for (let ground = element; ground; ground = ground.parentElement) {
      const {backgroundColor, backgroundImage} = getComputedStyle(ground);
      if (backgroundColor !== clear || backgroundImage !== "none")
        look.push(backgroundColor, backgroundImage);
    }
    if (!seen.has(look.join())) { seen.add(look.join()); element.setAttribute("data-look", ""); }
  }
  return seen.size;
}"""
# Boxes wider than the window, unless something around them scrolls by itself.
TOO_WIDE = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  return [...document.querySelectorAll("body *")]
    .filter(e => e.getBoundingClientRect().right > root.clientWidth + 1)
    .slice(0, 5).map(e => `${e.tagName}.${e.className}`);
}"""


# Thousands of colored words of code come in a dozen colors, hundreds of API entries in a few kinds:
# one of each is enough for axe, whose time grows with the page.
KEEP_ONE_OF_EACH = """() => {
  const kinds = new Set();
  for (const entry of document.querySelectorAll("dl.py")) {
    const kind = `${entry.parentElement.closest("dl.py") ? "in " : ""}${entry.className}`;
    if (kinds.has(kind)) entry.remove(); else kinds.add(kind);
  }
  for (const span of document.querySelectorAll(".highlight pre span, .sig span")) {
    const kind = `${span.closest(".cell_output, .sig")?.className} ${span.className}`;
    if (kinds.has(kind)) span.replaceWith(...span.childNodes); else kinds.add(kind);
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

    def axe(self) -> list[str]:
        """What axe finds wrong in the whole page, contrast aside."""
        rules = {"color-contrast": {"enabled": False}}
        found: list[str] = self.page.evaluate(RUN_AXE, ["html", {"rules": rules}])
        return found

    def contrast(self) -> list[str]:
        """Text that axe finds too near its ground, one element of each look."""
        assert self.page.evaluate(MARK_LOOKS) > 0
        rules = {"type": "rule", "values": ["color-contrast"]}
        found: list[str] = self.page.evaluate(RUN_AXE, ["[data-look]", {"runOnly": rules}])
        return found

    def _note_message(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _note_response(self, response: Any) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")


@contextmanager
def window(browser: Browser, size: str) -> Iterator[Seen]:
    """A window of one of ``SIZES``, to be used for many pages."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    context.add_init_script(AXE)
    seen = Seen(context.new_page())
    seen.watch()
    yield seen
    context.close()


def faults_of(seen: Seen, address: str, docname: str) -> dict[str, list[str]]:
    """What is wrong with a page; one visit for all, since visits cost more than checks."""
    seen.open(f"{address}{docname}.html")
    outside = {r.url for r in seen.requests if _leaves(r.url, address)}
    faults = {
        "asked another host": sorted(outside),
        "complained": list(seen.complaints),
        "wider than the window": seen.page.evaluate(TOO_WIDE),
        "formulas with errors": seen.page.locator("mjx-merror").all_inner_texts(),
    }
    seen.page.evaluate(KEEP_ONE_OF_EACH)
    faults["axe"] = seen.axe()
    for mode in ("light", "dark"):
        seen.show(mode)
        faults[f"contrast, {mode}"] = seen.contrast()
    return {what: found for what, found in faults.items() if found}


def _leaves(url: str, address: str) -> bool:
    parts = urlsplit(url)
    return (
        parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != urlsplit(address).netloc
    )
