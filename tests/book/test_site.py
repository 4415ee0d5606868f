"""The built site, read as files: pages, figures, links, downloads, nothing from another host."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from execution import executed_notebook

from tests.book.site_pages import BY_DOCNAME, DOCNAMES, NOTEBOOKS, ROOT

LEAST_WORDS = 40
THEME_TEMPLATES = ("_static/webpack-macros.html", "_static/sbt-webpack-macros.html")
LOADED = {"script": "src", "link": "href", "img": "src", "source": "src", "iframe": "src"}
FETCHING = {"stylesheet", "preload", "modulepreload", "icon", "prefetch"}


@functools.cache
def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def page(site: Path, docname: str) -> BeautifulSoup:
    return soup(site / f"{docname}.html")


def article(site: Path, docname: str) -> Tag:
    found = page(site, docname).find("article")
    assert isinstance(found, Tag)
    return found


@functools.cache
def outputs_of(docname: str) -> list[dict[str, Any]]:
    """All outputs of a page's notebook, in the order of its cells, as the site shows them."""
    cells = executed_notebook(ROOT, BY_DOCNAME[docname]).cells
    return [output for cell in cells for output in cell.get("outputs", ())]


class Scan(HTMLParser):
    """One pass over a page: where its links go, what can be linked to, what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.loaded: list[str] = []
        self._in_style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._in_style = tag == "style"
        self.anchors |= {given.get("id", ""), given.get("name", "")}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if LOADED.get(tag) in given and (tag != "link" or FETCHING & set(given["rel"].split())):
            self.loaded.append(given[LOADED[tag]])

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.loaded += addresses_in_css(data)


@functools.cache
def scan(path: Path) -> Scan:
    return Scan(path.read_text(encoding="utf-8"))


def addresses_in_css(text: str) -> list[str]:
    return re.findall(r"""(?:url\(\s*|@import\s+)["']?([^"')\s;]+)""", text)


def html_files(site: Path) -> Iterator[Path]:
    for path in sorted(site.rglob("*.html")):
        if path.relative_to(site).as_posix() not in THEME_TEMPLATES:
            yield path


@pytest.mark.parametrize("docname", DOCNAMES)
def test_page_has_a_title_and_text(site: Path, docname: str) -> None:
    text = article(site, docname)
    assert len(text.find_all("h1")) == 1
    assert len(text.get_text().split()) >= LEAST_WORDS


@pytest.mark.parametrize("docname", NOTEBOOKS)
def test_notebook_page_shows_the_outputs_of_a_run_without_errors(site: Path, docname: str) -> None:
    outputs = outputs_of(docname)
    assert outputs
    assert [o["evalue"] for o in outputs if o["output_type"] == "error"] == []
    assert [o["text"] for o in outputs if o.get("name") == "stderr"] == []
    assert article(site, docname).select("div.cell_output")


@pytest.mark.parametrize("docname", NOTEBOOKS)
def test_notebook_page_contains_every_figure_its_cells_make(site: Path, docname: str) -> None:
    made = [o for o in outputs_of(docname) if any("image/" in kind for kind in o.get("data", ()))]
    shown = article(site, docname).select("div.cell_output img, figure img")
    assert len(shown) == len(made)


@pytest.mark.parametrize("docname", DOCNAMES)
def test_images_exist_and_say_what_they_show(site: Path, docname: str) -> None:
    folder = (site / f"{docname}.html").parent
    for image in page(site, docname).find_all("img"):
        assert (folder / unquote(image["src"])).is_file(), image["src"]
        assert image.get("alt", "").strip(), f"{image['src']} has no alternative text"
        assert "_images/" not in image["alt"], f"{image['alt']} is a path, not a description"


def test_links_and_their_anchors_lead_somewhere(site: Path) -> None:
    broken = []
    for path in html_files(site):
        for href in scan(path).links:
            parts = urlsplit(href)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file() or not _has_anchor(target, unquote(parts.fragment)):
                broken.append(f"{path.relative_to(site)} → {href}")
    assert broken == []


def _has_anchor(target: Path, fragment: str) -> bool:
    return not fragment or target.suffix != ".html" or fragment in scan(target).anchors


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    foreign = [
        f"{path.relative_to(site)}: {address}"
        for path in html_files(site)
        for address in scan(path).loaded
        if urlsplit(address).netloc
    ]
    assert foreign == []


def test_no_style_sheet_loads_anything_from_another_host(site: Path) -> None:
    foreign = [
        f"{path.relative_to(site)}: {address}"
        for path in sorted(site.rglob("*.css"))
        for address in addresses_in_css(path.read_text(encoding="utf-8"))
        if urlsplit(address).netloc
    ]
    assert foreign == []


@pytest.mark.parametrize("docname", [n for n in NOTEBOOKS if not n.startswith("book/")])
def test_download_is_the_notebook_without_outputs(site: Path, docname: str) -> None:
    link = article(site, docname).select_one("a.download")
    assert link is not None
    served = (site / f"{docname}.html").parent / unquote(str(link["href"]))
    source = ROOT / docname.removesuffix("/solutions")
    assert served.read_bytes() == source.with_suffix(".ipynb").read_bytes()
    cells = json.loads(served.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") for cell in cells)


@pytest.mark.parametrize("docname", [n for n in DOCNAMES if n.startswith("exercises/")])
def test_every_solution_is_folded(site: Path, docname: str) -> None:
    cells = article(site, docname).select(".tag_solution")
    assert cells
    for cell in cells:
        fold = cell.find_parent("details", class_="fold--solution")
        assert fold is not None
        assert not fold.has_attr("open")
        assert "Show the solution" in fold.summary.get_text()


@pytest.mark.parametrize("docname", [n for n in DOCNAMES if n.startswith("chapters/")])
def test_chapter_carries_its_own_number(site: Path, docname: str) -> None:
    number = docname.split("/")[1][:2]
    entry = page(site, docname).select_one("nav.bd-links li.current.active > a")
    kicker = article(site, docname).select_one(".kicker")
    assert entry is not None
    assert kicker is not None
    assert entry.get_text().strip().startswith(number)
    assert kicker.get_text().endswith(f"Chapter {number}")


def test_every_chapter_of_the_repository_is_a_page_and_so_are_its_exercises() -> None:
    expected = [p.relative_to(ROOT).as_posix() for p in ROOT.glob("chapters/*.ipynb")]
    expected += [p.relative_to(ROOT).as_posix() for p in ROOT.glob("exercises/*/solutions.ipynb")]
    assert set(expected) <= {path.as_posix() for path in BY_DOCNAME.values()}


def test_every_package_is_in_the_api_reference() -> None:
    text = "\n".join(path.read_text() for path in sorted((ROOT / "book" / "api").glob("*.md")))
    documented = set(re.findall(r"\{package-api\} attention_scratch\.(\w+)", text))
    packages = {p.parent.name for p in (ROOT / "attention_scratch").glob("*/__init__.py")}
    assert packages <= documented


def test_vendored_files_are_the_ones_that_were_vendored() -> None:
    folder = ROOT / "book" / "static" / "vendor"
    sums = dict(
        reversed(line.split(maxsplit=1))
        for line in (folder / "SHA256SUMS").read_text().splitlines()
    )
    there = {f"./{p.relative_to(folder)}" for p in folder.rglob("*") if p.is_file()}
    assert there - {"./README.md", "./SHA256SUMS"} == set(sums)
    for name, expected in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected, name
