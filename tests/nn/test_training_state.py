"""Checkpoints of a run: continuing gives the very same weights, and nothing else is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from attention_scratch.checkpoint import save_file
from attention_scratch.errors import InputError
from attention_scratch.nn.history import EarlyStopping, Step
from attention_scratch.nn.optim import SGD
from attention_scratch.nn.parameters import flatten
from attention_scratch.nn.precision import LossScaler, MixedPrecision
from attention_scratch.nn.schedule import Schedule
from tests.nn.toy_training import Run, decoder

EARLY: dict[str, Any] = {"early_stopping": EarlyStopping("accuracy", "max", patience=50)}


def interrupt_at(number: int) -> Any:
    def hook(step: Step) -> None:
        if step.number == number:
            raise KeyboardInterrupt

    return hook


def test_forty_steps_are_twenty_and_twenty_more_bit_for_bit(tmp_path: Path) -> None:
    through = Run()
    expected = through.train(40, tmp_path / "through", **EARLY)
    Run().train(20, tmp_path / "parts", **EARLY)
    continued = Run(seed=5)  # other weights and another generator, both replaced
    history = continued.train(40, tmp_path / "parts", resume=True, **EARLY)
    np.testing.assert_array_equal(continued.weights, through.weights)
    assert history.losses == expected.losses
    assert history.rates == expected.rates
    assert history.norms == expected.norms
    assert history.evaluations == expected.evaluations
    assert history.best_step == expected.best_step
    assert expected.rates[0] > expected.rates[-1]  # the plateau's state mattered


@pytest.mark.parametrize("stop", [9, 10, 27])
def test_an_interrupted_run_is_continued_from_its_last_checkpoint(
    tmp_path: Path, stop: int
) -> None:
    through = Run()
    expected = through.train(30)
    with pytest.raises(KeyboardInterrupt):
        Run().train(30, tmp_path, on_step=interrupt_at(stop), resume=True)
    continued = Run()
    history = continued.train(30, tmp_path, resume=True)
    np.testing.assert_array_equal(continued.weights, through.weights)
    assert history.losses == expected.losses


def test_loss_scaling_continues_too(tmp_path: Path) -> None:
    def mixed(run: Run) -> MixedPrecision:
        scaler = LossScaler(2.0**20, interval=7)
        return MixedPrecision(run.model, run.parameters, "float16", scaler=scaler)

    through, first, second = Run(), Run(), Run()
    through.train(20, precision=mixed(through))
    first.train(10, tmp_path, precision=mixed(first))
    second.train(20, tmp_path, precision=mixed(second), resume=True)
    np.testing.assert_array_equal(second.weights, through.weights)


def test_a_finished_run_stays_as_it_is(tmp_path: Path) -> None:
    done = Run()
    expected = done.train(20, tmp_path, **EARLY)
    again = Run()
    history = again.train(20, tmp_path, resume=True, **EARLY)
    assert history == expected
    np.testing.assert_array_equal(again.weights, done.weights)


def test_a_folder_is_made_on_demand_and_holds_one_readable_file(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "first"
    run = Run()
    run.train(10, folder)
    assert [path.name for path in folder.iterdir()] == ["training.safetensors"]
    tensors = load_file(folder / "training.safetensors")
    for name, value in run.model.params.items():
        np.testing.assert_array_equal(tensors[f"model.{name}"], value)
    assert len(tensors["history.losses"]) == 10


def test_nothing_is_written_without_a_step(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        Run().train(0, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_checkpoint_is_not_overwritten_by_accident(tmp_path: Path) -> None:
    Run().train(10, tmp_path)
    with pytest.raises(InputError, match=r"checkpoint: got .*or resume=True"):
        Run().train(10, tmp_path)


def test_the_checkpoint_of_another_model_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    Run().train(10, tmp_path)
    other = Run()
    other.model = decoder(dropout=0.1, dim=8)
    other.parameters = flatten(other.model)
    other.optimizer = type(other.optimizer)(other.parameters, lr=1e-3)
    before = other.weights.copy()
    with pytest.raises(InputError, match=r"embedding.weight: got shape \(6, 16\); expected shape"):
        other.train(20, tmp_path, resume=True)
    np.testing.assert_array_equal(other.weights, before)


def sgd(run: Run) -> dict[str, Any]:
    run.optimizer = SGD(run.parameters, lr=0.1)
    return {}


CHANGES = {
    "optimizer": sgd,
    "schedule": lambda run: {"schedule": Schedule(0.1)},
    "precision": lambda run: {"precision": MixedPrecision(run.model, run.parameters, "bfloat16")},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_run_is_continued_only_with_the_settings_it_began_with(tmp_path: Path, name: str) -> None:
    Run().train(10, tmp_path)
    run = Run()
    options = CHANGES[name](run)
    before = run.weights.copy()
    with pytest.raises(InputError, match=f"^{name} of .*training.safetensors: got"):
        run.train(20, tmp_path, resume=True, **options)
    np.testing.assert_array_equal(run.weights, before)


def test_a_checkpoint_of_another_dtype_is_refused(tmp_path: Path) -> None:
    Run(dtype=np.float64).train(10, tmp_path)
    with pytest.raises(InputError, match=r"model\..*: got dtype float64; expected float32"):
        Run().train(20, tmp_path, resume=True)


@pytest.mark.parametrize("content", [b"", b"\x05\0\0\0\0\0\0\0hello"])
def test_a_broken_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "training.safetensors").write_bytes(content)
    with pytest.raises(InputError, match=r"training\.safetensors: got"):
        Run().train(10, tmp_path, resume=True)


@pytest.mark.parametrize("metadata", [None, {"training": "{"}, {"training": '{"run": {}}'}])
def test_another_safetensors_file_is_refused(tmp_path: Path, metadata: Any) -> None:
    save_file({"a": np.zeros(1)}, tmp_path / "training.safetensors", metadata=metadata)
    with pytest.raises(InputError, match="a safetensors file that no training wrote"):
        Run().train(10, tmp_path, resume=True)
