"""From next-token logits to text: greedy, and sampling with temperature, top-k and top-p.

A model is here a function of ``ids (N, T)`` and ``lengths (N,)`` that gives ``logits (N, V)`` of
the token after the first ``lengths[n]`` of row ``n``. Prompts of different lengths are padded on
the right, where a causal model cannot see. Rows that have ended are left out of the next call.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_scratch.errors import InputError
from attention_scratch.nn.functional import log_softmax

Ids = NDArray[np.int64]
NextLogits = Callable[[Ids, Ids], NDArray[Any]]


@dataclasses.dataclass(frozen=True, slots=True)
class Continuation:
    """What was written after a prompt.

    Attributes:
        tokens: the new ids, with the end-of-sequence id last if it was reached.
        log_probability: the model's, of all of them together (without temperature or filters).
        finished: whether the end of the sequence was reached.
    """

    tokens: tuple[int, ...]
    log_probability: float
    finished: bool


def greedy(
    next_logits: NextLogits,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    eos: int | None = None,
) -> list[Continuation]:
    """Always take the likeliest token; of equals, the first.

    Args:
        next_logits: the model.
        prompts: ids, at least one each, of any lengths.
        max_new_tokens: the most to write.
        eos: the id that ends a sequence, if the model has one.

    Raises:
        InputError: an empty prompt, no room to write, or logits that are no numbers.
    """
    return _decode(next_logits, prompts, _argmax, max_new_tokens=max_new_tokens, eos=eos)


def sample(
    next_logits: NextLogits,
    prompts: Sequence[Sequence[int]],
    *,
    rng: np.random.Generator,
    max_new_tokens: int,
    eos: int | None = None,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> list[Continuation]:
    """Draw each token from the model's probabilities, made sharper or cut off first.

    One number is drawn for every prompt and step, so what is written after a prompt does not
    depend on when the others end.

    Args:
        next_logits, prompts, max_new_tokens, eos: as for ``greedy``.
        rng: where the draws come from.
        temperature: logits are divided by it; below 1 likely tokens become likelier.
        top_k: only the k likeliest tokens.
        top_p: only the fewest likeliest tokens that together have this probability.

    Raises:
        InputError: as for ``greedy``, or a setting out of range.
    """
    if not 0 < temperature < math.inf:
        raise InputError(
            "temperature", temperature, expected="more than 0", remedy="Use greedy() instead of 0."
        )

    def choose(logits: NDArray[np.float64], rows: Ids) -> Ids:
        scaled = logits / temperature
        if top_k is not None:
            scaled = keep_top_k(scaled, top_k)
        if top_p is not None:
            scaled = keep_top_p(scaled, top_p)
        cumulative = np.exp(log_softmax(scaled)).cumsum(-1)
        draws = rng.random(len(prompts))[rows] * cumulative[:, -1]
        return np.asarray((cumulative > draws[:, None]).argmax(-1))

    return _decode(next_logits, prompts, choose, max_new_tokens=max_new_tokens, eos=eos)


def keep_top_k(logits: NDArray[Any], k: int) -> NDArray[Any]:
    """``logits (..., V)`` with all but the ``k`` largest of each row at ``-inf``; equals stay.

    Raises:
        InputError: ``k`` below 1.
    """
    if k < 1:
        raise InputError("top_k", k, expected="1 or more", remedy="Leave it out to keep all.")
    if k >= logits.shape[-1]:
        return logits
    smallest_kept = np.partition(logits, -k, axis=-1)[..., -k, None]
    return np.where(logits < smallest_kept, -np.inf, logits)


def keep_top_p(logits: NDArray[Any], p: float) -> NDArray[Any]:
    """``logits (..., V)`` with the unlikely tail of each row at ``-inf`` (Holtzman et al. 2019).

    A token stays if those likelier than it have together less than probability ``p``.

    Raises:
        InputError: ``p`` is not above 0 or not at most 1.
    """
    if not 0 < p <= 1:
        raise InputError(
            "top_p", p, expected="above 0, at most 1", remedy="Leave it out to keep all."
        )
    order = np.argsort(-logits, axis=-1, kind="stable")
    probabilities = np.exp(log_softmax(np.take_along_axis(logits, order, -1)))
    before = probabilities.cumsum(-1) - probabilities
    kept = np.empty(logits.shape, np.bool_)
    np.put_along_axis(kept, order, before < p, -1)
    return np.where(kept, logits, -np.inf)


def padded_prompts(prompts: Sequence[Sequence[int]], *, room: int) -> tuple[Ids, Ids]:
    """Prompts in one array with ``room`` more columns, and their lengths.

    Raises:
        InputError: an empty prompt, or no room.
    """
    if room < 1:
        raise InputError("max_new_tokens", room, expected="1 or more", remedy="Allow one token.")
    for number, prompt in enumerate(prompts):
        if len(prompt) == 0:
            raise InputError(
                f"prompt {number}",
                "no tokens",
                expected="at least one",
                remedy="Begin with the model's first token.",
            )
    lengths = np.array([len(prompt) for prompt in prompts], np.int64)
    ids = np.zeros((len(prompts), lengths.max(initial=0) + room), np.int64)
    for row, prompt in zip(ids, prompts, strict=True):
        row[: len(prompt)] = prompt
    return ids, lengths


def log_probabilities(next_logits: NextLogits, ids: Ids, lengths: Ids) -> NDArray[np.float64]:
    """``log_softmax`` of the model's logits, (N, V) in float64.

    Raises:
        InputError: another shape, a NaN, or a row in which nothing is possible.
    """
    logits = np.asarray(next_logits(ids[:, : lengths.max()], lengths), np.float64)
    if logits.ndim != 2 or len(logits) != len(ids):
        raise InputError(
            "next_logits",
            f"shape {logits.shape}",
            expected=f"({len(ids)}, V): one row of logits a row of ids",
            remedy="Return the logits at position lengths - 1 only.",
        )
    if not np.isfinite(logits.max(-1)).all():  # a NaN is its row's maximum
        raise InputError(
            "next_logits",
            "NaN, infinity, or a row of nothing but -inf",
            expected="finite numbers, -inf for what is impossible",
            remedy="Check the model's weights for NaN.",
        )
    return log_softmax(logits)


def _argmax(logits: NDArray[np.float64], rows: Ids) -> Ids:
    return np.asarray(logits.argmax(-1))


def _decode(
    next_logits: NextLogits,
    prompts: Sequence[Sequence[int]],
    choose: Callable[[NDArray[np.float64], Ids], Ids],
    *,
    max_new_tokens: int,
    eos: int | None,
) -> list[Continuation]:
    ids, lengths = padded_prompts(prompts, room=max_new_tokens)
    starts = lengths.copy()
    totals = np.zeros(len(prompts))
    finished = np.zeros(len(prompts), np.bool_)
    for _ in range(max_new_tokens):
        rows = np.flatnonzero(~finished)
        if len(rows) == 0:
            break
        logs = log_probabilities(next_logits, ids[rows], lengths[rows])
        chosen = choose(logs, rows)
        ids[rows, lengths[rows]] = chosen
        lengths[rows] += 1
        totals[rows] += logs[np.arange(len(rows)), chosen]
        if eos is not None:
            finished[rows] = chosen == eos
    return [
        Continuation(tuple(row[start:end].tolist()), float(total), bool(ended))
        for row, start, end, total, ended in zip(
            ids, starts, lengths, totals, finished, strict=True
        )
    ]
