"""Blockwise attention against torch, autograd and central differences, and what memory it takes."""

from __future__ import annotations

import tracemalloc
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_proof import FORWARD, GRADIENT, assert_close, assert_differences
from torch.nn.attention import SDPBackend, sdpa_kernel

from attention_scratch.errors import InputError
from attention_scratch.nn.blockwise import blockwise_attention, blockwise_attention_backward
from attention_scratch.nn.functional import causal_mask, scaled_dot_product_attention
from attention_scratch.nn.patterns import local_window

LENGTHS = st.sampled_from([1, 2, 7, 8, 9, 20])
SEEDS = st.integers(0, 2**32)
DTYPES = st.sampled_from([np.float32, np.float64])


def draw(rng: np.random.Generator, *shapes: tuple[int, ...], dtype: type) -> list[np.ndarray]:
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def prove(query, key, value, *, mask=None, causal=False, differences=True, **options) -> None:
    """Output, log-sums and the three gradients are torch's."""
    rng = np.random.default_rng(0)
    options = {"mask": mask, "causal": causal, **options}
    dtype, T, S = query.dtype, query.shape[-2], key.shape[-2]
    output, log_sum = blockwise_attention(query, key, value, **options)

    tensors = [torch.tensor(x, requires_grad=True) for x in (query, key, value)]
    allowed = np.ones((T, S), bool) if mask is None else mask
    allowed = allowed & causal_mask(T, S) if causal else allowed
    scale, window = options.get("scale"), options.get("window")
    if window is not None:
        distance = np.arange(S - T, S)[:, None] - np.arange(S)
        allowed = allowed & (np.abs(distance) < window)
    allowed = torch.from_numpy(allowed)
    expanded = [x.expand(*query.shape[:-2], *x.shape[-2:]) for x in tensors]
    with sdpa_kernel(SDPBackend.MATH):  # another kernel goes back through rounded log-sums
        expected = F.scaled_dot_product_attention(*expanded, attn_mask=allowed, scale=scale)
    assert_close(output, expected.detach().numpy(), FORWARD[dtype], "output")

    scores = query.astype(float) @ np.swapaxes(key, -1, -2).astype(float)
    scores *= query.shape[-1] ** -0.5 if scale is None else scale
    scores = torch.from_numpy(np.where(allowed.numpy(), scores, -np.inf))
    sums = torch.logsumexp(scores, -1).numpy()
    assert log_sum.dtype == np.float64
    np.testing.assert_allclose(log_sum, sums, rtol=2e-6, atol=2e-6)

    upstream = rng.normal(size=output.shape).astype(dtype)
    expected.backward(torch.from_numpy(upstream))
    grads = blockwise_attention_backward(upstream, query, key, value, output, log_sum, **options)
    theirs = [x.grad.numpy() for x in tensors]
    # Of a query that sees one key the gradient is 0: here the difference of two rounded numbers.
    least = 0.1 * max(float(np.abs(x).max(initial=0)) for x in theirs)
    for name, grad, their in zip(("query", "key", "value"), grads, theirs, strict=True):
        assert_close(grad, their, GRADIENT[dtype], f"gradient of {name}", least=least)
    if differences and dtype == np.float64:

        def loss() -> float:
            return float((blockwise_attention(query, key, value, **options)[0] * upstream).sum())

        for x, grad in zip((query, key, value), grads, strict=True):
            assert_differences(loss, x, grad, rng, "an input")


@settings(max_examples=40)
@given(
    SEEDS,
    st.sampled_from([(), (1,), (2, 3)]),
    LENGTHS,
    LENGTHS,
    st.sampled_from([1, 3, 8, 256]),
    st.booleans(),
    DTYPES,
)
def test_blockwise_equals_torch(seed, leading, T, S, block, causal, dtype) -> None:
    rng = np.random.default_rng(seed)
    shapes = (*leading, T, 4), (*leading, S, 4), (*leading, S, 5)
    prove(*draw(rng, *shapes, dtype=dtype), block=block, causal=causal)


@settings(max_examples=40)
@given(
    SEEDS,
    LENGTHS,
    st.sampled_from([(2, 3, 1), (3, 1), (2, 1, 1), (1,), ()]),
    st.sampled_from([1, 3, 8, 256]),
    st.booleans(),
    DTYPES,
)
def test_masked_blockwise_equals_torch_even_where_a_query_sees_nothing(
    seed, T, leading, block, causal, dtype
) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((*leading, T)) < 0.5  # of queries
    mask = (rng.random((*leading, T, T)) < 0.6) & mask[..., None]
    shape = (2, 3, 1, T, 4)
    query, key, value = draw(rng, shape, shape, shape, dtype=dtype)
    prove(query, key, value, mask=mask, block=block, causal=causal)
    output, log_sum = blockwise_attention(query, key, value, mask=mask, block=block)
    blind = np.broadcast_to(~mask.any(-1), log_sum.shape)
    np.testing.assert_array_equal(output[blind], 0)
    np.testing.assert_array_equal(np.isneginf(log_sum), blind)


