"""From text to text: a checkpoint's own tokenizer around its NumPy model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from attention_scratch.errors import InputError, MissingFileError, require
from attention_scratch.models import load_model


def load_tokenizer(folder: str | Path) -> Tokenizer:
    """The ``tokenizer.json`` of a checkpoint folder.

    Raises:
        MissingFileError: there is none.
        InputError: it cannot be read.
    """
    path = Path(folder) / "tokenizer.json"
    if not path.is_file():
        raise MissingFileError(
            path,
            expected="a tokenizer.json",
            remedy="Point to a folder in Hugging Face layout, such as models/olmo2-tiny.",
        )
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise InputError(
            str(path), "a file we cannot read", expected="a tokenizer", remedy=f"Mend it: {error}"
        ) from error


def continue_text(
    folder: str | Path,
    prompt: str,
    *,
    max_new_tokens: int = 200,
    temperature: float = 0.8,
    seed: int = 0,
) -> Iterator[str]:
    """Yield ``prompt``, then what the model writes after it, in pieces of whole characters.

    Every text starts with the end-of-text token, as in training.

    Raises:
        InputError: a prompt that is empty or too long, or bad sampling options.
    """
    tokenizer, model = load_tokenizer(folder), load_model(folder)
    require(
        prompt.strip(),
        "prompt",
        repr(prompt),
        expected="some words",
        remedy='Write how the story begins, such as "Once upon a time".',
    )
    start = [] if model.config.eos_token_id is None else [model.config.eos_token_id]
    ids = np.array(start + tokenizer.encode(prompt).ids)
    tokens = model.generate(
        ids,
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        rng=np.random.default_rng(seed),
    )
    return _decode(tokenizer, prompt, tokens)


def _decode(tokenizer: Tokenizer, prompt: str, tokens: Iterator[int]) -> Iterator[str]:
    yield prompt
    written: list[int] = []
    shown = 0
    for token in tokens:
        written.append(token)
        text: str = tokenizer.decode(written)
        if not text.endswith("\ufffd"):  # a character's last byte may still be to come
            yield text[shown:]
            shown = len(text)
