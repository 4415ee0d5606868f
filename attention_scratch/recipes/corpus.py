"""The text a recipe trains on: generated stories, and optionally text files of the reader's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tqdm import tqdm

from attention_scratch.errors import InputError, MissingFileError, require
from attention_scratch.recipes.story_tokenizer import END_OF_TEXT, token_id
from attention_scratch.tasks.stories import stories

HELD_OUT_EVERY = 20  # of the reader's documents, every 20th is for validation
VALIDATION_SEED_OFFSET = 1_000_000  # generated validation stories come from another seed


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents to train on, and documents never trained on, by where they come from."""

    training: list[str]
    validation: dict[str, list[str]]


def read_documents(path: Path) -> list[str]:
    """Split a UTF-8 text file at ``<|endoftext|>``, or at empty lines if it has none.

    Raises:
        MissingFileError: no such file.
        InputError: not UTF-8, or fewer than two documents, one of which is held out.
    """
    if not path.is_file():
        raise MissingFileError(
            path,
            field="text",
            expected="a UTF-8 text file with <|endoftext|> between documents",
            remedy="Give the path of such a file, or leave text out to use stories alone.",
        )
    try:
        content = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            "text",
            str(path),
            expected="UTF-8",
            remedy=f"Convert the file to UTF-8 first: {error}.",
        ) from error
    separator = END_OF_TEXT if END_OF_TEXT in content else "\n\n"
    documents = [part.strip() for part in content.split(separator) if part.strip()]
    require(
        len(documents) >= 2,
        "text",
        f"{path} with {len(documents)} documents",
        expected="two documents or more",
        remedy="Put <|endoftext|> or an empty line between documents.",
    )
    return documents


def make_corpus(
    *, story_count: int, validation_count: int, documents: Sequence[str], repeats: int, seed: int
) -> Corpus:
    """Generate stories and join them with ``documents``, each repeated ``repeats`` times.

    A generated validation story that also occurs in training is left out of validation.
    """
    generated = stories(story_count, seed=seed)
    training = list(tqdm(generated, total=story_count, desc="stories", unit="story"))
    seen = set(training)
    unseen = stories(validation_count, seed=seed + VALIDATION_SEED_OFFSET)
    validation = {"stories": [story for story in unseen if story not in seen]}
    if documents:
        held_out = documents[::HELD_OUT_EVERY]
        kept = [text for index, text in enumerate(documents) if index % HELD_OUT_EVERY]
        training += kept * repeats
        validation["text"] = list(held_out)
    np.random.default_rng(seed).shuffle(training)
    return Corpus(training, validation)


def encode(tokenizer: Tokenizer, documents: Sequence[str]) -> NDArray[np.uint16]:
    """All documents as one row of token ids, ``<|endoftext|>`` before each and at the end."""
    end = token_id(tokenizer, END_OF_TEXT)
    pieces: list[int] = []
    for first in range(0, len(documents), 1000):
        for encoding in tokenizer.encode_batch(list(documents[first : first + 1000])):
            pieces += [end, *encoding.ids]
    return np.array([*pieces, end], dtype=np.uint16)


def windows(tokens: NDArray[np.uint16], *, length: int) -> NDArray[np.int64]:
    """Cut ``tokens`` into rows (N, T + 1): T inputs, and the same shifted by one.

    T is ``length``, or less if there are not so many tokens.
    """
    length = min(length, len(tokens) - 1)
    count = (len(tokens) - 1) // length
    starts = np.arange(count)[:, None] * length
    rows: NDArray[np.int64] = tokens[starts + np.arange(length + 1)].astype(np.int64)
    return rows


def batches(
    tokens: NDArray[np.uint16], *, length: int, batch_size: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Yield (B, T + 1) windows for ever: each pass in new random order, from a new offset.

    Raises:
        InputError: fewer tokens than two windows.
    """
    require(
        len(tokens) > 2 * length,
        "stories",
        f"text of {len(tokens)} tokens",
        expected=f"more than {2 * length}, two windows",
        remedy="Generate more stories, or train on shorter windows.",
    )
    while True:
        offset = int(rng.integers(length))
        count = (len(tokens) - 1 - offset) // length
        order = rng.permutation(count)
        columns = np.arange(length + 1)
        if count < batch_size:
            order = np.resize(order, batch_size)
        for first in range(0, len(order) - batch_size + 1, batch_size):
            starts = offset + order[first : first + batch_size, None] * length
            yield tokens[starts + columns].astype(np.int64)
