"""02.online_softmax: softmax in one pass."""

import numpy as np

from attention_scratch.exercises import Constraint
from attention_scratch.exercises.authoring import exercise
from attention_scratch.exercises.run import memory_recorded, record
from attention_scratch.nn import functional as F  # noqa: N812


class Blocks:
    """Scores (n,) and values (n, 8) a block at a time; notes passes and memory held.

    The scores lie around ``at``, rising (order 1) or falling (-1) where asked.
    """

    def __init__(self, rng, *sizes, at=0.0, order=0):
        scores = 3 * rng.normal(size=sum(sizes))
        scores = at + (np.sort(scores)[::order] if order else scores)
        ends = np.cumsum(sizes)[:-1]
        self.blocks = [np.split(x, ends) for x in (scores, rng.normal(size=(sum(sizes), 8)))]
        self.passes = 0

    def __iter__(self):
        self.passes += 1
        with memory_recorded():
            for scores, values in zip(*self.blocks, strict=True):
                yield scores.copy(), values.copy()
        record(passes=self.passes, total=sum(x.nbytes for kind in self.blocks for x in kind))


def average(blocks):
    scores, values = map(np.concatenate, blocks.blocks)
    return F.softmax(scores) @ values


def online_average(blocks):
    maximum, total, output = -np.inf, 0.0, 0.0
    for scores, values in blocks:
        largest = max(maximum, scores.max())
        factor = np.exp(maximum - largest)
        weights = np.exp(scores - largest)
        total = total * factor + weights.sum()
        output = output * factor + weights @ values
        maximum = largest
    return output / total


def grows_an_array(blocks):
    scores, values = np.zeros(0), np.zeros((0, 8))
    for s, v in blocks:
        scores, values = np.append(scores, s), np.append(values, v, axis=0)
    return F.softmax(scores) @ values


def says_held(attempt):
    counters = attempt.case("64 blocks").counters
    share = counters["held"] / counters["total"]
    return (
        f"correct, but of {counters['total'] / 1000:.0f} kB read it held {share:.0%} at once. Keep "
        "three things between blocks: a maximum, a sum, and one weighted sum of values"
    )


def holds_little(attempt):
    counters = attempt.case("64 blocks").counters
    return counters["held"] < counters["total"] / 4


EXERCISE = exercise(
    "02.online_softmax",
    "Softmax in one pass",
    teaches="how an average under softmax is updated when a larger score turns up, which is what "
    "FlashAttention does for every query",
    right=online_average,
    reference=average,
    atol=1e-12,  # float64: 2048 terms, (S + log S + 10) 2**-53 < 3e-13, values up to 4
    cases="""
        two blocks: Blocks(rng, 3, 3)
        the largest score comes last: Blocks(rng, 4, 4, 4, order=1)
        the largest score comes first: Blocks(rng, 4, 4, 4, order=-1)
        one block: Blocks(rng, 5)
        blocks of different lengths: Blocks(rng, 1, 7, 2, 5)
        scores of 1000: Blocks(rng, 4, 4, at=1000.0)
        scores of -1000: Blocks(rng, 4, 4, at=-1000.0)
        64 blocks: Blocks(rng, *[32] * 64)
    """,
    mistakes="""
        maximum-starts-at-zero: -np.inf → 0.0
            the running maximum starts at 0, so scores far below 0 all round away: before the first
            block it is -inf
        max-not-subtracted: max(maximum, scores.max()) → 0.0
            right for small scores, but no maximum is subtracted: try 1000
        averages-averaged: total * factor + weights.sum() → total + 1
            & output * factor + weights → output + weights / weights.sum()
            each block was averaged by itself, then the averages were: a block whose scores are all
            low counts as much as any other
        nothing-rescaled: np.exp(maximum - largest) → 1.0
            when the maximum rises, what was summed so far was measured against the old one:
            multiply the sum and the weighted sum by exp(old - new)
        sum-not-rescaled: total * factor → total
            the weighted sum of values is rescaled when the maximum rises, the sum of the weights
            is not
        output-not-rescaled: output * factor → output
            the sum of the weights is rescaled when the maximum rises, the weighted sum of values
            is not
        last-blocks-maximum: max(maximum, scores.max()) → scores.max()
            & np.exp(maximum - largest) → 1.0
            each block is measured against its own maximum, so blocks cannot be added: keep the
            largest score seen so far
        read-twice: -np.inf → max(scores.max() for scores, _ in blocks)
        held-everything: in blocks → in list(blocks)
        held-everything: answer grows_an_array
    """,
    constraints=(
        Constraint(
            "read-twice",
            holds=lambda attempt: all(c.counters.get("passes") == 1 for c in attempt.cases),
            says="correct, but the blocks were read more than once: twice the bytes",
        ),
        Constraint("held-everything", holds=holds_little, says=says_held),
    ),
    hints="""
        After each block you should know the right answer for all blocks so far. Which three things
        must you remember to take in the next one?

        Remember the largest score m, the sum of exp(score - m), and the sum of exp(score - m) *
        value. When a block brings a larger m, multiply both sums by exp(m_old - m_new) before
        adding the block's own. Divide at the end.

        largest = max(maximum, scores.max())
        factor = np.exp(... - ...)          # what was summed so far shrinks by this
        weights = np.exp(scores - largest)
        total = total * factor + ...
        output = output * factor + ...
    """,
)
