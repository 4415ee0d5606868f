"""The demo's module in headless Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from attention_scratch.demo.figure import WIDGET
from tests.demo.models import Call

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CALL = """async ([name, argument]) => {
  const use = new Function("module", "argument", `return (${name})(module, argument)`);
  return use((await window.loaded).default, argument);
}"""
LOAD = """text => {
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  window.loaded = import(address);
}"""


@pytest.fixture(scope="module")
def call(browser: Browser) -> Iterator[Call]:
    """Apply ``(module, argument) => …`` to the demo's ES module, as it is in a page."""
    page = browser.new_page()
    page.goto("about:blank")
    page.evaluate(LOAD, WIDGET.module())
    yield lambda code, argument: page.evaluate(CALL, [code, argument])
    page.close()
