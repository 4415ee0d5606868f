"""Exercise 04.linear_backward: back through a matrix product and a bias."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Constraint, Exercise, Suspect
from .common import Array, keeps_dtype, normal, rows

Gradients = tuple[Array, Array, Array]
ByWeight = Callable[[Array, Array], Array]
ByBias = Callable[[Array], Array]


def _linear(
    *,
    by_x: Callable[[Array, Array], Array] = np.matmul,
    by_weight: ByWeight = lambda g, x: rows(g).T @ rows(x),
    by_bias: ByBias = lambda g: rows(g).sum(axis=0),
) -> Callable[[Array, Array, Array], Gradients]:
    """The three gradients, with one of them done otherwise."""

    def backward(grad: Array, x: Array, weight: Array) -> Gradients:
        return by_x(grad, weight), by_weight(grad, x), by_bias(grad)

    return backward


def _args(
    *leading: int, into: int, out: int, dtype: type = np.float64
) -> Callable[..., tuple[Array, ...]]:
    return normal((*leading, out), (*leading, into), (out, into), dtype=dtype)


EXERCISE = Exercise(
    id="04.linear_backward",
    title="Back through a linear layer",
    teaches="that a matrix product has two products behind it, and that what served every row "
    "gathers the gradients of every row",
    reference=_linear(),
    rtol=1e-6,
    atol=2e-4,
    cases=(
        Case("one row", _args(1, into=3, out=4)),
        Case("5 rows, 3 in, 2 out", _args(5, into=3, out=2)),
        Case("as many in as out", _args(6, into=4, out=4)),
        Case("a batch of sequences", _args(2, 3, into=4, out=2)),
        Case("one output", _args(4, into=3, out=1)),
        Case("float32", _args(2, 6, into=3, out=5, dtype=np.float32)),
    ),
    suspects=(
        Suspect(
            "divided-by-the-rows",
            answer=_linear(
                by_weight=lambda g, x: rows(g).T @ rows(x) / len(rows(x)),
                by_bias=lambda g: rows(g).mean(axis=0),
            ),
            says="right up to the factor 1/B: the gradients by weight and bias were averaged over "
            "the rows. They are sums. If the loss is a mean, its 1/B is in grad already",
        ),
        Suspect(
            "bias-averaged",
            answer=_linear(by_bias=lambda g: rows(g).mean(axis=0)),
            says="the bias was added to every row, so its gradient is the sum over all rows and "
            "not their mean",
        ),
        Suspect(
            "last-row-only",
            answer=_linear(
                by_weight=lambda g, x: np.outer(rows(g)[-1], rows(x)[-1]),
                by_bias=lambda g: rows(g)[-1],
            ),
            says="right for one row, wrong where a value is used twice: weight and bias serve "
            "every row, and each row's gradient was written over that of the one before. Add them "
            "up: += and not =",
        ),
        Suspect(
            "weight-gradient-transposed",
            answer=_linear(by_weight=lambda g, x: rows(x).T @ rows(g)),
            says="the gradient by the weight is transposed. A gradient has the shape of what it "
            "belongs to: (out, in)",
        ),
        Suspect(
            "weight-transposed",
            answer=_linear(by_x=lambda g, weight: g @ weight.T),
            says="g @ weight.T fits only where there are as many inputs as outputs, and is wrong "
            "even there: forward was x @ weight.T, and backward is g @ weight",
        ),
        Suspect(
            "sums-over-the-wrong-axis",
            answer=_linear(by_bias=lambda g: g.sum(axis=-1)),
            says="the bias's gradient was summed over the outputs. There is one bias for each "
            "output and it serves all rows: the rows are what is summed over",
        ),
        Suspect(
            "first-axis-only",
            answer=_linear(by_bias=lambda g: g.sum(axis=0)),
            says="right for matrices; with a batch of sequences the bias served all axes but the "
            "last, and only the first was summed over",
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
        "Write down the shapes: grad (rows, out), x (rows, in), weight (out, in). With which "
        "products of two of them can you make (rows, in), and with which (out, in)?",
        "By x: grad @ weight. By the weight: gradᵀ @ x, which sums over the rows. By the bias: the "
        "sum of grad over the rows. Flatten all leading axes to rows first.",
        "g = grad.reshape(-1, grad.shape[-1])   # (rows, out)\n"
        "rows = x.reshape(...)                  # (rows, in)\n"
        "return grad @ ..., g.T @ ..., g.sum(axis=...)",
    ),
)
