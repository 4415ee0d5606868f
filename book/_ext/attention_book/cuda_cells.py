"""Highlight ``%%cuda`` cells as what they hold: CUDA C++, not Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from pygments.lexers.c_like import CudaLexer
from pygments.token import Keyword, Name, Operator, Whitespace
from sphinx.application import Sphinx

MAGIC = "%%cuda"
LANGUAGE = "cuda-cell"


class CudaCell(CudaLexer):
    """CUDA C++ below a first line ``%%cuda NAME``."""

    name = "CUDA cell"
    aliases = (LANGUAGE,)
    filenames = ()
    mimetypes = ()

    def get_tokens_unprocessed(
        self, text: str, stack: tuple[str, ...] = ("root",)
    ) -> Iterator[tuple[int, Any, str]]:
        """The magic's line, then the rest as CUDA C++."""
        line, _, body = text.partition("\n")
        name = line.removeprefix(MAGIC)
        yield 0, Operator, MAGIC[:2]
        yield 2, Keyword, MAGIC[2:]
        yield len(MAGIC), Name.Variable, name
        yield len(line), Whitespace, "\n"
        for index, token, value in super().get_tokens_unprocessed(body, stack):
            yield len(line) + 1 + index, token, value


def setup(app: Sphinx) -> None:
    """Register the language, and give it to the cells."""
    app.add_lexer(LANGUAGE, CudaCell)
    app.connect("doctree-read", _mark)


def _mark(_app: Sphinx, doctree: nodes.document) -> None:
    for block in doctree.findall(nodes.literal_block):
        if block.astext().startswith(f"{MAGIC} "):
            block["language"] = LANGUAGE
