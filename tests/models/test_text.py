"""Text in, text out, with the checkpoint's own tokenizer."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from attention_scratch.errors import InputError, MissingFileError
from attention_scratch.models.text import _decode, continue_text, load_tokenizer


def test_story_begins_with_its_prompt_and_is_repeatable(checkpoint: Path) -> None:
    first = "".join(continue_text(checkpoint, "Once upon a time", max_new_tokens=30, seed=1))
    again = "".join(continue_text(checkpoint, "Once upon a time", max_new_tokens=30, seed=1))
    other = "".join(continue_text(checkpoint, "Once upon a time", max_new_tokens=30, seed=2))
    assert first.startswith("Once upon a time")
    assert len(first.split()) > 10
    assert first == again != other


def test_pieces_never_cut_a_character() -> None:
    tokenizer = Tokenizer(
        models.BPE(
            vocab={c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))},
            merges=[],
        )
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    text = "naïve 漢字 🙂 end"
    pieces = list(_decode(tokenizer, "", iter(tokenizer.encode(text).ids)))
    assert "".join(pieces) == text
    assert "🙂" in pieces


@pytest.mark.parametrize("prompt", ["", "   ", "\n"])
def test_empty_prompt_is_refused(checkpoint: Path, prompt: str) -> None:
    with pytest.raises(InputError, match=r"prompt: got .*; expected some words"):
        continue_text(checkpoint, prompt)


def test_prompt_longer_than_the_model_is_refused(checkpoint: Path) -> None:
    with pytest.raises(InputError, match="positions"):
        continue_text(checkpoint, "very " * 5000)


def test_missing_and_broken_tokenizers_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"tokenizer\.json"):
        load_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(InputError, match="a file we cannot read"):
        load_tokenizer(tmp_path)
