"""10.swiglu: the gated feed-forward."""

from __future__ import annotations

from typing import Any

import numpy as np

from attention_scratch.exercises.exercise import Case, Exercise, Suspect
from attention_scratch.exercises.registry import register

from .common import RTOL, Array


def silu(x: Array) -> Array:
    activated: Array = x / (1.0 + np.exp(-x))
    return activated


def swiglu(h: Array, gate: Array, up: Array, down: Array) -> Array:
    product: Array = (silu(h @ gate.T) * (h @ up.T)) @ down.T
    return product


def _swiglu_arguments(rng: np.random.Generator, *, width: int, inner: int) -> tuple[Any, ...]:
    return (
        rng.normal(size=(3, width)) * 2,
        rng.normal(size=(inner, width)),
        rng.normal(size=(inner, width)),
        rng.normal(size=(width, inner)),
    )


register(
    Exercise(
        id="10.swiglu",
        title="The gated feed-forward",
        teaches="SwiGLU: one projection decides how much of the other passes",
        reference=swiglu,
        rtol=RTOL,
        atol=1e-10,  # outputs are sums of 24 products of up to a hundred
        cases=(
            Case("width 4, inner 6", lambda rng: _swiglu_arguments(rng, width=4, inner=6)),
            Case("width 8, inner 24", lambda rng: _swiglu_arguments(rng, width=8, inner=24)),
        ),
        suspects=(
            Suspect(
                "silu-on-up",
                answer=lambda h, g, u, d: swiglu(h, u, g, d),
                says="gate and up have changed places: SiLU belongs on the gate projection.",
            ),
            Suspect(
                "sigmoid-instead-of-silu",
                answer=lambda h, g, u, d: (h @ u.T / (1 + np.exp(-(h @ g.T)))) @ d.T,
                says="you gated with sigmoid(x): that is GLU. SiLU is x · sigmoid(x).",
            ),
            Suspect(
                "added-instead-of-multiplied",
                answer=lambda h, g, u, d: (silu(h @ g.T) + h @ u.T) @ d.T,
                says="the gate multiplies: you added the two projections.",
            ),
            Suspect(
                "no-gate",
                answer=lambda h, g, u, d: silu(h @ u.T) @ d.T,
                says="the gate projection was never used.",
            ),
        ),
        hints=(
            "Three matrices: two widen the vector side by side, one brings it back.",
            "Project h by gate and by up, pass the first through x · sigmoid(x), multiply them "
            "element by element, project by down. Matrices are stored (out, in).",
            "a = h @ gate.T\nreturn ((a / (1 + np.exp(-a))) * (…)) @ down.T",
        ),
    )
)
