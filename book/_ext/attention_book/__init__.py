"""What the book's site adds to Jupyter Book: page notes, folded solutions, downloads, API pages."""

from __future__ import annotations

from sphinx.application import Sphinx

from attention_book import (
    accessible,
    api,
    cuda_cells,
    downloads,
    figures,
    page_note,
    plan,
    quiet,
    solutions,
    source_links,
)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register every part of the extension."""
    parts = (
        quiet,
        solutions,
        page_note,
        downloads,
        api,
        plan,
        accessible,
        source_links,
        cuda_cells,
        figures,
    )
    for part in parts:
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
