"""The HTML report in a real browser: readable by all, at any width, asking nothing of anyone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from attention_scratch.doctor import Report
from attention_scratch.doctor.render import to_html

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_has_no_axe_violation_and_no_sideways_scroll(
    browser: Any, this_machine: Report, tmp_path: Path, scheme: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    file = tmp_path / "environment.html"
    file.write_text(to_html(this_machine), encoding="utf-8")
    # axe is injected as a script, which the page's own policy rightly forbids
    page = browser.new_page(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()
    assert asked == [file.as_uri()]
    page.close()
