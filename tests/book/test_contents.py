"""A title stands in one place: headings, the plan and the README's table follow it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def contents(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    from attention_book import contents

    return contents


def heading(docname: str) -> str:
    """The first heading of a notebook."""
    cells = json.loads((ROOT / f"{docname}.ipynb").read_text(encoding="utf-8"))["cells"]
    text = "".join(next(cell for cell in cells if cell["cell_type"] == "markdown")["source"])
    found = re.match(r"# (.+)", text)
    assert found, docname
    return found[1]


def test_a_chapter_is_written_or_planned_but_not_both(contents: ModuleType) -> None:
    written = {chapter.number for chapter in contents.standing()}
    assert written.isdisjoint(contents.PLANNED)
    assert written | contents.PLANNED.keys() == set(range(1, 31))
    assert len(written) == len(list((ROOT / "chapters").glob("*.ipynb")))


def test_headings_are_the_titles_of_the_table_of_contents(contents: ModuleType) -> None:
    for chapter in contents.standing():
        assert heading(chapter.page) == chapter.title
        assert chapter.page.startswith(f"chapters/{chapter.number:02d}_")
        if chapter.exercises:
            expected = f"Exercises {chapter.number:02d}: {chapter.title}"
            assert heading(chapter.exercises).casefold() == expected.casefold()


def test_the_readmes_table_is_made_from_them(contents: ModuleType) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    remedy = "run python book/_ext/attention_book/contents.py"
    assert contents.TABLE.search(readme)[0] == contents.readme_table(), remedy
