"""Exercise 06.length_normalization: comparing answers of different lengths."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect
from .common import Array

Score = Callable[[Array, Array, float], Array]


def _sums(log_probabilities: Array, lengths: Array) -> Array:
    inside = np.arange(log_probabilities.shape[1]) < lengths[:, None]
    return np.asarray(np.where(inside, log_probabilities, 0).sum(-1))


def _score(divisor: Callable[[Array, float], Array]) -> Score:
    return lambda x, lengths, alpha: np.asarray(_sums(x, lengths) / divisor(lengths, alpha))


def _padding_counted(x: Array, lengths: Array, alpha: float) -> Array:
    return np.asarray(x.sum(-1) / lengths**alpha)


def _masked_by_product(x: Array, lengths: Array, alpha: float) -> Array:
    inside = np.arange(x.shape[1]) < lengths[:, None]
    return np.asarray((x * inside).sum(-1) / lengths**alpha)


def _padded_length(x: Array, lengths: Array, alpha: float) -> Array:
    return np.asarray(_sums(x, lengths) / x.shape[1] ** alpha)


def _of_probabilities(x: Array, lengths: Array, alpha: float) -> Array:
    inside = np.arange(x.shape[1]) < lengths[:, None]
    return np.asarray(np.where(inside, np.exp(x), 0).sum(-1) / lengths**alpha)


def _answers(
    lengths: list[int], alpha: float, *, behind: float | None = None
) -> Callable[[np.random.Generator], tuple[Array, Array, float]]:
    """Log-probabilities of answers, padded to the longest with ``behind`` (left-over numbers)."""

    def args(rng: np.random.Generator) -> tuple[Array, Array, float]:
        sizes = np.array(lengths)
        x = np.log(rng.uniform(0.05, 0.95, size=(len(sizes), sizes.max())))
        if behind is not None:
            x[np.arange(x.shape[1]) >= sizes[:, None]] = behind
        return x, sizes, alpha

    return args


EXERCISE = Exercise(
    id="06.length_normalization",
    title="Answers of different lengths",
    teaches="what is divided by what, so that a long answer does not lose for being long",
    reference=_score(lambda lengths, alpha: lengths**alpha),
    rtol=1e-12,  # sums of at most 40 terms of one sign in float64
    atol=1e-12,
    cases=(
        Case("three lengths, alpha 1", _answers([2, 5, 3], 1.0)),
        Case("alpha 0.6", _answers([4, 1, 7, 2], 0.6)),
        Case("alpha 0 changes nothing", _answers([3, 6], 0.0)),
        Case("alpha 2 favors long answers", _answers([3, 6, 1], 2.0)),
        Case("all of one length", _answers([4, 4, 4], 1.0)),
        Case("minus infinity behind the end", _answers([3, 5, 2], 1.0, behind=-np.inf)),
        Case("40 tokens", _answers([40, 12], 1.0)),
    ),
    suspects=(
        Suspect(
            "padding-counted",
            answer=_padding_counted,
            says="the whole row was summed, with what happens to stand behind the end of the "
            "answer: only the first `length` numbers are its own",
        ),
        Suspect(
            "masked-by-product",
            answer=_masked_by_product,
            says="right except where minus infinity stands behind the end: -inf · 0 is NaN. "
            "Choose with np.where, do not multiply",
        ),
        Suspect(
            "padded-length",
            answer=_padded_length,
            says="every answer was divided by the length of the padded array, so nothing changes "
            "in their order: divide each by its own length",
        ),
        Suspect(
            "not-normalized",
            answer=_score(lambda lengths, alpha: np.ones(len(lengths))),
            says="these are the sums. They shrink with every token, so the shortest answer wins; "
            "divide by length ** alpha",
        ),
        Suspect(
            "alpha-ignored",
            answer=_score(lambda lengths, alpha: np.asarray(lengths)),
            says="right for alpha = 1 alone: the length was not raised to the power alpha",
        ),
        Suspect(
            "alpha-times-length",
            answer=_score(lambda lengths, alpha: alpha * lengths),
            says="divided by alpha · length; it is length to the power alpha (** in Python)",
        ),
        Suspect(
            "multiplied",
            answer=_score(lambda lengths, alpha: 1.0 / lengths**alpha),
            says="the sums were multiplied by length ** alpha: that makes long answers lose twice",
        ),
        Suspect(
            "end-not-counted",
            answer=_score(lambda lengths, alpha: np.maximum(lengths - 1, 1) ** alpha),
            says="divided by the length without its last token. The end of an answer is a token "
            "with a probability like the others, and it is in the sum",
        ),
        Suspect(
            "mean-of-probabilities",
            answer=_of_probabilities,
            says="probabilities were summed. An answer's probability is a product, so it is the "
            "logarithms that are summed",
        ),
    ),
    hints=(
        "An answer of three tokens and one of six stand in one array (2, 6). What stands in the "
        "first row behind its third number, and does it belong to the answer?",
        "A mask says which numbers belong to the answers: np.arange(T) < lengths[:, None]. Sum "
        "those of each row, with 0 in place of the others, and divide by lengths ** alpha.",
        "inside = np.arange(log_probabilities.shape[1]) < ...\n"
        "sums = np.where(inside, ..., 0).sum(axis=-1)\n"
        "return sums / ...",
    ),
)
