"""Which expressions a model may see in training: decided by the expression alone, for ever."""

from __future__ import annotations

import hashlib
from typing import Literal, get_args

from attention_scratch.errors import InputError
from attention_scratch.tasks.operations.expression import Expression

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


def split_of(expression: Expression) -> Split:
    """The one split an expression belongs to: 80 % train, 10 % validation, 10 % test.

    A hash (BLAKE2b) of how the expression is written decides, so the answer is the same on every
    machine, in every run and for every generator.
    """
    digest = hashlib.blake2b(str(expression).encode(), digest_size=8).digest()
    tenth = int.from_bytes(digest, "big") % 10
    return "test" if tenth == 0 else "validation" if tenth == 1 else "train"


def check_split(split: str | None) -> None:
    """``split`` is one of the three, or None for all.

    Raises:
        InputError: anything else.
    """
    if split is not None and split not in SPLITS:
        raise InputError(
            "split", split, expected=", ".join(SPLITS), remedy="Leave it out to draw from all."
        )
