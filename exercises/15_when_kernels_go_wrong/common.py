"""Shared by the exercises of chapter 15: every kernel runs in three orders of its threads."""

import numpy as np

ORDERS = ("forward", "reverse", "random")
THREADS = 128


def positive(rng, n):
    """Nothing cancels in sums of these."""
    return rng.uniform(1.0, 2.0, n).astype(np.float32)


def blocks(n):
    """Blocks of 128 threads that give each of n elements a thread."""
    return -(-n // THREADS)


def blocks_of(case):
    """Blocks of the launch in a case whose first argument is the input."""
    return blocks(case.args[0].size)
