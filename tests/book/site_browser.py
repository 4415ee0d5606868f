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
MODES = ("light", "dark")
PAGES = [*DOCNAMES, "search", "genindex", "py-modindex"]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """async ([include, options]) => {
  const found = await axe.run(include, {resultTypes: ["violations"], preload: false, ...options});
  return found.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html).join(" | ")}`);
}"""
# Rules about color alone: contrast has a run of its own in each mode, and what links are told by
# does not depend on the width.
BY_COLOR = {"desktop": ("color-contrast",), "phone": ("color-contrast", "link-in-text-block")}
# Contrast is axe's slowest rule, and the book writes thousands of words in a few looks: mark one
# visible element for each combination of color, grounds, size and weight that is not known yet.
MARK_LOOKS = """known => {
  const clear = "rgba(0, 0, 0, 0)", seen = new Set(known), grounds = new Map();
  const groundOf = element => {
    if (!element) return "";
    if (!grounds.has(element)) {
      const {backgroundColor, backgroundImage, opacity} = getComputedStyle(element);
      const own = backgroundColor !== clear || backgroundImage !== "none" || opacity !== "1";
      const here = own ? `${backgroundColor} ${backgroundImage} ${opacity};` : "";
      grounds.set(element, here + groundOf(element.parentElement));
    }
    return grounds.get(element);
  };
  const looks = new Set();
  for (const element of document.querySelectorAll("body *")) {
    element.removeAttribute("data-look");
    const hasText = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!hasText || !element.checkVisibility({visibilityProperty: true})) continue;
    const {color, fontSize, fontWeight} = getComputedStyle(element);
    const look = `${color} ${fontSize} ${fontWeight} on ${groundOf(element)}`;
    if (!seen.has(look)) element.setAttribute("data-look", "");
    seen.add(look);
    looks.add(look);
  }
  return [...looks];
}"""
# Boxes wider than the window, unless something around them scrolls by itself.
TOO_WIDE = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  return [...document.querySelectorAll("body *")]
    .filter(e => e.getBoundingClientRect().right > root.clientWidth + 1)
    .slice(0, 5).map(e => `${e.tagName}.${e.className}`);
}"""
# The theme gives code that scrolls a tab stop, a third of a second after a window was resized.
SETTLE = """async () => {
  const boxes = () => [...document.querySelectorAll("pre, .cell_output > .output")];
  const late = e => e.scrollWidth > e.clientWidth && e.tabIndex < 0;
  for (let tries = 0; tries < 20 && boxes().some(late); tries++)
    await new Promise(done => setTimeout(done, 50));
}"""
NOT_TYPESET = """() => [...document.querySelectorAll(".math, mjx-merror")]
  .filter(e => !e.querySelector("mjx-container")).slice(0, 5).map(e => e.textContent)"""
# Thousands of colored words of code come in a dozen colors, hundreds of entries of the API, the
# index and the contents in a few kinds: one of each is enough for axe, whose time grows with the
# page.
KEEP_ONE_OF_EACH = """() => {
  const kinds = new Set();
  const isNew = kind => !kinds.has(kind) && kinds.add(kind);
  for (const entry of document.querySelectorAll("dl.py")) {
    const kind = `${entry.parentElement.closest("dl.py") ? "in " : ""}${entry.className}`;
    if (!isNew(kind)) entry.remove();
  }
  for (const entry of document.querySelectorAll(".genindextable li, .bd-sidebar-secondary li")) {
    const inner = entry.parentElement.closest("li") ? "in " : "";
    const holds = [...entry.children].map(e => `${e.tagName}.${e.className}`);
    if (!isNew(`${inner}${entry.className} of ${holds}`)) entry.remove();
  }
  for (const span of document.querySelectorAll(".highlight pre span, .sig span")) {
    const kind = `${span.closest(".cell_output, .sig")?.className} ${span.className}`;
    if (!isNew(kind)) span.replaceWith(...span.childNodes);
  }
}"""


@dataclasses.dataclass
class Seen:
    """A page, and what it said and asked for since it was opened."""

    page: Page
    complaints: list[str] = dataclasses.field(default_factory=list)
    requests: list[Request] = dataclasses.field(default_factory=list)
    legible: set[str] = dataclasses.field(default_factory=set)
    size: str = "desktop"

    def watch(self) -> None:
        """Note errors of scripts, messages of the console, failed answers, requests."""
        page = self.page
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("console", self._note_message)
        page.on("response", self._note_response)
        page.on("request", lambda request: self.requests.append(request))

    def open(self, url: str) -> None:
        """Load a page, as wide as a desk, and wait until its fonts and formulas stand."""
        self.complaints.clear()
        self.requests.clear()
        self.resize("desktop")
        self.page.goto(url, wait_until="load")
        self.page.evaluate("document.fonts.ready.then(() => window.MathJax?.startup?.promise)")

    def resize(self, size: str) -> None:
        """Make the window one of ``SIZES``."""
        width, height = SIZES[size]
        self.page.set_viewport_size({"width": width, "height": height})
        self.size = size

    def show(self, mode: str) -> None:
        """Switch to the light or the dark colors as the page's own button does."""
        self.page.evaluate("mode => { document.documentElement.dataset.theme = mode }", mode)

    def too_wide(self) -> list[str]:
        """Boxes that make the page scroll sideways."""
        found: list[str] = self.page.evaluate(TOO_WIDE)
        return found

    def axe(self) -> list[str]:
        """What axe finds wrong in the whole page, contrast aside."""
        self.page.evaluate(SETTLE)
        rules = {rule: {"enabled": False} for rule in BY_COLOR[self.size]}
        found: list[str] = self.page.evaluate(RUN_AXE, ["html", {"rules": rules}])
        return found

    def contrast(self) -> list[str]:
        """Text that axe finds too near its ground, one element of each look not yet passed."""
        looks = set(self.page.evaluate(MARK_LOOKS, list(self.legible)))
        assert looks
        if looks <= self.legible:
            return []
        rules = {"type": "rule", "values": ["color-contrast"]}
        found: list[str] = self.page.evaluate(RUN_AXE, ["[data-look]", {"runOnly": rules}])
        if not found:
            self.legible |= looks
        return found

    def faults(self) -> dict[str, list[str]]:
        """What is wrong at both widths and in both modes; leaves the page narrow and dark."""
        found = {}
        for size in SIZES:
            self.resize(size)
            self.show(MODES[0])
            found[f"axe, {size}"] = self.axe()
            found[f"wider than the window, {size}"] = self.too_wide()
            for mode in MODES:
                self.show(mode)
                found[f"contrast, {size}, {mode}"] = self.contrast()
        return {what: faults for what, faults in found.items() if faults}

    def _note_message(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _note_response(self, response: Any) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")


@contextmanager
def window(browser: Browser) -> Iterator[Seen]:
    """A window to be used for many pages, as wide as a desk at first."""
    context = browser.new_context(reduced_motion="reduce")
    context.add_init_script(AXE)
    seen = Seen(context.new_page())
    seen.watch()
    seen.resize("desktop")
    yield seen
    context.close()


def faults_of(seen: Seen, address: str, docname: str) -> dict[str, list[str]]:
    """What is wrong with a page of the site; one visit for all, since visits cost most."""
    seen.open(f"{address}{docname}.html")
    faults = {
        "formulas not typeset": seen.page.evaluate(NOT_TYPESET),
        "TeX in the text": _tex(seen.page),
        "solutions that do not unfold": _stuck_folds(seen.page),
        **_too_wide(seen),
    }
    seen.page.evaluate(KEEP_ONE_OF_EACH)
    faults |= seen.faults()
    faults["asked another host"] = sorted(
        {request.url for request in seen.requests if _leaves(request.url, address)}
    )
    faults["complained"] = list(seen.complaints)
    return {what: found for what, found in faults.items() if found}


def _tex(page: Page) -> list[str]:
    texts: list[str] = page.locator("article").all_inner_texts()
    return [text[at - 20 : at + 60] for text in texts if (at := text.find("\\(")) >= 0]


def _too_wide(seen: Seen) -> dict[str, list[str]]:
    """Before anything is taken out of the page."""
    found = {}
    for size in reversed(SIZES):
        seen.resize(size)
        found[f"whole page wider than the window, {size}"] = seen.too_wide()
    return found


def _stuck_folds(page: Page) -> list[str]:
    """The first folded solution, where there is one, if the keyboard does not open and close it."""
    folds = page.locator("details.fold--solution")
    if folds.count() == 0:
        return []
    fold = folds.first
    code, summary = fold.locator("div.cell_input").first, fold.locator("summary")
    stages = [not code.is_visible()]
    summary.focus()
    page.keyboard.press("Enter")
    stages += [code.is_visible(), summary.inner_text().strip() == "Hide the solution"]
    page.keyboard.press("Enter")
    stages.append(not code.is_visible())
    return [] if all(stages) else [f"folded, unfolds, says so, folds again: {stages}"]


def _leaves(url: str, address: str) -> bool:
    parts = urlsplit(url)
    return (
        parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != urlsplit(address).netloc
    )
