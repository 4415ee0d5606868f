"""What every layer has: one backward a forward, sums of gradients, modes, loading, one vector."""

from __future__ import annotations

import numpy as np
import pytest

from attention_scratch.errors import InputError
from attention_scratch.nn import (
    Decoder,
    Dropout,
    Embedding,
    FeedForward,
    Gelu,
    LayerNorm,
    LearnedPositions,
    Linear,
    Mish,
    MultiHeadAttention,
    Relu,
    RMSNorm,
    Silu,
    TransformerConfig,
    flatten,
)

CONFIG = TransformerConfig(vocab_size=7, dim=8, layers=2, heads=2, hidden=12, norm="layer")


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def model(**changes: object) -> Decoder:
    config = TransformerConfig.from_dict({**CONFIG.to_dict(), **changes})
    return Decoder(config, rng=rng())


LAYERS = {
    "linear": (lambda: Linear(8, 8, rng=rng()), np.ones((3, 8), np.float32)),
    "embedding": (lambda: Embedding(9, 8, rng=rng()), np.arange(3)),
    "learned": (lambda: LearnedPositions(4, 8, rng=rng()), np.ones((3, 8), np.float32)),
    "layer norm": (lambda: LayerNorm(8), np.ones((3, 8), np.float32)),
    "rms norm": (lambda: RMSNorm(8), np.ones((3, 8), np.float32)),
    "gelu": (Gelu, np.ones((3, 8), np.float32)),
    "relu": (Relu, np.ones((3, 8), np.float32)),
    "silu": (Silu, np.ones((3, 8), np.float32)),
    "mish": (Mish, np.ones((3, 8), np.float32)),
    "dropout": (lambda: Dropout(0.5, rng=rng()), np.ones((3, 8), np.float32)),
    "feed forward": (lambda: FeedForward(8, 4, rng=rng()), np.ones((3, 8), np.float32)),
    "attention": (lambda: MultiHeadAttention(8, 2, rng=rng()), np.ones((3, 8), np.float32)),
    "decoder": (model, np.ones((2, 3), int)),
}


@pytest.mark.parametrize("name", list(LAYERS))
def test_there_is_one_backward_for_each_forward(name: str) -> None:
    build, x = LAYERS[name]
    layer = build()
    grad = np.ones((2, 3, 7) if name == "decoder" else (3, 8), np.float32)
    with pytest.raises(InputError, match="backward: got no forward of this"):
        layer.backward(grad)
    layer.forward(x)
    layer.backward(grad)
    with pytest.raises(InputError, match="a second backward needs a second forward"):
        layer.backward(grad)


@pytest.mark.parametrize("name", [n for n in LAYERS if n != "dropout"])
def test_gradients_add_up_until_they_are_set_to_zero(name: str) -> None:
    build, x = LAYERS[name]
    layer = build()
    grad = np.ones((2, 3, 7) if name == "decoder" else (3, 8), np.float32)
    grad[0] = 2
    layer.forward(x)
    layer.backward(grad)
    once = {name: value.copy() for name, value in layer.grads.items()}
    layer.forward(x)
    layer.backward(grad)
    for key, value in layer.grads.items():
        np.testing.assert_allclose(value, 2 * once[key], rtol=1e-5, atol=1e-6)
    layer.zero_grad()
    for value in layer.grads.values():
        np.testing.assert_array_equal(value, 0)


@pytest.mark.parametrize("name", list(LAYERS))
def test_calling_a_layer_is_its_forward(name: str) -> None:
    build, x = LAYERS[name]
    np.testing.assert_array_equal(build()(x), build().forward(x))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_array_changes_its_dtype_on_the_way(dtype: type) -> None:
    layer = Decoder(CONFIG, rng=rng(), dtype=dtype)
    y = layer.forward(np.ones((2, 3), int))
    layer.backward(np.ones_like(y))
    assert y.dtype == dtype
    found = {a.dtype for arrays in (layer.params, layer.grads) for a in arrays.values()}
    assert found == {np.dtype(dtype)}


def test_modes_reach_every_layer() -> None:
    layer = model(dropout=0.1)
    assert all(part.training for part in layer.layers())
    assert layer.eval() is layer
    assert not any(part.training for part in layer.layers())
    assert layer.train() is layer
    assert all(part.training for part in layer.layers())


def test_loading_copies_and_rounds_to_the_layers_dtype() -> None:
    source, target = Decoder(CONFIG, rng=rng(), dtype=np.float64), model()
    target.load(source.params)
    for name, value in target.params.items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, source.params[name].astype(np.float32))
        assert not np.shares_memory(value, source.params[name])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.pop("blocks.1.attention.key.weight"), r"blocks\.1\.attention\.key\.weight"),
        (lambda p: p.update({"blocks.2.x": np.ones(1)}), r"blocks\.2\.x: got an array; .*no param"),
        (
            lambda p: p.update({"head.weight": np.ones((7, 9))}),
            r"head\.weight: got shape \(7, 9\); expected shape \(7, 8\), for Decoder\(.*dim=8",
        ),
        (lambda p: p.update({"norm.bias": np.ones(8, int)}), r"norm\.bias: got dtype int64"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_copied(change, message: str) -> None:
    layer = model()
    before = {name: value.copy() for name, value in layer.params.items()}
    params = {name: value + 1 for name, value in before.items()}
    change(params)
    with pytest.raises(InputError, match=message):
        layer.load(params)
    for name, value in layer.params.items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("tie", [False, True])
def test_flattening_changes_where_numbers_lie_and_nothing_else(tie: bool) -> None:
    layer, other = model(tie=tie), model(tie=tie)
    ids = np.array([[1, 2, 3]])
    flat = flatten(layer)
    for each in (layer, other):
        each.backward(np.ones_like(each.forward(ids)))
    assert flat.values.shape == flat.grads.shape == (sum(p.size for p in other.params.values()),)
    for name, expected in other.params.items():
        place = flat.slices[name]
        assert flat.shapes[name] == expected.shape
        np.testing.assert_array_equal(flat.values[place].reshape(expected.shape), expected)
        np.testing.assert_array_equal(flat.grads[place].reshape(expected.shape), other.grads[name])
        assert np.shares_memory(layer.params[name], flat.values)
        assert np.shares_memory(layer.grads[name], flat.grads)
    flat.values[:] = 0
    np.testing.assert_array_equal(layer.forward(ids), 0)


def test_flattening_twice_moves_the_model_to_the_second_vector() -> None:
    layer = model()
    first = flatten(layer)
    second = flatten(layer)
    np.testing.assert_array_equal(first.values, second.values)
    assert np.shares_memory(layer.params["head.weight"], second.values)
    assert not np.shares_memory(layer.params["head.weight"], first.values)


def test_every_element_of_the_vector_has_a_name() -> None:
    flat = flatten(model())
    for name, place in flat.slices.items():
        assert flat.name_at(place.start) == flat.name_at(place.stop - 1) == name


def test_there_is_nothing_to_flatten_in_an_activation() -> None:
    with pytest.raises(InputError, match=r"model: got Relu.*; expected a layer with parameters"):
        flatten(Relu())
