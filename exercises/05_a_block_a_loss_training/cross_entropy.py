"""Exercise 05.cross_entropy: a mean over the tokens that count, smoothed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect
from .common import Array
from attention_scratch.nn import functional as F  # noqa: N812

PAD = 0


def _surprises(logits: Array, targets: Array) -> Array:
    """-log of the probability of each target, (...,)."""
    return np.asarray(
        -np.take_along_axis(F.log_softmax(logits), targets[..., None], axis=-1)[..., 0]
    )


def _blend(right: Array, logits: Array, smoothing: float) -> Array:
    return np.asarray((1 - smoothing) * right - smoothing * F.log_softmax(logits).mean(axis=-1))


def _loss(logits: Array, targets: Array, pad: int, smoothing: float = 0.0) -> Array:
    each = _blend(_surprises(logits, targets), logits, smoothing)
    return np.asarray(each[targets != pad].mean())


def _naive(logits: Array, targets: Array, pad: int, smoothing: float = 0.0) -> Array:
    e = np.exp(logits)
    logs = np.log(e / e.sum(axis=-1, keepdims=True))
    right = np.take_along_axis(logs, targets[..., None], axis=-1)[..., 0]
    each = -(1 - smoothing) * right - smoothing * logs.mean(axis=-1)
    return np.asarray(each[targets != pad].mean())


def _over(
    average: Callable[[Array, Array], Array | float],
    *,
    blend: Callable[[Array, Array, float], Array] = _blend,
    surprise: Callable[[Array, Array], Array] = _surprises,
) -> Callable[..., Array]:
    """The loss with another average of (each, kept), another smoothing or another surprise."""

    def loss(logits: Array, targets: Array, pad: int, smoothing: float = 0.0) -> Array:
        each = blend(surprise(logits, targets), logits, smoothing)
        return np.asarray(average(each, targets != pad))

    return loss


def _kept(each: Array, kept: Array) -> float:
    return float(each[kept].mean())


def _mean_of_rows(each: Array, kept: Array) -> float:
    if each.ndim < 2:
        return _kept(each, kept)
    return float(((each * kept).sum(axis=-1) / kept.sum(axis=-1)).mean())


def _others_only(right: Array, logits: Array, smoothing: float) -> Array:
    """The smoothed share goes to the other V - 1 tokens alone."""
    logs, V = F.log_softmax(logits), logits.shape[-1]
    others = (-logs.sum(axis=-1) - right) / (V - 1)
    return np.asarray((1 - smoothing) * right + smoothing * others)


def _args(
    *shape: int, V: int, lengths: tuple[int, ...] = (), at: float = 1.0
) -> Callable[..., tuple[object, ...]]:
    """Logits (*shape, V) of size ``at`` and targets that are never PAD but behind ``lengths``."""

    def args(rng: np.random.Generator) -> tuple[Array, Array, int]:
        logits = at * rng.normal(size=(*shape, V))
        targets = rng.integers(1, V, size=shape)
        if lengths:
            targets[np.arange(shape[-1]) >= np.array(lengths)[:, None]] = PAD
        return logits, targets, PAD

    return args


RAGGED = _args(3, 5, V=7, lengths=(5, 1, 3))

EXERCISE = Exercise(
    id="05.cross_entropy",
    title="Cross-entropy over the tokens that count",
    teaches="the loss of a language model: stable, smoothed, and deaf to padding",
    reference=_loss,
    rtol=1e-9,
    atol=1e-9,  # float64: logits up to 1e4, so a logarithm of up to 1e4 · 2**-52
    cases=(
        Case("4 tokens of a vocabulary of 5", _args(4, V=5)),
        Case("a batch of 2", _args(2, 3, V=6)),
        Case("padding behind sequences of 5, 1 and 3 tokens", RAGGED),
        Case("logits of 10000", _args(2, 3, V=6, at=1e4)),
        Case("smoothing of 0.1", _args(2, 3, V=6), kwargs={"smoothing": 0.1}),
        Case("smoothing and padding", RAGGED, kwargs={"smoothing": 0.3}),
    ),
    suspects=(
        Suspect(
            "log-of-softmax",
            answer=_naive,
            says="right for small logits, but exp was taken before the maximum was subtracted, or "
            "a probability rounded to 0 before its logarithm: functional.log_softmax does neither",
        ),
        Suspect(
            "padding-counted",
            answer=_over(lambda each, kept: float(each.mean())),
            says="right without padding; with it, the model is also graded on predicting <pad>. "
            "Take the mean over the places where the target is not pad",
        ),
        Suspect(
            "divided-by-all",
            answer=_over(lambda each, kept: float((each * kept).sum() / each.size)),
            says="padding adds nothing to the sum, but it is still counted in the division: the "
            "loss then depends on how much padding a batch happens to have",
        ),
        Suspect(
            "mean-of-means",
            answer=_over(_mean_of_rows),
            says="each sequence was averaged by itself, then the averages were: a token of a short "
            "sequence counts more than one of a long one. One mean over all tokens that count",
        ),
        Suspect(
            "summed",
            answer=_over(lambda each, kept: float(each[kept].sum())),
            says="this is the sum over the tokens that count; the mean was asked for",
        ),
        Suspect(
            "sign-forgotten",
            answer=_over(_kept, surprise=lambda logits, targets: -_surprises(logits, targets)),
            says="the logarithm of a probability is negative: the loss is minus it",
        ),
        Suspect(
            "smoothing-ignored",
            answer=_over(_kept, blend=lambda right, logits, smoothing: right),
            says="right without smoothing; the argument changes nothing yet",
        ),
        Suspect(
            "smoothing-over-the-others",
            answer=_over(_kept, blend=_others_only),
            says="the smoothed share went to the V - 1 other tokens. It is spread over all V, the "
            "right one too, so that smoothing 1 would ask for a uniform guess",
        ),
        Suspect(
            "smoothing-reversed",
            answer=_over(
                _kept, blend=lambda right, logits, smoothing: _blend(right, logits, 1 - smoothing)
            ),
            says="the two weights are exchanged: the right token gets 1 - smoothing, the mean over "
            "the vocabulary gets smoothing",
        ),
        Suspect(
            "smoothing-summed",
            answer=_over(
                _kept,
                blend=lambda right, logits, smoothing: np.asarray(
                    (1 - smoothing) * right - smoothing * F.log_softmax(logits).sum(axis=-1)
                ),
            ),
            says="the surprise was summed over the vocabulary where its mean belongs: each of the "
            "V tokens gets smoothing / V",
        ),
    ),
    hints=(
        "For one token the loss is minus the logarithm of the probability of the right one. Which "
        "places of the batch have no right one?",
        "log_softmax first, (..., V). Pick from each row the entry of its target "
        "(take_along_axis). Blend minus that with minus the mean of the row: (1 - smoothing) and "
        "smoothing. Then one mean over the places where targets != pad.",
        "logs = functional.log_softmax(logits)\n"
        "right = -np.take_along_axis(logs, targets[..., None], axis=-1)[..., 0]\n"
        "each = (1 - smoothing) * ... + smoothing * ...\n"
        "return each[...].mean()",
    ),
)
