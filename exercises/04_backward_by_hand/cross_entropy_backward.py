"""Exercise 04.cross_entropy_backward: p - y."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Constraint, Exercise, Suspect
from .common import Array, keeps_dtype
from attention_scratch.nn import functional as F  # noqa: N812


def _one_hot(targets: Array, V: int) -> Array:
    return np.asarray(np.eye(V)[targets])


def _every_target(targets: Array, V: int) -> Array:
    """Each row of the first axis gets the targets of all rows: what p[:, targets] -= 1 does."""
    y = np.zeros((*targets.shape, V))
    y[..., np.unique(targets)] = 1
    return y


def _rows(logits: Array) -> float:
    return float(np.prod(logits.shape[:-1]))


def _gradient(
    *,
    divisor: Callable[[Array], float] = _rows,
    y: Callable[[Array, int], Array] = _one_hot,
    p: Callable[[Array], Array] = F.softmax,
) -> Callable[[Array, Array], Array]:
    """(p - y) / divisor, with one of the three made otherwise."""

    def gradient(logits: Array, targets: Array) -> Array:
        return np.asarray((p(logits) - y(targets, logits.shape[-1])) / divisor(logits))

    return gradient


def _naive_softmax(x: Array) -> Array:
    e = np.exp(x)
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def _args(
    *shape: int, V: int, size: float = 1.0, dtype: type = np.float64
) -> Callable[..., tuple[Array, Array]]:
    def args(rng: np.random.Generator) -> tuple[Array, Array]:
        logits: Array = (size * rng.normal(size=(*shape, V))).astype(dtype)
        return logits, rng.integers(0, V, size=shape)

    return args


EXERCISE = Exercise(
    id="04.cross_entropy_backward",
    title="Back through softmax and logarithm at once",
    teaches="that the gradient is p - y, and whose business the 1/n of a mean is",
    reference=_gradient(),
    rtol=1e-6,
    atol=1e-6,
    cases=(
        Case("one row", _args(1, V=4)),
        Case("4 rows", _args(4, V=5)),
        Case("as many rows as classes", _args(6, V=6)),
        Case("a batch of sequences", _args(2, 3, V=5)),
        Case("logits of 10000", _args(3, V=4, size=1e4)),
        Case("a single class", _args(3, V=1)),
        Case("float32", _args(2, 4, V=6, dtype=np.float32)),
    ),
    suspects=(
        Suspect(
            "not-divided",
            answer=_gradient(divisor=lambda logits: 1.0),
            says="right up to the factor 1/n: the loss is the mean over n rows, so each row's "
            "gradient has 1/n of p - y",
        ),
        Suspect(
            "divided-by-the-first-axis",
            answer=_gradient(divisor=lambda logits: len(logits)),
            says="right for rows; with a batch of sequences the mean is over all B · T of them, "
            "and it was divided by B alone: len(logits) counts the first axis",
        ),
        Suspect(
            "divided-by-all",
            answer=_gradient(divisor=lambda logits: logits.size),
            says="divided by the number of logits. The mean is over rows, one target each; the "
            "classes of a row are not averaged",
        ),
        Suspect(
            "sign-turned",
            answer=lambda logits, targets: -_gradient()(logits, targets),
            says="right but for the sign: this is y - p, the direction in which the loss *falls*. "
            "The gradient points to where it grows: p - y",
        ),
        Suspect(
            "every-row-gets-every-target",
            answer=_gradient(y=_every_target),
            says="each row lost 1 at the targets of *all* rows: p[..., targets] picks these "
            "columns in every row. Row i loses it at its own, as in p[np.arange(n), targets]",
        ),
        Suspect(
            "max-not-subtracted",
            answer=_gradient(p=_naive_softmax),
            says="right for small logits, but the exponentials overflow at 10000: "
            "functional.softmax subtracts the row's largest first",
        ),
        Suspect(
            "targets-ignored",
            answer=_gradient(y=lambda targets, V: np.zeros((*targets.shape, V))),
            says="this is p; the 1 at each row's target is still to be subtracted",
        ),
    ),
    constraints=(
        Constraint(
            "dtype-not-kept",
            holds=keeps_dtype,
            says="correct, but float32 went in and float64 came out (np.eye and np.zeros make "
            "float64 unless told otherwise)",
        ),
    ),
    hints=(
        "The loss of one row is -log p[target]. What is its gradient by p, and what does the "
        "formula of 04.softmax_backward make of it?",
        "The softmax of the logits; minus 1 at each row's target; divided by the number of rows, "
        "which is the number of targets.",
        "gradient = functional.softmax(logits)\n"
        "rows = gradient.reshape(-1, ...)              # a view: (n, V)\n"
        "rows[np.arange(...), targets.reshape(-1)] -= ...\n"
        "return gradient / ...",
    ),
)
