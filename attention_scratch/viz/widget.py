"""The HTML of an interactive figure: one ES module, its style, its data, and words without script.

The same text is a cell's output in JupyterLab and a part of a page that no kernel stands behind.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

IMPORT = re.compile(r"^import .*\n", re.MULTILINE)
DEFAULT_EXPORT = re.compile(r"^export default .*\n", re.MULTILINE)
EXPORT = re.compile(r"^export ", re.MULTILINE)
# Mounts every figure of the page that waits for it; on a page with many, one copy does them all.
# In JupyterLab the page may also hold figures of an untrusted notebook, their data stripped.
MOUNT = """
for (const data of document.querySelectorAll("figure.{css_class}:not([data-mounted]) > script")) {
  const figure = data.parentElement, shown = JSON.parse(data.textContent);
  figure.dataset.mounted = "";
  widget.render({ model: { get: () => shown }, el: figure.querySelector(".stage") });
}
"""


@dataclass(frozen=True, slots=True)
class Widget:
    """A kind of figure.

    Attributes:
        name: of the kind; a page keeps one copy of module and style for each.
        css_class: of the ``<figure>``.
        modules: JavaScript files in the order they are joined to one module. Each begins its
            imports and exports on a line of their own; only the last one's default export stays,
            ``{ render, … }``, where ``render({ model, el })`` is what anywidget calls.
        styles: CSS files.
    """

    name: str
    css_class: str
    modules: tuple[Path, ...]
    styles: tuple[Path, ...]

    def module(self) -> str:
        """The ES module as one text."""
        *parts, last = (path.read_text(encoding="utf-8") for path in self.modules)
        return "\n".join([*map(_without_exports, parts), IMPORT.sub("", last)])

    def html(self, data: dict[str, Any], *, title: str, caption: str, without_script: str) -> str:
        """One figure of this kind, with all it needs.

        Args:
            data: what ``model.get`` returns in the module.
            title: above the figure, and its name to a screen reader.
            caption: below it; empty for none.
            without_script: HTML that stands in its place where no script runs.
        """
        text = as_json(data).replace("<", "\\u003c")
        below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
        module = self.module().replace("export default", "const widget =")
        mount = MOUNT.replace("{css_class}", self.css_class)
        style = "\n".join(path.read_text(encoding="utf-8") for path in self.styles)
        return (
            f'<figure class="{self.css_class}" aria-label="{escape(title)}">'
            f'<p class="title">{escape(title)}</p>'
            f'<div class="stage">{without_script}</div>{below}'
            f'<script type="application/json">{text}</script></figure>'
            f'<style data-figure="{self.name}">{style}</style>'
            f'<script type="module" data-figure="{self.name}">{module}{mount}</script>'
        )


def as_json(data: dict[str, Any]) -> str:
    """Data as compact JSON."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def _without_exports(module: str) -> str:
    return EXPORT.sub("", DEFAULT_EXPORT.sub("", IMPORT.sub("", module)))
