"""Central differences: against derivatives known in closed form and torch autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from attention_scratch.errors import InputError
from attention_scratch.nn.gradient_check import central_differences


@pytest.mark.parametrize("shape", [(1,), (5,), (2, 3), (2, 1, 4), (0,)])
def test_a_weighted_sum_of_sines_has_its_cosines_as_gradient(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(2, *shape))
    found = central_differences(lambda x: float((weight * np.sin(x)).sum()), x)
    np.testing.assert_allclose(found, weight * np.cos(x), rtol=0, atol=1e-9)


@pytest.mark.parametrize(("dtype", "atol"), [(np.float64, 1e-8), (np.float32, 1e-2)])
def test_the_gradient_is_torch_autograds(dtype: type, atol: float) -> None:
    x = np.random.default_rng(1).normal(size=(3, 4)).astype(dtype)

    def torch_loss(x: torch.Tensor) -> torch.Tensor:
        return torch.logsumexp(x @ x.T, dim=-1).sum()

    tensor = torch.from_numpy(x).requires_grad_()
    torch_loss(tensor).backward()
    found = central_differences(lambda x: float(torch_loss(torch.from_numpy(x))), x)
    assert found.dtype == dtype
    assert tensor.grad is not None
    np.testing.assert_allclose(found, tensor.grad.numpy(), rtol=0, atol=atol)


def test_a_quadratic_is_exact_whatever_the_step() -> None:
    x = np.array([3.0, -1.0])
    for step in (0.25, 8.0):
        found = central_differences(lambda x: float(x @ x), x, step=step)
        np.testing.assert_array_equal(found, 2 * x)


def test_large_numbers_are_nudged_by_more() -> None:
    x = np.array([1e8])
    found = central_differences(lambda x: float(np.sin(x[0] / 1e8)), x)
    np.testing.assert_allclose(found, np.cos(1.0) / 1e8, rtol=1e-8)


def test_the_argument_is_not_changed_even_by_a_function_that_writes_into_its_own() -> None:
    x = np.array([1.0, 2.0])

    def careless(x: np.ndarray) -> float:
        x *= x
        return float(x.sum())

    np.testing.assert_allclose(central_differences(careless, x), [2.0, 4.0], rtol=1e-9)
    np.testing.assert_array_equal(x, [1.0, 2.0])


@pytest.mark.parametrize(
    ("function", "x", "step", "field"),
    [
        (lambda x: float(x.sum()), [1.0], None, "x"),
        (lambda x: float(x.sum()), np.array([1]), None, "x"),
        (lambda x: float(x.sum()), np.array([1.0]), 0.0, "step"),
        (lambda x: float("nan"), np.array([1.0]), None, "function"),
        (lambda x: x, np.array([1.0, 2.0]), None, "function"),
    ],
)
def test_what_does_not_fit_is_named(function: Any, x: Any, step: Any, field: str) -> None:
    with pytest.raises(InputError, match=field):
        central_differences(function, x, step=step)
