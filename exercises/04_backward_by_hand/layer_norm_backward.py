"""04.layer_norm_backward: three ways from an input to the output."""

import numpy as np

from attention_scratch.exercises.authoring import exercise, keeps_dtype


def mean(x):
    return x.mean(axis=-1, keepdims=True)


def layer_norm_backward(grad, x, weight, eps):
    centered = x - mean(x)
    sigma = np.sqrt(mean(centered**2) + eps)
    normalized, g = centered / sigma, grad * weight
    by_x = (g - mean(g) - normalized * mean(g * normalized)) / sigma
    axes = tuple(range(x.ndim - 1))
    return by_x, (grad * normalized).sum(axes), grad.sum(axes)


EXERCISE = exercise(
    "04.layer_norm_backward",
    "Back through layer norm",
    teaches="the three ways from an input to the output: straight, through the mean, through the "
    "spread",
    right=layer_norm_backward,
    rtol=1e-5,
    atol=6e-4,  # float32: 3 * 14 * 12 * 16 u, divided by a spread of 0.3 at least, u = 2**-24
    cases="""
        one row of 5: normal(1, 5), normal(1, 5), normal(5), 1e-5
        4 rows of 6: normal(4, 6), normal(4, 6), normal(6), 1e-5
        as many rows as numbers: normal(5, 5), normal(5, 5), normal(5), 1e-5
        a batch of sequences: normal(2, 3, 4), normal(2, 3, 4), normal(4), 1e-5
        rows near 100: normal(3, 6), 100 + normal(3, 6), normal(6), 1e-5
        rows so small that eps counts: normal(3, 6), 3e-3 * normal(3, 6), normal(6), 1e-5
        float32: *(normal(*shape, dtype=np.float32) for shape in [(2, 3, 8), (2, 3, 8), (8,)]), 1e-5
    """,
    mistakes="""
        mean-term-missing: - mean(g) →
            the gradient of the mean's term is missing: every input moves the mean of its row, too.
            (This is RMS norm's gradient with layer norm's statistics.)
        spread-term-missing: - normalized * mean(g * normalized) →
            the gradient of the spread's term is missing: every input changes the spread by which
            its whole row is divided
        statistics-as-constants: - mean(g) - normalized * mean(g * normalized) →
            mean and spread were treated as constants. Both depend on every input of the row: two
            terms are missing
        weight-ignored: grad * weight → grad
            right for the parameters. By x, grad has to go back through the weight first: the three
            terms are made of grad * weight
        weight-gradient-from-x: grad * normalized → grad * x
            what the weight was multiplied by is the normalized row, not x itself: its gradient is
            the sum of grad * normalized
        sums-over-the-wrong-axis: sum(axes) → sum(-1)
            the gradients by weight and bias were summed over the wrong axis: there is one number of
            each for each of the C places, and it serves all rows
        parameters-averaged: sum(axes) → mean(axes)
            right up to the factor 1/B in the gradients by weight and bias: they are sums over the
            rows, not means
        spread-of-a-sample: mean(centered**2) → x.var(-1, ddof=1, keepdims=True)
            the squares were divided by C - 1 (ddof=1). The norm divides by C
        divided-by-the-variance: normalized)) / sigma → normalized)) / sigma**2
            the gradient by x was divided by the variance: by its root, σ, and once
        dtype-not-kept: x - mean(x) → x.astype(float) - mean(x)
    """,
    constraints=(keeps_dtype(),),
    hints="""
        Make the normalized row and σ again, as in the forward pass. By how many ways does one input
        reach the outputs of its row?

        With g = grad * weight: g, minus its mean over the row, minus the normalized row times the
        mean of g * normalized; all of it divided by σ. The parameters' gradients are sums over all
        axes but the last.

        g = grad * weight
        along = (...).mean(axis=-1, keepdims=True)
        by_x = (g - ... - normalized * along) / ...
        axes = tuple(range(x.ndim - 1))
        return by_x, (grad * ...).sum(axis=axes), grad.sum(axis=axes)
    """,
)
