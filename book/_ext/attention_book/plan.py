"""Directives that show what the book will contain and which of it stands today."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from attention_book.contents import NUMERALS, Chapter, Part, parts


class PartPlan(SphinxDirective):
    """``{part-plan} 1``: the chapters of a part; those that stand are links."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Callable[[str], object]]] = {}

    def run(self) -> list[nodes.Node]:
        """Parse a generated list."""
        part = parts()[int(self.arguments[0]) - 1]
        lines = ["{.chapters}", *map(_line, part.chapters)]
        container = nodes.container(classes=["part-plan"])
        source = self.get_source_info()[0]
        self.state.nested_parse(StringList(lines, source=source), self.content_offset, container)
        return [container]


class BookPlan(SphinxDirective):
    """``{book-plan}``: a card for each part, with how much of it stands."""

    option_spec: ClassVar[dict[str, Callable[[str], object]]] = {}

    def run(self) -> list[nodes.Node]:
        """Raw cards; their links are made by the builder's own relative addresses."""
        cards = [_card(part, self.env.docname) for part in parts()]
        html = f'<ul class="parts">{"".join(cards)}</ul>'
        return [nodes.raw("", html, format="html")]


def _line(chapter: Chapter) -> str:
    if not chapter.page:
        return f"- {chapter.number:02d} · {chapter.title}"
    exercises = f" · [exercises](/{chapter.exercises}.ipynb)" if chapter.exercises else ""
    return f"- {chapter.number:02d} · [{chapter.title}](/{chapter.page}.ipynb){exercises}"


def _card(part: Part, here: str) -> str:
    up = "../" * here.count("/")
    links = " · ".join(
        f'<a href="{up}{c.page}.html">{c.number:02d} {escape(c.title)}</a>'
        for c in part.chapters
        if c.page
    )
    today = f"Standing today: {links}" if links else "Not written yet"
    return (
        f'<li class="part part--{part.number}">'
        f'<p class="part__number">Part {NUMERALS[part.number]} · chapters '
        f"{part.chapters[0].number:02d}–{part.chapters[-1].number:02d}</p>"
        f'<p class="part__title"><a href="{up}book/part{part.number}.html">{part.title}</a></p>'
        f"<p>{escape(part.promise)}</p>"
        f'<p class="part__today">{today}</p></li>'
    )


def setup(app: Sphinx) -> None:
    """Register both directives."""
    app.add_directive("part-plan", PartPlan)
    app.add_directive("book-plan", BookPlan)
