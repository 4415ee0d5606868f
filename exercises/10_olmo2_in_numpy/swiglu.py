"""10.swiglu: the gated feed-forward."""

import numpy as np

from attention_scratch.exercises.authoring import exercise


def silu(x):
    return x / (1 + np.exp(-x))


def swiglu(h, gate, up, down):
    return (silu(h @ gate.T) * (h @ up.T)) @ down.T


def gated_by_a_sigmoid(h, gate, up, down):
    return np.einsum("tf,cf->tc", h @ up.T / (1 + np.exp(-h @ gate.T)), down)


EXERCISE = exercise(
    "10.swiglu",
    "The gated feed-forward",
    teaches="SwiGLU: one projection decides how much of the other passes",
    right=(silu, swiglu),
    rtol=1e-10,  # as 10.rms_norm
    atol=1e-10,  # outputs are sums of 24 products of up to a hundred
    cases="""
        width 4, inner 6: normal(3, 4) * 2, normal(6, 4), normal(6, 4), normal(4, 6)
        width 8, inner 24: normal(3, 8) * 2, normal(24, 8), normal(24, 8), normal(8, 24)
    """,
    mistakes="""
        silu-on-up: silu(h @ gate.T) * (h @ up.T) → (h @ gate.T) * silu(h @ up.T)
            gate and up have changed places: SiLU belongs on the gate projection.
        sigmoid-instead-of-silu: x / → 1 /
            you gated with sigmoid(x): that is GLU. SiLU is x · sigmoid(x).
        sigmoid-instead-of-silu: answer gated_by_a_sigmoid
        added-instead-of-multiplied: * (h → + (h
            the gate multiplies: you added the two projections.
        no-gate: silu(h @ gate.T) * (h @ up.T) → silu(h @ up.T)
            the gate projection was never used.
    """,
    hints="""
        Three matrices: two widen the vector side by side, one brings it back.

        Project h by gate and by up, pass the first through x · sigmoid(x), multiply them element
        by element, project by down. Matrices are stored (out, in).

        a = h @ gate.T
        return ((a / (1 + np.exp(-a))) * (…)) @ down.T
    """,
)
