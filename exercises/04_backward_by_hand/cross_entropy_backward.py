"""04.cross_entropy_backward: p - y."""

import numpy as np

from attention_scratch.exercises.authoring import exercise, keeps_dtype
from attention_scratch.nn import functional as F  # noqa: N812


def cross_entropy_backward(logits, targets):
    gradient = F.softmax(logits)
    rows = gradient.reshape(-1, logits.shape[-1])
    rows[np.arange(targets.size), targets.reshape(-1)] -= 1
    return gradient / targets.size


def one_hot_of_eye(logits, targets):
    return (F.softmax(logits) - np.eye(logits.shape[-1])[targets]) / targets.size


EXERCISE = exercise(
    "04.cross_entropy_backward",
    "Back through softmax and logarithm at once",
    teaches="that the gradient is p - y, and whose business the 1/n of a mean is",
    right=cross_entropy_backward,
    rtol=1e-6,
    atol=1e-6,  # float32: softmax of 6 logits is off by 18 u, u = 2**-24; a mistake by 1e-2
    cases="""
        one row: normal(1, 4), integers(0, 4, 1)
        4 rows: normal(4, 5), integers(0, 5, 4)
        as many rows as classes: normal(6, 6), integers(0, 6, 6)
        a batch of sequences: normal(2, 3, 5), integers(0, 5, 2, 3)
        logits of 10000: 1e4 * normal(3, 4), integers(0, 4, 3)
        a single class: normal(3, 1), integers(0, 1, 3)
        float32: normal(2, 4, 6, dtype=np.float32), integers(0, 6, 2, 4)
    """,
    mistakes=r"""
        not-divided: / targets.size →
            right up to the factor 1/n: the loss is the mean over n rows, so each row's gradient has
            1/n of p - y
        divided-by-the-first-axis: / targets.size → / len(logits)
            right for rows; with a batch of sequences the mean is over all B · T of them, and it was
            divided by B alone: len(logits) counts the first axis
        divided-by-all: / targets.size → / logits.size
            divided by the number of logits. The mean is over rows, one target each; the classes of
            a row are not averaged
        sign-turned: / targets → / -targets
            right but for the sign: this is y - p, the direction in which the loss *falls*. The
            gradient points to where it grows: p - y
        every-row-gets-every-target: np.arange(targets.size), → :,
            each row lost 1 at the targets of *all* rows: p[..., targets] picks these columns in
            every row. Row i loses it at its own, as in p[np.arange(n), targets]
        max-not-subtracted: F.softmax( → np.exp(
            & rows = → gradient /= gradient.sum(-1, keepdims=True)\n    rows =
            right for small logits, but the exponentials overflow at 10000: functional.softmax
            subtracts the row's largest first
        targets-ignored: -= 1 → -= 0
            this is p; the 1 at each row's target is still to be subtracted
        dtype-not-kept: answer one_hot_of_eye
        changed-argument: gradient = → logits -= logits.max(-1, keepdims=True)\n    gradient =
    """,
    constraints=(
        keeps_dtype(
            "correct, but float32 went in and float64 came out (np.eye and np.zeros make float64 "
            "unless told otherwise)"
        ),
    ),
    hints="""
        The loss of one row is -log p[target]. What is its gradient by p, and what does the formula
        of 04.softmax_backward make of it?

        The softmax of the logits; minus 1 at each row's target; divided by the number of rows,
        which is the number of targets.

        gradient = functional.softmax(logits)
        rows = gradient.reshape(-1, ...)              # a view: (n, V)
        rows[np.arange(...), targets.reshape(-1)] -= ...
        return gradient / ...
    """,
)
