"""The NumPy model against transformers' Olmo2ForCausalLM, on random and on trained weights.

Tolerance: float32 carries 2⁻²⁴ ≈ 6e-8 relative per operation; with logits of a few units, sums over
some hundred terms and three to six layers, 1e-5 is a safe bound for the small model. The trained
model has logits up to about 30 and wider sums: 1e-4.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Olmo2ForCausalLM

from attention_scratch.errors import InputError, MissingFileError
from attention_scratch.models import load_model
from tests.models.conftest import random_model

Random = tuple[Path, Olmo2ForCausalLM]


def hf_logits(model: Olmo2ForCausalLM, ids: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return model(torch.from_numpy(ids)).logits.float().numpy()


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 17), (2, 128)])
def test_logits_equal_transformers_with_every_flag_active(
    random_folder: Random, shape: tuple[int, int]
) -> None:
    folder, theirs = random_folder
    ids = np.random.default_rng(1).integers(0, 97, shape)
    difference = np.abs(load_model(folder).logits(ids) - hf_logits(theirs, ids)).max()
    assert difference < 1e-5


@pytest.mark.parametrize(
    "changes",
    [
        {"num_key_value_heads": 6},
        {"num_key_value_heads": 1},
        {"tie_word_embeddings": True},
        {"rope_parameters": {"rope_type": "default", "rope_theta": 500000.0}},
        {"num_attention_heads": 3, "num_key_value_heads": 3},
    ],
)
def test_logits_equal_transformers_for_each_variation(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    theirs = random_model(tmp_path, **changes)
    ids = np.random.default_rng(2).integers(0, 97, (2, 40))
    assert np.abs(load_model(tmp_path).logits(ids) - hf_logits(theirs, ids)).max() < 1e-5


def test_logits_of_the_trained_checkpoint_equal_transformers(checkpoint: Path) -> None:
    theirs = Olmo2ForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    ours = load_model(checkpoint)
    shape = (2, ours.config.max_position_embeddings)
    ids = np.random.default_rng(3).integers(0, ours.config.vocab_size, shape)
    expected = hf_logits(theirs, ids)
    difference = np.abs(ours.logits(ids) - expected).max()
    print(f"max |Δlogit| = {difference:.2e}, largest logit {np.abs(expected).max():.1f}")
    assert difference < 1e-4


@pytest.mark.parametrize("chunks", [[1] * 20, [20], [7, 1, 12], [19, 1]])
def test_cache_gives_the_same_logits_however_the_text_is_cut(
    random_folder: Random, chunks: list[int]
) -> None:
    folder, theirs = random_folder
    model = load_model(folder)
    ids = np.random.default_rng(4).integers(0, 97, (2, 20))
    expected, cache, start = hf_logits(theirs, ids), model.new_cache(2), 0
    for length in chunks:
        logits = model.step(ids[:, start : start + length], cache)
        start += length
        np.testing.assert_allclose(logits, expected[:, start - 1], rtol=0, atol=1e-5)


def test_greedy_text_equals_transformers_generate(checkpoint: Path) -> None:
    theirs = Olmo2ForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    model = load_model(checkpoint)
    prompt = np.array([model.config.eos_token_id, 300, 301, 302])
    with torch.no_grad():
        expected = theirs.generate(
            torch.from_numpy(prompt)[None],
            max_new_tokens=60,
            do_sample=False,
            attention_mask=torch.ones(1, 4, dtype=torch.long),
        )[0, 4:].tolist()
    ours = list(model.generate(prompt, max_new_tokens=60))
    assert ours == [token for token in expected if token != model.config.eos_token_id]


def test_attention_weights_equal_transformers(random_folder: Random) -> None:
    folder, _ = random_folder
    theirs = Olmo2ForCausalLM.from_pretrained(
        folder, attn_implementation="eager", dtype=torch.float64
    ).eval()  # in float32 its own rounding is larger than ours
    ids = np.random.default_rng(5).integers(0, 97, (2, 9))
    with torch.no_grad():
        expected = theirs(torch.from_numpy(ids), output_attentions=True).attentions
    for ours, layer in zip(load_model(folder).attention_weights(ids), expected, strict=True):
        np.testing.assert_allclose(ours, layer.numpy(), rtol=0, atol=1e-6)


def test_sampling_is_repeatable_and_follows_the_distribution(random_folder: Random) -> None:
    model = load_model(random_folder[0])
    first, second = (
        list(
            model.generate([5, 6], max_new_tokens=30, temperature=1.0, rng=np.random.default_rng(7))
        )
        for _ in range(2)
    )
    assert first == second
    logits = model.logits([[5, 6]])[0, -1].astype(np.float64) / 0.7
    probabilities = np.exp(logits - logits.max())
    probabilities /= probabilities.sum()
    rng = np.random.default_rng(8)
    options = {"max_new_tokens": 1, "temperature": 0.7, "rng": rng}
    end = model.config.eos_token_id  # ends generation, so that nothing is yielded
    drawn = [next(model.generate([5, 6], **options), end) for _ in range(4000)]
    observed = np.bincount(drawn, minlength=97) / 4000
    # five standard deviations of a binomial share
    assert (np.abs(observed - probabilities) < 5 * np.sqrt(probabilities / 4000) + 1e-3).all()


def test_generation_ends_at_the_last_position(random_folder: Random) -> None:
    model = load_model(random_folder[0])
    prompt = np.arange(120) % 97
    rng = np.random.default_rng(0)
    tokens = list(model.generate(prompt, max_new_tokens=500, temperature=3.0, rng=rng))
    assert len(tokens) <= 128 - 120 + 1


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([1, 2, 3], r"ids: got shape \(3,\); expected \(B, T\)"),
        ([[]], "expected a token"),
        ([[0.5, 1.0]], "dtype float64; expected integers"),
        ([[0, 97]], r"id 97 at \[0, 1\]; expected 0 … 96"),
        ([[-1]], r"id -1 at \[0, 0\]"),
        ([[0] * 129], "129 positions; expected ≤ 128"),
    ],
)
def test_bad_ids_are_named(random_folder: Random, ids: list, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_model(random_folder[0]).logits(ids)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_new_tokens": 0}, "max_new_tokens"),
        ({"max_new_tokens": 5, "temperature": -1.0}, "temperature"),
        ({"max_new_tokens": 5, "temperature": float("nan")}, "temperature"),
        ({"max_new_tokens": 5, "temperature": 0.8}, "rng"),
    ],
)
def test_bad_sampling_options_are_named(random_folder: Random, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_model(random_folder[0]).generate([1], **options)


def test_empty_prompt_is_refused_before_anything_is_generated(random_folder: Random) -> None:
    with pytest.raises(InputError, match="expected a token"):
        load_model(random_folder[0]).generate(np.array([], np.int64), max_new_tokens=3)


def test_full_cache_is_refused_and_left_as_it_was(random_folder: Random) -> None:
    model = load_model(random_folder[0])
    cache = model.new_cache(capacity=4)
    model.step([[1, 2, 3]], cache)
    with pytest.raises(InputError, match="2 after 3 cached; expected at most 4"):
        model.step([[4, 5]], cache)
    assert cache.length == 3
    with pytest.raises(InputError, match="batch of the cache"):
        model.step([[4], [5]], cache)


def test_wrong_folder_backend_and_shapes_are_named(tmp_path: Path, random_folder: Random) -> None:
    with pytest.raises(MissingFileError, match="Hugging Face layout"):
        load_model(tmp_path / "absent")
    with pytest.raises(InputError, match="backend: got cuda"):
        load_model(random_folder[0], backend="cuda")
    random_model(tmp_path)
    text = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(
        text.replace('"intermediate_size": 80', '"intermediate_size": 82')
    )
    with pytest.raises(InputError, match=r"gate_proj.*expected \(82, 48\) from config\.json"):
        load_model(tmp_path)