@settings(max_examples=60)
@given(
    SEEDS,
    LENGTHS,
    LENGTHS,
    st.sampled_from([1, 2, 5, 12, 100]),
    st.sampled_from([1, 3, 8, 256]),
    st.booleans(),
    DTYPES,
)
def test_a_window_equals_torch_under_its_mask(seed, T, S, window, block, causal, dtype) -> None:
    rng = np.random.default_rng(seed)
    shapes = (2, T, 4), (2, S, 4), (2, S, 3)
    prove(*draw(rng, *shapes, dtype=dtype), window=window, block=block, causal=causal)


@given(SEEDS, st.sampled_from([(1, 1), (2, 1), (1, 3), (2, 3)]), st.booleans(), DTYPES)
@settings(max_examples=20)
def test_queries_share_keys_as_torch_expands_them(seed, shared, causal, dtype) -> None:
    rng = np.random.default_rng(seed)
    shapes = (2, 3, 9, 4), (*shared, 9, 4), (*shared, 9, 4)
    prove(*draw(rng, *shapes, dtype=dtype), block=4, causal=causal)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1.0, 1e2, 1e4])
@pytest.mark.parametrize("block", [4, 256])
def test_extreme_scores_equal_torch_without_a_warning(dtype: type, size: float, block: int) -> None:
    rng = np.random.default_rng(3)
    # Integers: every score up to 4e4 is exact, so both see the same gaps and the same ties.
    query, key = (rng.integers(-2, 3, (2, 21, 1)).astype(dtype) for _ in range(2))
    (value,) = draw(rng, (2, 21, 3), dtype=dtype)
    mask = rng.random((21, 21)) < 0.7
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        query *= dtype(size)
        prove(query, key, value, mask=mask, causal=True, block=block, differences=size == 1)


@pytest.mark.parametrize("order", [1, -1])
def test_the_reference_moves_with_scores_that_grow_or_shrink(order: int) -> None:
    scores = np.repeat(np.array([0.0, 50, 100, 150, 200]), 3)[::order].reshape(1, 15, 1).copy()
    query = np.ones((1, 15, 1))
    (value,) = draw(np.random.default_rng(0), (1, 15, 2), dtype=np.float64)
    prove(query, scores, value, block=3, differences=False)
    # In float32 the gradient by a query here is what is left of sums 1e7 times as large.
    single = [x.astype(np.float32) for x in (query, scores, value)]
    got, _ = blockwise_attention(*single, block=3)
    expected = F.scaled_dot_product_attention(*map(torch.from_numpy, single)).numpy()
    assert_close(got, expected, FORWARD[got.dtype], "output")


@pytest.mark.parametrize("scale", [0.0, 0.3, -2.0])
def test_a_scale_of_ones_own_equals_torch(scale: float) -> None:
    shapes = (2, 9, 4), (2, 9, 4), (2, 9, 3)
    prove(*draw(np.random.default_rng(0), *shapes, dtype=np.float64), scale=scale, block=4)


@pytest.mark.parametrize("T", [255, 256, 257, 600])
def test_blocks_of_the_usual_size_equal_the_textbook(T: int) -> None:
    query, key, value = draw(np.random.default_rng(0), *[(2, T, 16)] * 3, dtype=np.float64)
    got, _ = blockwise_attention(query, key, value, causal=True)
    expected = scaled_dot_product_attention(query, key, value, causal=True)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("workers", [2, 3, 8])
