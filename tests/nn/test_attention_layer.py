"""Multi-head attention against torch's, autograd and central differences."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_proof import FORWARD, assert_close, prove
from torch.nn.attention import SDPBackend, sdpa_kernel

from attention_scratch.errors import InputError
from attention_scratch.nn import Alibi, MultiHeadAttention, RelativePosition, Rotary, alibi_bias
from attention_scratch.nn.functional import scaled_dot_product_attention

SHAPES = st.sampled_from([(), (1,), (3,), (2, 2)])
LENGTHS = st.sampled_from([1, 2, 3, 9])
HEADS = st.sampled_from([(1, 1), (2, 2), (4, 2), (4, 1), (3, 3)])
DTYPES = st.sampled_from([np.float32, np.float64])


def torchs(layer: MultiHeadAttention, *, mask=None, causal=False, added=None):
    """The layer's arithmetic on torch's linear layers and torch's attention."""
    D = layer.head_dim

    def heads(x):
        return x.unflatten(-1, (-1, D)).transpose(-3, -2)

    def reference(p, x):
        query, key, value = (
            F.linear(x, p[f"{name}.weight"], p.get(f"{name}.bias"))
            for name in ("query", "key", "value")
        )
        if "query_norm.weight" in p:
            query = F.rms_norm(query, query.shape[-1:], p["query_norm.weight"], 1e-5)
            key = F.rms_norm(key, key.shape[-1:], p["key_norm.weight"], 1e-5)
        query, key, value = heads(query), heads(key), heads(value)
        T, S = query.shape[-2], key.shape[-2]
        allowed = torch.ones(T, S, dtype=torch.bool)
        if causal:
            allowed = allowed.tril(S - T)
        if mask is not None:
            allowed = allowed & torch.from_numpy(mask)
        bias = torch.zeros((), dtype=x.dtype) if added is None else added(p, T, S)
        scores = torch.where(allowed, bias, -torch.inf)
        groups = layer.heads // layer.kv_heads
        mixed = F.scaled_dot_product_attention(
            query,
            key.repeat_interleave(groups, -3),
            value.repeat_interleave(groups, -3),
            attn_mask=scores.expand(*query.shape[:-1], S),
        )
        mixed = mixed.transpose(-3, -2).flatten(-2)
        return F.linear(mixed, p["output.weight"], p.get("output.bias"))

    return reference


@settings(max_examples=40)
@given(
    st.integers(0, 2**32),
    SHAPES,
    LENGTHS,
    HEADS,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    DTYPES,
)
def test_attention_equals_torch(seed, leading, T, heads, bias, qk_norm, causal, dtype) -> None:
    rng = np.random.default_rng(seed)
    H, K = heads
    layer = MultiHeadAttention(12, H, kv_heads=K, bias=bias, qk_norm=qk_norm, rng=rng, dtype=dtype)
    x = rng.normal(size=(*leading, T, 12)).astype(dtype)
    prove(layer, torchs(layer, causal=causal), x, options={"causal": causal}, rng=rng)


@settings(max_examples=40)
@given(
    st.integers(0, 2**32),
    LENGTHS,
    HEADS,
    st.sampled_from(["full", "heads", "keys", "one", "pairs"]),
    st.booleans(),
    DTYPES,
)
def test_masked_attention_equals_torch_even_where_a_query_sees_nothing(
    seed, T, heads, kind, causal, dtype
) -> None:
    rng = np.random.default_rng(seed)
    H, K = heads
    shapes = {
        "full": (2, H, T, T),
        "heads": (H, T, T),
        "keys": (2, 1, 1, T),
        "one": (1, 1),
        "pairs": (T, T),
    }
    mask = rng.random(shapes[kind]) < 0.6
    if kind != "one":
        mask[..., rng.integers(mask.shape[-2]), :] = False
    layer = MultiHeadAttention(12, H, kv_heads=K, rng=rng, dtype=dtype)
    x = rng.normal(size=(2, T, 12)).astype(dtype)
    options = {"mask": mask, "causal": causal}
    prove(layer, torchs(layer, **options), x, options=options, rng=rng)


