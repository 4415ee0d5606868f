"""Fold solutions, prose and code together, behind one toggle that says what it shows."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from docutils import nodes
from markdown_it.tree import SyntaxTreeNode
from myst_nb.sphinx_ import HideCodeCellNode, SphinxNbRenderer
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

TAG = "solution"
SHOW, HIDE = "Show the solution", "Hide the solution"


class Solution(nodes.General, nodes.Element):
    """One folded solution: code cells and the prose that explains them."""


class FoldSolutions(SphinxPostTransform):
    """Gather neighboring cells tagged ``solution`` into one :class:`Solution`."""

    default_priority = 150  # before MyST-NB wraps hidden cells one by one (199)
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Fold every run of solution cells."""
        cells = [c for c in self.document.findall(nodes.container) if _is_solution(c)]
        for cell in cells:
            parent, index = cell.parent, cell.parent.index(cell)
            before = parent[index - 1] if index else None
            if "hide_mode" in cell:
                del cell["hide_mode"]
            parent.remove(cell)
            if isinstance(before, Solution):
                before.append(cell)
            else:
                parent.insert(index, Solution("", cell))


def setup(app: Sphinx) -> None:
    """Register the node, the transform and the renderer of tagged prose cells."""
    app.add_node(Solution, html=(_open_solution, _close))
    app.add_node(HideCodeCellNode, override=True, html=(_open_hidden, _close))
    app.add_post_transform(FoldSolutions)
    SphinxNbRenderer.render_nb_cell_markdown = _render_markdown


def _is_solution(node: nodes.container) -> bool:
    classes = node.get("classes", ())
    return f"tag_{TAG}" in classes and ("cell" in classes or "prose" in classes)


def _render_markdown(renderer: SphinxNbRenderer, token: SyntaxTreeNode) -> None:
    tags: Iterable[str] = token.meta.get("metadata", {}).get("tags", ())
    if TAG not in tags:
        renderer.render_children(token)
        return
    prose = nodes.container(classes=["prose", f"tag_{TAG}"])
    with renderer.current_node_context(prose, append=True):
        renderer.render_children(token)


def _open_solution(html: HTML5Translator, _node: nodes.Element) -> None:
    html.body.append(f'<details class="fold fold--solution">{_summary(SHOW, HIDE)}')


def _open_hidden(html: HTML5Translator, node: nodes.Element) -> None:
    summary = _summary(node["prompt_show"], node["prompt_hide"])
    html.body.append(f'<details class="fold {" ".join(node["classes"])}">{summary}')


def _close(html: HTML5Translator, _node: nodes.Element) -> None:
    html.body.append("</details>\n")


def _summary(show: str, hide: str) -> str:
    return (
        f'<summary><span class="when-closed">{escape(show)}</span>'
        f'<span class="when-open">{escape(hide)}</span></summary>\n'
    )
