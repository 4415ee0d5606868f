"""Exercise 02.online_softmax: softmax in one pass."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np

from attention_scratch.exercises import Attempt, Case, Constraint, Exercise, Suspect
from .common import Array
from attention_scratch.exercises.run import record
from attention_scratch.nn import functional as F  # noqa: N812


class Blocks:
    """Scores ``(n,)`` and values ``(n, Dv)`` a block at a time; notes passes and memory held."""

    def __init__(self, scores: Array, values: Array, sizes: tuple[int, ...]) -> None:
        ends = np.cumsum(sizes)[:-1]
        self._scores, self._values = np.split(scores, ends), np.split(values, ends)
        self._passes = 0

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        self._passes += 1
        mine = not tracemalloc.is_tracing()
        if mine:
            tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        try:
            for scores, values in zip(self._scores, self._values, strict=True):
                yield scores.copy(), values.copy()
            held = tracemalloc.get_traced_memory()[1] - before
            record(passes=self._passes, held=held, total=self._bytes())
        finally:
            if mine:
                tracemalloc.stop()

    def _bytes(self) -> int:
        return sum(block.nbytes for block in (*self._scores, *self._values))

    def whole(self) -> tuple[Array, Array]:
        """All scores and all values."""
        return np.concatenate(self._scores), np.concatenate(self._values)


def _reference_average(blocks: Blocks) -> Array:
    scores, values = blocks.whole()
    return np.asarray(F.softmax(scores) @ values)


def _online(
    *,
    rescale_total: bool = True,
    rescale_output: bool = True,
    start: float = -np.inf,
    running: bool = True,
) -> Callable[[Blocks], Array]:
    """The one-pass average with one part of its bookkeeping left out."""

    def average(blocks: Blocks) -> Array:
        maximum, total, output = start, 0.0, np.zeros(1)
        for scores, values in blocks:
            largest = max(maximum, scores.max()) if running else scores.max()
            factor = np.exp(maximum - largest) if running else 1.0
            weights = np.exp(scores - largest)
            total = total * (factor if rescale_total else 1.0) + weights.sum()
            output = output * (factor if rescale_output else 1.0) + weights @ values
            maximum = largest
        return np.asarray(output / total)

    return average


def _unshifted(blocks: Blocks) -> Array:
    parts = [(np.exp(scores), values) for scores, values in blocks]
    return np.asarray(sum(w @ v for w, v in parts) / sum(w.sum() for w, _ in parts))


def _mean_of_averages(blocks: Blocks) -> Array:
    return np.asarray(np.mean([F.softmax(scores) @ values for scores, values in blocks], axis=0))


def _blocks(
    *sizes: int, at: float = 0.0, order: int = 0
) -> Callable[[np.random.Generator], tuple[Blocks]]:
    """Random blocks with scores around ``at``, rising (1) or falling (-1) where asked."""

    def args(rng: np.random.Generator) -> tuple[Blocks]:
        scores = 3 * rng.normal(size=sum(sizes))
        scores = np.sort(scores)[::order] if order else scores
        return (Blocks(at + scores, rng.normal(size=(sum(sizes), 8)), sizes),)

    return args


MANY = "64 blocks"


def _holds_little(attempt: Attempt) -> bool:
    counters = attempt.case(MANY).counters
    return bool(counters["held"] < counters["total"] / 4)


def _says_held(attempt: Attempt) -> str:
    counters = attempt.case(MANY).counters
    share = counters["held"] / counters["total"]
    return (
        f"correct, but of {counters['total'] / 1000:.0f} kB read it held {share:.0%} at once. Keep "
        "three things between blocks: a maximum, a sum, and one weighted sum of values"
    )


EXERCISE = Exercise(
    id="02.online_softmax",
    title="Softmax in one pass",
    teaches="how an average under softmax is updated when a larger score turns up, which is "
    "what FlashAttention does for every query",
    reference=_reference_average,
    atol=1e-12,  # float64: 2048 terms, (S + log S + 10) 2**-53 < 3e-13, values up to 4
    cases=(
        Case("two blocks", _blocks(3, 3)),
        Case("the largest score comes last", _blocks(4, 4, 4, order=1)),
        Case("the largest score comes first", _blocks(4, 4, 4, order=-1)),
        Case("one block", _blocks(5)),
        Case("blocks of different lengths", _blocks(1, 7, 2, 5)),
        Case("scores of 1000", _blocks(4, 4, at=1000.0)),
        Case("scores of -1000", _blocks(4, 4, at=-1000.0)),
        Case(MANY, _blocks(*[32] * 64)),
    ),
    suspects=(
        Suspect(
            "maximum-starts-at-zero",
            answer=_online(start=0.0),
            says="the running maximum starts at 0, so scores far below 0 all round away: "
            "before the first block it is -inf",
        ),
        Suspect(
            "max-not-subtracted",
            answer=_unshifted,
            says="right for small scores, but no maximum is subtracted: try 1000",
        ),
        Suspect(
            "averages-averaged",
            answer=_mean_of_averages,
            says="each block was averaged by itself, then the averages were: a block whose "
            "scores are all low counts as much as any other",
        ),
        Suspect(
            "nothing-rescaled",
            answer=_online(rescale_total=False, rescale_output=False),
            says="when the maximum rises, what was summed so far was measured against the old "
            "one: multiply the sum and the weighted sum by exp(old - new)",
        ),
        Suspect(
            "sum-not-rescaled",
            answer=_online(rescale_total=False),
            says="the weighted sum of values is rescaled when the maximum rises, the sum of "
            "the weights is not",
        ),
        Suspect(
            "output-not-rescaled",
            answer=_online(rescale_output=False),
            says="the sum of the weights is rescaled when the maximum rises, the weighted sum "
            "of values is not",
        ),
        Suspect(
            "last-blocks-maximum",
            answer=_online(running=False),
            says="each block is measured against its own maximum, so blocks cannot be added: "
            "keep the largest score seen so far",
        ),
    ),
    constraints=(
        Constraint(
            "read-twice",
            holds=lambda attempt: all(c.counters.get("passes") == 1 for c in attempt.cases),
            says="correct, but the blocks were read more than once: twice the bytes",
        ),
        Constraint("held-everything", holds=_holds_little, says=_says_held),
    ),
    hints=(
        "After each block you should know the right answer for all blocks so far. Which three "
        "things must you remember to take in the next one?",
        "Remember the largest score m, the sum of exp(score - m), and the sum of "
        "exp(score - m) * value. When a block brings a larger m, multiply both sums by "
        "exp(m_old - m_new) before adding the block's own. Divide at the end.",
        "largest = max(maximum, scores.max())\n"
        "factor = np.exp(... - ...)          # what was summed so far shrinks by this\n"
        "weights = np.exp(scores - largest)\n"
        "total = total * factor + ...\n"
        "output = output * factor + ...",
    ),
)
