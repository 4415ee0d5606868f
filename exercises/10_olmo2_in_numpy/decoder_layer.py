"""10.decoder_layer: the order of norms and additions."""

import numpy as np

from attention_scratch.exercises.authoring import exercise

from .rms_norm import rms_norm


def layer(rng):
    """A stream (4, 8), two sub-layers and their norms."""
    first, second = rng.uniform(0.3, 1.7, (2, 8))
    return (
        rng.normal(size=(4, 8)),
        sub_layer(rng),
        sub_layer(rng),
        lambda x: rms_norm(x, first, 1e-5),
        lambda x: rms_norm(x, second, 1e-5),
    )


def sub_layer(rng):
    matrix = rng.normal(size=(8, 8))
    return lambda h: np.tanh(h @ matrix)


def decoder_layer(h, attend, feed_forward, attention_norm, feedforward_norm):
    h = h + attention_norm(attend(h))
    return h + feedforward_norm(feed_forward(h))


def both_parts_read_the_input(h, attend, feed_forward, attention_norm, feedforward_norm):
    widened = feedforward_norm(feed_forward(h))
    return widened + attention_norm(attend(h)) + h


EXERCISE = exercise(
    "10.decoder_layer",
    "Where the norms stand",
    teaches="OLMo 2's order: each sub-layer reads the raw stream, its output is normalized",
    right=decoder_layer,
    rtol=1e-10,
    atol=1e-12,  # both as 10.rms_norm
    cases="""
        four positions of width 8: *layer(rng)
        other parts: *layer(rng)
    """,
    mistakes=r"""
        norm-before-the-sublayer: attention_norm(attend(h)) → attend(attention_norm(h))
            & feedforward_norm(feed_forward(h)) → feed_forward(feedforward_norm(h))
            that is Llama's order (pre-norm): you normalized what goes into the sub-layers. OLMo 2
            normalizes what comes out.
        norm-after-the-addition: h + attention_norm(attend(h)) → attention_norm(h + attend(h))
            & h + feedforward_norm(feed_forward(h)) → feedforward_norm(h + feed_forward(h))
            that is the order of the 2017 transformer: you normalized the sum. OLMo 2 normalizes
            the sub-layer's output before it is added; the stream itself never passes through a
            norm.
        feed-forward-reads-the-old-stream: h = h → return h
            & (attend(h))\n    return h → (attend(h))
            both parts read the same h: the feed-forward must read the stream that attention has
            already added to.
        feed-forward-reads-the-old-stream: answer both_parts_read_the_input
        residual-forgotten: h + →
            nothing of h itself is left: each sub-layer's output is added to the stream.
        norms-forgotten: attention_norm(attend(h)) → attend(h)
            & feedforward_norm(feed_forward(h)) → feed_forward(h)
            the order is right, but neither output was normalized.
    """,
    hints="""
        Follow the residual stream h from left to right: it is only ever added to.

        Two lines of the same form: h plus the norm of what a sub-layer makes of h.

        h = h + attention_norm(…)
        return h + …(feed_forward(h))
    """,
)