def test_workers_change_nothing(workers: int) -> None:
    rng = np.random.default_rng(0)
    query, key, value, grad = draw(
        rng, (2, 4, 40, 8), (2, 1, 40, 8), (2, 1, 40, 8), (2, 4, 40, 8), dtype=np.float32
    )
    alone, together = (
        (forward := blockwise_attention(query, key, value, causal=True, block=16, workers=n))
        + blockwise_attention_backward(
            grad, query, key, value, *forward, causal=True, block=16, workers=n
        )
        for n in (1, workers)
    )
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def peak_beside_results(T: int) -> float:
    """Megabytes (2^20) at the peak of forward and backward, without what they return."""
    query, key, value, grad = draw(np.random.default_rng(0), *[(1, T, 64)] * 4, dtype=np.float32)
    tracemalloc.start()
    output, log_sum = blockwise_attention(query, key, value, causal=True)
    grads = blockwise_attention_backward(grad, query, key, value, output, log_sum, causal=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (peak - sum(x.nbytes for x in (output, log_sum, *grads))) / 2**20


def test_memory_beside_the_results_does_not_grow_with_the_length() -> None:
    small, large = peak_beside_results(1024), peak_beside_results(4096)
    assert large < small + 0.1  # 4096 queries' sums of float32 and float64 are 0.05 MB
    assert large < 1.5  # all scores of 4096 would be 64 MB


def test_the_forward_pass_of_8192_positions_takes_17_mb_at_its_peak() -> None:
    query, key, value = draw(np.random.default_rng(0), *[(8, 8192, 64)] * 3, dtype=np.float32)
    tracemalloc.start()
    blockwise_attention(query, key, value, causal=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak / 2**20 < 17  # 16 of them are the output; all scores would be 2,048


def test_a_windows_far_blocks_are_not_computed() -> None:
    query, key, value = draw(np.random.default_rng(0), *[(1, 64, 8)] * 3, dtype=np.float64)
    poisoned = key.copy()
    poisoned[:, :16] = np.nan
    got, _ = blockwise_attention(query, poisoned, value, causal=True, window=17, block=16)
    expected = scaled_dot_product_attention(
        query, key, value, mask=local_window(64, 17) & causal_mask(64, 64)
    )
    np.testing.assert_allclose(got[:, 32:], expected[:, 32:], rtol=1e-12)


def test_blocks_that_a_mask_hides_are_not_computed() -> None:
    query, key, value = draw(np.random.default_rng(0), *[(1, 64, 8)] * 3, dtype=np.float64)
    mask = np.kron(np.eye(4, dtype=bool), np.ones((16, 16), bool))
    poisoned = key.copy()
    poisoned[:, :16] = np.nan  # a NaN that is computed with does not go away
    got, _ = blockwise_attention(query, poisoned, value, mask=mask, block=16)
    expected = scaled_dot_product_attention(query, key, value, mask=mask)
    np.testing.assert_allclose(got[:, 16:], expected[:, 16:], rtol=1e-12)


@pytest.mark.parametrize(("T", "S"), [(0, 3), (3, 0), (0, 0)])
def test_no_queries_give_no_rows_and_no_keys_give_zeros(T: int, S: int) -> None:
    query, key, value = draw(
        np.random.default_rng(0), (2, T, 4), (2, S, 4), (2, S, 5), dtype=np.float32
    )
    output, log_sum = blockwise_attention(query, key, value, causal=True)
    np.testing.assert_array_equal(output, np.zeros((2, T, 5), np.float32))
    grads = blockwise_attention_backward(output, query, key, value, output, log_sum, causal=True)
    assert [x.shape for x in grads] == [query.shape, key.shape, value.shape]


@pytest.mark.parametrize(
    ("shapes", "options", "message"),
    [
        (((2, 3, 4), (3, 4), (3, 4)), {}, "leading axes: got query"),
        (((2, 3, 4), (3, 3, 4), (3, 3, 4)), {}, "leading axes"),
        (((1, 3, 4), (2, 3, 4), (2, 3, 4)), {}, "leading axes"),
        (((2, 3, 4), (2, 3, 5), (2, 3, 4)), {}, r"key: got shape \(2, 3, 5\)"),
        (((2, 3, 4), (2, 3, 4), (2, 2, 4)), {}, r"value: got shape \(2, 2, 4\)"),
        (((2, 3, 4),) * 3, {"block": 0}, "block: got 0"),
        (((2, 3, 4),) * 3, {"workers": 0}, "workers: got 0"),
        (((2, 3, 4),) * 3, {"window": 0}, "window: got 0"),
        (((2, 3, 4),) * 3, {"scale": np.inf}, "scale: got inf"),
        (((2, 3, 4),) * 3, {"mask": np.ones((3, 4), bool)}, r"mask: got shape \(3, 4\)"),
    ],
)
def test_what_does_not_fit_is_named(shapes, options: dict, message: str) -> None:
    arrays = draw(np.random.default_rng(0), *shapes, dtype=np.float32)
    with pytest.raises(InputError, match=message):
        blockwise_attention(*arrays, **options)


@pytest.mark.parametrize("index", [0, 4, 5])
def test_backward_names_what_is_not_of_the_forward(index: int) -> None:
    x = np.zeros((2, 3, 4), np.float32)
    output, log_sum = blockwise_attention(x, x, x)
    arguments = [x, x, x, x, output, log_sum]
    name = ("grad", "query", "key", "value", "output", "log_sum")[index]
    arguments[index] = arguments[index][:1]
    with pytest.raises(InputError, match=f"{name}: got float"):
        blockwise_attention_backward(*arguments)
