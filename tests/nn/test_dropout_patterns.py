"""Dropout and the masks of attention."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_scratch.errors import InputError
from attention_scratch.nn import Dropout
from attention_scratch.nn.functional import causal_mask
from attention_scratch.nn.patterns import local_window, padding_mask, strided


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_keeps_one_minus_p_and_the_mean(p: float, dtype: type) -> None:
    layer = Dropout(p, rng=np.random.default_rng(0))
    y = layer.forward(np.ones(100_000, dtype))
    assert y.dtype == dtype
    kept = y != 0
    np.testing.assert_allclose(y[kept], 1 / (1 - p), rtol=1e-6)
    spread = np.sqrt(p * (1 - p) / len(y))
    assert abs(kept.mean() - (1 - p)) < 4 * spread
    assert abs(y.mean() - 1) < 4 * spread / (1 - p)


def test_the_gradient_passes_where_the_number_did() -> None:
    layer = Dropout(0.5, rng=np.random.default_rng(0))
    x = np.arange(1.0, 101.0)
    y = layer.forward(x)
    np.testing.assert_array_equal(layer.backward(np.ones(100)), y / x)


def test_each_forward_drops_anew_and_the_seed_repeats_it() -> None:
    draws = []
    for _ in range(2):
        layer = Dropout(0.5, rng=np.random.default_rng(3))
        draws.append([layer.forward(np.ones(64)) for _ in range(2)])
    assert (draws[0][0] != draws[0][1]).any()
    np.testing.assert_array_equal(draws[0], draws[1])


def test_evaluation_is_the_identity_and_draws_nothing() -> None:
    rng = np.random.default_rng(0)
    state = rng.bit_generator.state
    layer = Dropout(0.5, rng=rng).eval()
    x = np.ones(8)
    np.testing.assert_array_equal(layer.forward(x), x)
    np.testing.assert_array_equal(layer.backward(x), x)
    assert rng.bit_generator.state == state
    assert (layer.train().forward(np.ones(64)) == 0).any()


@pytest.mark.parametrize("p", [1.0, -0.5, "half", None, True])
def test_dropout_takes_a_probability(p) -> None:
    with pytest.raises(InputError, match=r"p: got .*; expected a number from 0 to below 1"):
        Dropout(p, rng=np.random.default_rng(0))


def test_padding_is_hidden() -> None:
    expected = [[True, True, False], [False, False, False], [True, True, True]]
    np.testing.assert_array_equal(padding_mask([2, 0, 3], 3), expected)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [([4], r"lengths\[0\]: got 4"), ([1, -1], r"lengths\[1\]: got -1"), ([1.5], "float64")],
)
def test_a_length_fits_the_positions(lengths, message: str) -> None:
    with pytest.raises(InputError, match=message):
        padding_mask(lengths, 3)


@given(st.integers(0, 20), st.integers(1, 25))
def test_a_window_sees_what_is_near(T: int, window: int) -> None:
    got = local_window(T, window)
    assert got.shape == (T, T)
    for t, s in np.ndindex(T, T):
        assert got[t, s] == (abs(t - s) < window)


@given(st.integers(1, 20), st.integers(1, 25))
def test_a_causal_window_sees_the_last_ones(T: int, window: int) -> None:
    seen = (local_window(T, window) & causal_mask(T)).sum(1)
    np.testing.assert_array_equal(seen, np.minimum(np.arange(T) + 1, window))


@given(st.integers(0, 20), st.integers(1, 25))
def test_the_strided_pattern_is_the_near_ones_and_every_strideth(T: int, stride: int) -> None:
    got = strided(T, stride)
    for t, s in np.ndindex(T, T):
        distance = abs(t - s)
        assert got[t, s] == (distance < stride or distance % stride == 0)


@given(st.integers(1, 20), st.integers(1, 25))
def test_two_steps_of_the_causal_strided_pattern_reach_all_of_the_past(T: int, stride: int) -> None:
    one = strided(T, stride) & causal_mask(T)
    np.testing.assert_array_equal((one.astype(int) @ one.astype(int)) > 0, causal_mask(T))


@pytest.mark.parametrize("pattern", [local_window, strided])
def test_a_pattern_has_a_size(pattern) -> None:
    with pytest.raises(InputError, match="expected an integer, 1 or more"):
        pattern(4, 0)
    with pytest.raises(InputError, match="T: got -1"):
        pattern(-1, 1)
