"""Exercise 05.block: a pre-norm block around its residual stream."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Attempt, Case, Constraint, Exercise, Suspect
from .common import Array, rms_norm
from attention_scratch.exercises.run import record
from attention_scratch.nn import functional as F  # noqa: N812

Function = Callable[[Array], Array]
Block = Callable[[Array, Function, Function, Function, Function], Array]


class Part:
    """One of the four functions a block is made of; notes how often it was called."""

    def __init__(self, name: str, function: Function) -> None:
        self._name, self._function, self._calls = name, function, 0

    def __call__(self, x: Array) -> Array:
        self._calls += 1
        record(**{self._name: self._calls})
        return self._function(np.asarray(x))

    def __repr__(self) -> str:
        return self._name


def _mix(weight: Array) -> Function:
    """Causal attention whose queries, keys and values are x itself, then a matrix."""
    return lambda x: np.asarray(F.scaled_dot_product_attention(x, x, x, causal=True) @ weight)


def _parts(rng: np.random.Generator, C: int) -> tuple[Part, Part, Part, Part]:
    gains = rng.uniform(0.5, 2.0, size=(2, C))
    weight = rng.normal(size=(C, C)) / np.sqrt(C)
    up, down = rng.normal(size=(C, 2 * C)), rng.normal(size=(2 * C, C)) / C
    return (
        Part("norm_1", lambda x: rms_norm(x, gains[0])),
        Part("attention", _mix(weight)),
        Part("norm_2", lambda x: rms_norm(x, gains[1])),
        Part("feed_forward", lambda x: np.asarray(np.maximum(x @ up, 0) @ down)),
    )


def _stream(*shape: int, size: float = 1.0) -> Callable[..., tuple[object, ...]]:
    return lambda rng: (size * rng.normal(size=shape), *_parts(rng, shape[-1]))


def _block(x: Array, n1: Function, attention: Function, n2: Function, ff: Function) -> Array:
    h = x + attention(n1(x))
    return h + ff(n2(h))


def _after_adding(x: Array, n1: Function, at: Function, n2: Function, ff: Function) -> Array:
    h = n1(x + at(x))
    return n2(h + ff(h))


def _norm_on_stream(x: Array, n1: Function, at: Function, n2: Function, ff: Function) -> Array:
    h = n1(x)
    h = h + at(h)
    h = n2(h)
    return h + ff(h)


def _on_outputs(x: Array, n1: Function, at: Function, n2: Function, ff: Function) -> Array:
    h = x + n1(at(x))
    return h + n2(ff(h))


def _no_stream(x: Array, n1: Function, at: Function, n2: Function, ff: Function) -> Array:
    return ff(n2(at(n1(x))))


def _first_not_added(x: Array, n1: Function, at: Function, n2: Function, ff: Function) -> Array:
    h = at(n1(x))
    return h + ff(n2(h))


def _second_not_added(x: Array, n1: Function, at: Function, n2: Function, ff: Function) -> Array:
    return ff(n2(x + at(n1(x))))


def _added_to_start(x: Array, n1: Function, at: Function, n2: Function, ff: Function) -> Array:
    return x + ff(n2(x + at(n1(x))))


def _side_by_side(x: Array, n1: Function, at: Function, n2: Function, ff: Function) -> Array:
    return x + at(n1(x)) + ff(n2(x))


def _one_norm(x: Array, n1: Function, at: Function, n2: Function, ff: Function) -> Array:
    return _block(x, n1, at, n1, ff)


def _no_norm(x: Array, n1: Function, at: Function, n2: Function, ff: Function) -> Array:
    h = x + at(x)
    return h + ff(h)


_MISTAKES: tuple[tuple[str, Block, str], ...] = (
    (
        "norm-on-the-stream",
        _norm_on_stream,
        "the norm was written back into the stream (x = norm(x)), so every block rescales what all "
        "blocks before it have said. Only what attention and the feed-forward READ is normalized; "
        "what they give is added to the stream as it was",
    ),
    (
        "norm-after-adding",
        _after_adding,
        "this is the post-norm block of 2017: it normalizes the sum. In a pre-norm block the norm "
        "stands before attention and before the feed-forward, and nothing stands on the stream",
    ),
    (
        "norm-on-the-outputs",
        _on_outputs,
        "what attention and the feed-forward give is normalized, as in OLMo 2. Here what they read "
        "should be",
    ),
    (
        "nothing-added",
        _no_stream,
        "the stream is gone: each part replaces x. It should be x plus what the part says",
    ),
    (
        "attention-not-added",
        _first_not_added,
        "attention replaces the stream; what it gives should be added to x",
    ),
    (
        "feed-forward-not-added",
        _second_not_added,
        "the feed-forward replaces the stream; what it gives should be added to it",
    ),
    (
        "added-to-the-start",
        _added_to_start,
        "the feed-forward's output was added to the x the block began with, so what attention said "
        "is read once and then lost: add it to the stream after attention",
    ),
    (
        "both-read-the-start",
        _side_by_side,
        "attention and feed-forward both read the x the block began with. The feed-forward should "
        "read the stream after attention's output was added",
    ),
    (
        "one-norm-for-both",
        _one_norm,
        "norm_1 stands before both parts. Each has its own, with its own learned gains",
    ),
    (
        "no-norm",
        _no_norm,
        "nothing is normalized: attention and the feed-forward should read norm_1 and norm_2 of "
        "the stream",
    ),
)


def _each_part_once(attempt: Attempt) -> bool:
    return all(max(case.counters.values(), default=0) <= 1 for case in attempt.cases)


EXERCISE = Exercise(
    id="05.block",
    title="A block around its residual stream",
    teaches="where the norms stand in a pre-norm block, and what is added to what",
    reference=_block,
    rtol=1e-10,
    atol=1e-10,  # float64 sums of at most 16 terms of order 10
    cases=(
        Case("3 tokens of 4 numbers", _stream(3, 4)),
        Case("a batch of 2", _stream(2, 5, 8)),
        Case("one token", _stream(1, 8)),
        Case("a stream 100 times as large", _stream(2, 3, 6, size=100.0)),
    ),
    suspects=tuple(Suspect(key, answer=answer, says=says) for key, answer, says in _MISTAKES),
    constraints=(
        Constraint(
            "computed-twice",
            holds=_each_part_once,
            says="correct, but a part was called twice on the same numbers, and attention is the "
            "dearest of them: keep what it gave in a variable",
        ),
    ),
    hints=(
        "Think of x as a notebook that is handed from part to part. Nobody erases it; each part "
        "reads a normalized copy and adds a line. How many lines does one block add?",
        "Two lines of code, one a part. The first adds to x what attention makes of norm_1 of x. "
        "The second does the same with the stream as it now is, norm_2 and the feed-forward.",
        "x = x + attention(...)\nreturn x + feed_forward(norm_2(...))",
    ),
)
