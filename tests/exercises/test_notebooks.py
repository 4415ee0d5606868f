"""Learners' notebooks: generated, stable to the byte, checked for drift; faults are named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from attention_scratch.errors import InputError, MissingFileError
from attention_scratch.exercises import notebooks
from attention_scratch.exercises.notebook_form import (
    as_text,
    form_faults,
    is_readable_id,
    normal,
    read,
    source,
)
from attention_scratch.exercises.notebooks import drift, format_notebooks, generate, main
from tests.exercises.notebook import (
    cell,
    edit,
    registered,
    remove,
    set_source,
    solution_notebook,
    write_book,
)

NAME = "exercises/97_softmax/solutions.ipynb"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    write_book(tmp_path)
    return tmp_path


def learners(book: Path) -> Path:
    return book / "exercises" / "97_softmax.ipynb"


def test_generation_drops_solutions_and_nothing_else(book: Path) -> None:
    assert generate(book) == [learners(book)]
    ids = [c["id"] for c in read(learners(book))["cells"]]
    assert ids == [
        "generated-from",
        "title",
        "imports",
        "drawing",
        "softmax-task",
        "softmax-stub",
        "softmax-check",
        "constant",
        "entropy-task",
        "entropy-stub",
        "entropy-check",
    ]
    assert "x.max(" not in learners(book).read_text()


def test_the_first_line_says_what_it_was_generated_from(book: Path) -> None:
    generate(book)
    first = source(read(learners(book))["cells"][0])
    assert first.startswith("*Generated from [exercises/97_softmax/solutions.ipynb]")


def test_relative_links_hold_one_folder_higher(book: Path) -> None:
    generate(book)
    title = source(read(learners(book))["cells"][1])
    assert "](../chapters/97_softmax.ipynb)" in title


def test_generating_twice_changes_nothing(book: Path) -> None:
    generate(book)
    before = learners(book).read_bytes()
    assert generate(book) == []
    assert learners(book).read_bytes() == before


def test_the_generated_notebook_is_valid_and_as_jupyter_would_save_it(book: Path) -> None:
    generate(book)
    loaded = nbformat.read(learners(book), as_version=4)
    nbformat.validate(loaded)
    assert nbformat.writes(loaded) + "\n" == learners(book).read_text()


def test_a_fresh_book_has_no_drift(book: Path) -> None:
    generate(book)
    assert drift(book) == []


@pytest.mark.parametrize(
    ("change", "cell_id", "says"),
    [
        (set_source("constant", "LOG = np.log2"), "constant", "line 1 is 'LOG = np.log2'"),
        (set_source("constant", "LOG = np.log\nX = 1"), "constant", "it has 2 lines"),
        (remove("constant"), "constant", "missing"),
        (
            lambda nb: nb["cells"].append(cell("markdown", "extra", "mine")),
            "extra",
            "no such cell",
        ),
        (lambda nb: nb["cells"].reverse(), "", "another order"),
        (lambda nb: nb["cells"][5]["metadata"].pop("tags"), "softmax-stub", "metadata differ"),
        (lambda nb: nb["cells"][2].update(execution_count=3), "", "outputs, metadata or form"),
        (lambda nb: nb["metadata"].pop("kernelspec"), "", "outputs, metadata or form"),
    ],
)
def test_drift_names_the_cell_and_what_differs(
    book: Path, change: Callable[[dict[str, Any]], None], cell_id: str, says: str
) -> None:
    generate(book)
    edit(learners(book), change)
    found = drift(book)
    assert [(d.notebook, d.cell) for d in found] == [("exercises/97_softmax.ipynb", cell_id)]
    assert says in found[0].what
    assert "generate" in str(found[0])


def test_a_changed_solution_notebook_is_drift_until_generated_again(book: Path) -> None:
    generate(book)
    edit(book / NAME, set_source("softmax-task", "## Another task"))
    assert [d.cell for d in drift(book)] == ["softmax-task"]
    assert generate(book) == [learners(book)]
    assert drift(book) == []


def test_a_changed_solution_cell_alone_is_no_drift(book: Path) -> None:
    generate(book)
    edit(book / NAME, set_source("softmax-why", "Because it does."))
    assert drift(book) == []


def test_a_missing_and_an_orphaned_notebook_are_drift(book: Path) -> None:
    assert "not there" in str(drift(book)[0])
    generate(book)
    learners(book).rename(book / "exercises" / "96_orphan.ipynb")
    assert {d.notebook for d in drift(book)} == {
        "exercises/97_softmax.ipynb",
        "exercises/96_orphan.ipynb",
    }


def test_a_learners_work_is_kept_aside_before_it_is_replaced(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate(book)
    for number, text in enumerate(("def softmax(x):\n    return x", "mine = 2")):
        edit(learners(book), set_source("softmax-stub", text))
        generate(book)
        names = ["97_softmax.yours.ipynb", "97_softmax.yours-2.ipynb"]
        kept = book / "exercises" / names[number]
        assert text in [source(c) for c in read(kept)["cells"]]
        assert kept.name in capsys.readouterr().err
    assert drift(book) == []


def test_a_notebook_that_was_only_run_is_not_kept_aside(book: Path) -> None:
    generate(book)
    edit(learners(book), lambda nb: nb["cells"][2].update(execution_count=3))
    assert generate(book) == [learners(book)]
    assert not list((book / "exercises").glob("*.yours*"))


def test_nothing_is_written_when_a_source_breaks_the_contract(book: Path) -> None:
    edit(book / NAME, remove("softmax-check"))
    with pytest.raises(InputError, match=r"97\.softmax has 0 check code cells, expected 1"):
        generate(book)
    assert not learners(book).exists()


@pytest.mark.parametrize("name", ["softmax-by-hand", "a", "fig-2", "task_3", "02-softmax"])
def test_readable_ids(name: str) -> None:
    assert is_readable_id(name)


@pytest.mark.parametrize(
    "name",
    ["", "8f3a2b1c", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "a" * 65, "Big", "x y", "1a2b3c4d5e"],
)
def test_random_and_malformed_ids(name: str) -> None:
    assert not is_readable_id(name)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda nb: nb["cells"][1].update(outputs=[{"output_type": "stream"}]), "it has outputs"),
        (lambda nb: nb["cells"][1].update(execution_count=1), "execution count"),
        (lambda nb: nb["cells"][1].update(id="8f3a2b1c"), "readable slug"),
        (lambda nb: nb["cells"][1].update(id="title"), "same id"),
        (lambda nb: nb.update(nbformat_minor=4), "expected 4.5"),
        (lambda nb: nb["metadata"]["kernelspec"].update(name="ir"), "expected 'python3'"),
        (lambda nb: nb["cells"][1]["metadata"].update(collapsed=True), "not in normal form"),
    ],
)
def test_each_departure_from_the_normal_form_is_named(
    book: Path, change: Callable[[dict[str, Any]], None], says: str
) -> None:
    edit(book / NAME, change)
    assert any(says in str(f) for f in form_faults(book / NAME, NAME))


def test_format_brings_a_notebook_edited_in_jupyter_into_form(book: Path) -> None:
    def as_jupyter_leaves_it(notebook: dict[str, Any]) -> None:
        notebook["metadata"]["language_info"]["version"] = "3.11.7"
        notebook["cells"][1].update(execution_count=7, outputs=[{"output_type": "stream"}])
        notebook["cells"][4]["id"] = "0c7ad8b2"
        notebook["cells"].append(cell("markdown", "aa11bb22", "## What to *remember*"))
        notebook["cells"].append(cell("markdown", "aa11bb23", "## What to remember"))

    edit(book / NAME, as_jupyter_leaves_it)
    assert format_notebooks(book) == [book / NAME]
    assert form_faults(book / NAME, NAME) == []
    ids = [c["id"] for c in read(book / NAME)["cells"]]
    assert ids[4] == "softmax-exercise"
    assert ids[-2:] == ["what-to-remember", "what-to-remember-2"]
    assert format_notebooks(book) == []


def test_normal_form_is_its_own_normal_form() -> None:
    once = normal(solution_notebook())
    assert as_text(normal(once)) == as_text(once)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"cells": 3}',
        '{"nbformat": 3, "cells": []}',
        '{"nbformat": 4, "cells": [3]}',
    ],
)
def test_a_broken_notebook_is_one_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.ipynb"
    path.write_text(text)
    with pytest.raises(InputError, match=r"x\.ipynb"):
        read(path)


def test_a_missing_notebook_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"gone\.ipynb"):
        read(tmp_path / "gone.ipynb")


def test_the_command_line_generates_checks_and_formats(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registered(book / NAME)
    root = ["--root", str(book)]
    assert main(["check", *root]) == 1
    assert "not there" in capsys.readouterr().out
    assert main(["generate", *root]) == 0
    assert "wrote exercises/97_softmax.ipynb" in capsys.readouterr().out
    assert main(["check", *root]) == 0
    edit(book / NAME, remove("softmax-check"))
    assert main(["generate", *root]) == 1
    assert "cell softmax-stub" in capsys.readouterr().err
    assert main(["format", *root]) == 0


def test_the_copies_of_a_learners_work_are_not_the_books(book: Path) -> None:
    generate(book)
    learners(book).with_suffix(".yours.ipynb").write_text("{}")
    assert learners(book) in notebooks.all_notebooks(book)
    assert len(notebooks.all_notebooks(book)) == 2
