"""The NumPy transformers and their PyTorch twins: the same numbers, the same gradients, weights
that go both ways, and training runs that stay together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from attention_scratch.models import torch_twin as twin
from attention_scratch.nn import CrossEntropy, Decoder, Encoder, TransformerConfig, flatten
from attention_scratch.nn.feed_forward import CHOICES
from attention_scratch.nn.norm import NORMS
from attention_scratch.nn.optim import AdamW
from attention_scratch.nn.transformer_config import POSITIONS
from tests.families import all_pairs

PATTERNS = (
    {"causal": True},
    {"causal": False},
    {"causal": True, "window": 2},
    {"causal": False, "stride": 2},
)
TOLERANCE = {np.float32: (1e-6, 1e-5), np.float64: (1e-12, 1e-10)}
SMALL = {"vocab_size": 7, "dim": 8, "heads": 4, "hidden": 12, "max_distance": 2}


def pair(config: TransformerConfig, dtype: type, seed: int = 0) -> tuple[Decoder, twin.Decoder]:
    """A NumPy decoder and its twin, of equal weights."""
    ours = Decoder(config, rng=np.random.default_rng(seed), dtype=dtype)
    rng = np.random.default_rng(seed + 1)
    for name, value in ours.params.items():  # lively norms and biases of position
        if "norm" in name or "position" in name:
            value += rng.normal(0, 0.3, value.shape)
    with torch.device("meta"):  # no first weights are drawn
        theirs = twin.Decoder(config)
    theirs.load_state_dict(twin.to_torch(ours.params), assign=True)
    return ours, theirs


def compare(
    ours: Decoder | Encoder, theirs: torch.nn.Module, ids: np.ndarray, mask: np.ndarray, what: str
) -> None:
    """Logits and all gradients; a gradient counts as at least a hundredth of the largest."""
    forward, backward = TOLERANCE[ours.dtype.type]
    got = ours.forward(ids, mask)
    expected = theirs(torch.from_numpy(ids), torch.from_numpy(mask))
    assert_near(got, expected.detach().numpy(), forward, 0.0, what)
    upstream = np.random.default_rng(5).normal(size=got.shape).astype(got.dtype)
    ours.backward(upstream)
    expected.backward(torch.from_numpy(upstream))
    grads = {name: p.grad.numpy() for name, p in theirs.named_parameters()}
    mine = ours.grads
    assert grads.keys() == mine.keys()
    least = 0.01 * max(float(np.abs(grad).max()) for grad in grads.values())
    for name, grad in grads.items():
        assert_near(mine[name], grad, backward, least, f"{what}: {name}")


def assert_near(
    got: np.ndarray, expected: np.ndarray, tolerance: float, least: float, what: str
) -> None:
    """``np.testing.assert_allclose``, but 20 times as quick: it is called 40,000 times."""
    scale = max(float(np.abs(expected).max()), least)
    furthest = float(np.abs(got - expected).max())
    assert furthest <= tolerance * scale, f"{what}: {furthest} apart, the largest is {scale}"


def all_choices(positions: str) -> Iterator[TransformerConfig]:
    """Every norm, order, activation and pattern; the other fields change along."""
    choices = itertools.product(NORMS, ("pre", "post", "olmo2"), CHOICES, PATTERNS)
    for index, (norm, order, activation, pattern) in enumerate(choices):
        yield TransformerConfig(
            **SMALL,
            layers=1 + (index % 8 == 0),
            positions=positions,
            norm=norm,
            order=order,
            activation=activation,
            **pattern,
            kv_heads=(None, 2, 1)[index % 3],
            qk_norm=index % 2 == 0,
            bias=index % 5 < 2,
            tie=index % 7 < 3,
            rope_pairing=("half", "interleaved")[index // 2 % 2],
        )


# Fields of a configuration that are independent of each other.
FIELDS = {
    "norm": NORMS,
    "order": ("pre", "post", "olmo2"),
    "activation": CHOICES,
    "layers": (1, 2),
    "kv_heads": (None, 2, 1),
    "qk_norm": (True, False),
    "bias": (True, False),
    "tie": (True, False),
    "rope_pairing": ("half", "interleaved"),
}


def paired_choices(positions: str) -> Iterator[TransformerConfig]:
    """Every two values of different fields together in some configuration."""
    for pattern, *row in all_pairs([PATTERNS, *map(tuple, FIELDS.values())]):
        fields = dict(zip(FIELDS, row, strict=True))
        yield TransformerConfig(**SMALL, positions=positions, **pattern, **fields)


@pytest.mark.slow
@pytest.mark.parametrize("positions", POSITIONS)
def test_every_choice_equals_the_twin(positions: str, pytestconfig: pytest.Config) -> None:
    rng = np.random.default_rng(0)
    choices = all_choices if pytestconfig.getoption("--full") else paired_choices
    for config in choices(positions):
        ours, theirs = pair(config, np.float64)
        ids = rng.integers(0, 7, (2, 5))
        compare(ours, theirs, ids, np.arange(5) < np.array([[5], [3]]), str(config))


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("order", ["pre", "post", "olmo2"])
def test_float32_equals_the_twin(positions: str, order: str) -> None:
    config = TransformerConfig(
        vocab_size=21, dim=32, layers=2, heads=4, hidden=48, positions=positions, order=order
    )
    ours, theirs = pair(config, np.float32)
    ids = np.random.default_rng(0).integers(0, 21, (3, 12))
    compare(ours, theirs, ids, np.arange(12) < np.array([[12], [7], [1]]), str(config))


@pytest.mark.parametrize("positions", POSITIONS)
def test_a_whole_models_gradient_is_what_differences_say(positions: str) -> None:
    rng = np.random.default_rng(0)
    for config in itertools.islice(all_choices(positions), 0, None, 11):
        if config.activation == "relu":
            continue  # a kink near a pre-activation is no slope
        ours = Decoder(config, rng=rng, dtype=np.float64)
        flat, loss = flatten(ours), CrossEntropy(label_smoothing=0.1)
        ids, targets = rng.integers(0, 7, (2, 2, 5))

        def value(ours=ours, loss=loss, ids=ids, targets=targets) -> float:
            return loss.forward(ours.forward(ids), targets)

        value()
        ours.backward(loss.backward())
        direction = rng.normal(size=flat.values.shape)
        direction /= np.linalg.norm(direction)
        kept, slopes = flat.values.copy(), []
        for step in (1e-4, 2e-4):  # Richardson: the two steps cancel the curvature's curvature
            flat.values[:] = kept + step * direction
            above = value()
            flat.values[:] = kept - step * direction
            slopes.append((above - value()) / (2 * step))
        slope = (4 * slopes[0] - slopes[1]) / 3
        assert flat.grads @ direction == pytest.approx(slope, rel=1e-6, abs=1e-9), str(config)


@pytest.mark.parametrize("tie", [False, True])
def test_weights_go_to_torch_and_back(tie: bool) -> None:
    config = TransformerConfig(
        **SMALL, layers=2, tie=tie, qk_norm=True, positions="relative", bias=True
    )
    ours, _ = pair(config, np.float32)
    theirs = twin.Decoder(config)
    assert set(dict(theirs.named_parameters())) == set(ours.params)
    theirs.load_state_dict(twin.to_torch(ours.params))
    back = Decoder(config, rng=np.random.default_rng(9))
    back.load(twin.to_numpy(theirs))
    for name, value in back.params.items():
        np.testing.assert_array_equal(value, ours.params[name])
    with torch.no_grad():
        next(theirs.parameters()).fill_(0)
    assert ours.params["embedding.weight"].any()  # copies, not views


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_encoder_equals_the_twin(masked: bool, dtype: type) -> None:
    config = TransformerConfig(**SMALL, layers=2, causal=False, norm="layer", activation="gelu")
    ours = Encoder(config, classes=3, rng=np.random.default_rng(0), dtype=dtype)
    theirs = twin.Encoder(config, classes=3).to(
        torch.float64 if dtype == np.float64 else torch.float32
    )
    theirs.load_state_dict(twin.to_torch(ours.params))
    ids = np.random.default_rng(1).integers(0, 7, (4, 6))
    mask = np.arange(6) < np.array([[6], [4], [1], [2]])
    if masked:
        compare(ours, theirs, ids, mask, "encoder")
    else:
        got, expected = ours.forward(ids), theirs(torch.from_numpy(ids))
        np.testing.assert_allclose(got, expected.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_logits_at_some_positions_equal_the_twins() -> None:
    ours, theirs = pair(TransformerConfig(**SMALL, layers=2), np.float64)
    rng = np.random.default_rng(0)
    ids, at = rng.integers(0, 7, (3, 6)), rng.integers(0, 6, (3, 2))
    expected = theirs(torch.from_numpy(ids), at=torch.from_numpy(at))
    np.testing.assert_allclose(ours.forward(ids, at=at), expected.detach().numpy(), rtol=1e-11)


def test_training_for_100_steps_tracks_the_twin() -> None:
    config = TransformerConfig(
        vocab_size=13, dim=32, layers=2, heads=2, hidden=64, order="olmo2", qk_norm=True
    )
    ours = Decoder(config, rng=np.random.default_rng(0))
    theirs = twin.Decoder(config)
    theirs.load_state_dict(twin.to_torch(ours.params))
    flat, loss = flatten(ours), CrossEntropy(ignore_index=0)
    mine = AdamW(flat, lr=1e-3, weight_decay=0.01, decay_all=True)
    other = torch.optim.AdamW(theirs.parameters(), lr=1e-3, weight_decay=0.01)
    rng = np.random.default_rng(1)
    losses = []
    for _ in range(100):
        starts, steps = rng.integers(1, 13, (2, 16, 1))
        ids = 1 + (starts + steps * np.arange(9)) % 12  # count on in steps of the same size
        ids, targets = ids[:, :-1], ids[:, 1:]
        flat.grads[:] = 0
        ours_loss = loss.forward(ours.forward(ids), targets)
        ours.backward(loss.backward())
        mine.step()
        other.zero_grad()
        logits = theirs(torch.from_numpy(ids))
        theirs_loss = F.cross_entropy(
            logits.flatten(0, 1), torch.from_numpy(targets).flatten(), ignore_index=0
        )
        theirs_loss.backward()
        other.step()
        losses.append((ours_loss, theirs_loss.item()))
    got, expected = np.array(losses).T
    np.testing.assert_allclose(got, expected, atol=1e-4)
    assert got[-10:].mean() < 0.8 * got[:10].mean()  # it learned something
