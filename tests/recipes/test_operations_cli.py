"""``attention-scratch train operations-…``: what it prints and writes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from attention_scratch import cli
from attention_scratch.config import Settings, settings
from attention_scratch.errors import InputError
from attention_scratch.recipes import operations as recipes
from attention_scratch.recipes import operations_report as report
from attention_scratch.tasks import operations
from tests.recipes.test_operations import SHORT


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recipes of a few steps instead of the real ones."""
    for name, recipe in SHORT.items():
        monkeypatch.setitem(recipes.RECIPES, name, dataclasses.replace(recipe, steps=4))


@pytest.mark.parametrize(
    ("command", "lines"),
    [("digits", 2), ("double", 2), ("nested", 3)],
)
def test_a_model_is_trained_and_its_accuracy_printed(
    tmp_path: Path, command: str, lines: int
) -> None:
    out = tmp_path / "made" / "model"
    arguments = ["train", f"operations-{command}", "--out", str(out), "--seed", "3"]
    done = CliRunner().invoke(cli.app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stdout.count("of 30 unseen expressions") == lines
    assert operations.load(out).task.name == command
    assert json.loads((out / "training.json").read_text())["seed"] == 3


def test_the_nested_model_can_be_kept_from_depth_3(tmp_path: Path) -> None:
    out = tmp_path / "model"
    arguments = ["train", "operations-nested", "--out", str(out), "--depth", "2"]
    done = CliRunner().invoke(cli.app, arguments, catch_exceptions=False)
    assert "depth 3: " in done.stdout
    assert operations.load(out).task.depth == 2


def test_the_report_trains_all_and_is_written_with_its_provenance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = dataclasses.replace(settings().paths, reports=tmp_path / "reports")
    own = Settings(root=tmp_path, paths=paths)
    monkeypatch.setattr(cli, "settings", lambda: own)
    arguments = ["train", "operations-report", "--out", str(tmp_path / "models"), "--seeds", "1"]
    done = CliRunner().invoke(cli.app, arguments, catch_exceptions=False)
    path = tmp_path / "reports" / "cpu" / "accuracy" / "operations.json"
    assert str(path) in done.stdout
    assert "nested-to-depth-2" in done.stdout
    content = json.loads(path.read_text())
    assert len(content["runs"]) == len(report.CASES)
    assert {"cpu", "blas", "commit", "date"} <= content["provenance"].keys()


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="out: got"):
        CliRunner().invoke(
            cli.app,
            ["train", "operations-digits", "--out", str(tmp_path)],
            catch_exceptions=False,
        )
