"""Put notebooks beside the pages: chapters as they are, exercises as the learner's version."""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.application import Sphinx

FOLDER = "downloads"


def notebook_of(docname: str, root: Path) -> Path | None:
    """The notebook a page offers, relative to ``root``; None for a page that is not one.

    The page of an exercise shows its solutions; what it offers is the learner's notebook.
    """
    if not docname.startswith(("chapters/", "exercises/")):
        return None
    notebook = Path(docname.removesuffix("/solutions") + ".ipynb")
    return notebook if (root / docname).with_suffix(".ipynb").is_file() else None


def setup(app: Sphinx) -> None:
    """Copy the notebooks whenever a build ends."""
    app.connect("build-finished", _copy)


def _copy(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    root = Path(app.srcdir)
    for docname in sorted(app.env.found_docs):
        notebook = notebook_of(docname, root)
        if notebook is None:
            continue
        target = Path(app.outdir) / FOLDER / notebook
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / notebook, target)
