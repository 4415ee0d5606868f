"""Exercise 06.top_p: draw only from the tokens that hold most of the probability."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Constraint, Exercise, Suspect
from .common import Array, keeps_dtype

Rows = Callable[[np.random.Generator], tuple[Array, float]]


def _top_p(
    *,
    keeps: Callable[[Array, Array, float], Array] = lambda before, upto, p: before < p,
    upwards: bool = False,
    put_back: bool = True,
    normalize: bool = True,
    axis: int | None = -1,
) -> Callable[[Array, float], Array]:
    """Nucleus filtering with one of its steps done otherwise."""

    def top_p(probabilities: Array, p: float) -> Array:
        x = probabilities if axis is not None else probabilities.reshape(1, -1)
        order = np.argsort(x if upwards else -x, axis=-1, kind="stable")
        ranked = np.take_along_axis(x, order, -1)
        upto = np.cumsum(ranked, axis=-1)
        kept = np.where(keeps(upto - ranked, upto, p), ranked, 0)
        if put_back:
            kept = np.take_along_axis(kept, np.argsort(order, axis=-1), -1)
        kept = kept.reshape(probabilities.shape)
        return np.asarray(kept / kept.sum(-1, keepdims=True) if normalize else kept)

    return top_p


def _each_against(limit: Callable[[float], float]) -> Callable[[Array, float], Array]:
    def top_p(probabilities: Array, p: float) -> Array:
        kept = np.where(probabilities >= limit(p), probabilities, 0)
        return np.asarray(kept / kept.sum(-1, keepdims=True))

    return top_p


def _drawn(*shape: int, p: float, sharp: float = 1.5, dtype: type = np.float64) -> Rows:
    def args(rng: np.random.Generator) -> tuple[Array, float]:
        exponentials = np.exp(sharp * rng.normal(size=shape))
        return (exponentials / exponentials.sum(-1, keepdims=True)).astype(dtype), p

    return args


def _given(rows: list[list[float]], p: float) -> Rows:
    return lambda rng: (np.array(rows), p)


EXERCISE = Exercise(
    id="06.top_p",
    title="The nucleus of a distribution",
    teaches="which tokens top-p keeps: the fewest that together hold at least p",
    reference=_top_p(),
    rtol=1e-5,  # V <= 64 terms in float32: sums and one division, 70 · 2⁻²⁴ < 5e-6
    atol=1e-7,
    cases=(
        Case("eight tokens", _drawn(8, p=0.7)),
        Case("one token holds more than p", _given([[0.02, 0.9, 0.05, 0.03]], 0.5)),
        Case("rows that keep different numbers of tokens", _drawn(4, 12, p=0.8, sharp=2.0)),
        Case("batch and positions", _drawn(2, 3, 9, p=0.6)),
        Case("p = 1 keeps everything", _drawn(3, 7, p=1.0)),
        Case("the sum is exactly p", _given([[0.125, 0.5, 0.375], [0.75, 0.1875, 0.0625]], 0.5)),
        Case("float32", _drawn(2, 64, p=0.9, dtype=np.float32)),
    ),
    suspects=(
        Suspect(
            "drops-the-one-that-crosses",
            answer=_top_p(keeps=lambda before, upto, p: upto <= p),
            says="the token at which the sum crosses p was dropped, so those that are left hold "
            "less than p; where the first one crosses it, none is left. Keep a token if the sum "
            "*before* it is below p",
        ),
        Suspect(
            "keeps-one-too-many",
            answer=_top_p(keeps=lambda before, upto, p: before <= p),
            says="right except where the sum is exactly p: then there is enough already, and one "
            "more was kept",
        ),
        Suspect(
            "not-renormalized",
            answer=_top_p(normalize=False),
            says="the right tokens are kept, but their probabilities no longer sum to 1: divide "
            "by what is left",
        ),
        Suspect(
            "left-in-order-of-size",
            answer=_top_p(put_back=False),
            says="the right probabilities, but sorted: each must go back to its own token. "
            "np.argsort(order) undoes an order",
        ),
        Suspect(
            "least-likely-first",
            answer=_top_p(upwards=True),
            says="the sum was taken from the least likely token up, so the tail was kept: "
            "np.argsort sorts upwards",
        ),
        Suspect(
            "each-against-p",
            answer=_each_against(lambda p: p),
            says="each probability was compared with p by itself. It is their running sum, from "
            "the likeliest down, that is compared",
        ),
        Suspect(
            "each-against-the-rest",
            answer=_each_against(lambda p: 1 - p),
            says="each probability was compared with 1 - p by itself. It is their running sum, "
            "from the likeliest down, that is compared with p",
        ),
        Suspect(
            "all-rows-as-one",
            answer=_top_p(axis=None),
            says="all rows were sorted and summed as one; each is a distribution of its own: "
            "sort and sum along the last axis",
        ),
    ),
    constraints=(
        Constraint(
            "dtype-not-kept",
            holds=keeps_dtype,
            says="correct, but float32 went in and another dtype came out",
        ),
    ),
    hints=(
        "With probabilities 0.5, 0.3, 0.2 and p = 0.7: which tokens stay? Ask of each token how "
        "much the likelier ones hold before it.",
        "Sort each row downwards (np.argsort(-x)) and keep the order. A running sum (np.cumsum) "
        "minus the token itself is what comes before it; keep a token if that is below p. Then "
        "undo the order and divide by the sum.",
        "order = np.argsort(-probabilities, axis=-1)\n"
        "ranked = np.take_along_axis(probabilities, order, axis=-1)\n"
        "before = np.cumsum(ranked, axis=-1) - ...\n"
        "kept = np.where(..., ranked, 0)\n"
        "kept = np.take_along_axis(kept, np.argsort(order, axis=-1), axis=-1)\n"
        "return kept / ...",
    ),
)
