"""Interactive figures: each brings its own module and style, and a page needs one copy of each."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

# What viz writes around a figure, so that a cell's output plays wherever it is shown.
SHARED = re.compile(r"<(?P<tag>style|script)[^>]* data-figure=\"[^>]*>.*?</(?P=tag)>", re.DOTALL)


def is_figure(node: nodes.Node) -> bool:
    """Whether a node is the HTML of an interactive figure: markup, not words to read."""
    return isinstance(node, nodes.raw) and SHARED.search(node.astext()) is not None


def setup(app: Sphinx) -> None:
    """Drop the repeated copies from each page's body."""
    app.connect("html-page-context", _once)


def _once(
    _app: Sphinx, _docname: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    seen: set[str] = set()

    def keep_first(found: re.Match[str]) -> str:
        if found[0] in seen:
            return ""
        seen.add(found[0])
        return found[0]

    if "data-figure=" in context.get("body", ""):
        context["body"] = SHARED.sub(keep_first, context["body"])
