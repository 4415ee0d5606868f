"""Positions against what their papers write and what transformers and torch compute."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_proof import assert_close, assert_differences, prove
from transformers import LlamaConfig
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb
from transformers.models.speech_to_text.modeling_speech_to_text import (
    Speech2TextSinusoidalPositionalEmbedding,
)

from attention_scratch.errors import InputError
from attention_scratch.nn import (
    Alibi,
    LearnedPositions,
    RelativePosition,
    Rotary,
    alibi_bias,
    sinusoidal,
)

SEEDS = st.integers(0, 2**32)
DTYPES = st.sampled_from([np.float32, np.float64])
LEADING = st.sampled_from([(), (1,), (3,), (2, 3)])


@settings(max_examples=30)
@given(st.integers(0, 40), st.integers(1, 20), DTYPES)
def test_sinusoids_are_the_papers(T: int, C: int, dtype: type) -> None:
    got = sinusoidal(T, C, dtype=dtype)
    assert got.dtype == dtype
    assert got.shape == (T, C)
    for t, c in np.ndindex(T, C):
        angle = t / 10000 ** ((c - c % 2) / C)
        expected = np.cos(angle) if c % 2 else np.sin(angle)
        assert abs(got[t, c] - expected) <= 4 * np.finfo(dtype).eps * (
            1 + angle * (dtype == np.float64)
        )


def test_sinusoids_are_those_of_transformers_in_another_order() -> None:
    # Their table holds all sines, then all cosines, and spaces its wavelengths by C/2 - 1, not C/2.
    theirs = Speech2TextSinusoidalPositionalEmbedding.get_embedding(10, 2 * 33).numpy()
    ours = sinusoidal(10, 64, dtype=np.float64)
    np.testing.assert_allclose(ours[:, 0::2], theirs[:, :32], atol=1e-5)
    np.testing.assert_allclose(ours[:, 1::2], theirs[:, 33:65], atol=1e-5)


@settings(max_examples=30)
@given(SEEDS, LEADING, st.integers(1, 9), st.integers(1, 9), DTYPES)
def test_learned_positions_equal_torch(seed, leading, T, C, dtype) -> None:
    rng = np.random.default_rng(seed)
    layer = LearnedPositions(9, C, rng=rng, dtype=dtype)
    x = rng.normal(size=(*leading, T, C)).astype(dtype)
    prove(layer, lambda p, x: x + p["weight"][:T], x, rng=rng)


def test_a_position_beyond_the_learned_ones_is_an_error() -> None:
    layer = LearnedPositions(4, 2, rng=np.random.default_rng(0))
    with pytest.raises(InputError, match="x: got 5 positions; expected at most 4"):
        layer.forward(np.zeros((1, 5, 2), np.float32))


def by_complex_numbers(pairing: str, theta: float):
    """Equation 13 of the paper: pair i at position t times e^(i t theta^(-2i/D))."""

    def reference(_, x):
        T, D = x.shape[-2:]
        angles = torch.arange(T)[:, None].double() * theta ** (-torch.arange(0, D, 2).double() / D)
        turn = torch.polar(torch.ones_like(angles), angles)
        first, second = x.chunk(2, -1) if pairing == "half" else (x[..., 0::2], x[..., 1::2])
        turned = torch.complex(first.double(), second.double()) * turn
        parts = (turned.real, turned.imag)
        joined = torch.cat(parts, -1) if pairing == "half" else torch.stack(parts, -1).flatten(-2)
        return joined.to(x.dtype)

    return reference


@settings(max_examples=40)
@given(
    SEEDS,
    LEADING,
    st.sampled_from([1, 2, 31, 64]),
    st.sampled_from([2, 4, 6, 32]),
    st.sampled_from(["half", "interleaved"]),
    st.sampled_from([100.0, 10000.0, 500000.0]),
    DTYPES,
)
def test_rotary_equals_the_papers_complex_numbers(seed, leading, T, D, pairing, theta, dtype):
    rng = np.random.default_rng(seed)
    layer = Rotary(D, theta=theta, pairing=pairing, dtype=dtype)
    x = rng.normal(size=(*leading, T, D)).astype(dtype)
    prove(layer, by_complex_numbers(pairing, theta), x, rng=rng)


def test_rotary_halves_equal_transformers() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, 2, 7, 16)).astype(np.float32)
    config = LlamaConfig(
        hidden_size=32,
        num_attention_heads=2,
        rope_parameters={"rope_type": "default", "rope_theta": 500.0},
    )
    tensor = torch.from_numpy(x)
    cos, sin = LlamaRotaryEmbedding(config)(tensor, torch.arange(7)[None])
    expected, _ = apply_rotary_pos_emb(tensor, tensor, cos, sin)
    got = Rotary(16, theta=500.0).forward(x)
    np.testing.assert_allclose(got, expected.numpy(), atol=3e-6)


def test_the_pairings_differ_by_an_order_of_the_numbers() -> None:
    x = np.random.default_rng(0).normal(size=(5, 8))
    order = np.arange(8).reshape(2, 4).T.reshape(-1)  # 0 4 1 5 2 6 3 7
    halves = Rotary(8, dtype=np.float64).forward(x)
    pairs = Rotary(8, pairing="interleaved", dtype=np.float64).forward(x[:, order])
    np.testing.assert_allclose(pairs, halves[:, order], rtol=1e-14)


@given(SEEDS, st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_a_rotated_product_depends_on_the_distance_alone(seed, a, b, shift) -> None:
    rng = np.random.default_rng(seed)
    layer = Rotary(8, dtype=np.float64)
    query, key = rng.normal(size=(2, 1, 8))

    def product(t: int, s: int) -> float:
        turned = layer.forward(query, np.array([t])), layer.forward(key, np.array([s]))
        return float((turned[0] * turned[1]).sum())

    assert product(a, b) == pytest.approx(product(a + shift, b + shift), abs=1e-11)


def test_positions_may_be_given_in_any_order_and_on_another_axis() -> None:
    rng = np.random.default_rng(0)
    layer = Rotary(4, dtype=np.float64)
    x = rng.normal(size=(3, 6, 2, 4))  # (B, T, H, D)
    expected = layer.forward(x.swapaxes(1, 2)).swapaxes(1, 2)
    np.testing.assert_array_equal(layer.forward(x, np.arange(6)[:, None]), expected)
    order = rng.permutation(6)
    got = layer.forward(x[:, order], order[:, None])
    np.testing.assert_array_equal(got, expected[:, order])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dim": 3}, "dim: got 3; expected an even number"),
        ({"dim": 0}, "dim: got 0"),
        ({"dim": 4, "theta": 0}, "theta: got 0; expected a number above 0"),
        ({"dim": 4, "pairing": "both"}, "pairing: got 'both'; expected half or interleaved"),
    ],
)
def test_rotary_names_what_does_not_fit(options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Rotary(options.pop("dim"), **options)


@pytest.mark.parametrize("H", [1, 2, 4, 8, 16, 3, 6, 12, 20])
def test_alibis_slopes_are_those_of_transformers(H: int) -> None:
    slopes = build_alibi_tensor(torch.ones(1, 2), H, torch.float32)[:, 0, 1].numpy()
    ours = alibi_bias(H, 5, 5)
    expected = -slopes[:, None, None] * np.abs(np.arange(5)[:, None] - np.arange(5))
    np.testing.assert_allclose(ours, expected, rtol=1e-6)


def test_alibis_last_query_stands_at_the_last_key() -> None:
    np.testing.assert_array_equal(alibi_bias(8, 2, 5), alibi_bias(8, 5, 5)[:, 3:])
    layer = Alibi(8)
    np.testing.assert_array_equal(layer.forward(2, 5), alibi_bias(8, 2, 5))
    assert not layer.params


@settings(max_examples=30)
@given(SEEDS, st.integers(1, 4), st.integers(1, 9), st.integers(0, 9), st.integers(1, 6), DTYPES)
def test_relative_positions_equal_a_gather_in_torch(seed, H, T, more, limit, dtype) -> None:
    rng = np.random.default_rng(seed)
    S = T + more
    layer = RelativePosition(H, max_distance=limit, dtype=dtype)
    layer.params["weight"][:] = rng.normal(size=(H, 2 * limit + 1))
    table = torch.tensor(layer.params["weight"], requires_grad=True)
    distance = torch.arange(S - T, S)[:, None] - torch.arange(S)
    expected = table[:, distance.clamp(-limit, limit) + limit]
    got = layer.forward(T, S)
    np.testing.assert_array_equal(got, expected.detach().numpy())
    upstream = rng.normal(size=(H, T, S)).astype(dtype)
    layer.backward(upstream)
    expected.backward(torch.from_numpy(upstream))
    assert_close(layer.grads["weight"], table.grad.numpy(), 1e-5, "weight")
    if dtype == np.float64:
        assert_close(layer.grads["weight"], table.grad.numpy(), 1e-12, "weight")
        assert_differences(
            lambda: float((layer.forward(T, S) * upstream).sum()),
            layer.params["weight"],
            layer.grads["weight"],
            rng,
            "weight",
        )