def test_a_query_that_sees_nothing_gets_zeros_and_gives_no_gradient() -> None:
    rng = np.random.default_rng(0)
    layer = MultiHeadAttention(8, 2, rng=rng, dtype=np.float64)
    mask = np.array([[True, False, True], [False, False, False], [True, True, True]])
    x = rng.normal(size=(3, 8))
    y = layer.forward(x, mask=mask)
    np.testing.assert_array_equal(y[1], 0)
    np.testing.assert_array_equal(layer.weights[:, 1], 0)
    upstream = np.zeros((3, 8))
    upstream[1] = 1
    np.testing.assert_array_equal(layer.backward(upstream), 0)


@settings(max_examples=30)
@given(
    st.integers(0, 2**32),
    SHAPES,
    LENGTHS,
    HEADS,
    st.sampled_from(["alibi", "relative"]),
    st.booleans(),
    DTYPES,
)
def test_biases_of_position_equal_torch(seed, leading, T, heads, kind, causal, dtype) -> None:
    rng = np.random.default_rng(seed)
    H, K = heads
    if kind == "alibi":
        bias = Alibi(H, dtype=dtype)

        def added(p, T, S):
            return torch.from_numpy(alibi_bias(H, T, S, dtype=dtype))

    else:
        bias = RelativePosition(H, max_distance=3, dtype=dtype)
        bias.params["weight"][:] = rng.normal(size=(H, 7))

        def added(p, T, S):
            distance = torch.arange(S - T, S)[:, None] - torch.arange(S)
            return p["position_bias.weight"][:, distance.clamp(-3, 3) + 3]

    layer = MultiHeadAttention(12, H, kv_heads=K, position_bias=bias, rng=rng, dtype=dtype)
    x = rng.normal(size=(*leading, T, 12)).astype(dtype)
    reference = torchs(layer, causal=causal, added=added)
    prove(layer, reference, x, options={"causal": causal}, rng=rng)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1.0, 1e2, 1e4])
def test_extreme_scores_equal_torch_without_a_warning(dtype: type, size: float) -> None:
    rng = np.random.default_rng(3)
    layer = MultiHeadAttention(2, 2, rng=rng, dtype=dtype)
    for name in ("query", "key", "value", "output"):
        layer.params[f"{name}.weight"][:] = np.eye(2)
    layer.params["query.weight"][:] *= size
    # Integers: every score up to 4e4 is exact, so both see the same gaps and the same ties.
    x = rng.integers(-2, 3, (2, 9, 2)).astype(dtype)
    mask = rng.random((2, 1, 9, 9)) < 0.7
    options = {"mask": mask, "causal": True}
    reference = torchs(layer, **options)
    # torch's other kernels go back through exp(score - log-sum-exp), which rounds at 1e4.
    with warnings.catch_warnings(), sdpa_kernel(SDPBackend.MATH):
        warnings.simplefilter("error")
        prove(layer, reference, x, options=options, rng=rng, differences=size == 1)


def test_the_weights_of_the_last_forward_are_kept() -> None:
    rng = np.random.default_rng(0)
    layer = MultiHeadAttention(12, 4, kv_heads=2, rng=rng, dtype=np.float64)
    with pytest.raises(InputError, match="weights: got no forward yet"):
        _ = layer.weights
    x = rng.normal(size=(2, 5, 12))
    layer.forward(x, causal=True)
    query, key, value = (
        (x @ layer.params[f"{name}.weight"].T).reshape(2, 5, -1, 3).swapaxes(1, 2)
        for name in ("query", "key", "value")
    )
    key, value = key.repeat(2, axis=1), value.repeat(2, axis=1)
    _, expected = scaled_dot_product_attention(query, key, value, causal=True, return_weights=True)
    assert_close(layer.weights, expected, FORWARD[np.dtype(np.float64)], "weights")


def test_dropout_drops_weights_in_training_only() -> None:
    rng = np.random.default_rng(0)
    x = np.random.default_rng(1).normal(size=(1, 40, 8))
    layer = MultiHeadAttention(8, 1, dropout=0.5, rng=rng, dtype=np.float64)
    layer.params["value.weight"][:] = np.eye(8)
    layer.params["output.weight"][:] = np.eye(8)
    dropped = layer.forward(x)
    assert not np.allclose(dropped, layer.weights[0] @ x)
    np.testing.assert_allclose(layer.eval().forward(x), layer.weights[0] @ x)
    many = np.mean([layer.train().forward(x) for _ in range(300)], axis=0)
    np.testing.assert_allclose(many, layer.weights[0] @ x, atol=0.1)


