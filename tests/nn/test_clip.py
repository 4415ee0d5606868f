"""Clipping against torch.nn.utils, and what happens when a gradient is no number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_scratch.errors import InputError
from attention_scratch.nn.clip import clip_by_global_norm, global_norm
from attention_scratch.nn.feed_forward import FeedForward
from attention_scratch.nn.parameters import FlatParameters, flatten


def parameters(dtype: Any = np.float64) -> FlatParameters:
    return flatten(FeedForward(3, 5, rng=np.random.default_rng(0), dtype=dtype))


@settings(max_examples=40)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(-3, 3),
    st.floats(-2, 2),
    st.sampled_from([np.float32, np.float64]),
)
def test_gradients_and_norm_are_torchs(seed: int, size: float, max_norm: float, dtype: Any) -> None:
    flat = parameters(dtype)
    flat.grads[:] = np.random.default_rng(seed).normal(size=len(flat.grads)) * 10**size
    split = [torch.zeros(shape, requires_grad=True) for shape in flat.shapes.values()]
    for tensor, part in zip(split, flat.slices.values(), strict=True):
        tensor.data = tensor.data.to(torch.from_numpy(flat.grads).dtype)
        tensor.grad = torch.tensor(flat.grads[part]).reshape(tensor.shape)
    norm = torch.nn.utils.clip_grad_norm_(split, 10**max_norm)
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    assert clip_by_global_norm(flat, 10**max_norm) == pytest.approx(float(norm), rel=tolerance)
    expected = torch.cat([tensor.grad.flatten() for tensor in split]).numpy()
    assert flat.grads.dtype == dtype
    np.testing.assert_allclose(flat.grads, expected, rtol=tolerance)


@pytest.mark.parametrize("size", [1e-40, 1e-30, 1e30])
def test_the_norm_neither_overflows_nor_vanishes(size: float) -> None:
    flat = parameters(np.float32)
    flat.grads[:] = size
    expected = float(np.float32(size)) * np.sqrt(len(flat.grads))
    assert global_norm(flat) == pytest.approx(expected, rel=1e-5)


def test_no_gradient_at_all_has_length_zero_and_stays() -> None:
    flat = parameters()
    assert clip_by_global_norm(flat, 1.0) == 0
    assert not flat.grads.any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["up.weight", "up.bias", "down.bias"])
def test_a_gradient_that_is_no_number_is_named(name: str, bad: float) -> None:
    flat = parameters()
    flat.grads[:] = 1
    flat.grads[flat.slices[name].start + 1] = bad
    with pytest.raises(InputError, match=rf"gradient of {name}: got {bad} \(1 of all 38"):
        clip_by_global_norm(flat, 1.0)
    assert np.count_nonzero(flat.grads == 1) == 37  # nothing was scaled


@pytest.mark.parametrize("max_norm", [0.0, -1.0, float("nan")])
def test_a_norm_that_nothing_can_have_is_refused(max_norm: float) -> None:
    with pytest.raises(InputError, match="max_norm: got"):
        clip_by_global_norm(parameters(), max_norm)
