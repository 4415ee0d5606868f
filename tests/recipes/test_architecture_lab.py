"""The architecture lab: fair arms, repeatable runs, a report that is written once and read back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from attention_scratch.errors import InputError, MissingFileError
from attention_scratch.recipes import architecture_lab as lab
from attention_scratch.recipes import architecture_lab_report as report
from attention_scratch.recipes.architecture_lab import Arm, Run
from attention_scratch.tasks import operations

ARMS = lab.arms()
PROVENANCE = {"device": "cpu", "date": "2026-11-21"}


def made_up(arm: Arm, seed: int) -> Run:
    """A run nobody has run, told apart by its seed."""
    return Run(
        parameters=lab.parameters(arm.config),
        flat=0.5 + seed / 100,
        nested=None if arm.task.depth == 1 else 0.25,
        by_operation=dict.fromkeys(operations.OPERATIONS, 0.5),
        by_operands={"2": 1.0},
        curve=[{"step": 60, "flat": 0.5}],
        losses=[2.0, 1.123456789],
        diverged_at=None,
        seconds=1.0,
    )


def test_every_arm_has_a_name_of_its_own_and_the_first_is_the_baseline() -> None:
    assert len({arm.name for arm in ARMS}) == len(ARMS)
    assert ARMS[0].config == lab.BASELINE


@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: arm.name)
def test_every_arm_has_the_baselines_number_of_parameters(arm: Arm) -> None:
    assert lab.parameters(arm.config) == pytest.approx(lab.parameters(lab.BASELINE), rel=0.005)


@pytest.mark.parametrize("arm", ARMS[1:], ids=lambda arm: arm.name)
def test_every_arm_differs_from_the_baseline_in_what_it_says(arm: Arm) -> None:
    changed = {
        field.name
        for field in dataclasses.fields(lab.BASELINE)
        if getattr(arm.config, field.name) != getattr(lab.BASELINE, field.name)
    }
    assert changed - {"hidden"} or arm.rate != lab.RATE or arm.task != lab.TASK


def test_all_arms_of_a_seed_see_the_same_expressions_and_other_seeds_others() -> None:
    first, again, other = (lab.batch(lab.TASK, seed, 3) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.inputs[0], again.inputs[0])
    assert (
        first.inputs[0].shape != other.inputs[0].shape or (first.inputs[0] != other.inputs[0]).any()
    )


@pytest.mark.parametrize(("task", "depth"), [(lab.TASK, 1), (lab.TASK, 2), (lab.FLAT, 1)])
def test_what_is_asked_in_the_end_was_never_trained_on(task: operations.Task, depth: int) -> None:
    asked = lab.questions(task, depth, "test")
    assert len(asked) == len(set(asked)) == 500
    assert {operations.split_of(expression) for expression in asked} == {"test"}
    assert {expression.depth for expression in asked} == {depth}


@pytest.mark.parametrize("count", lab.OPERANDS)
def test_longer_questions_are_as_long_as_they_say(count: int) -> None:
    assert {len(expression.operands) for expression in lab.longer(count)} == {count}


def test_a_run_repeats_and_a_short_one_begins_as_the_whole_one_does() -> None:
    two, three = lab.run(ARMS[0], 0, steps=2), lab.run(ARMS[0], 0, steps=3)
    assert two.losses == three.losses[:2]
    assert lab.run(ARMS[0], 1, steps=2).losses != two.losses
    assert two.diverged_at is None
    assert set(two.by_operation) == set(operations.OPERATIONS)


def test_a_run_that_diverges_says_when_and_is_still_measured() -> None:
    wild = dataclasses.replace(ARMS[0], config=lab.matched({"norm": "none"}), rate=1e30)
    with np.errstate(all="ignore"):
        run = lab.run(wild, 0, steps=4)
    assert run.diverged_at == len(run.losses) + 1 <= 4
    assert 0 <= run.flat < 0.5


def test_more_steps_than_the_schedule_has_are_refused() -> None:
    with pytest.raises(InputError, match="steps: got 301; expected 1 to 300"):
        lab.run(ARMS[0], 0, steps=301)


def test_runs_that_are_kept_are_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[str, int]] = []

    def run(arm: Arm, seed: int) -> Run:
        ran.append((arm.name, seed))
        return made_up(arm, seed)

    monkeypatch.setattr(lab, "run", run)
    first = report.run_all(tmp_path, arms=ARMS[:2], seeds=(0, 1), progress=False)
    assert len(ran) == 4
    again = report.run_all(tmp_path, arms=ARMS[:3], seeds=(0, 1), progress=False)
    assert len(ran) == 6
    assert all(again[arm.name] == first[arm.name] for arm in ARMS[:2])


def test_a_report_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    arms = (ARMS[0], ARMS[-1])
    runs = {arm.name: [made_up(arm, seed) for seed in (0, 1, 2)] for arm in arms}
    path = report.write(runs, tmp_path, PROVENANCE, arms=arms, seeds=(0, 1, 2))
    assert path == tmp_path / "cpu" / "accuracy" / "architecture_lab.json"
    read = report.load(tmp_path)
    np.testing.assert_allclose(read.values(ARMS[0].name, "flat"), [0.5, 0.51, 0.52])
    np.testing.assert_allclose(read.values(ARMS[0].name, "Max"), 0.5)
    assert np.isnan(read.values(ARMS[-1].name, "nested")).all()
    assert read.of(ARMS[0].name)[0].losses == [2.0, 1.12346]
    assert read.provenance == PROVENANCE


def test_a_missing_a_broken_and_an_incomplete_report_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"benchmarks/architecture_lab\.py"):
        report.load(tmp_path)
    path = report.write({}, tmp_path, PROVENANCE, arms=())
    with pytest.raises(InputError, match="arm: got norm: layer"):
        report.load(tmp_path).of("norm: layer")
    path.write_text('{"runs": 3}', encoding="utf-8")
    with pytest.raises(InputError, match="a report we cannot read"):
        report.load(tmp_path)
