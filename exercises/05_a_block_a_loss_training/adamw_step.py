"""05.adamw_step: one step of the optimizer, by the book."""

import numpy as np

from attention_scratch.exercises.authoring import exercise


def adamw_step(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    beta1, beta2 = betas
    new_mean = beta1 * mean + (1 - beta1) * gradient
    new_square = beta2 * square + (1 - beta2) * gradient**2
    m = new_mean / (1 - beta1**number)
    v = new_square / (1 - beta2**number)
    move = m / (np.sqrt(v) + eps)
    return value - lr * decay_rate * value - lr * move, new_mean, new_square


def shrinks_at_the_end(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    mean = mean + (1 - betas[0]) * (gradient - mean)
    square = square + (1 - betas[1]) * (gradient * gradient - square)
    size = np.sqrt(square / (1 - betas[1] ** number)) + eps
    value = value - lr / (1 - betas[0] ** number) * mean / size
    return value - lr * decay_rate * value, mean, square


def state(rng, *shape, number, spread=0.0):
    """What a step in the middle of a run is given (from zero means where ``number`` is 1)."""
    value, gradient, earlier = rng.normal(size=(3, *shape))
    gradient = gradient * 10.0 ** rng.uniform(-spread, spread, size=shape)
    started = float(number > 1)
    return value, gradient, started * 0.3 * earlier, started * (0.1 + earlier**2), number


USUAL = {"lr": 0.01, "betas": (0.9, 0.99), "eps": 1e-8, "decay_rate": 0.1}

EXERCISE = exercise(
    "05.adamw_step",
    "One step of AdamW",
    teaches="what bias correction and decoupled weight decay are, line by line",
    right=adamw_step,
    rtol=1e-10,
    atol=1e-12,  # float64: some ten roundings of 2**-53
    cases="""
        the first step: *state(rng, 5, number=1), **USUAL
        the third step: *state(rng, 2, 3, number=3), **USUAL
        step 1000: *state(rng, 4, number=1000), **USUAL
        gradients from 1e-4 to 1e4: *state(rng, 8, number=1, spread=4.0),
            **USUAL | {"decay_rate": 0.5}
        without decay: *state(rng, 6, number=2), **USUAL | {"decay_rate": 0.0}
        a large eps: *state(rng, 6, number=4), **USUAL | {"eps": 0.1}
    """,
    mistakes=r"""
        no-bias-correction: / (1 - beta1**number) →
            & / (1 - beta2**number) →
            the two means began at zero, so in the first steps they are far too small, and not
            equally so: divide them by 1 - beta1**step and 1 - beta2**step
        only-the-mean-corrected: / (1 - beta2**number) →
            the mean gradient is corrected for its start at zero, the mean square is not: the first
            step comes out 1 / √(1 - beta2) times too long, here ten times
        only-the-square-corrected: / (1 - beta1**number) →
            the mean square is corrected for its start at zero, the mean gradient is not: divide it
            by 1 - beta1**step
        counted-from-zero: **number → **(number - 1)
            the correction uses step - 1. The first step is number 1: at 0 it would divide by zero
        decay-through-the-gradient: - lr * decay_rate * value →
            & new_mean = → gradient = gradient + decay_rate * value\n    new_mean =
            the decay was added to the gradient, so it is divided by the root mean square like the
            rest: that is Adam with L2. The W of AdamW: shrink the value itself, by lr * decay_rate
            of it
        decay-not-times-lr: lr * decay_rate → decay_rate
            the value shrinks by decay_rate each step, whatever the learning rate; it should by lr *
            decay_rate
        decay-after-the-step: - lr * decay_rate * value - lr * move → - lr * move
            & return → value = value - lr * decay_rate * (value - lr * move)\n    return
            nearly right: the decay also shrank the step just taken. It applies to the value before
            the step
        decay-after-the-step: answer shrinks_at_the_end
        decay-forgotten: - lr * decay_rate * value →
            right without decay; the value should also shrink by lr * decay_rate of itself
        eps-inside-the-root: np.sqrt(v) + eps → np.sqrt(v + eps)
            eps stands inside the root; it is added to the root
        no-root: np.sqrt(v) → v
            the mean gradient was divided by the mean SQUARE. Its root has the gradient's own units,
            so that they cancel
        old-means-used: m = new_mean → m = mean
            & v = new_square → v = square
            the step was taken with the means from before this gradient came in: update them first
        betas-exchanged: beta1, beta2 = → beta2, beta1 =
            the betas are exchanged: the first is the mean gradient's, the second the mean square's
        uphill: - lr * move → + lr * move
            the step goes up the gradient: subtract it
        changed-argument: new_mean = beta1 * mean → mean *= beta1\n    new_mean = mean
    """,
    hints="""
        Follow the chapter's table for one parameter. On step 1, with means of zero, the value
        should move by almost exactly lr, whatever the gradient. Does yours?

        In this order: both means take in the gradient; divide copies of them by 1 - beta**step; the
        move is lr times one over the root of the other plus eps; the new value is the old one minus
        lr * decay_rate * value minus the move. Return the means uncorrected.

        mean = beta1 * mean + (1 - beta1) * ...
        square = beta2 * square + (1 - beta2) * ...
        move = (mean / (1 - ...)) / (np.sqrt(square / (1 - ...)) + eps)
        return value - lr * ... * value - lr * move, mean, square
    """,
)
