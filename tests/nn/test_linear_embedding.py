"""Linear and Embedding against torch, autograd and central differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_proof import GRADIENT, assert_close, prove

from attention_scratch.errors import InputError
from attention_scratch.nn import Embedding, Linear
from attention_scratch.nn.embedding import ONE_HOT_ROWS, add_rows

DTYPES = st.sampled_from([np.float32, np.float64])
LEADING = st.sampled_from([(), (1,), (3,), (2, 3), (2, 1, 4), (0,)])
SEEDS = st.integers(0, 2**32)


@settings(max_examples=40)
@given(SEEDS, LEADING, st.integers(1, 33), st.integers(1, 33), st.booleans(), DTYPES)
def test_linear_equals_torch(seed, leading, n, m, bias, dtype) -> None:
    rng = np.random.default_rng(seed)
    layer = Linear(n, m, bias=bias, rng=rng, dtype=dtype)
    x = rng.normal(size=(*leading, n)).astype(dtype)
    prove(layer, lambda p, x: F.linear(x, p["weight"], p.get("bias")), x, rng=rng)


def test_linear_takes_a_transposed_view() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 3, 7)).swapaxes(0, 1)
    layer = Linear(7, 2, rng=rng, dtype=np.float64)
    prove(layer, lambda p, x: F.linear(x, p["weight"], p["bias"]), x, rng=rng)


def test_linear_starts_uniform_within_one_over_root_in() -> None:
    layer = Linear(16, 4000, rng=np.random.default_rng(0), dtype=np.float64)
    for value in layer.params.values():
        assert 0.249 < np.abs(value).max() <= 0.25
        assert abs(value.std() - 0.25 / np.sqrt(3)) < 0.003


def test_the_same_seed_gives_the_same_weights() -> None:
    first, second = (Linear(3, 4, rng=np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first.params["weight"], second.params["weight"])


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 4), np.float32), r"x: got shape \(2, 4\); expected \(\.\.\., 3\)"),
        (np.zeros((2, 3)), "x: got dtype float64; expected float32, like weight"),
        (np.zeros((2, 3), int), "x: got dtype int64; expected float32 or float64"),
        ([1.0, 2.0, 3.0], "x: got a list; expected a NumPy array"),
        (np.array(1, np.float32), r"x: got shape \(\)"),
    ],
)
def test_linear_names_an_input_that_does_not_fit(x, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Linear(3, 2, rng=np.random.default_rng(0)).forward(x)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [((0, 2), "in_features: got 0"), ((2, -1), "out_features: got -1"), ((2, 1.5), "1.5")],
)
def test_linear_names_a_size_that_is_none(sizes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Linear(*sizes, rng=np.random.default_rng(0))


def test_linear_knows_two_dtypes() -> None:
    with pytest.raises(InputError, match=r"dtype: got .*float16.*; expected float32 or float64"):
        Linear(2, 2, rng=np.random.default_rng(0), dtype=np.float16)


@settings(max_examples=40)
@given(SEEDS, LEADING, st.sampled_from([1, 2, 9, 500]), st.integers(1, 9), DTYPES)
def test_embedding_equals_torch(seed, leading, V, C, dtype) -> None:
    import torch

    rng = np.random.default_rng(seed)
    layer = Embedding(V, C, rng=rng, dtype=dtype)
    ids = rng.integers(0, V, leading)
    upstream = rng.normal(size=(*leading, C)).astype(dtype)
    table = torch.tensor(layer.params["weight"], requires_grad=True)
    expected = F.embedding(torch.from_numpy(np.asarray(ids)), table)
    got = layer.forward(np.asarray(ids))
    np.testing.assert_array_equal(got, expected.detach().numpy())
    assert layer.backward(upstream) is None
    expected.backward(torch.from_numpy(upstream))
    assert_close(layer.grads["weight"], table.grad.numpy(), GRADIENT[np.dtype(dtype)], "weight")


@pytest.mark.parametrize("V", [ONE_HOT_ROWS, ONE_HOT_ROWS + 1])
def test_rows_of_the_same_id_are_added_either_way(V: int) -> None:
    rng = np.random.default_rng(1)
    ids = rng.integers(0, V, 1000)
    rows = rng.normal(size=(1000, 3))
    table = rng.normal(size=(V, 3))
    expected = table.copy()
    np.add.at(expected, ids, rows)
    add_rows(table, ids, rows)
    np.testing.assert_allclose(table, expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (np.array([[0, 1], [2, 9]]), r"ids\[1, 1\]: got 9; expected an integer from 0 to 8"),
        (np.array([3, -1]), r"ids\[1\]: got -1"),
        (np.array([0.0]), "ids: got dtype float64; expected a NumPy array of integers"),
        ([0], "ids: got a list"),
    ],
)
def test_embedding_names_the_id_that_is_none(ids, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Embedding(9, 2, rng=np.random.default_rng(0)).forward(ids)
