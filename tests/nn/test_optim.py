"""Optimizers against torch.optim: the same gradients, a hundred steps, the same values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_scratch.errors import InputError
from attention_scratch.nn.linear import Linear
from attention_scratch.nn.optim import SGD, Adam, AdamW, Optimizer
from attention_scratch.nn.parameters import FlatParameters, flatten

STEPS = 100
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-12}


def parameters(dtype: Any = np.float64, *, seed: int = 0) -> FlatParameters:
    return flatten(Linear(5, 3, rng=np.random.default_rng(seed), dtype=dtype))


def gradients(dtype: Any, steps: int = STEPS) -> np.ndarray:
    """(steps, 18) gradients of very different sizes, some zero."""
    rng = np.random.default_rng(1)
    drawn = rng.normal(size=(steps, 18)) * 10.0 ** rng.integers(-6, 3, 18)
    drawn[:, ::7] *= rng.random((steps, 3)) < 0.5
    return drawn.astype(dtype)


def torch_values(
    make: Any, flat: FlatParameters, grads: np.ndarray, rates: np.ndarray, *, decay: float
) -> np.ndarray:
    """The values after torch's optimizer took the same steps; only matrices decay."""
    split = {name: torch.tensor(flat.values[part]) for name, part in flat.slices.items()}
    groups = [
        {"params": [split["weight"]], "weight_decay": decay},
        {"params": [split["bias"]], "weight_decay": 0.0},
    ]
    optimizer = make(groups)
    for gradient, rate in zip(grads, rates, strict=True):
        for group in optimizer.param_groups:
            group["lr"] = float(rate)
        for name, part in flat.slices.items():
            split[name].grad = torch.tensor(gradient[part])
        optimizer.step()
    return np.concatenate([value.numpy() for value in split.values()])


def take_steps(optimizer: Optimizer, grads: np.ndarray, rates: np.ndarray) -> None:
    for gradient, rate in zip(grads, rates, strict=True):
        optimizer.parameters.grads[:] = gradient
        optimizer.step(float(rate))


CASES = {
    "SGD": (
        lambda flat, decay: SGD(flat, lr=1e-3, weight_decay=decay),
        lambda groups: torch.optim.SGD(groups, lr=1e-3),
    ),
    "SGD with momentum": (
        lambda flat, decay: SGD(flat, lr=1e-3, momentum=0.9, weight_decay=decay),
        lambda groups: torch.optim.SGD(groups, lr=1e-3, momentum=0.9),
    ),
    "Adam": (
        lambda flat, decay: Adam(flat, betas=(0.8, 0.99), weight_decay=decay),
        lambda groups: torch.optim.Adam(groups, betas=(0.8, 0.99)),
    ),
    "AdamW": (
        lambda flat, decay: AdamW(flat, eps=1e-6, weight_decay=decay),
        lambda groups: torch.optim.AdamW(groups, eps=1e-6),
    ),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("name", CASES)
def test_a_hundred_steps_end_where_torchs_do(name: str, decay: float, dtype: Any) -> None:
    ours, theirs = CASES[name]
    grads, rates = gradients(dtype), np.geomspace(1e-2, 1e-4, STEPS)
    flat = parameters(dtype)
    expected = torch_values(theirs, flat, grads, rates, decay=decay)
    take_steps(ours(flat, decay), grads, rates)
    assert flat.values.dtype == dtype
    np.testing.assert_allclose(flat.values, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(CASES)), st.floats(0, 1))
def test_one_step_is_torchs_for_any_gradient(seed: int, name: str, decay: float) -> None:
    ours, theirs = CASES[name]
    flat = parameters(seed=seed)
    grads = np.random.default_rng(seed).normal(size=(1, 18)) * 1e3
    expected = torch_values(theirs, flat, grads, np.array([0.01]), decay=decay)
    take_steps(ours(flat, decay), grads, np.array([0.01]))
    np.testing.assert_allclose(flat.values, expected, rtol=1e-12, atol=1e-15)


def test_the_models_own_arrays_move() -> None:
    model = Linear(5, 3, rng=np.random.default_rng(0))
    before = model.params["weight"].copy()
    optimizer = SGD(flatten(model), lr=0.5)
    model.grads["weight"][:] = 1
    optimizer.step()
    np.testing.assert_allclose(model.params["weight"], before - 0.5, rtol=1e-6)


def test_only_matrices_decay_unless_all_shall() -> None:
    for decay_all in (False, True):
        flat = parameters()
        before = flat.values.copy()
        AdamW(flat, lr=0.1, weight_decay=0.5, decay_all=decay_all).step()
        shrunk = flat.values / before
        np.testing.assert_allclose(shrunk[flat.slices["weight"]], 0.95)
        np.testing.assert_allclose(shrunk[flat.slices["bias"]], 0.95 if decay_all else 1)


@pytest.mark.parametrize("name", CASES)
def test_a_saved_state_continues_bit_for_bit(name: str) -> None:
    ours, _ = CASES[name]
    grads, rates = gradients(np.float32, 20), np.full(20, 1e-3)
    through = parameters(np.float32)
    take_steps(ours(through, 0.1), grads, rates)
    stopped = parameters(np.float32)
    first = ours(stopped, 0.1)
    take_steps(first, grads[:8], rates[:8])
    state = first.state()
    second = ours(stopped, 0.1)
    second.load_state(state)
    take_steps(second, grads[8:], rates[8:])
    assert second.steps == 20
    np.testing.assert_array_equal(through.values, stopped.values)


def test_the_state_of_another_optimizer_or_model_is_refused() -> None:
    adam = Adam(parameters())
    other = Adam(flatten(Linear(2, 2, rng=np.random.default_rng(0))))
    for state in (SGD(parameters(), lr=0.1).state(), other.state(), {}):
        with pytest.raises(InputError, match=r"optimizer state: got .*state of Adam"):
            adam.load_state(state)


@pytest.mark.parametrize(
    ("make", "options", "field"),
    [
        (SGD, {"lr": -1.0}, "lr"),
        (SGD, {"lr": float("nan")}, "lr"),
        (SGD, {"lr": 0.1, "momentum": 1.0}, "momentum"),
        (SGD, {"lr": 0.1, "weight_decay": -0.1}, "weight_decay"),
        (Adam, {"betas": (0.9, 1.0)}, "betas"),
        (Adam, {"betas": (0.9,)}, "betas"),
        (AdamW, {"eps": -1e-8}, "eps"),
        (AdamW, {"weight_decay": float("inf")}, "weight_decay"),
    ],
)
def test_settings_out_of_range_are_refused(make: Any, options: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=f"^{field}: got"):
        make(parameters(), **options)
