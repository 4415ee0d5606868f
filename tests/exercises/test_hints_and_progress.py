"""Hints come one at a time; progress tells what is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from attention_scratch.config import settings
from attention_scratch.exercises import check, hint, hints, progress, register, registry
from tests.exercises.tiny import exercise


def test_hints_come_one_level_at_a_time() -> None:
    register(exercise(abs, -1.0))
    given = [hint("99.tiny") for _ in range(3)]
    assert [h.level for h in given] == [1, 2, 3]
    assert [h.text for h in given] == ["look", "think", "y = x"]
    assert "Hint 1 of 3" in str(given[0])
    assert "y = x" in str(given[2])


def test_after_the_last_hint_the_solution_is_pointed_to() -> None:
    register(exercise(abs, -1.0))
    for _ in range(3):
        hint("99.tiny")
    for _ in range(2):
        last = hint("99.tiny")
        assert "That was the last hint" in str(last)
        assert "exercises/99_" in last.text
        assert "folded" in last.text


def test_the_solution_is_named_where_its_notebook_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    folder = tmp_path / "exercises" / "99_tiny_things"
    folder.mkdir(parents=True)
    (folder / "solutions.ipynb").touch()
    here = dataclasses.replace(settings(), root=tmp_path)
    monkeypatch.setattr(hints, "settings", lambda: here)
    place = hints.solution_place(exercise(abs, -1.0))
    assert "exercises/99_tiny_things/solutions.ipynb" in place
    assert "/exercises/99_tiny_things/solutions.html" in place


def test_a_hint_renders_in_a_notebook() -> None:
    register(exercise(abs, -1.0))
    assert "look" in hint("99.tiny")._repr_mimebundle_()["text/html"]


def test_progress_tells_done_tried_and_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "folders", dict)
    monkeypatch.setattr(registry, "EXERCISES", {})
    for name in ("98.done", "99.tried", "99.untouched"):
        register(exercise(abs, -1.0, id=name))
    check("98.done", abs)
    check("99.tried", lambda x: x)
    hint("99.tried")
    shown = progress()
    assert [(r.exercise, r.standing, r.hints) for r in shown.rows] == [
        ("98.done", "done", 0),
        ("99.tried", "tried", 1),
        ("99.untouched", "untouched", 0),
    ]
    text = str(shown)
    assert "1 of 3 exercises" in text
    assert "chapter 98: 1 of 1, chapter 99: 0 of 2" in text
    assert "Next: 99.tried" in text


def test_progress_says_when_all_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "folders", dict)
    monkeypatch.setattr(registry, "EXERCISES", {})
    register(exercise(abs, -1.0))
    check("99.tiny", abs)
    assert "All done" in str(progress())


def test_progress_without_exercises_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "folders", dict)
    monkeypatch.setattr(registry, "EXERCISES", {})
    assert "no exercises yet" in str(progress())


def test_progress_lists_every_registered_exercise_of_the_book() -> None:
    listed = {row.exercise for row in progress().rows}
    assert listed == {e.id for e in registry.all_exercises()}
