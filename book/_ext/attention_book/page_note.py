"""The note under each page's title: time to read, what it needs, how to run it, the notebook."""

from __future__ import annotations

import dataclasses
import math
import re
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.config import Config

from attention_book.contents import NUMBERS, NUMERALS
from attention_book.downloads import FOLDER, notebook_of
from attention_book.figures import is_figure
from attention_scratch.config import Book, settings

WORDS_PER_MINUTE = 220
SECONDS_PER_CODE_LINE = 2.0
SECONDS_PER_OUTPUT_LINE = 0.5
SECONDS_PER_FORMULA = 10.0
SECONDS_PER_FIGURE = 15.0

EXTRAS = (
    (r"^\s*(import|from) torch\b|models\.torch_model", "PyTorch"),
    (r"^\s*(import|from) transformers\b", "Transformers"),
    (r"attention_scratch(\.| import )(simt|kernels)\b|^%%cuda\b", "a C++ compiler"),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands in the book."""

    part: int | None
    kicker: str  # the line above the title; empty for none


def place_of(docname: str) -> Place:
    """Part and kicker of a page, from its name: the numbers in file names are the reading order."""
    opener = re.fullmatch(r"book/part(\d)", docname)
    if opener:
        part = int(opener[1])
        return Place(part, f"Part {NUMERALS[part]}")
    numbered = re.match(r"(chapters|exercises)/(\d+)_", docname)
    if not numbered:
        return Place(None, "")
    number = int(numbered[2])
    part = next(part for part, numbers in NUMBERS.items() if number in numbers)
    kind = "Chapter" if numbered[1] == "chapters" else "Exercises to chapter"
    return Place(part, f"Part {NUMERALS[part]} · {kind} {number:02d}")


def reading_minutes(doctree: nodes.document) -> int:
    """Minutes a careful reader needs for prose, code, formulas and figures; at least 1."""
    blocks = list(doctree.findall(nodes.literal_block))
    outputs = [n for cell in doctree.findall(_is_output) for n in cell.findall(nodes.literal_block)]
    played = list(doctree.findall(is_figure))
    no_words = sum(len(node.astext().split()) for node in (*blocks, *played))
    words = len(doctree.astext().split()) - no_words
    seconds = (
        60.0 * words / WORDS_PER_MINUTE
        + SECONDS_PER_CODE_LINE * (_lines(blocks) - _lines(outputs))
        + SECONDS_PER_OUTPUT_LINE * _lines(outputs)
        + SECONDS_PER_FORMULA * len(list(doctree.findall(nodes.math_block)))
        + SECONDS_PER_FIGURE * (len(list(doctree.findall(nodes.image))) + len(played))
    )
    return max(1, math.ceil(seconds / 60))


def _is_output(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code_output"


def _lines(blocks: list[nodes.literal_block]) -> int:
    return sum(len(block.astext().splitlines()) for block in blocks)


def needs(doctree: nodes.document) -> list[str]:
    """What a notebook's code imports beyond NumPy and Matplotlib."""
    code = "\n".join(n.astext() for n in doctree.findall(nodes.literal_block))
    return ["NumPy", *(name for rule, name in EXTRAS if re.search(rule, code, re.MULTILINE))]


def run_links(notebook: Path, book: Book) -> list[tuple[str, str]]:
    """Name and address of the services that open ``notebook``; none unless it is on GitHub."""
    slug = re.fullmatch(r"https://github\.com/([^/]+/[^/]+?)(?:\.git)?/?", book.repository)
    if not slug:
        return []
    inside = quote(notebook.as_posix())
    colab = f"https://colab.research.google.com/github/{slug[1]}/blob/{book.branch}/{inside}"
    lab = quote(f"lab/tree/{notebook.as_posix()}", safe="")
    binder = f"https://mybinder.org/v2/gh/{slug[1]}/{quote(book.branch, safe='')}?urlpath={lab}"
    return [("Binder", binder), ("Colab", colab)]


def setup(app: Sphinx) -> None:
    """Add the note to each page, and the repository's address to the theme."""
    app.connect("config-inited", _repository)
    app.connect("html-page-context", _add)


def _repository(_app: Sphinx, config: Config) -> None:
    options = config.html_theme_options
    options |= {"repository_url": settings().book.repository, "use_repository_button": True}
    options["repository_branch"] = settings().book.branch


def _add(
    app: Sphinx, docname: str, _template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    place = place_of(docname)
    context["book_part"] = place.part
    body = context.get("body")
    if doctree is None or not body or docname == app.config.root_doc:
        return
    kicker = f'<p class="kicker">{escape(place.kicker)}</p>\n' if place.kicker else ""
    body = re.sub(r"<h1>", f"{kicker}<h1>", body, count=1)
    context["body"] = body.replace("</h1>", f"</h1>\n{_note(app, docname, doctree)}", 1)


def _note(app: Sphinx, docname: str, doctree: nodes.document) -> str:
    facts = [f"{reading_minutes(doctree)} min to read"]
    notebook = notebook_of(docname, Path(app.srcdir))
    if notebook is None:
        return f'<ul class="page-note">{_items(facts)}</ul>\n'
    facts.append(f"needs {', '.join(needs(doctree))}; no GPU")
    executed = NbMetadataCollector.get_exec_data(app.env, docname)
    if executed and executed["runtime"]:
        facts.append(f"ran in {math.ceil(executed['runtime'])} s for this page")
    return (
        f'<div class="page-note-box"><ul class="page-note">{_items(facts)}</ul>\n'
        f"{_run_it(app, docname, notebook)}</div>\n"
    )


def _run_it(app: Sphinx, docname: str, notebook: Path) -> str:
    assert isinstance(app.builder, StandaloneHTMLBuilder)
    up = app.builder.get_relative_uri(docname, "index").removesuffix("index.html")
    href = f"{up}{FOLDER}/{notebook.as_posix()}"
    exercise = notebook.parts[0] == "exercises"
    label = "Download the exercise notebook" if exercise else "Download the notebook"
    # `make lab` copies the exercises to a folder that is the learner's own.
    opened = Path("workbook", notebook.name) if exercise else notebook
    links = run_links(notebook, settings().book)
    elsewhere = "".join(_elsewhere(name, url) for name, url in links)
    return (
        f'<p class="page-note__actions"><a class="download" href="{escape(href)}" download>{label}'
        f"</a></p>\n"
        '<details class="fold fold--run"><summary>Run it yourself</summary><dl>'
        f"<dt>JupyterLab</dt><dd><code>make lab</code>, then open <code>{escape(opened.as_posix())}"
        f"</code></dd>{elsewhere}</dl></details>\n"
    )


def _elsewhere(name: str, url: str) -> str:
    note = ""
    if name == "Colab":
        folder = settings().book.repository.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
        first_cell = (
            f"!git clone --depth 1 {settings().book.repository}\n"
            f'!pip install -q "./{folder}[torch]"\n'
            f'import sys; sys.path.insert(0, "{folder}")'
        )
        note = f', with this as its first cell:<pre tabindex="0">{escape(first_cell)}</pre>'
    link = f'<a class="external" href="{escape(url)}" rel="noopener">open in {name}</a>'
    return f"<dt>{name}</dt><dd>{link}{note}</dd>"


def _items(texts: list[str]) -> str:
    return "".join(f"<li>{escape(text)}</li>" for text in texts)
