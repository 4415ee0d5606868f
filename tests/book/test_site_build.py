"""``book/build.py`` itself: what it does again, what it refuses, what it says."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from unittest import mock

import nbformat
import pytest
import server
import stale

from tests.book.site_pages import ROOT

CONFIG = """
title: A small book
only_build_toc_files: true
execute: {execute_notebooks: cache}
html: {use_multitoc_numbering: false}
latex: {use_jupyterbook_latex: false}
"""
TOC = """
format: jb-book
root: index
chapters:
  - file: chapters/01_one
"""


@pytest.fixture
def small_book(tmp_path: Path) -> Path:
    """A book of two pages beside a copy of the real scripts, in a folder whose path has a space."""
    tmp_path = tmp_path / "a book"
    tmp_path.mkdir()
    (tmp_path / "_config.yml").write_text(CONFIG)
    (tmp_path / "_toc.yml").write_text(TOC)
    (tmp_path / "index.md").write_text("# A small book\n\n[One](chapters/01_one.ipynb)\n")
    (tmp_path / "attention_scratch").mkdir()
    (tmp_path / "attention_scratch" / "answer.py").write_text("ANSWER = 42\n")
    (tmp_path / "book").mkdir()
    for script in (ROOT / "book").glob("*.py"):
        shutil.copy(script, tmp_path / "book")
    (tmp_path / "chapters").mkdir()
    write_notebook(tmp_path, "print(6 * 7)")
    return tmp_path


def write_notebook(book: Path, code: str) -> None:
    cells = [
        nbformat.v4.new_markdown_cell("# One", id="title"),
        nbformat.v4.new_code_cell(code, id="code"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, book / "chapters" / "01_one.ipynb")


def build(book: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the build of a book says, in this process: imports are half of its time."""
    spec = importlib.util.spec_from_file_location("book_build", ROOT / "book" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with mock.patch.dict(os.environ):
        try:
            module.build(book)
        except module.BuildError as error:
            return f"refused: {error}"
    return capsys.readouterr().out


@pytest.mark.slow
def test_a_book_is_built_again_only_when_something_changed_and_not_with_a_broken_page(
    small_book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "executed  chapters/01_one.ipynb" in build(small_book, capsys)
    page = small_book / "_build" / "html" / "chapters" / "01_one.html"
    assert "42" in page.read_text()

    assert "nothing changed" in build(small_book, capsys)

    (small_book / "index.md").write_text("# A small book\n\nSome other words.\n")
    reworded = build(small_book, capsys)
    assert "Book: " in reworded
    assert "  executed  " not in reworded

    (small_book / "attention_scratch" / "answer.py").write_text("ANSWER = 43\n")
    assert "executed  chapters/01_one.ipynb" in build(small_book, capsys)

    (small_book / "index.md").write_text("# A small book\n\n[](chapters/99_nowhere.ipynb)\n")
    for _ in range(2):  # a failed build must not pass for a current one
        refused = build(small_book, capsys)
        assert refused.startswith("refused: ")
        assert "index.md" in refused
        assert "99_nowhere" in refused


@pytest.mark.slow
def test_a_broken_notebook_stops_the_build_by_name_and_with_its_traceback(
    small_book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_notebook(small_book, "raise ArithmeticError('two and two')")
    refused = build(small_book, capsys)
    assert refused.startswith("refused: ")
    assert "chapters/01_one.ipynb failed" in refused
    assert "ArithmeticError: two and two" in refused
    assert not (small_book / "_build" / "html").exists()


def test_a_page_of_the_toc_that_is_not_there_is_named(small_book: Path) -> None:
    (small_book / "chapters" / "01_one.ipynb").unlink()
    command = [sys.executable, str(small_book / "book" / "build.py")]
    done = subprocess.run(command, cwd=small_book, text=True, capture_output=True, check=False)
    assert done.returncode == 1
    assert "_toc.yml names chapters/01_one" in done.stderr


@pytest.mark.parametrize(
    "changed",
    ["attention_scratch/answer.py", "book/cells.py", "_config.yml", "_toc.yml", "index.md"],
)
def test_a_change_of_any_source_makes_the_site_stale(small_book: Path, changed: str) -> None:
    html = small_book / "_build" / "html"
    html.mkdir(parents=True)
    (html / "index.html").write_text("built")
    stale.remember(small_book, stale.drop_outdated(small_book))
    html.mkdir(exist_ok=True)
    (html / "index.html").write_text("built")
    assert stale.is_current(small_book)
    with (small_book / changed).open("a") as file:
        file.write("\n")
    assert not stale.is_current(small_book)


def test_a_port_that_is_taken_is_replaced_by_a_free_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with server.open_server(tmp_path, 0) as first:
        taken = first.server_address[1]
        with server.open_server(tmp_path, taken) as second:
            assert second.server_address[1] != taken
    assert str(taken) in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536", "eighty"])
def test_a_port_that_is_no_port_is_refused(port: str) -> None:
    command = [sys.executable, str(ROOT / "book" / "build.py"), "--port", port]
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    assert done.returncode == 2
    assert f"got {port}" in done.stderr
    assert "65535" in done.stderr


def test_scripts_and_fonts_are_served_as_what_they_are(tmp_path: Path) -> None:
    kinds = {"a.mjs": "text/javascript", "a.js": "text/javascript", "a.woff2": "font/woff2"}
    for name in kinds:
        (tmp_path / name).write_text("x")
    with server.serving(tmp_path) as address:
        for name, kind in kinds.items():
            with urllib.request.urlopen(address + name) as answer:
                assert answer.headers["Content-Type"] == kind
