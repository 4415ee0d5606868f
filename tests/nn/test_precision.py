"""Emulated 16-bit numbers against torch's, and training that only master weights save."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from attention_scratch.errors import InputError
from attention_scratch.nn.feed_forward import FeedForward
from attention_scratch.nn.linear import Linear
from attention_scratch.nn.optim import SGD
from attention_scratch.nn.parameters import FlatParameters, flatten
from attention_scratch.nn.precision import FORMATS, LossScaler, MixedPrecision, round_to

TORCH = {"float16": torch.float16, "bfloat16": torch.bfloat16}
FLOAT32 = npst.arrays(np.float32, st.integers(0, 20), elements=st.floats(width=32))


@settings(max_examples=100)
@given(FLOAT32, st.sampled_from(FORMATS))
def test_every_number_is_rounded_as_torch_rounds_it(x: np.ndarray, format: Any) -> None:
    expected = torch.from_numpy(x.copy()).to(TORCH[format]).float().numpy()
    rounded = round_to(x, format)
    assert rounded.dtype == np.float32
    np.testing.assert_array_equal(rounded, expected)


@pytest.mark.parametrize("format", FORMATS)
def test_rounding_twice_changes_nothing_more(format: Any) -> None:
    x = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    once = round_to(x, format)
    assert (once != x).any()
    np.testing.assert_array_equal(round_to(once, format), once)


@pytest.mark.parametrize("format", FORMATS)
def test_a_layer_computes_what_torch_computes_from_rounded_numbers(format: Any) -> None:
    rng = np.random.default_rng(0)
    model = Linear(8, 4, rng=rng)
    flat = flatten(model)
    x = round_to(rng.normal(size=(5, 8)), format)
    grad = round_to(rng.normal(size=(5, 4)), format)
    with MixedPrecision(model, flat, format).computing():
        y, grad_x = model.forward(x), model.backward(grad)

    weight, bias = (
        torch.tensor(model.params[name]).to(TORCH[format]).float().requires_grad_()
        for name in ("weight", "bias")
    )
    tensor = torch.tensor(x, requires_grad=True)
    expected = torch.nn.functional.linear(tensor, weight, bias)
    expected.backward(torch.tensor(grad))
    step = {"float16": 2.0**-10, "bfloat16": 2.0**-7}[format]  # one unit in the last place
    for ours, theirs in (
        (y, expected.detach()),
        (grad_x, tensor.grad),
        (model.grads["weight"], weight.grad),
        (model.grads["bias"], bias.grad),
    ):
        rounded = theirs.to(TORCH[format]).float().numpy()
        np.testing.assert_allclose(ours, rounded, rtol=step)
        assert (ours == rounded).mean() > 0.9  # sums in another order may round the other way
        np.testing.assert_array_equal(ours, round_to(ours, format))


def test_master_weights_and_layers_are_back_behind_the_computing() -> None:
    model = FeedForward(4, 8, rng=np.random.default_rng(0))
    flat = flatten(model)
    before, x = flat.values.copy(), np.ones((1, 4), np.float32)
    plain = model.forward(x)
    mixed = MixedPrecision(model, flat, "bfloat16")
    with mixed.computing():
        assert (flat.values != before).any()
        assert (model.forward(x) != plain).any()
    with pytest.raises(InputError, match="x: got"), mixed.computing():
        model.forward(np.ones((1, 5), np.float32))  # an error on the way
    np.testing.assert_array_equal(flat.values, before)
    np.testing.assert_array_equal(model.forward(x), plain)


def gradient_of_ones(
    flat: FlatParameters, mixed: MixedPrecision, model: Linear, size: float
) -> bool:
    flat.grads.fill(0)
    with mixed.computing():
        model.forward(np.ones((1, 8), np.float32))
        model.backward(np.full((1, 4), size * mixed.scale, np.float32))
    return mixed.unscale()


def test_a_small_gradient_vanishes_in_float16_unless_the_loss_is_scaled() -> None:
    model = Linear(8, 4, rng=np.random.default_rng(0))
    flat = flatten(model)
    assert gradient_of_ones(flat, MixedPrecision(model, flat, "float16"), model, 1e-9)
    assert not flat.grads.any()
    for mixed in (
        MixedPrecision(model, flat, "float16", scaler=LossScaler()),
        MixedPrecision(model, flat, "bfloat16"),
    ):
        assert gradient_of_ones(flat, mixed, model, 1e-9)
        np.testing.assert_allclose(flat.grads, 1e-9, rtol=1e-2)


def test_an_overflow_leaves_the_step_out_and_halves_the_scale() -> None:
    model = Linear(8, 4, rng=np.random.default_rng(0))
    flat = flatten(model)
    mixed = MixedPrecision(model, flat, "float16", scaler=LossScaler(2.0**16))
    assert not gradient_of_ones(flat, mixed, model, 1.5)
    assert mixed.scale == 2.0**15
    assert gradient_of_ones(flat, mixed, model, 1.5)
    np.testing.assert_array_equal(flat.grads, 1.5)


def test_steps_too_small_for_a_16_bit_weight_add_up_in_the_master_copy() -> None:
    model = Linear(8, 4, bias=False, rng=np.random.default_rng(0))
    flat = flatten(model)
    flat.values.fill(1)
    mixed, optimizer = MixedPrecision(model, flat, "bfloat16"), SGD(flat, lr=1e-3)
    stored = np.ones_like(flat.values)
    for _ in range(10):
        gradient_of_ones(flat, mixed, model, 1.0)
        optimizer.step()
        stored = round_to(stored - 1e-3, "bfloat16")  # without a master copy
    np.testing.assert_allclose(flat.values, 0.99, rtol=1e-5)
    np.testing.assert_array_equal(stored, 1)


@settings(max_examples=30)
@given(st.lists(st.booleans(), max_size=30), st.integers(1, 4))
def test_the_scale_moves_as_torchs_grad_scaler_moves_it(
    overflows: list[bool], interval: int
) -> None:
    flat = flatten(Linear(2, 1, rng=np.random.default_rng(0)))
    ours = LossScaler(8.0, growth=3.0, backoff=0.25, interval=interval)
    theirs = torch.amp.GradScaler("cpu", 8.0, 3.0, 0.25, interval)
    tensor = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([tensor], lr=0.0)
    for overflow in overflows:
        loss = theirs.scale(tensor.sum() * (float("inf") if overflow else 1.0))
        optimizer.zero_grad()
        loss.backward()
        theirs.step(optimizer)
        theirs.update()
        flat.grads[:] = np.inf if overflow else ours.scale
        assert ours.unscale(flat) is not overflow
        assert overflow or (flat.grads == 1).all()
        assert ours.scale == theirs.get_scale()


def test_a_scalers_state_continues() -> None:
    flat = flatten(Linear(2, 1, rng=np.random.default_rng(0)))
    first, second = LossScaler(8.0, interval=3), LossScaler(interval=3)
    first.unscale(flat)
    second.load_state(first.state())
    second.unscale(flat)
    second.unscale(flat)
    assert second.scale == 16.0


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: round_to(np.zeros(1), "float8"), "format"),  # type: ignore[arg-type]
        (lambda: LossScaler(0.0), "scale"),
        (lambda: LossScaler(growth=1.0), "growth"),
        (lambda: LossScaler(backoff=1.0), "backoff"),
        (lambda: LossScaler(interval=0), "interval"),
    ],
)
def test_settings_out_of_range_are_refused(make: Any, field: str) -> None:
    with pytest.raises(InputError, match=f"^{field}: got"):
        make()


def test_a_float64_model_is_refused() -> None:
    model = Linear(2, 2, rng=np.random.default_rng(0), dtype=np.float64)
    with pytest.raises(InputError, match="model: got parameters of float64"):
        MixedPrecision(model, flatten(model), "float16")
