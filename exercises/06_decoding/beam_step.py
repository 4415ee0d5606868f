"""06.beam_step: from W beams, each with V ways to go on, the best W."""

import numpy as np

from attention_scratch.exercises.authoring import exercise


def beam_step(scores, log_probabilities, width):
    totals = (scores[:, None] + log_probabilities).ravel()
    order = np.argsort(-totals)[:width]
    beams, tokens = np.divmod(order, log_probabilities.shape[1])
    return beams, tokens, totals[order]


def no_competition(scores, log_probabilities, width):
    tokens = np.argmax(log_probabilities, axis=1)
    totals = scores + log_probabilities[np.arange(len(scores)), tokens]
    best = np.argsort(totals)[::-1][:width]
    return best, tokens[best], totals[best]


def drawn(rng, W, V, empty=0, apart=1.0):
    """Scores of W beams, the last ``empty`` of them not in use yet (very low)."""
    scores = apart * np.log(rng.dirichlet(np.ones(W)))
    scores[W - empty :] = -1000.0 * np.arange(1, empty + 1)
    return scores, np.log(rng.dirichlet(np.ones(V), size=W))


EXERCISE = exercise(
    "06.beam_step",
    "One step of a beam search",
    teaches="that beams compete with each other: the best continuations of all, not of each",
    right=beam_step,
    rtol=1e-12,  # one addition in float64
    cases="""
        2 beams, 3 tokens: *drawn(rng, 2, 3), 2
        3 beams, 8 tokens: *drawn(rng, 3, 8), 3
        all the best come from one beam: *drawn(rng, 4, 9, apart=30.0), 4
        more beams than tokens: *drawn(rng, 7, 3), 7
        the first step, one beam in use: *drawn(rng, 4, 10, empty=3), 4
        one beam: *drawn(rng, 1, 6), 1
        fewer are kept than there are beams: *drawn(rng, 6, 5), 2
    """,
    mistakes=r"""
        best-of-each-beam: + log_probabilities → + np.where(log_probabilities < best, -np.inf, best)
            & totals = → best = log_probabilities.max(axis=1, keepdims=True)\n    totals =
            each beam kept its own best continuation. Beams compete: if the two best continuations
            of all come from one beam, both are kept and another beam ends
        best-of-each-beam: answer no_competition
        scores-not-added: scores[:, None] + →
            the scores so far were left out: a beam is as likely as all its tokens together, not as
            its last one
        scores-not-returned: totals[order] → log_probabilities[beams, tokens]
            the right choice, but what is returned is the log-probability of the last token alone:
            the next step needs the sum
        scores-multiplied: scores[:, None] + → scores[:, None] *
            log-probabilities were multiplied. Probabilities multiply; their logarithms add
        added-to-the-wrong-axis: scores[:, None] → np.resize(scores, log_probabilities.shape[1])
            the scores were added to the tokens and not to the beams: scores (W,) needs an axis,
            scores[:, None], to meet (W, V)
        divided-by-beams: log_probabilities.shape[1] → len(scores)
            place i of the flattened (W, V) is beam i // V and token i % V; here it was divided by W
        least-likely: argsort(-totals) → argsort(totals)
            these are the least likely: np.argsort sorts upwards
        best-last: [:width] → [:width][::-1]
            the right ones, but the best comes last: turn them around
        not-sorted: np.argsort(-totals)[:width] → np.sort(np.argsort(-totals)[:width])
            the right ones, but not the best first: np.argpartition finds them and does not sort
            them
        raised: scores[:, None] → scores
    """,
    hints="""
        Two beams and three tokens make six continuations. Write down the score of each; which two
        are the best, and which beam do they come from?

        Add scores[:, None] to log_probabilities: a (W, V) table of sums. Flatten it, sort
        downwards, take the first `width`. From a place in the flat table, np.divmod finds row and
        column.

        totals = scores[:, None] + ...          # (W, V)
        order = np.argsort(-totals.ravel())[:width]
        beams, tokens = np.divmod(order, ...)
        return beams, tokens, totals[...]
    """,
)
