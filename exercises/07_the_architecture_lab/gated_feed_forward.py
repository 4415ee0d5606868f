"""Exercise 07.gated_feed_forward: SwiGLU."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Constraint, Exercise, Suspect

from .common import Array, keeps_dtype


def _sigmoid(x: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-x)))


def _silu(x: Array) -> Array:
    return np.asarray(x * _sigmoid(x))


def _gated(
    *,
    activation: Callable[[Array], Array] = _silu,
    join: Callable[[Array, Array], Array] = lambda gate, up: gate * up,
) -> Callable[..., Array]:
    """A gated layer with one of its parts done otherwise."""

    def feed_forward(x: Array, gate: Array, up: Array, down: Array) -> Array:
        return np.asarray(join(activation(x @ gate.T), x @ up.T) @ down.T)

    return feed_forward


def _swapped(x: Array, gate: Array, up: Array, down: Array) -> Array:
    return np.asarray(((x @ gate.T) * _silu(x @ up.T)) @ down.T)


def _after(x: Array, gate: Array, up: Array, down: Array) -> Array:
    return np.asarray(_silu((x @ gate.T) * (x @ up.T)) @ down.T)


def _both(x: Array, gate: Array, up: Array, down: Array) -> Array:
    return np.asarray((_silu(x @ gate.T) * _silu(x @ up.T)) @ down.T)


def _weights(
    *leading: int, C: int, F: int, size: float = 1.0, dtype: type = np.float64
) -> Callable[[np.random.Generator], tuple[Array, ...]]:
    def args(rng: np.random.Generator) -> tuple[Array, ...]:
        x = size * rng.normal(size=(*leading, C))
        gate, up, down = (rng.normal(size=s) / np.sqrt(s[1]) for s in ((F, C), (F, C), (C, F)))
        return tuple(a.astype(dtype) for a in (x, gate, up, down))

    return args


EXERCISE = Exercise(
    id="07.gated_feed_forward",
    title="A feed-forward layer with a gate",
    teaches="what SwiGLU multiplies with what, and that it needs a third matrix",
    reference=_gated(),
    # float32: products of at most 24 terms of size 3, u (F + C + 10) · 3 · 3 < 4e-5 absolute.
    rtol=1e-5,
    atol=4e-5,
    cases=(
        Case("4 tokens", _weights(4, C=6, F=10)),
        Case("batch and positions", _weights(2, 3, C=5, F=8)),
        Case("one token, one hidden number", _weights(1, C=3, F=1)),
        Case("as many hidden numbers as wide", _weights(3, C=7, F=7)),
        Case("far from zero", _weights(3, C=6, F=9, size=300.0)),
        Case("float32", _weights(2, 4, C=8, F=16, dtype=np.float32)),
    ),
    suspects=(
        Suspect(
            "activation-on-up",
            answer=_swapped,
            says="the activation stands on the wrong branch: SiLU bends the gate, up is left as "
            "it is",
        ),
        Suspect(
            "activation-after-product",
            answer=_after,
            says="the product was bent: the gate is bent first, then it multiplies up",
        ),
        Suspect(
            "activation-on-both",
            answer=_both,
            says="both branches were bent; only the gate is",
        ),
        Suspect(
            "sigmoid",
            answer=_gated(activation=_sigmoid),
            says="the gate went through the sigmoid alone (that is GLU, Dauphin et al. 2016). "
            "SiLU is x · sigmoid(x)",
        ),
        Suspect(
            "relu",
            answer=_gated(activation=lambda x: np.maximum(x, 0)),
            says="the gate went through ReLU (that is ReGLU). SiLU is x · sigmoid(x)",
        ),
        Suspect(
            "added",
            answer=_gated(join=lambda gate, up: gate + up),
            says="gate and up were added: a gate multiplies",
        ),
        Suspect(
            "up-forgotten",
            answer=_gated(join=lambda gate, up: gate),
            says="this is the plain layer, down(silu(gate(x))): up is not used",
        ),
        Suspect(
            "gate-not-bent",
            answer=_gated(activation=lambda x: x),
            says="right but for the activation: without it the two branches are multiplied as "
            "they are",
        ),
    ),
    constraints=(
        Constraint(
            "dtype-not-kept",
            holds=keeps_dtype,
            says="correct, but float32 went in and another dtype came out",
        ),
    ),
    hints=(
        "Two branches of the same input meet in a product. Which of them decides, number by "
        "number, how much of the other passes?",
        "gate: x @ gate.T, through SiLU, x · sigmoid(x). up: x @ up.T. Multiply the two, then "
        "@ down.T. Weights lie (out, in), so each is transposed.",
        "g = x @ gate.T                        # (..., F)\n"
        "g = g * ...                           # SiLU\n"
        "return (g * (x @ ...)) @ down.T",
    ),
)
