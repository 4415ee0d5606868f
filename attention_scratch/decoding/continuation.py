"""What a model writes after its prompts, token by token: greedy decoding and sampling.

A model is here a function of ``ids (N, T)`` and ``lengths (N,)`` that gives ``logits (N, V)`` of
the token after the first ``lengths[n]`` of row ``n``. Prompts of different lengths are padded on
the right, where a causal model cannot see. Rows that have ended are left out of the next call.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_scratch.decoding.filters import check_temperature
from attention_scratch.decoding.penalties import apply_penalties
from attention_scratch.decoding.sampling import sample_tokens
from attention_scratch.errors import require

Ids = NDArray[np.int64]
NextLogits = Callable[[Ids, Ids], NDArray[Any]]
Choose = Callable[[NDArray[np.float64], Ids], Ids]


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
    return generate(
        next_logits,
        prompts,
        lambda logits, rows: logits.argmax(-1),
        max_new_tokens=max_new_tokens,
        eos=eos,
    )


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
    min_p: float | None = None,
    repetition_penalty: float = 1.0,
    presence_penalty: float = 0.0,
    frequency_penalty: float = 0.0,
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
        min_p: only tokens at least this many times as likely as the likeliest.
        repetition_penalty, presence_penalty, frequency_penalty: see ``apply_penalties``.

    Raises:
        InputError: as for ``greedy``, or a setting out of range.
    """
    check_temperature(temperature)
    written: list[list[int]] = [[] for _ in prompts]

    def choose(logits: NDArray[np.float64], rows: Ids) -> Ids:
        penalized = apply_penalties(
            logits,
            [prompts[row] for row in rows],
            [written[row] for row in rows],
            repetition_penalty=repetition_penalty,
            presence_penalty=presence_penalty,
            frequency_penalty=frequency_penalty,
        )
        draws = rng.random(len(prompts))[rows]
        tokens = sample_tokens(
            penalized, draws, temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p
        )
        for row, token in zip(rows, tokens.tolist(), strict=True):
            written[row].append(token)
        return tokens

    return generate(next_logits, prompts, choose, max_new_tokens=max_new_tokens, eos=eos)


def generate(
    next_logits: NextLogits,
    prompts: Sequence[Sequence[int]],
    choose: Choose,
    *,
    max_new_tokens: int,
    eos: int | None,
) -> list[Continuation]:
    """The loop of ``greedy`` and ``sample``: ask, choose, append, until every row has ended.

    Args:
        next_logits, prompts, max_new_tokens, eos: as for ``greedy``.
        choose: from ``logits (R, V)`` of the rows not ended, and their numbers ``(R,)``, the token
            of each.

    Raises:
        InputError: as for ``greedy``.
    """
    ids, lengths = padded_prompts(prompts, room=max_new_tokens)
    starts = lengths.copy()
    totals = np.zeros(len(prompts))
    finished = np.zeros(len(prompts), np.bool_)
    for _ in range(max_new_tokens):
        rows = np.flatnonzero(~finished)
        if len(rows) == 0:
            break
        logits = checked_logits(next_logits, ids[rows], lengths[rows])
        chosen = choose(logits, rows)
        ids[rows, lengths[rows]] = chosen
        lengths[rows] += 1
        totals[rows] += log_probabilities(logits)[np.arange(len(rows)), chosen]
        if eos is not None:
            finished[rows] = chosen == eos
    return [
        Continuation(tuple(row[start:end].tolist()), float(total), bool(ended))
        for row, start, end, total, ended in zip(
            ids, starts, lengths, totals, finished, strict=True
        )
    ]


def padded_prompts(prompts: Sequence[Sequence[int]], *, room: int) -> tuple[Ids, Ids]:
    """Prompts in one array with ``room`` more columns, and their lengths.

    Raises:
        InputError: an empty prompt, or no room.
    """
    require(room >= 1, "max_new_tokens", room, expected="1 or more", remedy="Allow one token.")
    for number, prompt in enumerate(prompts):
        require(
            len(prompt) > 0,
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


def checked_logits(next_logits: NextLogits, ids: Ids, lengths: Ids) -> NDArray[np.float64]:
    """The model's logits of the next token, (N, V) in float64.

    Raises:
        InputError: another shape, a NaN, or a row in which nothing is possible.
    """
    logits = np.asarray(next_logits(ids[:, : lengths.max()], lengths), np.float64)
    require(
        logits.ndim == 2 and len(logits) == len(ids),
        "next_logits",
        f"shape {logits.shape}",
        expected=f"({len(ids)}, V): one row of logits a row of ids",
        remedy="Return the logits at position lengths - 1 only.",
    )
    require(
        np.isfinite(logits.max(-1)).all(),  # a NaN is its row's maximum
        "next_logits",
        "NaN, infinity, or a row of nothing but -inf",
        expected="finite numbers, -inf for what is impossible",
        remedy="Check the model's weights for NaN.",
    )
    return logits


def log_probabilities(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """``log(softmax(logits))`` of (N, V): NumPy's ``logaddexp`` sums without overflow."""
    return np.asarray(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True))
