"""10.rope: pairs of one head turned by their position."""

import numpy as np

from attention_scratch.exercises.authoring import exercise


def rope(x, theta):
    T, D = x.shape
    frequencies = theta ** (-np.arange(0, D, 2) / D)
    angle = np.arange(T)[:, None] * frequencies
    angle = np.concatenate([angle, angle], axis=1)
    first, second = x[:, : D // 2], x[:, D // 2 :]
    turned = np.concatenate([-second, first], axis=1)
    return x * np.cos(angle) + turned * np.sin(angle)


def neighbors_are_paired(x, theta):
    T, D = x.shape
    angle = np.outer(np.arange(T), 1.0 / theta ** (np.arange(0, D, 2) / D))
    out = np.empty_like(x)
    out[:, 0::2] = x[:, 0::2] * np.cos(angle) - x[:, 1::2] * np.sin(angle)
    out[:, 1::2] = x[:, 1::2] * np.cos(angle) + x[:, 0::2] * np.sin(angle)
    return out


EXERCISE = exercise(
    "10.rope",
    "Rotary positions, rotate-half",
    teaches="which elements are paired, and by what angle each pair turns",
    right=rope,
    rtol=1e-10,
    atol=1e-12,  # both as 10.rms_norm
    cases="""
        one pair, positions 0 to 3: np.tile([1.0, 0.0], (4, 1)), 500000.0
        two pairs: normal(5, 4), 500000.0
        a head of 32, 10 positions: normal(10, 32), 500000.0
        another theta: normal(10, 8), 10000.0
    """,
    mistakes="""
        interleaved-pairs: : D // 2], x[:, D // 2 :] → ::2], x[:, 1::2]
            & np.concatenate([angle, angle], axis=1) → np.repeat(angle, 2, axis=1)
            & np.concatenate([-second, first], axis=1) → np.stack([-second, first], 2).reshape(T, D)
            shape right, first wrong at position 1: you pair element i with i + 1. OLMo 2 pairs i
            with i + D/2 (rotate-half).
        interleaved-pairs: answer neighbors_are_paired
        turned-backward: [-second, first] → [second, -first]
            every pair turns the wrong way: the minus sign belongs to the second half where it
            enters the first.
        angles-repeated-next-to-each-other: np.concatenate([angle, angle] → np.repeat(angle, 2
            the halves are paired rightly, but their angles are not: the table of angles is
            repeated half after half (concatenate), not element by element (repeat).
        positions-from-one: np.arange(T) → np.arange(1, T + 1)
            the first position is turned already: positions count from 0.
        exponent-halved: np.arange(0, D, 2) → np.arange(D // 2)
            the first pair is right and the others turn too fast: pair i has frequency
            theta^(−2i/D), not theta^(−i/D).
    """,
    hints="""
        A pair (a, b) turned by an angle t becomes (a cos t − b sin t, b cos t + a sin t). Which
        two elements form pair i?

        Make the frequencies (D/2,), the angles (T, D/2) as position × frequency, split x into its
        two halves (T, D/2), turn, and put the halves side by side again.

        frequencies = theta ** (-np.arange(0, D, 2) / D)
        angle = np.arange(T)[:, None] * frequencies
        first, second = x[:, : D // 2], x[:, D // 2 :]
        return np.concatenate([first * np.cos(angle) − …, second * … + …], axis=-1)
    """,
)
