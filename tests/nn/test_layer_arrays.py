"""The dicts a layer shows its arrays in."""

from __future__ import annotations

import numpy as np
import pytest

from attention_scratch.errors import InputError
from attention_scratch.nn.feed_forward import FeedForward
from attention_scratch.nn.linear import Linear
from attention_scratch.nn.parameters import flatten


def test_assigning_to_a_name_copies_into_the_layers_own_array() -> None:
    layer = Linear(3, 2, rng=np.random.default_rng(0))
    own, weight = layer.params["weight"], np.arange(6.0).reshape(2, 3)
    layer.params["weight"] = weight
    layer.params["weight"] *= 2
    assert layer.params["weight"] is own
    np.testing.assert_array_equal(own, 2 * weight)
    layer.params["bias"] = np.zeros(2)
    np.testing.assert_array_equal(layer.forward(np.eye(3, dtype=np.float32)), 2 * weight.T)


def test_a_layer_of_layers_shows_the_same_arrays_under_dotted_names_and_in_one_vector() -> None:
    layer = FeedForward(4, 8, rng=np.random.default_rng(0))
    flat = flatten(layer)
    for name, array in layer.params.items():
        array[...] = 3
        assert (flat.values[flat.slices[name]] == 3).all()
        assert np.shares_memory(array, flat.values)
    assert layer.params.keys() == layer.grads.keys() == flat.slices.keys()
    assert isinstance(layer.params, dict)


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [("weight", (3, 2), r"weight.*shape \(2, 3\)"), ("wieght", (2, 3), "one of weight, bias")],
)
def test_a_wrong_name_or_shape_is_named_and_nothing_changes(
    name: str, shape: tuple[int, int], message: str
) -> None:
    layer = Linear(3, 2, rng=np.random.default_rng(0))
    before = layer.params["weight"].copy()
    with pytest.raises(InputError, match=message):
        layer.params[name] = np.ones(shape)
    np.testing.assert_array_equal(layer.params["weight"], before)
