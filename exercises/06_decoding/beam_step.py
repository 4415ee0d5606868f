"""Exercise 06.beam_step: from W beams, each with V ways to go on, the best W."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Exercise, Suspect
from .common import Array

Step = tuple[Array, Array, Array]


def _beam_step(
    *,
    totals: Callable[[Array, Array], Array] = lambda scores, each: scores[:, None] + each,
    best_last: bool = False,
    divide_by: Callable[[int, int], int] = lambda W, V: V,
    sort: bool = True,
) -> Callable[[Array, Array, int], Step]:
    """One step of beam search with one of its parts done otherwise."""

    def beam_step(scores: Array, log_probabilities: Array, width: int) -> Step:
        W, V = log_probabilities.shape
        flat = totals(scores, log_probabilities).ravel()
        order = np.argsort(-flat, kind="stable")[:width]
        if best_last:
            order = order[::-1]
        if not sort:
            order = np.sort(order)
        beams, tokens = np.divmod(order, divide_by(W, V))
        return beams, tokens, flat[order]

    return beam_step


def _best_of_each(scores: Array, log_probabilities: Array, width: int) -> Step:
    tokens = log_probabilities.argmax(-1)
    totals = scores + log_probabilities.max(-1)
    order = np.argsort(-totals, kind="stable")[:width]
    return order, tokens[order], totals[order]


def _least(scores: Array, log_probabilities: Array, width: int) -> Step:
    V = log_probabilities.shape[1]
    flat = (scores[:, None] + log_probabilities).ravel()
    order = np.argsort(flat, kind="stable")[:width]
    return order // V, order % V, flat[order]


def _old_scores(scores: Array, log_probabilities: Array, width: int) -> Step:
    beams, tokens, _ = _beam_step()(scores, log_probabilities, width)
    return beams, tokens, log_probabilities[beams, tokens]


def _drawn(
    W: int, V: int, width: int, *, empty: int = 0, apart: float = 1.0
) -> Callable[[np.random.Generator], tuple[Array, Array, int]]:
    """Scores of W beams, the last ``empty`` of them not in use yet (very low)."""

    def args(rng: np.random.Generator) -> tuple[Array, Array, int]:
        scores = apart * np.log(rng.dirichlet(np.ones(W)))
        scores[W - empty :] = -1000.0 * np.arange(1, empty + 1)
        return scores, np.log(rng.dirichlet(np.ones(V), size=W)), width

    return args


EXERCISE = Exercise(
    id="06.beam_step",
    title="One step of a beam search",
    teaches="that beams compete with each other: the best continuations of all, not of each",
    reference=_beam_step(),
    rtol=1e-12,  # one addition in float64
    cases=(
        Case("2 beams, 3 tokens", _drawn(2, 3, 2)),
        Case("3 beams, 8 tokens", _drawn(3, 8, 3)),
        Case("all the best come from one beam", _drawn(4, 9, 4, apart=30.0)),
        Case("more beams than tokens", _drawn(7, 3, 7)),
        Case("the first step: one beam in use", _drawn(4, 10, 4, empty=3)),
        Case("one beam", _drawn(1, 6, 1)),
        Case("fewer are kept than there are beams", _drawn(6, 5, 2)),
    ),
    suspects=(
        Suspect(
            "best-of-each-beam",
            answer=_best_of_each,
            says="each beam kept its own best continuation. Beams compete: if the two best "
            "continuations of all come from one beam, both are kept and another beam ends",
        ),
        Suspect(
            "scores-not-added",
            answer=_beam_step(totals=lambda scores, each: each),
            says="the scores so far were left out: a beam is as likely as all its tokens "
            "together, not as its last one",
        ),
        Suspect(
            "scores-not-returned",
            answer=_old_scores,
            says="the right choice, but what is returned is the log-probability of the last "
            "token alone: the next step needs the sum",
        ),
        Suspect(
            "scores-multiplied",
            answer=_beam_step(totals=lambda scores, each: scores[:, None] * each),
            says="log-probabilities were multiplied. Probabilities multiply; their logarithms add",
        ),
        Suspect(
            "added-to-the-wrong-axis",
            answer=_beam_step(
                totals=lambda scores, each: each + np.resize(scores, each.shape[1]),
            ),
            says="the scores were added to the tokens and not to the beams: scores (W,) needs an "
            "axis, scores[:, None], to meet (W, V)",
        ),
        Suspect(
            "divided-by-beams",
            answer=_beam_step(divide_by=lambda W, V: W),
            says="place i of the flattened (W, V) is beam i // V and token i % V; here it was "
            "divided by W",
        ),
        Suspect(
            "least-likely",
            answer=_least,
            says="these are the least likely: np.argsort sorts upwards",
        ),
        Suspect(
            "best-last",
            answer=_beam_step(best_last=True),
            says="the right ones, but the best comes last: turn them around",
        ),
        Suspect(
            "not-sorted",
            answer=_beam_step(sort=False),
            says="the right ones, but not the best first: np.argpartition finds them and does "
            "not sort them",
        ),
    ),
    hints=(
        "Two beams and three tokens make six continuations. Write down the score of each; which "
        "two are the best, and which beam do they come from?",
        "Add scores[:, None] to log_probabilities: a (W, V) table of sums. Flatten it, sort "
        "downwards, take the first `width`. From a place in the flat table, np.divmod finds row "
        "and column.",
        "totals = scores[:, None] + ...          # (W, V)\n"
        "order = np.argsort(-totals.ravel())[:width]\n"
        "beams, tokens = np.divmod(order, ...)\n"
        "return beams, tokens, totals[...]",
    ),
)
