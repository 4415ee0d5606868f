"""05.block: a pre-norm block around its residual stream."""

import numpy as np

from attention_scratch.exercises import Constraint
from attention_scratch.exercises.authoring import exercise
from attention_scratch.exercises.run import record
from attention_scratch.nn import functional as F  # noqa: N812


def block(x, norm_1, attention, norm_2, feed_forward):
    x = x + attention(norm_1(x))
    return x + feed_forward(norm_2(x))


def one_after_the_other(x, norm_1, attention, norm_2, feed_forward):
    for part in (norm_1, attention, norm_2, feed_forward):
        x = part(x)
    return x


class Part:
    """One of the four functions a block is made of; notes how often it was called."""

    def __init__(self, name, function):
        self._name, self._function, self._calls = name, function, 0

    def __call__(self, x):
        self._calls += 1
        record(**{self._name: self._calls})
        return self._function(np.asarray(x))

    def __repr__(self):
        return self._name


def parts(rng, C):
    """Two RMS norms; causal attention of x with itself, then a matrix; a feed-forward of ReLU."""
    gains = rng.uniform(0.5, 2.0, size=(2, C))
    weight = rng.normal(size=(C, C)) / np.sqrt(C)
    up, down = rng.normal(size=(C, 2 * C)), rng.normal(size=(2 * C, C)) / C

    def rms_norm(x):
        return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + 1e-5)

    return (
        Part("norm_1", lambda x: gains[0] * rms_norm(x)),
        Part("attention", lambda x: F.scaled_dot_product_attention(x, x, x, causal=True) @ weight),
        Part("norm_2", lambda x: gains[1] * rms_norm(x)),
        Part("feed_forward", lambda x: np.maximum(x @ up, 0) @ down),
    )


def each_part_once(attempt):
    return all(max(case.counters.values(), default=0) <= 1 for case in attempt.cases)


EXERCISE = exercise(
    "05.block",
    "A block around its residual stream",
    teaches="where the norms stand in a pre-norm block, and what is added to what",
    right=block,
    rtol=1e-10,
    atol=1e-10,  # float64 sums of at most 16 terms of order 10
    cases="""
        3 tokens of 4 numbers: normal(3, 4), *parts(rng, 4)
        a batch of 2: normal(2, 5, 8), *parts(rng, 8)
        one token: normal(1, 8), *parts(rng, 8)
        a stream 100 times as large: 100 * normal(2, 3, 6), *parts(rng, 6)
    """,
    mistakes=r"""
        norm-on-the-stream: x = x + attention(norm_1(x)) → x = norm_1(x)\n    x = x + attention(x)
            & return x + feed_forward(norm_2(x)) → x = norm_2(x)\n    return x + feed_forward(x)
            the norm was written back into the stream (x = norm(x)), so every block rescales what
            all blocks before it have said. Only what attention and the feed-forward READ is
            normalized; what they give is added to the stream as it was
        norm-after-adding: x + attention(norm_1(x)) → norm_1(x + attention(x))
            & x + feed_forward(norm_2(x)) → norm_2(x + feed_forward(x))
            this is the post-norm block of 2017: it normalizes the sum. In a pre-norm block the norm
            stands before attention and before the feed-forward, and nothing stands on the stream
        norm-on-the-outputs: attention(norm_1(x)) → norm_1(attention(x))
            & feed_forward(norm_2(x)) → norm_2(feed_forward(x))
            what attention and the feed-forward give is normalized, as in OLMo 2. Here what they
            read should be
        nothing-added: x + →
            the stream is gone: each part replaces x. It should be x plus what the part says
        nothing-added: answer one_after_the_other
        attention-not-added: x = x + → x =
            attention replaces the stream; what it gives should be added to x
        feed-forward-not-added: return x + → return
            the feed-forward replaces the stream; what it gives should be added to it
        added-to-the-start: x = x + → h = x +
            & norm_2(x) → norm_2(h)
            the feed-forward's output was added to the x the block began with, so what attention
            said is read once and then lost: add it to the stream after attention
        both-read-the-start: x = x + → h = x +
            & return x + → return h +
            attention and feed-forward both read the x the block began with. The feed-forward should
            read the stream after attention's output was added
        one-norm-for-both: norm_2(x) → norm_1(x)
            norm_1 stands before both parts. Each has its own, with its own learned gains
        no-norm: norm_1(x) → x
            & norm_2(x) → x
            nothing is normalized: attention and the feed-forward should read norm_1 and norm_2 of
            the stream
        computed-twice: x = x + attention(norm_1(x))\n    return x → return x + attention(norm_1(x))
            & norm_2(x) → norm_2(x + attention(norm_1(x)))
        changed-argument: x = x + → x +=
    """,
    constraints=(
        Constraint(
            "computed-twice",
            each_part_once,
            "correct, but a part was called twice on the same numbers, and attention is the "
            "dearest of them: keep what it gave in a variable",
        ),
    ),
    hints="""
        Think of x as a notebook that is handed from part to part. Nobody erases it; each part reads
        a normalized copy and adds a line. How many lines does one block add?

        Two lines of code, one a part. The first adds to x what attention makes of norm_1 of x. The
        second does the same with the stream as it now is, norm_2 and the feed-forward.

        x = x + attention(...)
        return x + feed_forward(norm_2(...))
    """,
)
