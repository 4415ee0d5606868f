"""A real training run of seconds: it learns, exports, loads elsewhere, and repeats itself."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, Olmo2ForCausalLM

from attention_scratch.config import settings
from attention_scratch.errors import InputError, MissingFileError
from attention_scratch.models import load_model
from attention_scratch.models.text import load_tokenizer
from attention_scratch.recipes.model_card import model_card
from attention_scratch.recipes.olmo2_tiny import Recipe, train
from attention_scratch.recipes.optimization import Optimization
from attention_scratch.tasks.stories import stories

SMALL = Recipe(
    vocabulary_size=300,
    hidden_size=32,
    intermediate_size=64,
    layers=2,
    heads=2,
    positions=128,
    stories=200,
    validation_stories=20,
    tokenizer_stories=100,
    sample_tokens=5,
    optimization=Optimization(
        batch_size=2, length=64, evaluate_every=40, warmup_steps=5, compile=False
    ),
)
STEPS = 80


def run(folder: Path, **options: Any) -> Path:
    return train(folder, steps=STEPS, device="cpu", recipe=SMALL, **options)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("trained") / "model")


def test_training_lowers_the_loss_well_below_guessing(trained: Path) -> None:
    record = json.loads((trained / "training.json").read_text())
    first, last = record["evaluations"][0], record["evaluations"][-1]
    assert (first["step"], last["step"]) == (40, STEPS)
    assert last["stories"] < first["stories"] < math.log(300)
    assert record["tokens"] == STEPS * 2 * 64


def test_transformers_loads_every_tensor_and_agrees(trained: Path) -> None:
    model, info = Olmo2ForCausalLM.from_pretrained(
        trained, dtype=torch.float32, output_loading_info=True
    )
    assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    ids = np.random.default_rng(0).integers(0, 300, (1, 50))
    with torch.no_grad():
        expected = model.eval()(torch.from_numpy(ids)).logits.numpy()
    np.testing.assert_allclose(load_model(trained).logits(ids), expected, rtol=0, atol=1e-4)


def test_transformers_tokenizer_gives_the_same_ids(trained: Path) -> None:
    text = 'Once upon a time, a fox said: "It\'s 1234!"\n\n  The end.'
    ours = load_tokenizer(trained)
    assert AutoTokenizer.from_pretrained(trained)(text)["input_ids"] == ours.encode(text).ids
    assert ours.decode(ours.encode(text).ids) == text


def test_weights_are_bfloat16_and_the_card_says_how_to_make_them(trained: Path) -> None:
    config = json.loads((trained / "config.json").read_text())
    assert (config["torch_dtype"], config["rope_theta"]) == ("bfloat16", 500_000)
    card = (trained / "README.md").read_text()
    assert "attention-scratch train olmo2-tiny" in card
    assert "license: apache-2.0" in card
    assert not (trained.parent / "model.partial").exists()


def test_same_seed_gives_the_same_weights_and_another_seed_others(
    trained: Path, tmp_path: Path
) -> None:
    again, other = run(tmp_path / "again"), run(tmp_path / "other", seed=1)
    weights = (trained / "model.safetensors").read_bytes()
    assert (again / "model.safetensors").read_bytes() == weights
    assert (other / "model.safetensors").read_bytes() != weights


def test_text_of_the_readers_own_is_trained_on_and_held_out(tmp_path: Path) -> None:
    text = tmp_path / "own.txt"
    text.write_text("<|endoftext|>".join(f"A tale of {n} hens and a fox." for n in range(400)))
    folder = run(tmp_path / "model", text=text)
    record = json.loads((folder / "training.json").read_text())
    assert record["data"]["validation"] == ["stories", "text"]
    assert record["evaluations"][-1]["text"] < math.log(300)
    assert "own.txt" in (folder / "README.md").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"minutes": 0}, "minutes: got 0"),
        ({"minutes": float("nan")}, "minutes: got nan"),
        ({"steps": 0}, "steps: got 0"),
        ({"seed": -1}, "seed: got -1"),
        ({"threads": 0}, "threads: got 0"),
        ({"device": "tpu"}, "device: got tpu"),
    ],
)
def test_bad_options_are_refused_before_anything_is_written(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        train(tmp_path / "model", recipe=SMALL, **options)
    assert not list(tmp_path.iterdir())


def test_folder_in_use_and_missing_or_empty_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(InputError, match=r"out: got .*full; expected a folder"):
        train(tmp_path / "full", recipe=SMALL)
    with pytest.raises(MissingFileError, match="text"):
        train(tmp_path / "model", text=tmp_path / "absent.txt", recipe=SMALL)
    (tmp_path / "empty.txt").touch()
    with pytest.raises(InputError, match="with 0 documents; expected two documents or more"):
        train(tmp_path / "model", text=tmp_path / "empty.txt", recipe=SMALL)


def test_shipped_model_fits_and_its_card_is_the_one_of_its_record() -> None:
    folder = settings().paths.models / "olmo2-tiny"
    record = json.loads((folder / "training.json").read_text())
    assert (folder / "README.md").read_text() == model_card(record)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 12e6
    assert record["evaluations"][-1]["stories"] < 0.4


def test_shipped_model_writes_stories_like_those_it_was_trained_on() -> None:
    """Greedy, from an opening: it ends by itself, in a sentence, in words of the generator."""
    folder = settings().paths.models / "olmo2-tiny"
    end = load_tokenizer(folder).token_to_id("<|endoftext|>")
    opening = [end, *load_tokenizer(folder).encode("There was a kind little fox named").ids]
    ids = list(load_model(folder).generate(opening, max_new_tokens=250))
    text = load_tokenizer(folder).decode(ids)
    assert len(ids) < 250
    assert text[-1] in '.!?"'
    known = set(re.findall(r"\w+", " ".join(stories(1000, seed=0))))
    assert set(re.findall(r"\w+", text)) <= known
