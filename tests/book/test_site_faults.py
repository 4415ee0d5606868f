"""The looking itself: a fault that is planted in a page is found, at one width or in one mode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from server import serving

from tests.book.site_browser import Seen, faults_of, window

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<title>A page</title><style>
  html {{ color: black; background: white }}
  html[data-theme="dark"] {{ color: white; background: black }}
  a {{ color: inherit }}
  {style}
</style></head><body><main><article><h1>A page</h1><p id="text">Words to read.</p>{body}
</article></main></body></html>"""
PHONE, DESK = "@media (max-width: 600px)", "@media (min-width: 601px)"
FOLD = """<details class="fold--solution"><summary>Hide the solution</summary>
<div class="cell_input">code</div></details>"""
# name: (style, body, the fault it is found as, a word of what is said)
PLANTED = {
    "too wide on a phone": (
        f"{PHONE} {{ #text {{ width: 500px }} }}",
        "",
        "whole page wider than the window, phone",
        "P.",
    ),
    "too wide on a desk": (
        f"{DESK} {{ #text {{ width: 2000px }} }}",
        "",
        "whole page wider than the window, desktop",
        "P.",
    ),
    "pale in the light": (
        '[data-theme="light"] #text { color: #ccc }',
        "",
        "contrast, desktop, light",
        "Words",
    ),
    "pale in the dark": (
        '[data-theme="dark"] #text { color: #333 }',
        "",
        "contrast, desktop, dark",
        "Words",
    ),
    "pale in the dark on a phone": (
        f'{PHONE} {{ [data-theme="dark"] #text {{ color: #333 }} }}',
        "",
        "contrast, phone, dark",
        "Words",
    ),
    "pale where only a phone shows it": (
        f"b {{ display: none }} {PHONE} {{ b {{ display: block; color: #ddd }} }}",
        "<b>Menu</b>",
        "contrast, phone, light",
        "Menu",
    ),
    "pale by an ancestor": (
        "div { opacity: 0.3 }",
        "<div><p>Faint</p></div>",
        "contrast, desktop, light",
        "Faint",
    ),
    "no alternative text": (
        "",
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
        "axe, desktop",
        "image-alt",
    ),
    "a nameless button on a phone": (
        f"button {{ display: none }} {PHONE} {{ button {{ display: block; padding: 20px }} }}",
        "<button></button>",
        "axe, phone",
        "button-name",
    ),
    "a scrolling box the keyboard does not reach on a phone": (
        f"{PHONE} {{ .box {{ overflow: auto; height: 50px }} }}",
        f'<div class="box">{"<p>Tall</p>" * 9}</div>',
        "axe, phone",
        "scrollable-region-focusable",
    ),
    "a link told by color alone": (
        "p a { color: #00e; text-decoration: none }",
        '<p>Go <a href="#text">there</a> now.</p>',
        "axe, desktop",
        "link-in-text-block",
    ),
    "a script that fails": ("", "<script>nowhere.to.be()</script>", "complained", "nowhere"),
    "a message of the console": ("", "<script>console.error('oh')</script>", "complained", "oh"),
    "a file that is not there": ("", '<script src="none.js"></script>', "complained", "none.js"),
    "another host": (
        "",
        '<script src="http://elsewhere.invalid/a.js"></script>',
        "asked another host",
        "elsewhere",
    ),
    "a formula that is not typeset": (
        "",
        '<p><span class="math">x^2</span></p>',
        "formulas not typeset",
        "x^2",
    ),
    "a formula with an error": ("", "<mjx-merror>bad</mjx-merror>", "formulas not typeset", "bad"),
    "TeX in the text": ("", "<p>as \\(x\\) says</p>", "TeX in the text", "\\(x"),
    "a solution that is open": (
        "",
        FOLD.replace("<details", "<details open"),
        "solutions that do not unfold",
        "False",
    ),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site of one page without a fault and one for each that is planted."""
    folder = tmp_path_factory.mktemp("planted")
    pages = {"sound": ("", FOLD), **{name: (s, b) for name, (s, b, _, _) in PLANTED.items()}}
    for name, (style, body) in pages.items():
        (folder / f"{name}.html").write_text(PAGE.format(style=style, body=body), encoding="utf-8")
    with serving(folder) as address:
        yield address


@pytest.fixture(scope="module")
def seen(browser: Browser, address: str) -> Iterator[Seen]:
    """A window that has passed a page without a fault before, as on the site."""
    with window(browser) as seen:
        assert faults_of(seen, address, "sound") == {}
        yield seen


def test_a_page_without_a_fault_passes(seen: Seen, address: str) -> None:
    assert faults_of(seen, address, "sound") == {}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(seen: Seen, address: str, name: str) -> None:
    *_, fault, word = PLANTED[name]
    found = faults_of(seen, address, name)
    assert word in str(found.get(fault)), found