def test_the_gradient_under_dropout_is_that_of_the_weights_that_stayed() -> None:
    layer = MultiHeadAttention(8, 2, dropout=0.4, rng=np.random.default_rng(0), dtype=np.float64)
    x = np.random.default_rng(1).normal(size=(2, 5, 8))
    upstream = np.random.default_rng(2).normal(size=(2, 5, 8))
    direction = np.random.default_rng(3).normal(size=(2, 5, 8))

    def value(x: np.ndarray) -> float:
        layer.dropout.rng = np.random.default_rng(7)
        return float((layer.forward(x) * upstream).sum())

    value(x)
    along = float((layer.backward(upstream) * direction).sum())
    slope = (value(x + 1e-5 * direction) - value(x - 1e-5 * direction)) / 2e-5
    assert along == pytest.approx(slope, rel=1e-6)


def test_rotary_makes_a_score_depend_on_the_distance() -> None:
    rng = np.random.default_rng(0)
    layer = MultiHeadAttention(8, 2, rotary=Rotary(4, dtype=np.float64), rng=rng, dtype=np.float64)
    x = np.broadcast_to(rng.normal(size=8), (6, 8))  # the same token six times
    layer.forward(x)
    ratios = np.log(layer.weights) - np.log(layer.weights[:, :, :1])
    scores = ratios - ratios[:, np.arange(6), np.arange(6)][..., None]  # relative to the diagonal
    for shift in range(-5, 6):
        diagonal = np.diagonal(scores, shift, axis1=1, axis2=2)
        np.testing.assert_allclose(diagonal, diagonal[:, :1] + np.zeros(6 - abs(shift)), atol=1e-12)
    assert np.abs(scores).max() > 0.01


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 5}, "heads: got 5; expected a divisor of dim = 12"),
        ({"heads": 4, "kv_heads": 3}, "kv_heads: got 3; expected a divisor of heads = 4"),
        ({"heads": 0}, "heads: got 0"),
        ({"heads": 2, "rotary": Rotary(4)}, "rotary: got dim 4; expected dim 6"),
        ({"heads": 2, "dropout": 1.5}, "p: got 1.5"),
    ],
)
def test_sizes_that_do_not_fit_are_named(options: dict, message: str) -> None:
    heads = options.pop("heads")
    with pytest.raises(InputError, match=message):
        MultiHeadAttention(12, heads, rng=np.random.default_rng(0), **options)


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (np.zeros((3, 7)), {}, r"x: got shape \(3, 7\); expected \(\.\.\., 8\)"),
        (np.zeros(8), {}, r"x: got shape \(8,\); expected at least 2 axes"),
        (np.zeros((3, 8), np.float32), {}, "x: got dtype float32; expected float64"),
        (np.zeros((3, 8)), {"mask": np.ones((3, 4), bool)}, r"mask: got shape \(3, 4\)"),
        (np.zeros((3, 8)), {"mask": np.ones((3, 3))}, "mask: got dtype float64"),
    ],
)
def test_what_attention_cannot_use_is_named(x, options: dict, message: str) -> None:
    layer = MultiHeadAttention(8, 2, rng=np.random.default_rng(0), dtype=np.float64)
    with pytest.raises(InputError, match=message):
        layer.forward(x, **options)


@pytest.mark.parametrize("shape", [(0, 3, 8), (2, 0, 8)])
def test_nothing_in_gives_nothing_out(shape: tuple[int, ...]) -> None:
    layer = MultiHeadAttention(8, 4, kv_heads=2, rng=np.random.default_rng(0))
    x = np.zeros(shape, np.float32)
    assert layer.forward(x, causal=True).shape == shape
    assert layer.backward(x).shape == shape


def test_scores_are_divided_by_the_root_of_a_heads_width() -> None:
    layer = MultiHeadAttention(8, 2, rng=np.random.default_rng(0), dtype=np.float64)
    x = np.random.default_rng(1).normal(size=(2, 8))
    layer.forward(x)
    query, key = (x @ layer.params[f"{name}.weight"].T for name in ("query", "key"))
    score = query[:, :4] @ key[:, :4].T / math.sqrt(4)
    expected = torch.softmax(torch.from_numpy(score), -1).numpy()
    np.testing.assert_allclose(layer.weights[0], expected, rtol=1e-13)
