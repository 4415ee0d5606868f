"""The player beside figures that a notebook's sanitizer left without their data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from attention_scratch import viz
from tests.viz.trace_kernels import strided

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def html(title: str) -> str:
    t = strided(1)
    return viz.play(t.events, t.names, t.source, t.block_dim, title=title)._repr_html_()


def sanitized(text: str) -> str:
    """As JupyterLab shows the output of a notebook that is not trusted."""
    page = BeautifulSoup(text, "html.parser")
    for node in page.select("script, style"):
        node.decompose()
    return str(page)


@pytest.mark.browser
def test_a_figure_without_its_data_keeps_its_table_and_the_next_one_plays(browser: Browser) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_content(sanitized(html("Stripped")) + html("Whole"))
    whole = page.get_by_role("figure", name="Whole")
    whole.get_by_role("button", name="Step forward").click()
    assert (
        whole.locator("[aria-live]").inner_text().startswith("Step 2 of 3: line 3, 32 lanes write")
    )
    assert page.get_by_role("figure", name="Stripped").locator("tbody tr").count() == 3
    assert complaints == []
    page.close()
