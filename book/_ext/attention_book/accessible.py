"""Repair what docutils writes and a screen reader stumbles over."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

REPAIRS = (
    # A table's empty corner is no header of anything.
    ('<th class="head"><p></p></th>', "<td></td>"),
    ('<th class="head"></th>', "<td></td>"),
    # WAI-ARIA 1.2 withdrew this role; its parent is a list.
    ('role="doc-biblioentry"', 'role="listitem"'),
)


def setup(app: Sphinx) -> None:
    """Repair each page's body before the theme frames it."""
    app.connect("html-page-context", _repair)


def _repair(
    _app: Sphinx, _docname: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    if "body" in context:
        for found, better in REPAIRS:
            context["body"] = context["body"].replace(found, better)
