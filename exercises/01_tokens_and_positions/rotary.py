"""01.rotary: pairs turned by their place."""

import numpy as np

from attention_scratch.exercises.authoring import exercise, keeps_dtype
from attention_scratch.nn.position import Rotary

FAR = "float32, far from the beginning"


def rotary(x, positions, theta):
    D = x.shape[-1]
    speeds = theta ** (-2 * np.arange(D // 2) / D)
    angles = positions[:, None] * speeds
    angles = np.concatenate([angles, angles], axis=-1)
    first, second = x[..., : D // 2], x[..., D // 2 :]
    turned = x * np.cos(angles) + np.concatenate([-second, first], axis=-1) * np.sin(angles)
    return turned.astype(x.dtype)


def i_with_i_plus_one(x, positions, theta):
    angles = np.outer(positions, 1 / theta ** (np.arange(0, x.shape[-1], 2) / x.shape[-1]))
    z = (x[..., ::2] + 1j * x[..., 1::2]) * np.exp(1j * angles)
    return np.stack([z.real, z.imag], axis=-1).reshape(x.shape).astype(x.dtype)


def only_far_away(attempt):
    return [c.name for c in attempt.failed_cases] == [FAR] and attempt.case(FAR).error is None


EXERCISE = exercise(
    "01.rotary",
    "Pairs turned by their place",
    teaches="which numbers form a pair, by what angle it turns, and where float32 is too coarse",
    right=rotary,
    reference=lambda x, at, theta: Rotary(x.shape[-1], theta=theta, dtype=x.dtype)(x, at),
    # float32 numbers of size up to 5: 5 * 5 * 2**-24; an angle of 10,000 radians in float32 would
    # be off by up to 0.001
    atol=2e-6,
    cases="""
        one pair: np.tile([1.0, 0.0], (4, 1)), np.arange(4), 10000.0
        two pairs: normal(5, 4), np.arange(5), 10000.0
        batch and heads: normal(2, 3, 6, 8), np.arange(6), 10000.0
        as many heads as places: normal(5, 5, 4), np.arange(5), 10000.0
        one place, the hundredth: normal(2, 1, 8), np.array([100]), 10000.0
        places in any order: normal(4, 6), np.array([7, 3, 3, 0]), 10000.0
        another theta: normal(10, 8), np.arange(10), 500_000.0
        float32, far from the beginning: normal(3, 8, dtype=np.float32),
            np.array([100_000, 100_003, 123_457]), 10000.0
    """,
    mistakes="""
        interleaved-pairs: : D // 2], x[..., D // 2 :] → 0::2], x[..., 1::2]
            & np.concatenate([angles, angles], axis=-1) → np.repeat(angles, 2, axis=-1)
            & np.concatenate([-second → np.stack([-second
            & * np.sin → .reshape(x.shape) * np.sin
            shape right, first wrong at place 1: it pairs number i with i + 1. Here i goes with
            i + D/2. Both are in use; a model must get the one it was trained with
        interleaved-pairs: answer i_with_i_plus_one
        turned-backward: positions[:, None] → -positions[:, None]
            every pair turns the wrong way: (a, b) becomes (a cos - b sin, b cos + a sin)
        reflected: -second → second
            one sign is wrong, so the pairs are not turned and their lengths change: (a, b) becomes
            (a cos - b sin, b cos + a sin)
        angles-repeated-next-to-each-other: np.concatenate([angles, angles] → np.repeat(angles, 2
            the halves are paired rightly, but their angles are not: repeat the D/2 angles as a
            block (concatenate), not one by one (repeat)
        positions-ignored: positions[:, None] → np.arange(x.shape[-2])[:, None]
            right while the places are 0, 1, 2, …: the rows stand where `positions` says
        positions-from-one: positions[:, None] → (positions[:, None] + 1)
            place 0 is turned already: its angle is 0
        theta-ignored: theta ** → 10000.0 **
            right for theta = 10,000: use the one that is passed
        exponent-not-doubled: -2 * → -
            the first pair is right and the others turn too fast: pair i has the speed
            theta^(-2i/D), not theta^(-i/D)
        angles-in-float32: when only_far_away
            right near the beginning. At place 100,000 an angle in float32 is off by up to
            thousandths of a radian: compute the angles in float64 and round at the end
        angles-in-float32: * speeds → * speeds.astype(x.dtype)
            & positions[ → positions.astype(x.dtype)[
        dtype-not-kept: .astype(x.dtype) →
        changed-argument: return turned → x[...] = turned\\n    return turned
    """,
    constraints=(
        keeps_dtype(
            "correct, but float32 went in and float64 came out: round at the end, with "
            ".astype(x.dtype)"
        ),
    ),
    hints="""
        A pair (a, b) turned by an angle becomes (a cos - b sin, b cos + a sin). For D = 4, which
        two numbers are the first pair, and which the second?

        speeds (D/2,) = theta^(-2i/D); angles (T, D/2) = positions × speeds; split x into its two
        halves (..., T, D/2), turn, put the halves side by side again, give back the dtype.

        speeds = theta ** (-np.arange(0, D, 2) / ...)
        angles = positions[:, None] * ...
        first, second = x[..., : D // 2], x[..., D // 2 :]
        turned = np.concatenate([first * np.cos(angles) - ..., ...], axis=-1)
        return turned.astype(...)
    """,
)
