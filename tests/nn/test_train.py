"""The training loop: it learns, stops when it should, and says where its time went."""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np
import pytest
import torch

from attention_scratch.errors import InputError
from attention_scratch.nn.history import EarlyStopping, History, Step
from attention_scratch.nn.loss import CrossEntropy
from attention_scratch.nn.optim import SGD
from attention_scratch.nn.parameters import flatten
from attention_scratch.nn.precision import LossScaler, MixedPrecision
from attention_scratch.nn.schedule import Schedule, StepLR
from attention_scratch.nn.train import Batch, train
from tests.nn.toy_training import ROWS, Run, accuracy, batch, decoder


def test_a_model_learns_what_it_is_shown() -> None:
    run = Run(dropout=0.0)
    assert accuracy(run.model) < 0.5
    history = run.train(150, schedule=None)
    assert history.steps == len(history.losses) == len(history.norms) == 150
    assert np.mean(history.losses[-10:]) < 0.05 < 1 < history.losses[0]
    assert accuracy(run.model) == 1
    assert history.metric("accuracy")[-1] == (150, 1.0)


def test_accumulated_batches_make_the_step_of_one_large_batch() -> None:
    large, small = Run(dropout=0.0, dtype=np.float64), Run(dropout=0.0, dtype=np.float64)

    def joined(number: int) -> Batch:
        parts = [batch(4 * number + part) for part in range(4)]
        ids, targets, at = (
            np.concatenate(arrays)
            for arrays in zip(
                *((p.inputs[0], p.targets, p.options["at"]) for p in parts), strict=True
            )
        )
        return Batch((ids,), targets, {"at": at})

    one = large.train(5, batches=joined)
    other = small.train(5, accumulate=4)
    np.testing.assert_allclose(one.losses, other.losses, rtol=1e-12)
    np.testing.assert_allclose(one.norms, other.norms, rtol=1e-10)
    np.testing.assert_allclose(large.weights, small.weights, rtol=1e-8, atol=1e-12)


def test_a_clipped_step_is_no_longer_than_allowed() -> None:
    run = Run(dropout=0.0)
    run.optimizer = SGD(run.parameters, lr=1.0)
    before = run.weights.copy()
    history = run.train(1, schedule=None, max_norm=0.01)
    assert history.norms[0] > 0.1
    assert np.linalg.norm(run.weights - before) == pytest.approx(0.01, rel=1e-3)


def test_a_scheduled_rate_is_that_of_torch_step_by_step() -> None:
    run = Run(dropout=0.0)
    rates = run.train(6, schedule=StepLR(0.1, step_size=2, gamma=0.5)).rates
    theirs = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(theirs, 2, 0.5)
    for rate in rates:
        assert rate == pytest.approx(theirs.param_groups[0]["lr"])
        theirs.step()
        scheduler.step()


def test_without_a_schedule_the_optimizers_own_rate_is_taken() -> None:
    assert set(Run().train(3, schedule=None).rates) == {5e-3}


def scripted(values: list[float]) -> Any:
    remaining = iter(values)
    return lambda: {"score": next(remaining)}


def test_training_stops_early_and_goes_back_to_the_best_weights() -> None:
    run, seen = Run(), []
    history = run.train(
        50,
        evaluate=scripted([1.0, 3.0, 2.0, 3.0, float("nan"), 9.0]),
        evaluate_every=2,
        early_stopping=EarlyStopping("score", "max", patience=2),
        on_step=lambda step: seen.append(run.weights.copy()),
    )
    assert (history.stopped_early, history.best_step, history.steps) == (True, 4, 10)
    np.testing.assert_array_equal(run.weights, seen[3])
    assert (run.weights != seen[9]).any()


def test_the_best_weights_count_even_where_training_was_not_stopped() -> None:
    run, seen = Run(), []
    history = run.train(
        6,
        evaluate=scripted([2.0, 1.0, 5.0]),
        evaluate_every=2,
        early_stopping=EarlyStopping("score", "min"),
        on_step=lambda step: seen.append(run.weights.copy()),
    )
    assert not history.stopped_early
    np.testing.assert_array_equal(run.weights, seen[3])


def test_a_plateau_hears_of_every_evaluation() -> None:
    run = Run()
    history = run.train(8, evaluate=scripted([1.0, 1.0, 1.0, 2.0]), evaluate_every=2)
    assert history.rates == [5e-3] * 4 + [2.5e-3] * 2 + [1.25e-3] * 2


def test_a_last_evaluation_follows_the_last_step() -> None:
    history = Run().train(7, evaluate_every=3)
    assert [row["step"] for row in history.evaluations] == [3, 6, 7]


def test_dropout_drops_in_training_and_not_in_evaluation_nor_afterwards() -> None:
    run, modes = Run(dropout=0.5), []

    def evaluate() -> dict[str, float]:
        modes.append({layer.training for layer in run.model.layers()})
        return {"one": accuracy(run.model), "two": accuracy(run.model)}

    def batches(number: int) -> Batch:
        modes.append({layer.training for layer in run.model.layers()})
        return batch(number)

    history = run.train(2, evaluate=evaluate, evaluate_every=1, batches=batches)
    assert modes == [{True}, {False}, {True}, {False}]
    assert {layer.training for layer in run.model.layers()} == {False}
    for row in history.evaluations:
        assert row["one"] == row["two"]


