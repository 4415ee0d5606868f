"""Execute the book's notebooks side by side, into the cache that MyST-NB reads."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import ExecutionResult, single_nb_execution
from myst_nb.core.config import NbParserConfig
from myst_nb.core.read import create_nb_reader
from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode

CACHE = Path("_build", ".jupyter_cache")
CELL_SECONDS = 120
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def execute_notebooks(
    root: Path,
    *,
    pages: Sequence[Path],
    say: Callable[[str], None],
) -> dict[Path, str]:
    """Execute the notebooks among ``pages`` (relative to ``root``) that the cache does not hold.

    Returns:
        The traceback of each notebook that failed; empty when all is well.
    """
    cache = get_cache(str(root / CACHE))
    outdated = {}
    for page in pages:
        notebook = _read(root / page)
        if notebook is not None and not _is_cached(cache, notebook):
            outdated[page] = notebook
    failures: dict[Path, str] = {}
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        # The longest first, so that no worker is left with one when the others are done.
        longest_first = sorted(outdated, key=lambda page: -len(outdated[page].cells))
        runs = {
            page: pool.submit(_run, outdated[page], folder=(root / page).parent)
            for page in longest_first
        }
        for page, run in runs.items():
            result = run.result()
            if result.err is not None:
                failures[page] = _plain(result)
                say(f"  failed    {page}")
                continue
            _store(cache, root / page, result)
            say(f"  executed  {page}  {result.time:.1f} s")
    return failures


def executed_notebook(root: Path, page: Path) -> NotebookNode:
    """A page's notebook with the outputs the site shows.

    Raises:
        KeyError: the cache does not hold it.
    """
    notebook = _read(root / page)
    _, with_outputs = get_cache(str(root / CACHE)).merge_match_into_notebook(notebook)
    return with_outputs


def _read(page: Path) -> NotebookNode | None:
    """The notebook as MyST-NB reads it, so that the cache's keys agree; None for plain pages."""
    text = page.read_text(encoding="utf-8")
    reader = create_nb_reader(page, MdParserConfig(), NbParserConfig(), text)
    if reader is None:
        return None
    notebook: NotebookNode = reader.read(text)
    return notebook if any(cell.cell_type == "code" for cell in notebook.cells) else None


def _is_cached(cache: Any, notebook: NotebookNode) -> bool:
    try:
        cache.match_cache_notebook(notebook)
    except KeyError:
        return False
    return True


def _run(notebook: NotebookNode, *, folder: Path) -> ExecutionResult:
    return single_nb_execution(
        notebook,
        cwd=str(folder),
        timeout=CELL_SECONDS,
        allow_errors=False,
        extra_arguments=["--log-level=ERROR"],  # a kernel's own remarks are not the reader's
    )


def _store(cache: Any, path: Path, result: ExecutionResult) -> None:
    bundle = CacheBundleIn(result.nb, str(path), data={"execution_seconds": result.time})
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def _plain(result: ExecutionResult) -> str:
    """The failing cell and its traceback, without the machinery around them."""
    text = str(result.err) or result.exc_string or type(result.err).__name__
    return ANSI.sub("", text).strip()
