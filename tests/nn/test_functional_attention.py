"""Scaled dot-product attention against torch's own."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from attention_rounding import attention_bound
from hypothesis import given
from hypothesis import strategies as st

from attention_scratch.nn.functional import causal_mask, scaled_dot_product_attention

DTYPES = (np.float32, np.float64)
LENGTHS = st.sampled_from([1, 2, 3, 7, 31, 32, 33])
LEADING = st.sampled_from([(), (1,), (3,), (2, 3), (2, 1, 2)])


def draw_inputs(
    rng: np.random.Generator, leading: tuple[int, ...], T: int, S: int, D: int, *, dtype: type
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shapes = [(*leading, T, D), (*leading, S, D), (*leading, S, D + 1)]
    query, key, value = (rng.normal(size=shape).astype(dtype) for shape in shapes)
    return query, key, value


def torch_attention(query: np.ndarray, key: np.ndarray, value: np.ndarray, **options) -> np.ndarray:
    tensors = [torch.from_numpy(x) for x in (query, key, value)]
    if isinstance(options.get("attn_mask"), np.ndarray):
        options["attn_mask"] = torch.from_numpy(options["attn_mask"])
    return F.scaled_dot_product_attention(*tensors, **options).numpy()


def assert_within_rounding(got, expected, query, key, value, *, scale=None) -> None:
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    assert got.dtype == query.dtype
    bound = attention_bound(query, key, value, scale=scale)
    np.testing.assert_allclose(got, expected, rtol=0, atol=bound)


@given(st.integers(0, 2**32), LEADING, LENGTHS, LENGTHS, LENGTHS, st.sampled_from(DTYPES))
def test_attention_equals_torch(seed, leading, T, S, D, dtype) -> None:
    query, key, value = draw_inputs(np.random.default_rng(seed), leading, T, S, D, dtype=dtype)
    got = scaled_dot_product_attention(query, key, value)
    assert_within_rounding(got, torch_attention(query, key, value), query, key, value)


@given(st.integers(0, 2**32), LEADING, LENGTHS, LENGTHS, st.sampled_from(DTYPES))
def test_masked_attention_equals_torch_even_where_a_query_sees_nothing(
    seed, leading, T, S, dtype
) -> None:
    rng = np.random.default_rng(seed)
    query, key, value = draw_inputs(rng, leading, T, S, 5, dtype=dtype)
    mask = rng.random((*leading, T, S)) < 0.6
    mask[..., rng.integers(T), :] = False
    got = scaled_dot_product_attention(query, key, value, mask=mask)
    expected = torch_attention(query, key, value, attn_mask=mask)
    assert_within_rounding(got, expected, query, key, value)
    np.testing.assert_array_equal(got[~mask.any(-1)], 0)


@given(st.integers(0, 2**32), LEADING, LENGTHS, st.sampled_from(DTYPES))
def test_causal_attention_equals_torch(seed, leading, T, dtype) -> None:
    query, key, value = draw_inputs(np.random.default_rng(seed), leading, T, T, 4, dtype=dtype)
    got = scaled_dot_product_attention(query, key, value, causal=True)
    expected = torch_attention(query, key, value, is_causal=True)
    assert_within_rounding(got, expected, query, key, value)


@pytest.mark.parametrize(("T", "S"), [(1, 1), (1, 7), (3, 7), (31, 33), (32, 64)])
def test_causal_with_fewer_queries_than_keys_equals_torchs_lower_right_bias(T: int, S: int) -> None:
    from torch.nn.attention.bias import causal_lower_right

    query, key, value = draw_inputs(np.random.default_rng(1), (1, 2), T, S, 8, dtype=np.float64)
    value = value[..., :8]
    got = scaled_dot_product_attention(query, key, value, causal=True)
    expected = torch_attention(query, key, value, attn_mask=causal_lower_right(T, S))
    assert_within_rounding(got, expected, query, key, value)


def test_causal_and_mask_hide_what_either_hides() -> None:
    rng = np.random.default_rng(2)
    query, key, value = draw_inputs(rng, (2,), 5, 5, 4, dtype=np.float64)
    padding = np.array([True, True, True, False, True])
    got = scaled_dot_product_attention(query, key, value, mask=padding, causal=True)
    both = np.tril(np.ones((5, 5), dtype=bool)) & padding
    expected = torch_attention(query, key, value, attn_mask=both)
    assert_within_rounding(got, expected, query, key, value)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1e2, 1e4])
def test_extreme_scores_equal_torch_without_a_warning(dtype: type, size: float) -> None:
    rng = np.random.default_rng(3)
    query, key, value = draw_inputs(rng, (2,), 9, 33, 1, dtype=dtype)
    query = np.sign(query) * dtype(size)  # scores up to a few times ±size
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = scaled_dot_product_attention(query, key, value, causal=True)
    mask = np.tril(np.ones((9, 33), dtype=bool), 33 - 9)
    expected = torch_attention(query, key, value, attn_mask=mask)
    assert_within_rounding(got, expected, query, key, value)


@pytest.mark.parametrize("scale", [0.0, 1.0, -2.0, np.float64(0.3)])
def test_a_scale_of_ones_own_equals_torch(scale: float) -> None:
    query, key, value = draw_inputs(np.random.default_rng(4), (2,), 3, 4, 5, dtype=np.float32)
    got = scaled_dot_product_attention(query, key, value, scale=scale)
    expected = torch_attention(query, key, value, scale=float(scale))
    assert_within_rounding(got, expected, query, key, value, scale=scale)


@pytest.mark.parametrize(("H", "K"), [(4, 2), (6, 2), (8, 1)])
def test_grouped_queries_share_a_key_by_broadcasting(H: int, K: int) -> None:
    rng = np.random.default_rng(5)
    query = rng.normal(size=(2, H, 3, 8)).astype(np.float32)
    key, value = rng.normal(size=(2, 2, K, 7, 8)).astype(np.float32)
    grouped = query.reshape(2, K, H // K, 3, 8)
    got = scaled_dot_product_attention(grouped, key[:, :, None], value[:, :, None], causal=True)
    mask = np.tril(np.ones((3, 7), dtype=bool), 4)
    expected = torch_attention(query, key, value, attn_mask=mask, enable_gqa=True)
    assert_within_rounding(got.reshape(query.shape), expected, query, key[:, :1], value)


@pytest.mark.parametrize("shape", [(5, 7), (7,), (1, 7), (2, 1, 5, 7), (3, 1, 7), (1, 1, 1, 1)])
def test_a_mask_broadcasts_to_the_scores(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(6)
    query, key, value = draw_inputs(rng, (2, 3), 5, 7, 4, dtype=np.float64)
    mask = rng.random(shape) < 0.7
    got = scaled_dot_product_attention(query, key, value, mask=mask)
    expected = torch_attention(
        query, key, value, attn_mask=np.broadcast_to(mask, (2, 3, 5, 7)).copy()
    )
    assert_within_rounding(got, expected, query, key, value)


def test_the_weights_are_those_the_values_were_averaged_with() -> None:
    query, key, value = draw_inputs(np.random.default_rng(7), (2,), 3, 6, 4, dtype=np.float64)
    output, weights = scaled_dot_product_attention(
        query, key, value, causal=True, return_weights=True
    )
    np.testing.assert_array_equal(weights @ value, output)
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-15)
    np.testing.assert_array_equal(weights[..., ~causal_mask(3, 6)], 0)
    # Averaging one-hot values shows torch's weights.
    one_hot = np.broadcast_to(np.eye(6), (2, 6, 6)).copy()
    mask = np.tril(np.ones((3, 6), dtype=bool), 3)
    expected = torch_attention(query, key, one_hot, attn_mask=mask)
    assert_within_rounding(weights, expected, query, key, one_hot)


@given(st.integers(0, 2**32), LENGTHS)
def test_the_order_of_the_keys_does_not_matter(seed: int, S: int) -> None:
    rng = np.random.default_rng(seed)
    query, key, value = draw_inputs(rng, (), 3, S, 4, dtype=np.float64)
    order = rng.permutation(S)
    got = scaled_dot_product_attention(query, key[order], value[order])
    expected = scaled_dot_product_attention(query, key, value)
    assert_within_rounding(got, expected, query, key, value)


@given(st.integers(0, 2**32), LENGTHS)
def test_under_a_causal_mask_the_future_changes_nothing(seed: int, T: int) -> None:
    rng = np.random.default_rng(seed)
    query, key, value = draw_inputs(rng, (), T, T, 4, dtype=np.float64)
    cut = int(rng.integers(T)) + 1
    other_key, other_value = key.copy(), value.copy()
    other_key[cut:] += 1e3
    other_value[cut:] -= 1e3
    got = scaled_dot_product_attention(query, other_key, other_value, causal=True)
    expected = scaled_dot_product_attention(query, key, value, causal=True)
    np.testing.assert_array_equal(got[:cut], expected[:cut])


@pytest.mark.parametrize(("T", "S"), [(0, 3), (3, 0), (0, 0)])
def test_no_queries_give_no_rows_and_no_keys_give_zeros(T: int, S: int) -> None:
    query, key, value = draw_inputs(np.random.default_rng(8), (2,), T, S, 4, dtype=np.float32)
    got = scaled_dot_product_attention(query, key, value, causal=True)
    np.testing.assert_array_equal(got, np.zeros((2, T, 5), np.float32))


def test_the_arguments_are_left_as_they_were() -> None:
    query, key, value = draw_inputs(np.random.default_rng(9), (), 3, 3, 4, dtype=np.float64)
    mask = np.eye(3, dtype=bool)
    before = [x.copy() for x in (query, key, value, mask)]
    scaled_dot_product_attention(query, key, value, mask=mask, causal=True)
    for now, then in zip((query, key, value, mask), before, strict=True):
        np.testing.assert_array_equal(now, then)
