"""02.attention: scores, mask, softmax and average."""

import math

import numpy as np

from attention_scratch.exercises.authoring import exercise, keeps_dtype
from attention_scratch.nn import functional as F  # noqa: N812

from .softmax import softmax

MASK = np.array([[1, 1, 0, 1], [0, 1, 1, 0], [1, 0, 0, 0]], dtype=bool)
PADDING = (np.arange(7) < np.array([[7], [4]]))[:, None, None, :]  # (B, 1, 1, S)


def attention(query, key, value, mask=None):
    may = True if mask is None else mask
    scores = query @ key.swapaxes(-1, -2) / math.sqrt(query.shape[-1])
    scores = np.where(may, scores, -np.inf)
    return F.softmax(scores) @ value


def loop_that_returns_too_early(query, key, value, mask=None):
    if query.ndim == 2:
        return attention(query, key, value, mask)
    output = np.zeros((*query.shape[:-1], value.shape[-1]))
    for item in range(len(query)):
        hidden = None if mask is None else mask[item]
        output[item] = attention(query[item], key[item], value[item], hidden)
        return output
    return output


def only_first_item(attempt):
    def first_alone(got, want):
        if want.ndim < 3 or np.shape(got) != want.shape:
            return False
        right = np.isclose(got, want, rtol=0, atol=2e-4).all(axis=tuple(range(1, want.ndim)))
        return right[0] and not right[1:].any()

    return all(first_alone(case.got, case.want) for case in attempt.failed_cases)


EXERCISE = exercise(
    "02.attention",
    "Attention, masked and batched",
    teaches="how scores, mask, softmax and average fit together for any leading axes",
    right=attention,
    reference=lambda q, k, v, mask=None: F.scaled_dot_product_attention(q, k, v, mask=mask),
    rtol=1e-6,
    atol=2e-4,  # float32: scores off by 2e-5, so weights by a factor 1 + 4e-5; values up to 4
    cases="""
        3 queries, 4 keys: normal(3, 6), normal(4, 6), normal(4, 5)
        as many queries as keys: normal(4, 6), normal(4, 6), normal(4, 4)
        batch and heads: normal(2, 3, 5, 8), normal(2, 3, 7, 8), normal(2, 3, 7, 4)
        a mask: normal(3, 6), normal(4, 6), normal(4, 5), MASK
        padded sequences in float32: normal(2, 3, 5, 8, dtype=np.float32),
            normal(2, 3, 7, 8, dtype=np.float32), normal(2, 3, 7, 4, dtype=np.float32), PADDING
        a query that sees nothing: normal(3, 6), normal(4, 6), normal(4, 5),
            MASK & np.array([[True], [False], [True]])
    """,
    mistakes="""
        mask-ignored: np.where(may, scores, -np.inf) → scores
            right without a mask; the mask changes nothing yet
        mask-inverted: may, scores, -np.inf → may, -np.inf, scores
            the mask is read upside down: True means that the key may be seen
        mask-as-zero: -np.inf → 0
            a hidden score became 0, but exp(0) is 1: the key is still seen, and more than one with
            a negative score. The score whose exponential is 0 is -inf
        mask-as-zero: np.where(may, scores, -np.inf) → scores * may
        mask-added: np.where(may, scores, -np.inf) → scores + may
            the mask was added to the scores, as 1 and 0. Added masks hold 0 and -inf; this one is
            True and False: choose with np.where
        masked-after-softmax: np.where(may, scores, -np.inf) → scores
            & F.softmax(scores) @ → F.softmax(scores) * may @
            the hidden keys were taken out after the softmax, so the weights left no longer sum to
            1: hide their scores before it
        hidden-but-finite: -np.inf → -1e9
            a large negative number hides a key only while another one is seen. Where all are
            hidden, softmax subtracts it again and every key gets the same weight: use -inf
        hidden-but-finite: -np.inf → np.finfo(scores.dtype).min
        empty-row: F.softmax → softmax
            right except for a query that sees nothing: -inf - (-inf) is NaN. Its row should be
            zeros
        softmax-over-queries: F.softmax(scores) → F.softmax(scores, axis=-2)
            the weights of each key sum to 1 over the queries; those of each query should, over the
            keys: the softmax runs along the last axis
        not-scaled: / math.sqrt(query.shape[-1]) →
            right up to the scale: the scores were not divided by √D
        scaled-by-width: math.sqrt(query.shape[-1]) → query.shape[-1]
            right up to the scale: the scores were divided by D and not by √D
        scaled-by-number-of-keys: query.shape[-1] → key.shape[-2]
            right up to the scale: divided by √S. D is the width of a key, not their number
        no-softmax: F.softmax(scores) → scores
            & -np.inf → 0
            the values were summed with the scores themselves: weights come out of the softmax
        scaled-after-softmax: / math.sqrt(query.shape[-1]) →
            & F.softmax(scores) → F.softmax(scores) / math.sqrt(query.shape[-1])
            the division by √D came after the softmax: there it shrinks the average. It belongs to
            the scores
        only-first-item: when only_first_item
            right for the first sequence of the batch alone: matmul (@) and softmax treat all
            leading axes at once, without a loop
        only-first-item: answer loop_that_returns_too_early
        raised: key.swapaxes(-1, -2) → key.T
        dtype-not-kept: math.sqrt → np.sqrt
    """,
    constraints=(
        keeps_dtype(
            "correct, but float32 went in and float64 came out: np.sqrt(8) is a float64 and pulls "
            "every array it meets with it. Use math.sqrt"
        ),
    ),
    hints="""
        Four lines, one for each step of this chapter: scores, mask, softmax, average. Which of
        them may look at a hidden key?

        Scores (..., T, S) as in 02.scores; np.where puts -inf where the mask is False (only if
        there is a mask); softmax along the last axis; then @ value. functional.softmax turns a row
        of nothing but -inf into zeros.

        scores = query @ ... / math.sqrt(...)
        if mask is not None:
            scores = np.where(mask, ..., ...)
        return functional.softmax(...) @ ...
    """,
)
