"""Configurations, and what the two models do beside arithmetic; that is compared with the PyTorch
twin in tests/models/test_torch_twin.py."""

from __future__ import annotations

import json

import numpy as np
import pytest

from attention_scratch.errors import InputError
from attention_scratch.nn import Decoder, Encoder, TransformerConfig

SMALL = {"vocab_size": 11, "dim": 8, "layers": 2, "heads": 2, "hidden": 12}


def config(**changes: object) -> TransformerConfig:
    return TransformerConfig.from_dict({**SMALL, **changes})


def decoder(**changes: object) -> Decoder:
    return Decoder(config(**changes), rng=np.random.default_rng(0), dtype=np.float64)


def test_a_configuration_survives_json() -> None:
    made = config(kv_heads=1, window=3, positions="alibi", tie=True, eps=1e-6)
    assert TransformerConfig.from_dict(json.loads(json.dumps(made.to_dict()))) == made


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocab_size": 0}, "vocab_size: got 0"),
        ({"dim": 2.5}, "dim: got 2.5"),
        ({"layers": True}, "layers: got True"),
        ({"hidden": "12"}, "hidden: got '12'"),
        ({"heads": 3}, "heads: got 3; expected a divisor of dim = 8"),
        ({"kv_heads": 4}, "kv_heads: got 4; expected a divisor of heads = 2"),
        ({"heads": 8}, "heads: got 8; expected heads of even width for rotary positions, not 1"),
        ({"positions": "rope"}, "positions: got 'rope'; expected rotary or learned"),
        ({"norm": None}, "norm: got None; expected rms"),
        ({"order": "sandwich"}, "order: got 'sandwich'; expected pre or post or olmo2"),
        ({"activation": "elu"}, "activation: got 'elu'"),
        ({"rope_pairing": "x"}, "rope_pairing: got 'x'"),
        ({"rope_theta": -1}, "rope_theta: got -1"),
        ({"eps": 0}, "eps: got 0"),
        ({"dropout": 1}, "dropout: got 1"),
        ({"window": 0}, "window: got 0"),
        ({"stride": 1.5}, "stride: got 1.5"),
        ({"tie": 1}, "tie: got 1; expected True or False"),
        ({"max_positions": 0}, "max_positions: got 0"),
        ({"depth": 3}, "depth: got 3; expected one of vocab_size, dim"),
    ],
)
def test_a_field_that_cannot_be_is_named(changes: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        config(**changes)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(InputError, match="hidden: got nothing; expected a value"):
        TransformerConfig.from_dict({k: v for k, v in SMALL.items() if k != "hidden"})


def test_an_encoder_sees_both_ways() -> None:
    with pytest.raises(InputError, match="causal: got True; expected False for an encoder"):
        Encoder(config(), classes=3, rng=np.random.default_rng(0))


@pytest.mark.parametrize("tie", [False, True])
@pytest.mark.parametrize("order", ["pre", "post", "olmo2"])
def test_logits_at_some_positions_are_those_of_all(tie: bool, order: str) -> None:
    model = decoder(tie=tie, order=order)
    rng = np.random.default_rng(1)
    ids = rng.integers(0, 11, (3, 6))
    at = np.array([[5, 2], [0, 0], [3, 1]])  # one position twice
    everywhere = model.forward(ids)
    grad = rng.normal(size=(3, 2, 11))
    full = np.zeros_like(everywhere)
    np.add.at(full, (np.arange(3)[:, None], at), grad)
    model.backward(full)
    expected = {name: value.copy() for name, value in model.grads.items()}
    model.zero_grad()
    got = model.forward(ids, at=at)
    model.backward(grad)
    np.testing.assert_allclose(
        got, np.take_along_axis(everywhere, at[:, :, None], 1), rtol=1e-12, atol=1e-14
    )
    for name, value in model.grads.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("positions", ["rotary", "learned", "sinusoidal", "alibi", "relative"])
def test_padding_changes_nothing_before_it(positions: str) -> None:
    model = decoder(positions=positions, causal=False)
    ids = np.random.default_rng(1).integers(0, 11, (2, 7))
    mask = np.arange(7) < np.array([[4], [7]])
    got = model.forward(ids, mask)
    np.testing.assert_allclose(got[:1, :4], model.forward(ids[:1, :4]), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(got[1:], model.forward(ids[1:]), rtol=1e-11, atol=1e-13)


def test_a_decoder_does_not_see_the_future() -> None:
    model = decoder()
    ids = np.random.default_rng(1).integers(0, 11, (1, 7))
    other = ids.copy()
    other[0, 4:] = (other[0, 4:] + 1) % 11
    got, changed = model.forward(ids), model.forward(other)
    np.testing.assert_allclose(got[:, :4], changed[:, :4], rtol=1e-12)
    assert not np.allclose(got[:, 4:], changed[:, 4:])


def test_a_window_and_a_stride_hide_what_they_say() -> None:
    model = decoder(window=2, layers=1)
    ids = np.arange(7)[None]
    model.forward(ids)
    seen = model.attention_weights[0][0, 0] > 0
    np.testing.assert_array_equal(seen, np.tri(7, dtype=bool) & ~np.tri(7, k=-2, dtype=bool))
    model = decoder(stride=3, layers=1)
    model.forward(ids)
    last = model.attention_weights[0][0, 0, -1] > 0
    np.testing.assert_array_equal(last, [True, False, False, True, True, True, True])


def test_the_weights_of_each_block_are_kept() -> None:
    model = decoder(kv_heads=1)
    with pytest.raises(InputError, match="weights: got no forward yet"):
        _ = model.attention_weights
    model.forward(np.zeros((3, 5), int))
    assert [w.shape for w in model.attention_weights] == [(3, 2, 5, 5)] * 2
    for weights in model.attention_weights:
        np.testing.assert_allclose(weights.sum(-1), 1)


def test_tied_weights_are_one_parameter() -> None:
    names = set(decoder(tie=True).params)
    assert "embedding.weight" in names
    assert "head.weight" not in names


def test_an_encoder_pools_tokens_and_not_padding() -> None:
    encoder = Encoder(
        config(causal=False), classes=3, rng=np.random.default_rng(0), dtype=np.float64
    )
    ids = np.random.default_rng(1).integers(0, 11, (2, 6))
    mask = np.arange(6) < np.array([[4], [6]])
    got = encoder.forward(ids, mask)
    np.testing.assert_allclose(got[:1], encoder.forward(ids[:1, :4]), rtol=1e-11)
    np.testing.assert_allclose(got[1:], encoder.forward(ids[1:]), rtol=1e-11)


def test_a_sequence_of_padding_alone_gives_the_heads_bias() -> None:
    encoder = Encoder(
        config(causal=False), classes=3, rng=np.random.default_rng(0), dtype=np.float64
    )
    got = encoder.forward(np.zeros((1, 4), int), np.zeros((1, 4), bool))
    np.testing.assert_array_equal(got[0], encoder.params["head.bias"])


def test_dropout_is_off_in_evaluation_and_repeats_by_seed() -> None:
    ids = np.arange(6)[None]
    plain = decoder().forward(ids)
    dropping = decoder(dropout=0.3)
    first, second = dropping.forward(ids), dropping.forward(ids)
    assert not np.allclose(first, second)
    np.testing.assert_array_equal(first, decoder(dropout=0.3).forward(ids))
    np.testing.assert_allclose(dropping.eval().forward(ids), plain, rtol=1e-12)


@pytest.mark.parametrize(
    ("ids", "options", "message"),
    [
        (np.array([[0, 11]]), {}, r"ids\[0, 1\]: got 11; expected an integer from 0 to 10"),
        (np.array([0, 1]), {}, r"ids: got shape \(2,\); expected 2 axes"),
        (np.zeros((1, 2)), {}, "ids: got dtype float64"),
        ([[1]], {}, "ids: got a list"),
        (np.zeros((1, 5), int), {}, "x: got 5 positions; expected at most 4"),
        (np.zeros((1, 2), int), {"mask": np.ones((1, 2))}, "mask: got float64"),
        (np.zeros((1, 2), int), {"mask": np.ones((1, 3), bool)}, r"mask: got bool \(1, 3\)"),
        (np.zeros((1, 2), int), {"at": np.array([[2]])}, r"at\[0, 0\]: got 2"),
        (np.zeros((1, 2), int), {"at": np.array([0])}, r"at: got shape \(1,\)"),
        (np.zeros((1, 2), int), {"at": np.array([[0], [1]])}, r"at: got shape \(2, 1\)"),
    ],
)
def test_what_a_model_cannot_read_is_named(ids, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        decoder(positions="learned", max_positions=4).forward(ids, **options)
