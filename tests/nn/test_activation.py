"""Activations and feed-forward layers against torch, autograd and central differences."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_proof import FORWARD, GRADIENT, prove

from attention_scratch.errors import InputError
from attention_scratch.nn import FeedForward, GatedFeedForward, Gelu, Mish, Relu, Silu, functional
from attention_scratch.nn.activation import ACTIVATIONS
from attention_scratch.nn.feed_forward import feed_forward

TORCH = {
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "relu": F.relu,
    "silu": F.silu,
    "mish": F.mish,
}
PURE = {
    "gelu": functional.gelu,
    "gelu_tanh": functional.gelu_tanh,
    "relu": functional.relu,
    "silu": functional.silu,
    "mish": functional.mish,
}
SHAPES = st.sampled_from([(1,), (3,), (2, 3, 33), (0, 4)])
DTYPES = st.sampled_from([np.float32, np.float64])


@settings(max_examples=40)
@given(
    st.integers(0, 2**32),
    SHAPES,
    st.sampled_from(list(TORCH)),
    st.sampled_from([0.1, 1.0, 5.0]),
    DTYPES,
)
def test_an_activation_equals_torch(seed, shape, name, size, dtype) -> None:
    rng = np.random.default_rng(seed)
    x = np.asarray(rng.normal(size=shape) * size, dtype)
    x[np.abs(x) < 1e-3] = 1e-3  # relu has no derivative at 0
    prove(ACTIVATIONS[name](), lambda _, x: TORCH[name](x), x, rng=rng)


@pytest.mark.parametrize("name", list(PURE))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_function_and_the_layer_agree_and_the_input_stays(name: str, dtype: type) -> None:
    x = np.linspace(-6, 6, 101, dtype=dtype)
    kept = x.copy()
    np.testing.assert_array_equal(PURE[name](x), ACTIVATIONS[name]().forward(x))
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize("name", list(TORCH))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_inputs_equal_torch_without_a_warning(name: str, dtype: type) -> None:
    x = np.array([-1e4, -100, -50, -20, 0, 20, 50, 100, 1e4], dtype)
    tensor = torch.tensor(x, requires_grad=True)
    expected = TORCH[name](tensor)
    expected.backward(torch.ones_like(expected))
    layer = ACTIVATIONS[name]()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got, grad = layer.forward(x), layer.backward(np.ones_like(x))
    np.testing.assert_allclose(got, expected.detach().numpy(), rtol=FORWARD[x.dtype], atol=1e-7)
    np.testing.assert_allclose(grad, tensor.grad.numpy(), rtol=GRADIENT[x.dtype], atol=1e-6)


def test_relus_slope_at_zero_is_zero_as_in_torch() -> None:
    layer = Relu()
    layer.forward(np.zeros(3))
    np.testing.assert_array_equal(layer.backward(np.ones(3)), 0)


def test_gelus_float32_tail_keeps_its_digits() -> None:
    x = np.linspace(-8, -1, 2001, dtype=np.float32)
    expected = [v * math.erfc(-v / math.sqrt(2)) / 2 for v in x.astype(float)]
    # exp(-x²/2) magnifies the rounding of x² by x²/2: at -8 that is 32 u.
    np.testing.assert_allclose(functional.gelu(x), expected, rtol=40 * 2.0**-24)


def test_gelu_has_two_forms() -> None:
    with pytest.raises(InputError, match="approximate: got 'erf'; expected none or tanh"):
        Gelu(approximate="erf")


@settings(max_examples=40)
@given(
    st.integers(0, 2**32),
    st.sampled_from([(1,), (3,), (2, 5), (2, 1, 3)]),
    st.integers(1, 17),
    st.integers(1, 33),
    st.sampled_from(["gelu", "gelu_tanh", "silu", "mish"]),
    st.booleans(),
    DTYPES,
)
def test_feed_forward_equals_torch(seed, leading, C, hidden, name, bias, dtype) -> None:
    rng = np.random.default_rng(seed)
    layer = FeedForward(C, hidden, activation=name, bias=bias, rng=rng, dtype=dtype)

    def reference(p, x):
        wide = TORCH[name](F.linear(x, p["up.weight"], p.get("up.bias")))
        return F.linear(wide, p["down.weight"], p.get("down.bias"))

    prove(layer, reference, rng.normal(size=(*leading, C)).astype(dtype), rng=rng)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_feed_forward_with_relu_equals_torch(dtype: type) -> None:
    rng = np.random.default_rng(3)
    layer = FeedForward(8, 32, activation="relu", rng=rng, dtype=dtype)

    def reference(p, x):
        wide = F.relu(F.linear(x, p["up.weight"], p["up.bias"]))
        return F.linear(wide, p["down.weight"], p["down.bias"])

    prove(layer, reference, rng.normal(size=(2, 5, 8)).astype(dtype), rng=rng)


@settings(max_examples=30)
@given(
    st.integers(0, 2**32),
    st.sampled_from([(1,), (3,), (2, 5), (2, 1, 3)]),
    st.integers(1, 17),
    st.integers(1, 33),
    st.sampled_from([("swiglu", "silu"), ("geglu", "gelu")]),
    st.booleans(),
    DTYPES,
)
def test_gated_feed_forward_equals_torch(seed, leading, C, hidden, names, bias, dtype) -> None:
    rng = np.random.default_rng(seed)
    layer = GatedFeedForward(C, hidden, activation=names[0], bias=bias, rng=rng, dtype=dtype)

    def reference(p, x):
        gate = TORCH[names[1]](F.linear(x, p["gate.weight"], p.get("gate.bias")))
        up = F.linear(x, p["up.weight"], p.get("up.bias"))
        return F.linear(gate * up, p["down.weight"], p.get("down.bias"))

    prove(layer, reference, rng.normal(size=(*leading, C)).astype(dtype), rng=rng)


@pytest.mark.parametrize(
    ("name", "inside"),
    [("swiglu", Silu), ("geglu", Gelu), ("gelu", Gelu), ("relu", Relu), ("mish", Mish)],
)
def test_a_name_chooses_the_layer(name: str, inside: type) -> None:
    layer = feed_forward(4, 8, activation=name, bias=False, rng=np.random.default_rng(0))
    assert isinstance(layer.activation, inside)
    assert isinstance(layer, GatedFeedForward) == (name in ("swiglu", "geglu"))


@pytest.mark.parametrize(
    "build",
    [
        lambda name: feed_forward(4, 8, activation=name, bias=True, rng=np.random.default_rng(0)),
        lambda name: FeedForward(4, 8, activation=name, rng=np.random.default_rng(0)),
        lambda name: GatedFeedForward(4, 8, activation=name, rng=np.random.default_rng(0)),
    ],
)
def test_an_unknown_activation_is_named(build) -> None:
    with pytest.raises(InputError, match=r"activation: got 'tanh'; expected .*(gelu|geglu)"):
        build("tanh")
