"""The trace player on a page of the built site: it plays the trace, for every reader."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from bs4 import BeautifulSoup

from attention_scratch.exercises.notebook_form import as_text, normal
from tests.book.site_browser import faults_of, window
from tests.book.site_pages import ROOT
from tests.viz.trace_kernels import Recorded, block_sum, transpose

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TRACES: dict[str, Recorded] = {"Transpose": transpose(), "Block sum": block_sum()}
PAGE = "chapters/14_played"
SHOW = """\
import sys

sys.path.insert(0, {root!r})
from attention_scratch.viz import play
from tests.viz import trace_kernels

t = trace_kernels.{kernel}()
play(t.events, t.names, t.source, t.block_dim, title={title!r}, caption="Step through it.")
"""


def cell(kind: str, text: str) -> dict[str, object]:
    return {"cell_type": kind, "id": "", "metadata": {}, "source": text}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of one chapter with two players, built by the book's own scripts."""
    root = tmp_path_factory.mktemp("book")
    shutil.copytree(ROOT / "book", root / "book", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "_config.yml", root)
    toc = {"format": "jb-book", "root": "book/part3", "chapters": [{"file": PAGE}]}
    (root / "_toc.yml").write_text(yaml.safe_dump(toc))
    (root / "book" / "part3.md").write_text("# Kernels\n\n[Played](../chapters/14_played.ipynb)\n")
    cells = [cell("markdown", "# Played\n\nTwo kernels, a step at a time.")]
    for title, kernel in zip(TRACES, ("transpose", "block_sum"), strict=True):
        cells.append(cell("code", SHOW.format(root=str(ROOT), kernel=kernel, title=title)))
    (root / "chapters").mkdir()
    notebook = normal({"cells": cells, "metadata": {}})
    (root / f"{PAGE}.ipynb").write_text(as_text(notebook), encoding="utf-8")
    command = [sys.executable, str(root / "book" / "build.py")]
    done = subprocess.run(command, cwd=root, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "_build" / "html"


@pytest.fixture(scope="module")
def address(book: Path) -> Iterator[str]:
    from server import serving

    with serving(book) as address:
        yield address


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One reader's browser: what all pages share is fetched once."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    page = context.new_page()
    page.goto(f"{address}{PAGE}.html")
    yield page
    page.close()


@dataclasses.dataclass(frozen=True)
class Figure:
    """One player of a page, as a reader finds its parts: by role and name."""

    at: Locator

    @property
    def says(self) -> str:
        return self.at.locator("[aria-live]").inner_text()

    def button(self, name: str) -> Locator:
        return self.at.get_by_role("button", name=name, exact=True)

    @property
    def slider(self) -> Locator:
        return self.at.get_by_role("slider", name="Step")

    def forward(self, times: int) -> None:
        for _ in range(times):
            self.button("Step forward").click()

    def states(self) -> list[str]:
        """Of the 32 lanes."""
        lanes = self.at.locator(".lanes .lane").all()
        return [(lane.get_attribute("class") or "").removeprefix("lane ") for lane in lanes]


def figure(page: Page, title: str = "Transpose") -> Figure:
    return Figure(page.get_by_role("figure", name=title))


def sentences(title: str, warp: int = 0) -> list[str]:
    """What the package says of the trace: the page must say the same."""
    from attention_scratch.viz import play

    t = TRACES[title]
    return play(t.events, t.names, t.source, t.block_dim).summary(warp)


def test_the_page_is_sound(browser: Browser, address: str) -> None:
    with window(browser) as seen:
        assert faults_of(seen, address, PAGE) == {}


def test_a_step_with_a_conflict_is_sound_in_both_colors(browser: Browser, address: str) -> None:
    with window(browser) as seen:
        seen.open(f"{address}{PAGE}.html")
        figure(seen.page).forward(5)
        figure(seen.page).at.locator("summary").click()
        figure(seen.page, "Block sum").forward(7)
        assert seen.faults() == {}
        assert seen.complaints == []


@pytest.mark.parametrize("title", TRACES)
def test_stepping_forward_tells_the_trace(page: Page, title: str) -> None:
    expected, it = sentences(title), figure(page, title)
    for number, sentence in enumerate(expected, start=1):
        assert it.says.startswith(f"Step {number} of {len(expected)}: {sentence}")
        if number < len(expected):
            it.forward(1)
    assert it.button("Step forward").is_disabled()


def test_stepping_back_returns(page: Page) -> None:
    it = figure(page)
    first = it.says
    it.forward(2)
    assert it.says != first
    it.button("Step back").click()
    it.button("Step back").click()
    assert it.says == first
    assert it.button("Step back").is_disabled()


def test_a_column_of_the_tile_is_shown_as_a_conflict_of_32(page: Page) -> None:
    it = figure(page)
    it.forward(5)
    assert "32 wavefronts (32-way conflict on bank 0)" in it.says
    banks = it.at.locator(".memory .count")
    assert banks.count() == 32
    assert banks.all_inner_texts() == ["32", *[""] * 31]
    assert it.at.locator(".memory .word").count() == 32
    places = it.at.locator(".memory .word").all()
    assert len({place.bounding_box()["x"] for place in places}) == 1  # type: ignore[index]


def test_lanes_are_counted_on_the_banks_they_use(page: Page) -> None:
    it = figure(page, "Block sum")
    it.forward(7)
    assert "read s[16..31], 1 wavefront (no bank conflict)" in it.says
    assert it.at.locator(".memory .count").all_inner_texts() == [""] * 16 + ["1"] * 16
    assert it.at.locator(".memory .conflict").count() == 0


def test_a_coalesced_load_is_shown_as_four_sectors(page: Page) -> None:
    it = figure(page)
    assert "4 sectors (128 of the 128 bytes moved are used)" in it.says
    assert it.at.locator(".memory .sector").count() == 4
    assert it.at.locator(".memory .word").all_inner_texts() == [str(lane) for lane in range(32)]


def test_lanes_show_what_each_does(page: Page) -> None:
    it = figure(page, "Block sum")
    it.forward(2)
    assert it.states() == ["wait"] * 32
    it.forward(5)
    assert it.states() == ["read"] * 16 + ["idle"] * 16
    it.slider.press("End")
    assert it.states() == ["done"] * 32


def test_the_current_line_is_marked_and_in_view(page: Page) -> None:
    it = figure(page, "Block sum")
    it.slider.press("End")
    it.button("Step back").click()
    marked = it.at.locator(".source .now")
    assert marked.inner_text().split() == ["10", *TRACES["Block sum"].source.split("\n")[9].split()]
    view, line = it.at.locator(".source").bounding_box(), marked.bounding_box()
    assert view is not None
    assert line is not None
    assert view["y"] <= line["y"]
    assert line["y"] + line["height"] <= view["y"] + view["height"] + 1


def test_every_part_is_reached_and_worked_with_the_keyboard(page: Page) -> None:
    it, expected = figure(page), sentences("Transpose")
    it.at.get_by_role("combobox", name="Warp").focus()
    order = []
    for _ in range(5):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert order == ["Play", "Step forward", "Step", "Source", None]  # back is off at the start
    it.button("Step forward").focus()
    page.keyboard.press("Enter")
    assert expected[1] in it.says
    page.keyboard.press("ArrowRight")
    assert expected[2] in it.says
    page.keyboard.press("ArrowLeft")
    assert expected[1] in it.says
    page.keyboard.press("End")
    assert expected[-1] in it.says
    it.slider.focus()
    page.keyboard.press("ArrowLeft")
    assert expected[-2] in it.says
    page.keyboard.press("Home")
    assert expected[0] in it.says
    assert it.slider.get_attribute("aria-valuetext") == f"step 1 of {len(expected)}"


def test_another_warp_can_be_chosen(page: Page) -> None:
    it = figure(page)
    it.at.get_by_role("combobox", name="Warp").select_option("Warp 1")
    assert sentences("Transpose", 1)[0] in it.says


def test_play_goes_on_by_itself_in_silence_and_pause_speaks_again(
    browser: Browser, address: str
) -> None:
    page = browser.new_page()  # with a clock of its own
    page.clock.install(time=0)
    page.goto(f"{address}{PAGE}.html")
    page.clock.pause_at(60 * 60 * 1000)  # an installed clock goes on by itself until then
    it, expected = figure(page), sentences("Transpose")
    it.button("Play").click()
    live = it.at.locator("[aria-live]")
    assert live.get_attribute("aria-live") == "off"
    page.clock.run_for(2500)
    assert expected[2] in it.says
    it.button("Pause").click()
    page.clock.run_for(5000)
    assert expected[2] in it.says
    assert live.get_attribute("aria-live") == "polite"
    it.button("Play").click()
    page.clock.run_for(60_000)
    assert expected[-1] in it.says
    assert it.button("Play").is_visible()
    page.close()


def test_nothing_moves_until_asked_and_nothing_slides(page: Page) -> None:
    first = figure(page).says
    page.wait_for_timeout(1500)
    assert figure(page).says == first
    moving = """() => [...document.querySelectorAll("figure.as-player *")].filter(e => {
      const s = getComputedStyle(e);
      return s.animationName !== "none" || parseFloat(s.transitionDuration) > 0;
    }).length"""
    assert page.evaluate(moving) == 0


def test_the_details_name_every_lane(page: Page) -> None:
    it = figure(page, "Block sum")
    it.forward(7)
    it.at.locator("summary").click()
    rows = [row.inner_text().split("\t") for row in it.at.locator("details tbody tr").all()]
    assert rows[3] == ["3", "reads", "s[19]", "76"]
    assert rows[16] == ["16", "is idle", "", ""]
    assert len(rows) == 32


def test_without_script_the_page_has_the_steps_as_a_table(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}{PAGE}.html")
    rows = figure(page).at.locator("tbody tr").all_inner_texts()
    assert [row.split("\t")[1] for row in rows] == sentences("Transpose")
    context.close()


def test_a_page_opened_from_its_folder_plays_too(browser: Browser, book: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto((book / f"{PAGE}.html").as_uri())
    figure(page).forward(1)
    assert sentences("Transpose")[1] in figure(page).says
    context.close()


def test_a_page_has_one_copy_of_module_and_style_and_counts_their_words_as_none(
    book: Path,
) -> None:
    html = (book / f"{PAGE}.html").read_text(encoding="utf-8")
    read = BeautifulSoup(html, "html.parser")
    for tag in ("style", "script"):
        assert len(read.select(f"{tag}[data-figure='trace-player']")) == 1
    assert len(read.select("figure.as-player script")) == 2
    assert read.select_one(".page-note li").get_text() == "2 min to read"  # type: ignore[union-attr]


def test_search_finds_the_page_by_its_words_and_not_by_the_modules(book: Path) -> None:
    index = (book / "searchindex.js").read_text(encoding="utf-8")
    terms = json.loads(index.removeprefix("Search.setIndex(").rstrip(")"))["terms"]
    assert "kernel" in terms
    assert "replacechildren" not in terms
