"""Shared by the case lists of chapter 07."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from attention_scratch.exercises import Attempt

Array = NDArray[Any]


def keeps_dtype(attempt: Attempt) -> bool:
    """Whether what came out has the dtype of what went in."""
    return all(case.got.dtype == case.args[0].dtype for case in attempt.cases)
