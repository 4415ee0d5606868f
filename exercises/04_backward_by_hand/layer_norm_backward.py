"""Exercise 04.layer_norm_backward: three ways from an input to the output."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Constraint, Exercise, Suspect
from .common import Array, keeps_dtype, normal, rows

Gradients = tuple[Array, Array, Array]


def _mean(x: Array) -> Array:
    return np.asarray(x.mean(axis=-1, keepdims=True))


def _backward(
    *,
    through_mean: bool = True,
    through_spread: bool = True,
    weighted: bool = True,
    gain: Callable[[Array, Array, Array], Array] = lambda g, normal, x: rows(g * normal).sum(0),
    shift: Callable[[Array], Array] = lambda g: rows(g).sum(0),
    freedom: int = 0,
    squared: bool = False,
) -> Callable[..., Gradients]:
    """The three gradients, with one term or sum left out or done otherwise."""

    def backward(grad: Array, x: Array, weight: Array, eps: float) -> Gradients:
        centered = x - _mean(x)
        C = x.shape[-1]
        variance = (centered**2).sum(axis=-1, keepdims=True) / max(C - freedom, 1)
        sigma = np.sqrt(variance + eps)
        normal = centered / sigma
        g_hat = grad * weight if weighted else grad
        by_x = g_hat - through_mean * _mean(g_hat) - through_spread * normal * _mean(g_hat * normal)
        by_x = by_x / (sigma**2 if squared else sigma)
        return by_x, gain(grad, normal, x), shift(grad)

    return backward


def _args(
    *shape: int, at: float = 0.0, size: float = 1.0, dtype: type = np.float64
) -> Callable[..., tuple[object, ...]]:
    def args(rng: np.random.Generator) -> tuple[object, ...]:
        grad, x, weight = normal(shape, shape, shape[-1:], dtype=dtype)(rng)
        return grad, dtype(at) + dtype(size) * x, weight, 1e-5

    return args


EXERCISE = Exercise(
    id="04.layer_norm_backward",
    title="Back through layer norm",
    teaches="the three ways from an input to the output: straight, through the mean, through the "
    "spread",
    reference=_backward(),
    rtol=1e-5,
    atol=6e-4,
    cases=(
        Case("one row of 5", _args(1, 5)),
        Case("4 rows of 6", _args(4, 6)),
        Case("as many rows as numbers", _args(5, 5)),
        Case("a batch of sequences", _args(2, 3, 4)),
        Case("rows near 100", _args(3, 6, at=100.0)),
        Case("rows so small that eps counts", _args(3, 6, size=3e-3)),
        Case("float32", _args(2, 3, 8, dtype=np.float32)),
    ),
    suspects=(
        Suspect(
            "mean-term-missing",
            answer=_backward(through_mean=False),
            says="the gradient of the mean's term is missing: every input moves the mean of its "
            "row, too. (This is RMS norm's gradient with layer norm's statistics.)",
        ),
        Suspect(
            "spread-term-missing",
            answer=_backward(through_spread=False),
            says="the gradient of the spread's term is missing: every input changes the spread by "
            "which its whole row is divided",
        ),
        Suspect(
            "statistics-as-constants",
            answer=_backward(through_mean=False, through_spread=False),
            says="mean and spread were treated as constants. Both depend on every input of the "
            "row: two terms are missing",
        ),
        Suspect(
            "weight-ignored",
            answer=_backward(weighted=False),
            says="right for the parameters. By x, grad has to go back through the weight first: "
            "the three terms are made of grad * weight",
        ),
        Suspect(
            "weight-gradient-from-x",
            answer=_backward(gain=lambda g, normal, x: rows(g * x).sum(0)),
            says="what the weight was multiplied by is the normalized row, not x itself: its "
            "gradient is the sum of grad * normalized",
        ),
        Suspect(
            "sums-over-the-wrong-axis",
            answer=_backward(
                gain=lambda g, normal, x: (g * normal).sum(-1), shift=lambda g: g.sum(-1)
            ),
            says="the gradients by weight and bias were summed over the wrong axis: there is one "
            "number of each for each of the C places, and it serves all rows",
        ),
        Suspect(
            "parameters-averaged",
            answer=_backward(
                gain=lambda g, normal, x: rows(g * normal).mean(0),
                shift=lambda g: rows(g).mean(0),
            ),
            says="right up to the factor 1/B in the gradients by weight and bias: they are sums "
            "over the rows, not means",
        ),
        Suspect(
            "spread-of-a-sample",
            answer=_backward(freedom=1),
            says="the squares were divided by C - 1 (ddof=1). The norm divides by C",
        ),
        Suspect(
            "divided-by-the-variance",
            answer=_backward(squared=True),
            says="the gradient by x was divided by the variance: by its root, σ, and once",
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
        "Make the normalized row and σ again, as in the forward pass. By how many ways does one "
        "input reach the outputs of its row?",
        "With g = grad * weight: g, minus its mean over the row, minus the normalized row times "
        "the mean of g * normalized; all of it divided by σ. The parameters' gradients are sums "
        "over all axes but the last.",
        "g = grad * weight\n"
        "along = (...).mean(axis=-1, keepdims=True)\n"
        "by_x = (g - ... - normalized * along) / ...\n"
        "axes = tuple(range(x.ndim - 1))\n"
        "return by_x, (grad * ...).sum(axis=axes), grad.sum(axis=axes)",
    ),
)
