"""06.length_normalization: comparing answers of different lengths."""

import numpy as np

from attention_scratch.exercises.authoring import exercise


def normalized_scores(log_probabilities, lengths, alpha):
    inside = np.arange(log_probabilities.shape[1]) < lengths[:, None]
    sums = np.where(inside, log_probabilities, 0).sum(axis=-1)
    return sums / lengths**alpha


def plain_means(log_probabilities, lengths, alpha):
    return np.array([row[:n].mean() for row, n in zip(log_probabilities, lengths, strict=True)])


def answers(rng, lengths, behind=None):
    """Log-probabilities of answers, padded to the longest with ``behind`` (left-over numbers)."""
    lengths = np.array(lengths)
    x = np.log(rng.uniform(0.05, 0.95, size=(len(lengths), lengths.max())))
    if behind is not None:
        x[np.arange(x.shape[1]) >= lengths[:, None]] = behind
    return x, lengths


EXERCISE = exercise(
    "06.length_normalization",
    "Answers of different lengths",
    teaches="what is divided by what, so that a long answer does not lose for being long",
    right=normalized_scores,
    rtol=1e-12,  # sums of at most 40 terms of one sign in float64
    atol=1e-12,
    cases="""
        three lengths, alpha 1: *answers(rng, [2, 5, 3]), 1.0
        alpha 0.6: *answers(rng, [4, 1, 7, 2]), 0.6
        alpha 0 changes nothing: *answers(rng, [3, 6]), 0.0
        alpha 2 favors long answers: *answers(rng, [3, 6, 1]), 2.0
        all of one length: *answers(rng, [4, 4, 4]), 1.0
        minus infinity behind the end: *answers(rng, [3, 5, 2], behind=-inf), 1.0
        40 tokens: *answers(rng, [40, 12]), 1.0
    """,
    mistakes="""
        padding-counted: np.where(inside, log_probabilities, 0) → log_probabilities
            the whole row was summed, with what happens to stand behind the end of the answer: only
            the first `length` numbers are its own
        masked-by-product: np.where(inside, log_probabilities, 0) → (log_probabilities * inside)
            right except where minus infinity stands behind the end: -inf · 0 is NaN. Choose with
            np.where, do not multiply
        padded-length: / lengths** → / log_probabilities.shape[1] **
            every answer was divided by the length of the padded array, so nothing changes in their
            order: divide each by its own length
        not-normalized: / lengths**alpha →
            these are the sums. They shrink with every token, so the shortest answer wins; divide by
            length ** alpha
        alpha-ignored: **alpha →
            right for alpha = 1 alone: the length was not raised to the power alpha
        alpha-ignored: answer plain_means
        alpha-times-length: lengths**alpha → (alpha * lengths)
            divided by alpha · length; it is length to the power alpha (** in Python)
        multiplied: sums / → sums *
            the sums were multiplied by length ** alpha: that makes long answers lose twice
        end-not-counted: / lengths → / np.maximum(lengths - 1, 1)
            divided by the length without its last token. The end of an answer is a token with a
            probability like the others, and it is in the sum
        mean-of-probabilities: inside, log_probabilities → inside, np.exp(log_probabilities)
            probabilities were summed. An answer's probability is a product, so it is the logarithms
            that are summed
    """,
    hints="""
        An answer of three tokens and one of six stand in one array (2, 6). What stands in the first
        row behind its third number, and does it belong to the answer?

        A mask says which numbers belong to the answers: np.arange(T) < lengths[:, None]. Sum those
        of each row, with 0 in place of the others, and divide by lengths ** alpha.

        inside = np.arange(log_probabilities.shape[1]) < ...
        sums = np.where(inside, ..., 0).sum(axis=-1)
        return sums / ...
    """,
)
