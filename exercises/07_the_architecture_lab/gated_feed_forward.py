"""07.gated_feed_forward: SwiGLU."""

import numpy as np

from attention_scratch.exercises.authoring import exercise, keeps_dtype


def weights(rng, *leading, C, F, size=1.0, dtype=float):
    """Inputs of ``size`` and the matrices gate (F, C), up (F, C), down (C, F)."""
    x = size * rng.normal(size=(*leading, C))
    gate, up, down = (rng.normal(size=s) / np.sqrt(s[1]) for s in ((F, C), (F, C), (C, F)))
    return [a.astype(dtype) for a in (x, gate, up, down)]


def silu(x):
    with np.errstate(over="ignore"):
        return x / (1 + np.exp(-x))


def gated_feed_forward(x, gate, up, down):
    return (silu(x @ gate.T) * (x @ up.T)) @ down.T


def gate_between_zero_and_one(x, gate, up, down):
    bent = 0.5 + 0.5 * np.tanh(np.einsum("...c,fc->...f", x, gate) / 2)
    return np.einsum("...f,...f,cf->...c", bent, np.einsum("...c,fc->...f", x, up), down)


EXERCISE = exercise(
    "07.gated_feed_forward",
    "A feed-forward layer with a gate",
    teaches="what SwiGLU multiplies with what, and that it needs a third matrix",
    right=(silu, gated_feed_forward),
    # float32: products of at most 24 terms of size 3, u (F + C + 10) · 3 · 3 < 4e-5 absolute.
    rtol=1e-5,
    atol=4e-5,
    cases="""
        4 tokens: *weights(rng, 4, C=6, F=10)
        batch and positions: *weights(rng, 2, 3, C=5, F=8)
        one token, one hidden number: *weights(rng, 1, C=3, F=1)
        as many hidden numbers as wide: *weights(rng, 3, C=7, F=7)
        far from zero: *weights(rng, 3, C=6, F=9, size=300.0)
        float32: *weights(rng, 2, 4, C=8, F=16, dtype=np.float32)
    """,
    mistakes="""
        activation-on-up: silu(x @ gate.T) * (x @ up.T) → (x @ gate.T) * silu(x @ up.T)
            the activation stands on the wrong branch: SiLU bends the gate, up is left as it is
        activation-after-product: silu(x @ gate.T) * (x @ up.T) → silu((x @ gate.T) * (x @ up.T))
            the product was bent: the gate is bent first, then it multiplies up
        activation-on-both: * (x @ → * silu(x @
            both branches were bent; only the gate is
        sigmoid: x / → 1 /
            the gate went through the sigmoid alone (that is GLU, Dauphin et al. 2016). SiLU is x ·
            sigmoid(x)
        sigmoid: answer gate_between_zero_and_one
        relu: silu(x @ gate.T) → np.maximum(x @ gate.T, 0)
            the gate went through ReLU (that is ReGLU). SiLU is x · sigmoid(x)
        added: * (x @ → + (x @
            gate and up were added: a gate multiplies
        up-forgotten: * (x @ up.T) →
            this is the plain layer, down(silu(gate(x))): up is not used
        gate-not-bent: silu(x @ → (x @
            right but for the activation: without it the two branches are multiplied as they are
        dtype-not-kept: x @ gate.T → x @ gate.T.astype(float)
        raised: .T →
    """,
    constraints=(keeps_dtype(),),
    hints="""
        Two branches of the same input meet in a product. Which of them decides, number by number,
        how much of the other passes?

        gate: x @ gate.T, through SiLU, x · sigmoid(x). up: x @ up.T. Multiply the two, then @
        down.T. Weights lie (out, in), so each is transposed.

        g = x @ gate.T                        # (..., F)
        g = g * ...                           # SiLU
        return (g * (x @ ...)) @ down.T
    """,
)
