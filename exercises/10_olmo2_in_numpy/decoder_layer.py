"""10.decoder_layer: the order of norms and additions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from attention_scratch.exercises.exercise import Case, Exercise, Suspect
from attention_scratch.exercises.registry import register

from .common import ATOL, RTOL, Array, rms_norm

Part = Callable[[Array], Array]


def decoder_layer(
    h: Array, attend: Part, feed_forward: Part, attention_norm: Part, feedforward_norm: Part
) -> Array:
    h = h + attention_norm(attend(h))
    return h + feedforward_norm(feed_forward(h))


def pre_norm(h: Array, attend: Part, feed_forward: Part, norm_a: Part, norm_f: Part) -> Array:
    h = h + attend(norm_a(h))
    return h + feed_forward(norm_f(h))


def norm_after_addition(
    h: Array, attend: Part, feed_forward: Part, norm_a: Part, norm_f: Part
) -> Array:
    h = norm_a(h + attend(h))
    return norm_f(h + feed_forward(h))


def parallel(h: Array, attend: Part, feed_forward: Part, norm_a: Part, norm_f: Part) -> Array:
    return h + norm_a(attend(h)) + norm_f(feed_forward(h))


def without_residual(
    h: Array, attend: Part, feed_forward: Part, norm_a: Part, norm_f: Part
) -> Array:
    return norm_f(feed_forward(norm_a(attend(h))))


def without_norms(h: Array, attend: Part, feed_forward: Part, norm_a: Part, norm_f: Part) -> Array:
    h = h + attend(h)
    return h + feed_forward(h)


def _matrix_part(rng: np.random.Generator, width: int) -> Part:
    matrix = rng.normal(size=(width, width))
    return lambda h: np.tanh(h @ matrix)


def _layer_arguments(rng: np.random.Generator) -> tuple[Any, ...]:
    first, second = rng.uniform(0.3, 1.7, (2, 8))
    return (
        rng.normal(size=(4, 8)),
        _matrix_part(rng, 8),
        _matrix_part(rng, 8),
        lambda x: rms_norm(x, first, 1e-5),
        lambda x: rms_norm(x, second, 1e-5),
    )


register(
    Exercise(
        id="10.decoder_layer",
        title="Where the norms stand",
        teaches="OLMo 2's order: each sub-layer reads the raw stream, its output is normalized",
        reference=decoder_layer,
        rtol=RTOL,
        atol=ATOL,
        cases=(
            Case("four positions of width 8", _layer_arguments),
            Case("other parts", _layer_arguments),
        ),
        suspects=(
            Suspect(
                "norm-before-the-sublayer",
                answer=pre_norm,
                says="that is Llama's order (pre-norm): you normalized what goes into the "
                "sub-layers. OLMo 2 normalizes what comes out.",
            ),
            Suspect(
                "norm-after-the-addition",
                answer=norm_after_addition,
                says="that is the order of the 2017 transformer: you normalized the sum. OLMo 2 "
                "normalizes the sub-layer's output before it is added; the stream itself never "
                "passes through a norm.",
            ),
            Suspect(
                "feed-forward-reads-the-old-stream",
                answer=parallel,
                says="both parts read the same h: the feed-forward must read the stream that "
                "attention has already added to.",
            ),
            Suspect(
                "residual-forgotten",
                answer=without_residual,
                says="nothing of h itself is left: each sub-layer's output is added to the stream.",
            ),
            Suspect(
                "norms-forgotten",
                answer=without_norms,
                says="the order is right, but neither output was normalized.",
            ),
        ),
        hints=(
            "Follow the residual stream h from left to right: it is only ever added to.",
            "Two lines of the same form: h plus the norm of what a sub-layer makes of h.",
            "h = h + attention_norm(…)\nreturn h + …(feed_forward(h))",
        ),
    )
)