def test_the_hook_says_where_the_time_of_each_step_went() -> None:
    steps: list[Step] = []
    started = time.perf_counter()
    history = Run().train(4, on_step=steps.append, evaluate=None)
    elapsed = time.perf_counter() - started
    assert [step.number for step in steps] == [1, 2, 3, 4]
    assert [step.loss for step in steps] == history.losses
    assert [step.norm for step in steps] == history.norms
    for step in steps:
        assert set(step.seconds) == {"data", "forward", "backward", "update"}
        assert min(step.seconds.values()) > 0
    parts = sum(sum(step.seconds.values()) for step in steps)
    assert 0.5 * history.seconds < parts <= history.seconds <= elapsed


def test_progress_is_shown_unless_it_is_not_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    Run().train(3, progress=True)
    shown = capsys.readouterr().err
    assert "3/3" in shown
    assert "loss=" in shown
    assert "accuracy=" in shown
    Run().train(3, progress=False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["embedding.weight", "blocks.0.attention.query.weight"])
def test_training_stops_at_a_gradient_that_is_no_number_and_names_it(name: str) -> None:
    run = Run(dropout=0.0)
    run.train(2)
    before = run.weights.copy()
    backward = run.model.backward

    def spoiled(grad: np.ndarray) -> None:
        backward(grad)
        run.model.grads[name][0, 0] = np.nan

    run.model.backward = spoiled
    with pytest.raises(InputError, match=f"gradient of {name}: got nan"):
        run.train(3, schedule=Schedule(0.1))
    np.testing.assert_array_equal(run.weights, before)


def test_a_learning_rate_that_is_far_too_high_ends_in_an_error_not_in_nan() -> None:
    run = Run(dropout=0.0)
    with np.errstate(all="ignore"), pytest.raises(InputError, match=r"gradient of .*learning rate"):
        run.train(50, schedule=Schedule(1e30))


def test_an_infinite_loss_stops_training_before_the_step() -> None:
    run = Run(dropout=0.0)
    before, forward = run.weights.copy(), run.model.forward

    def certain(*inputs: Any, **options: Any) -> np.ndarray:
        logits = forward(*inputs, **options)
        logits[...] = -np.inf
        logits[..., 0] = 0
        return logits

    run.model.forward = certain
    with pytest.raises(InputError, match="loss: got inf"):
        run.train(1)
    np.testing.assert_array_equal(run.weights, before)


@pytest.mark.parametrize("format", ["float16", "bfloat16"])
def test_emulated_mixed_precision_learns_as_well(format: Any) -> None:
    run = Run(dropout=0.0)
    scaler = LossScaler(2.0**24) if format == "float16" else None  # too large: halved at once
    precision = MixedPrecision(run.model, run.parameters, format, scaler=scaler)
    history = run.train(120, schedule=None, precision=precision)
    assert accuracy(run.model) > 0.95
    left_out = np.isnan(history.norms)
    if scaler:
        assert left_out[0]
        assert scaler.scale == 2.0 ** (24 - left_out.sum())
    else:
        assert not left_out.any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps: got 0"),
        ({"accumulate": 0}, "accumulate: got 0"),
        ({"evaluate_every": 0}, "evaluate_every: got 0"),
        ({"checkpoint_every": 0}, "checkpoint_every: got 0"),
        ({"evaluate": None, "early_stopping": EarlyStopping()}, "early_stopping: got no evaluate"),
        ({"early_stopping": EarlyStopping("recall")}, "metric: got recall; expected one of acc"),
        ({"evaluate": dict}, "metric: got loss; expected one of none"),
        ({"max_norm": 0.0}, "max_norm: got 0.0"),
    ],
)
def test_settings_that_do_not_fit_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Run().train(**{"steps": 10, **options})


@pytest.mark.parametrize(("mode", "patience"), [("up", 1), ("min", -1)])
def test_early_stopping_that_cannot_be_is_refused(mode: Any, patience: int) -> None:
    with pytest.raises(InputError, match=r"mode: got up|patience: got -1"):
        EarlyStopping("loss", mode, patience)


def test_a_metric_nobody_measured_is_refused() -> None:
    history = History(evaluations=[{"step": 1, "loss": 2.0}])
    assert history.metric("loss") == [(1, 2.0)]
    with pytest.raises(InputError, match="metric: got accuracy; expected one of loss"):
        history.metric("accuracy")


def test_an_optimizer_of_another_model_is_refused() -> None:
    model, earlier = decoder(), decoder()
    stale = flatten(model)
    flatten(model)
    for parameters in (flatten(earlier), stale):
        with pytest.raises(InputError, match="optimizer: got parameters of another model"):
            train(model, batch, CrossEntropy(), SGD(parameters, lr=0.1), steps=1, progress=False)


def test_batches_are_asked_for_by_number() -> None:
    numbers: list[int] = []

    def recorded(number: int) -> Batch:
        numbers.append(number)
        return batch(number, rows=ROWS)

    Run().train(3, batches=recorded, accumulate=2)
    assert numbers == list(itertools.islice(itertools.count(), 6))
