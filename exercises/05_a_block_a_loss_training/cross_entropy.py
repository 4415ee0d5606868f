"""05.cross_entropy: a mean over the tokens that count, smoothed."""

import numpy as np

from attention_scratch.exercises.authoring import exercise
from attention_scratch.nn import functional as F  # noqa: N812


def cross_entropy(logits, targets, pad, smoothing=0.0):
    logs = F.log_softmax(logits)
    right = -np.take_along_axis(logs, targets[..., None], axis=-1)[..., 0]
    each = (1 - smoothing) * right - smoothing * logs.mean(axis=-1)
    return each[targets != pad].mean()


def smooths_over_the_others(logits, targets, pad, smoothing=0.0):
    wanted = np.full(logits.shape, smoothing / (logits.shape[-1] - 1))
    np.put_along_axis(wanted, targets[..., None], 1 - smoothing, -1)
    return -(wanted * F.log_softmax(logits)).sum(-1)[targets != pad].mean()


def ragged(rng):
    """Sequences of 5, 1 and 3 tokens; behind them the targets are <pad>, 0."""
    shown = np.arange(5) < np.array([[5], [1], [3]])
    return rng.normal(size=(3, 5, 7)), np.where(shown, rng.integers(1, 7, size=(3, 5)), 0), 0


EXERCISE = exercise(
    "05.cross_entropy",
    "Cross-entropy over the tokens that count",
    teaches="the loss of a language model: stable, smoothed, and deaf to padding",
    right=cross_entropy,
    rtol=1e-9,
    atol=1e-9,  # float64: logits up to 1e4, so a logarithm of up to 1e4 · 2**-52
    cases="""
        4 tokens of a vocabulary of 5: normal(4, 5), integers(1, 5, 4), 0
        a batch of 2: normal(2, 3, 6), integers(1, 6, 2, 3), 0
        padding behind sequences of 5, 1 and 3 tokens: *ragged(rng)
        logits of 10000: 1e4 * normal(2, 3, 6), integers(1, 6, 2, 3), 0
        smoothing of 0.1: normal(2, 3, 6), integers(1, 6, 2, 3), 0, smoothing=0.1
        smoothing and padding: *ragged(rng), smoothing=0.3
    """,
    mistakes=r"""
        log-of-softmax: F.log_softmax(logits) → np.exp(logits)
            & right = → logs = np.log(logs / logs.sum(axis=-1, keepdims=True))\n    right =
            right for small logits, but exp was taken before the maximum was subtracted, or a
            probability rounded to 0 before its logarithm: functional.log_softmax does neither
        log-of-softmax: F.log_softmax(logits) → np.log(F.softmax(logits))
        padding-counted: [targets != pad] →
            right without padding; with it, the model is also graded on predicting <pad>. Take the
            mean over the places where the target is not pad
        divided-by-all: each[targets != pad] → (each * (targets != pad))
            padding adds nothing to the sum, but it is still counted in the division: the loss then
            depends on how much padding a batch happens to have
        mean-of-means: each[targets != pad] → np.nanmean(np.where(targets == pad, np.nan, each), -1)
            each sequence was averaged by itself, then the averages were: a token of a short
            sequence counts more than one of a long one. One mean over all tokens that count
        summed: pad].mean → pad].sum
            this is the sum over the tokens that count; the mean was asked for
        sign-forgotten: -np.take → np.take
            the logarithm of a probability is negative: the loss is minus it
        smoothing-ignored: (1 - smoothing) * right - smoothing * logs.mean(axis=-1) → right
            right without smoothing; the argument changes nothing yet
        smoothing-over-the-others: logs.mean(axis=-1) → (logs.sum(axis=-1) + right) / (V - 1)
            & each = → V = logits.shape[-1]\n    each =
            the smoothed share went to the V - 1 other tokens. It is spread over all V, the right
            one too, so that smoothing 1 would ask for a uniform guess
        smoothing-over-the-others: answer smooths_over_the_others
        smoothing-reversed: (1 - smoothing) * right → smoothing * right
            & - smoothing * logs → - (1 - smoothing) * logs
            the two weights are exchanged: the right token gets 1 - smoothing, the mean over the
            vocabulary gets smoothing
        smoothing-summed: logs.mean → logs.sum
            the surprise was summed over the vocabulary where its mean belongs: each of the V tokens
            gets smoothing / V
    """,
    hints="""
        For one token the loss is minus the logarithm of the probability of the right one. Which
        places of the batch have no right one?

        log_softmax first, (..., V). Pick from each row the entry of its target (take_along_axis).
        Blend minus that with minus the mean of the row: (1 - smoothing) and smoothing. Then one
        mean over the places where targets != pad.

        logs = functional.log_softmax(logits)
        right = -np.take_along_axis(logs, targets[..., None], axis=-1)[..., 0]
        each = (1 - smoothing) * ... + smoothing * ...
        return each[...].mean()
    """,
)
