"""The recipes of the operations models: short runs, and everything they write."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attention_scratch.errors import InputError
from attention_scratch.recipes import operations_report as report
from attention_scratch.recipes.operations import RECIPES, Recipe, train, training_batch, unseen
from attention_scratch.recipes.operations_card import model_card
from attention_scratch.tasks import operations
from attention_scratch.tasks.operations import OPERATIONS, TASKS, TOKENS, Expression, Task, split_of

SMALL: dict[str, Any] = {
    "steps": 12,
    "batch_size": 16,
    "warmup": 3,
    "dim": 16,
    "hidden": 32,
    "evaluate_every": 6,
    "validation": 20,
    "test": 30,
}
SHORT = {name: dataclasses.replace(recipe, **SMALL) for name, recipe in RECIPES.items()}


def run(name: str, folder: Path, **options: Any) -> dict[str, Any]:
    return train(name, folder, recipe=SHORT[name], progress=False, **options)


def questions(ids: np.ndarray) -> list[str]:
    """The expressions in rows of ids."""
    return ["".join(TOKENS[token] for token in row).split("->")[0] for row in ids.tolist()]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "model"
    run("nested", folder)
    return folder


def test_a_run_writes_a_model_its_record_and_its_card(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    assert names == {"config.json", "model.safetensors", "training.json", "README.md"}
    record = json.loads((trained / "training.json").read_text())
    model = operations.load(trained)
    assert model.task == TASKS["nested"]
    assert record["parameters"] == sum(value.size for value in model.network.params.values())
    assert [row["step"] for row in record["evaluations"]] == [6, 12]
    assert len(record["losses"]) == 12
    assert record["accuracy"].keys() == {"depth 1", "depth 2", "depth 3"}
    for example in record["examples"]:
        assert model.answer([example["expression"]]) == [example["answer"]]
        assert operations.split_of(operations.parse(example["expression"])) == "test"


def test_recorded_accuracies_are_those_of_the_saved_model(trained: Path) -> None:
    record = json.loads((trained / "training.json").read_text())
    model = operations.load(trained)
    drawn = operations.distinct(model.task, 30, rng=np.random.default_rng(1), split="test", depth=2)
    assert record["accuracy"]["depth 2"]["accuracy"] == round(model.accuracy(drawn), 5)


def test_the_card_says_how_to_make_the_model_again(trained: Path) -> None:
    card = (trained / "README.md").read_text()
    assert "attention-scratch train operations-nested --out models/operations-nested" in card
    assert "license: apache-2.0" in card
    assert "| depth 3 | 30 |" in card
    assert "nested up to depth 3" in card
    record = json.loads((trained / "training.json").read_text())
    assert card == model_card("nested", record)


def test_the_loss_falls(tmp_path: Path) -> None:
    longer = dataclasses.replace(SHORT["digits"], steps=60, warmup=5)
    record = train("digits", tmp_path / "model", recipe=longer, progress=False)
    assert np.mean(record["losses"][-10:]) < 0.75 * record["losses"][0]
    assert record["losses"][0] < 2 * math.log(len(TOKENS))


def test_same_seed_gives_the_same_weights_and_another_seed_others(
    trained: Path, tmp_path: Path
) -> None:
    run("nested", tmp_path / "again")
    run("nested", tmp_path / "other", seed=1)
    weights = (trained / "model.safetensors").read_bytes()
    assert (tmp_path / "again" / "model.safetensors").read_bytes() == weights
    assert (tmp_path / "other" / "model.safetensors").read_bytes() != weights


@pytest.mark.parametrize("name", RECIPES)
def test_nothing_of_another_split_is_trained_on(name: str) -> None:
    recipe = RECIPES[name]
    for number in range(3):
        batch = training_batch(recipe, seed=0, number=number)
        assert len(batch.inputs[0]) == recipe.batch_size // recipe.parts
        for text in questions(batch.inputs[0]):
            assert operations.split_of(operations.parse(text)) == "train"


def test_batches_differ_by_number_and_by_seed() -> None:
    recipe = RECIPES["digits"]
    drawn = [training_batch(recipe, seed=s, number=n) for s, n in ((0, 0), (0, 0), (0, 1), (1, 0))]
    same, again, *others = (batch.inputs[0].tobytes() for batch in drawn)
    assert same == again
    assert same not in others


def test_the_parts_of_a_batch_are_the_batch_with_less_padding() -> None:
    whole = dataclasses.replace(RECIPES["nested"], batch_size=24, parts=1)
    parted = dataclasses.replace(whole, parts=3)
    expected = training_batch(whole, seed=0, number=5).inputs[0]
    parts = [training_batch(parted, seed=0, number=n).inputs[0] for n in (15, 16, 17)]
    assert [text for part in parts for text in questions(part)] == questions(expected)
    assert sum(part.size for part in parts) < 0.8 * expected.size


def test_a_model_trained_to_depth_2_is_asked_about_depth_3(tmp_path: Path) -> None:
    record = run("nested", tmp_path / "model", depth=2)
    assert record["recipe"]["task"]["depth"] == 2
    assert "--depth 2" in record["command"]
    assert record["accuracy"]["depth 3"]["expressions"] == 30
    assert operations.load(tmp_path / "model").task.depth == 2
    assert "2 levels" in (tmp_path / "model" / "README.md").read_text()


def test_where_there_are_few_expressions_all_of_them_are_asked() -> None:
    pairs = Task("digits", largest=9, operands=2, depth=1)
    recipe = dataclasses.replace(RECIPES["digits"], task=pairs, test=400)
    asked = unseen(recipe)["independent"]
    every = [Expression(name, (a, b)) for name in OPERATIONS for a, b in np.ndindex(10, 10)]
    every += [Expression(name, (a,)) for name in OPERATIONS if name != "Second" for a in range(10)]
    assert set(map(str, asked)) == {str(e) for e in every if split_of(e) == "test"}
    assert len(asked) == len(set(asked))


def test_flat_models_are_measured_on_two_kinds_of_expressions(tmp_path: Path) -> None:
    record = run("double", tmp_path / "model")
    assert record["accuracy"].keys() == {"balanced", "independent"}
    card = (tmp_path / "model" / "README.md").read_text()
    assert "numbers from 0 to 99" in card
    assert "no nesting" in card


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "triple"}, "name: got triple; expected digits, double, nested"),
        ({"seed": -1}, "seed: got -1"),
        ({"threads": 0}, "threads: got 0"),
        ({"depth": 2}, "depth: got 2; expected 1 to 1 for digits"),
        ({"name": "nested", "depth": 4}, "depth: got 4; expected 1 to 3 for nested"),
    ],
)
def test_bad_options_are_refused_before_anything_is_written(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    given = {"name": "digits", "out": tmp_path / "model", **options}
    with pytest.raises(InputError, match=message):
        train(**given)
    assert not any(tmp_path.iterdir())


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for out in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(InputError, match=r"out: got .*does not exist yet or is empty"):
            run("digits", out)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], Path]:
    out = tmp_path_factory.mktemp("report")
    tiny: dict[str, Recipe] = {
        name: dataclasses.replace(recipe, steps=4, test=10, validation=5)
        for name, recipe in SHORT.items()
    }
    return report.train_all(out, seeds=2, recipes=tiny, progress=False), out


def test_the_report_has_every_model_with_every_seed(
    runs: tuple[list[dict[str, Any]], Path],
) -> None:
    found, out = runs
    cases = ("digits", "double", "nested", "nested-to-depth-2")
    assert [(r["case"], r["seed"]) for r in found] == [(c, s) for c in cases for s in (0, 1)]
    assert {path.name for path in out.iterdir()} == {f"{c}-{s}" for c in cases for s in (0, 1)}
    summary = report.summary(found)
    assert len(summary) == 2 + 2 + 3 + 3
    for row in summary:
        values = [
            r["accuracy"][row["expressions"]]["accuracy"] for r in found if r["case"] == row["case"]
        ]
        assert (row["min"], row["max"], row["seeds"]) == (min(values), max(values), 2)
        assert row["mean"] == pytest.approx(np.mean(values), abs=1e-5)
    assert len(report.table(found).splitlines()) == len(summary)


def test_complete_folders_are_not_trained_again(
    runs: tuple[list[dict[str, Any]], Path],
) -> None:
    found, out = runs
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert report.train_all(out, seeds=2, progress=False) == found
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


def test_the_report_is_written_with_where_it_was_measured(
    runs: tuple[list[dict[str, Any]], Path], tmp_path: Path
) -> None:
    path = report.write(runs[0], tmp_path, {"device": "cpu", "cpu": "a test"})
    assert path == tmp_path / "cpu" / "accuracy" / "operations.json"
    content = json.loads(path.read_text())
    assert content["runs"] == runs[0]
    assert content["summary"] == report.summary(runs[0])
    assert content["provenance"] == {"device": "cpu", "cpu": "a test"}


def test_a_report_of_no_seeds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="seeds: got 0"):
        report.train_all(tmp_path, seeds=0)
