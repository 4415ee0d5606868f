"""The forward pass in JavaScript against the one in NumPy, on the same bytes of weights."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attention_scratch.checkpoint import load_file
from attention_scratch.demo.figure import COMPUTED
from attention_scratch.nn.transformer import Decoder
from attention_scratch.tasks.operations import TOKENS
from tests.demo.models import Call, random_decoder, save

pytestmark = pytest.mark.browser

FORWARD = """(module, { config, tensors, ids }) => {
  const bytes = Uint8Array.from(atob(tensors), c => c.charCodeAt(0));
  const { logits, weights } = module.decoder(config, module.readTensors(bytes))(ids);
  return [logits, weights].map(function plain(x) {
    return typeof x === "number" ? x : Array.from(x, plain);
  });
}"""
CONFIGS: list[dict[str, Any]] = [
    *({field: choice} for field in ("positions", "norm", "order", "activation")
      for choice in COMPUTED[field]),
    {"rope_pairing": "interleaved", "rope_theta": 500.0},
    {"kv_heads": 2},
    {"kv_heads": 1, "qk_norm": True},
    {"bias": True},
    {"bias": True, "activation": "relu", "norm": "layer", "positions": "learned"},
    {"tie": True, "eps": 1e-3},
    {"order": "olmo2", "qk_norm": True, "heads": 2},
    {"order": "post", "norm": "layer", "positions": "sinusoidal", "tie": True},
    {"max_positions": 9, "positions": "learned"},
]  # fmt: skip


def forward(call: Call, folder: Path, model: Decoder, ids: list[int]) -> tuple[Any, Any]:
    tensors = base64.b64encode((folder / "model.safetensors").read_bytes()).decode()
    argument = {"config": model.config.to_dict(), "tensors": tensors, "ids": ids}
    logits, weights = call(FORWARD, argument)
    return np.array(logits), np.array(weights)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize("T", [1, 9])
def test_logits_and_weights_are_those_of_numpy(
    call: Call, tmp_path: Path, config: dict[str, Any], T: int
) -> None:
    """In float64, as JavaScript computes, from the float32 weights of the file."""
    folder = save(random_decoder(config), tmp_path)
    exact = random_decoder(config, dtype=np.float64)
    exact.load(
        {k: v.astype(np.float64) for k, v in load_file(folder / "model.safetensors").items()}
    )
    ids = np.random.default_rng(T).integers(0, len(TOKENS), T).tolist()
    logits, weights = forward(call, folder, exact, ids)
    expected = exact.forward(np.array([ids]))[0]
    largest = np.abs(expected).max()
    assert largest > 0.5
    np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-12 * largest)
    np.testing.assert_allclose(weights, np.stack(exact.attention_weights)[:, 0], atol=1e-12)


def test_more_tokens_than_learned_positions_are_refused(call: Call, tmp_path: Path) -> None:
    model = random_decoder({"positions": "learned", "max_positions": 4})
    folder = save(model, tmp_path)
    with pytest.raises(Exception, match="tokens: got 5; expected at most 4, the model's positions"):
        forward(call, folder, model, [1] * 5)


def test_float32_rounding_is_all_that_separates_them(call: Call, tmp_path: Path) -> None:
    """The model that the demo shows runs in float32 under NumPy: the same to 1e-4."""
    model = random_decoder({"dim": 64, "heads": 2, "hidden": 128})
    folder = save(model, tmp_path)
    ids = np.random.default_rng(0).integers(0, len(TOKENS), 60).tolist()
    logits, _ = forward(call, folder, model, ids)
    np.testing.assert_allclose(logits, model.forward(np.array([ids]))[0], rtol=0, atol=1e-4)
