"""Norms against torch, autograd and central differences."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_proof import prove

from attention_scratch.errors import InputError
from attention_scratch.nn import LayerNorm, NoNorm, RMSNorm
from attention_scratch.nn.norm import norm


def layer_norm(eps: float):
    return lambda p, x: F.layer_norm(x, x.shape[-1:], p["weight"], p["bias"], eps)


def rms_norm(eps: float):
    return lambda p, x: F.rms_norm(x, x.shape[-1:], p["weight"], eps)


PAIRS = {"layer": (LayerNorm, layer_norm), "rms": (RMSNorm, rms_norm)}


@settings(max_examples=60)
@given(
    st.integers(0, 2**32),
    st.sampled_from(list(PAIRS)),
    st.sampled_from([(), (1,), (3,), (2, 5), (2, 1, 3), (0,)]),
    st.sampled_from([7, 31, 32, 33]),
    st.sampled_from([1e-6, 1e-5, 0.1]),
    st.sampled_from([np.float32, np.float64]),
)
def test_a_norm_equals_torch(seed, kind, leading, C, eps, dtype) -> None:
    rng = np.random.default_rng(seed)
    ours, theirs = PAIRS[kind]
    layer = ours(C, eps=eps, dtype=dtype)
    for value in layer.params.values():
        value[...] = rng.normal(size=C)
    x = (rng.normal(size=(*leading, C)) + 0.3).astype(dtype)
    prove(layer, theirs(eps), x, rng=rng)


@pytest.mark.parametrize(("kind", "C"), [("rms", 1), *itertools.product(PAIRS, (2, 3))])
def test_short_rows_equal_torch(kind: str, C: int) -> None:
    # With a small eps their gradients are what is left of numbers a million times as large.
    ours, theirs = PAIRS[kind]
    rng = np.random.default_rng(C)
    x = rng.normal(size=(4, C))
    prove(ours(C, eps=0.1, dtype=np.float64), theirs(0.1), x, rng=rng)


@pytest.mark.parametrize("kind", list(PAIRS))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e-4, 1e4])
def test_small_and_large_rows_equal_torch_without_a_warning(kind, dtype, size) -> None:
    rng = np.random.default_rng(0)
    ours, theirs = PAIRS[kind]
    x = (rng.normal(size=(3, 16)) * size).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prove(ours(16, eps=1e-5, dtype=dtype), theirs(1e-5), x, rng=rng, differences=False)


@pytest.mark.parametrize("kind", list(PAIRS))
def test_a_row_of_equal_numbers_equals_torch(kind: str) -> None:
    ours, theirs = PAIRS[kind]
    x = np.array([[3.0, 3.0, 3.0], [0.0, 0.0, 0.0]])
    rng = np.random.default_rng(0)
    prove(ours(3, dtype=np.float64), theirs(1e-5), x, rng=rng, differences=False)


def test_a_layer_norm_of_one_number_is_its_bias() -> None:
    layer = LayerNorm(1, dtype=np.float64)
    layer.params["bias"][:] = 2
    np.testing.assert_array_equal(layer.forward(np.array([[5.0], [-7.0]])), 2)
    np.testing.assert_array_equal(layer.backward(np.ones((2, 1))), 0)


def test_no_norm_hands_on() -> None:
    x = np.arange(3.0)
    layer = NoNorm()
    assert layer.forward(x) is x
    assert layer.backward(x) is x


def test_a_name_chooses_the_norm() -> None:
    kinds = {name: type(norm(name, 4, eps=1e-5)) for name in ("layer", "rms", "none")}
    assert kinds == {"layer": LayerNorm, "rms": RMSNorm, "none": NoNorm}
    with pytest.raises(InputError, match="norm: got 'batch'; expected rms or layer or none"):
        norm("batch", 4, eps=1e-5)


@pytest.mark.parametrize("kind", [LayerNorm, RMSNorm])
def test_a_norm_names_what_does_not_fit(kind: type) -> None:
    with pytest.raises(InputError, match="eps: got 0; expected a number above 0"):
        kind(4, eps=0)
    with pytest.raises(InputError, match=r"x: got shape \(2, 5\); expected \(\.\.\., 4\)"):
        kind(4).forward(np.zeros((2, 5), np.float32))
    with pytest.raises(InputError, match="x: got dtype float64"):
        kind(4).forward(np.zeros((2, 4)))
