"""06.top_p: draw only from the tokens that hold most of the probability."""

import numpy as np

from attention_scratch.exercises.authoring import exercise, keeps_dtype


def top_p(probabilities, p):
    order = np.argsort(-probabilities, axis=-1)
    ranked = np.take_along_axis(probabilities, order, axis=-1)
    before = np.cumsum(ranked, axis=-1) - ranked
    kept = np.where(before < p, ranked, 0)
    kept = np.take_along_axis(kept, np.argsort(order, axis=-1), axis=-1)
    return kept / kept.sum(axis=-1, keepdims=True)


def sorts_everything(probabilities, p):
    flat = probabilities.ravel()
    order = np.argsort(flat)[::-1]
    kept = np.zeros_like(flat)
    kept[order] = np.where(np.cumsum(flat[order]) - flat[order] < p, flat[order], 0)
    kept = kept.reshape(probabilities.shape)
    return kept / kept.sum(axis=-1, keepdims=True)


def drawn(rng, *shape, sharp=1.5):
    exponentials = np.exp(sharp * rng.normal(size=shape))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


EXERCISE = exercise(
    "06.top_p",
    "The nucleus of a distribution",
    teaches="which tokens top-p keeps: the fewest that together hold at least p",
    right=top_p,
    rtol=1e-5,  # V <= 64 terms in float32: sums and one division, 70 · 2⁻²⁴ < 5e-6
    atol=1e-7,
    cases="""
        eight tokens: drawn(rng, 8), 0.7
        one token holds more than p: np.array([[0.02, 0.9, 0.05, 0.03]]), 0.5
        rows that keep different numbers of tokens: drawn(rng, 4, 12, sharp=2.0), 0.8
        batch and positions: drawn(rng, 2, 3, 9), 0.6
        p = 1 keeps everything: drawn(rng, 3, 7), 1.0
        the sum is exactly p: np.array([[0.125, 0.5, 0.375], [0.75, 0.1875, 0.0625]]), 0.5
        float32: drawn(rng, 2, 64).astype(np.float32), 0.9
    """,
    mistakes=r"""
        drops-the-one-that-crosses: before < p → before + ranked <= p
            the token at which the sum crosses p was dropped, so those that are left hold less than
            p; where the first one crosses it, none is left. Keep a token if the sum *before* it is
            below p
        keeps-one-too-many: < p → <= p
            right except where the sum is exactly p: then there is enough already, and one more was
            kept
        not-renormalized: / kept.sum(axis=-1, keepdims=True) →
            the right tokens are kept, but their probabilities no longer sum to 1: divide by what is
            left
        left-in-order-of-size: np.take_along_axis(kept, np.argsort(order, axis=-1), axis=-1) → kept
            the right probabilities, but sorted: each must go back to its own token.
            np.argsort(order) undoes an order
        least-likely-first: argsort(-probabilities → argsort(probabilities
            the sum was taken from the least likely token up, so the tail was kept: np.argsort sorts
            upwards
        each-against-p: before < p → ranked >= p
            each probability was compared with p by itself. It is their running sum, from the
            likeliest down, that is compared
        each-against-the-rest: before < p → ranked >= 1 - p
            each probability was compared with 1 - p by itself. It is their running sum, from the
            likeliest down, that is compared with p
        all-rows-as-one: return → kept = kept.reshape(rows.shape)\n    return
            & order = → rows = probabilities\n    probabilities = rows.ravel()\n    order =
            all rows were sorted and summed as one; each is a distribution of its own: sort and sum
            along the last axis
        all-rows-as-one: answer sorts_everything
        dtype-not-kept: kept.sum( → kept.sum(dtype=float,
    """,
    constraints=(keeps_dtype(),),
    hints="""
        With probabilities 0.5, 0.3, 0.2 and p = 0.7: which tokens stay? Ask of each token how much
        the likelier ones hold before it.

        Sort each row downwards (np.argsort(-x)) and keep the order. A running sum (np.cumsum) minus
        the token itself is what comes before it; keep a token if that is below p. Then undo the
        order and divide by the sum.

        order = np.argsort(-probabilities, axis=-1)
        ranked = np.take_along_axis(probabilities, order, axis=-1)
        before = np.cumsum(ranked, axis=-1) - ...
        kept = np.where(..., ranked, 0)
        kept = np.take_along_axis(kept, np.argsort(order, axis=-1), axis=-1)
        return kept / ...
    """,
)
