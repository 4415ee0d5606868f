"""04.linear_backward: back through a matrix product and a bias."""

import numpy as np

from attention_scratch.exercises.authoring import exercise, keeps_dtype


def linear_backward(grad, x, weight):
    g = grad.reshape(-1, grad.shape[-1])
    rows = x.reshape(-1, x.shape[-1])
    return grad @ weight, g.T @ rows, g.sum(axis=0)


def a_loop_that_assigns(grad, x, weight):
    by_x = np.empty_like(x)
    for place in np.ndindex(x.shape[:-1]):
        by_x[place] = grad[place] @ weight
        by_weight = np.outer(grad[place], x[place])
        by_bias = grad[place]
    return by_x, by_weight, by_bias


EXERCISE = exercise(
    "04.linear_backward",
    "Back through a linear layer",
    teaches="that a matrix product has two products behind it, and that what served every row "
    "gathers the gradients of every row",
    right=linear_backward,
    rtol=1e-6,
    atol=2e-4,  # float32: 14 * 12 * 16 u for 12 products of numbers up to 4, u = 2**-24
    cases="""
        one row: normal(1, 4), normal(1, 3), normal(4, 3)
        5 rows, 3 in, 2 out: normal(5, 2), normal(5, 3), normal(2, 3)
        as many in as out: normal(6, 4), normal(6, 4), normal(4, 4)
        a batch of sequences: normal(2, 3, 2), normal(2, 3, 4), normal(2, 4)
        one output: normal(4, 1), normal(4, 3), normal(1, 3)
        float32: *(normal(*shape, dtype=np.float32) for shape in [(2, 6, 5), (2, 6, 3), (5, 3)])
    """,
    mistakes="""
        divided-by-the-rows: g.T @ rows → g.T @ rows / len(rows)
            & g.sum → g.mean
            right up to the factor 1/B: the gradients by weight and bias were averaged over the
            rows. They are sums. If the loss is a mean, its 1/B is in grad already
        bias-averaged: g.sum → g.mean
            the bias was added to every row, so its gradient is the sum over all rows and not their
            mean
        last-row-only: g.T @ rows, g.sum(axis=0) → np.outer(g[-1], rows[-1]), g[-1]
            right for one row, wrong where a value is used twice: weight and bias serve every row,
            and each row's gradient was written over that of the one before. Add them up: += and not
            =
        last-row-only: answer a_loop_that_assigns
        weight-gradient-transposed: g.T @ rows → rows.T @ g
            the gradient by the weight is transposed. A gradient has the shape of what it belongs
            to: (out, in)
        weight-transposed: grad @ weight → grad @ weight.T
            g @ weight.T fits only where there are as many inputs as outputs, and is wrong even
            there: forward was x @ weight.T, and backward is g @ weight
        sums-over-the-wrong-axis: g.sum(axis=0) → grad.sum(axis=-1)
            the bias's gradient was summed over the outputs. There is one bias for each output and
            it serves all rows: the rows are what is summed over
        first-axis-only: g.sum → grad.sum
            right for matrices; with a batch of sequences the bias served all axes but the last, and
            only the first was summed over
        dtype-not-kept: axis=0 → axis=0, dtype=float
    """,
    constraints=(keeps_dtype(),),
    hints="""
        Write down the shapes: grad (rows, out), x (rows, in), weight (out, in). With which products
        of two of them can you make (rows, in), and with which (out, in)?

        By x: grad @ weight. By the weight: gradᵀ @ x, which sums over the rows. By the bias: the
        sum of grad over the rows. Flatten all leading axes to rows first.

        g = grad.reshape(-1, grad.shape[-1])   # (rows, out)
        rows = x.reshape(...)                  # (rows, in)
        return grad @ ..., g.T @ ..., g.sum(axis=...)
    """,
)
