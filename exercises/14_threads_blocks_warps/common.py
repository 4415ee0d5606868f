"""Shared by the exercises of chapter 14."""

import numpy as np

from attention_scratch.exercises import Suspect
from attention_scratch.exercises.cuda_suspects import found, is_past_the_end

THREADS = 128
BLOCKS = 4  # of the grid that does not grow with n

# One operation in float32 rounds once, relative error u = 2^-24; ax + y not fused rounds twice, and
# all inputs are positive, so that nothing cancels: 2u. (Exact where the result needs no rounding.)
RTOL = 2.0**-23


def positive(rng, n):
    return rng.uniform(1.0, 2.0, n).astype(np.float32)


def untouched(x):
    """Room for a result, in which every element nobody writes stays visible as NaN."""
    return np.full_like(x, np.nan)


def saxpy(a, x, y):
    return np.asarray(np.float64(a) * x + y)


def _is_untouched(case):
    return isinstance(case.got, np.ndarray) and bool(np.isnan(case.got).all())


def _only_outsiders_work(attempt):
    """Where all threads have an element nothing is written; the others run out of bounds."""
    rest = [c for c in attempt.failed_cases if not _is_untouched(c)]
    stopped = [f for f in found(attempt) if is_past_the_end(f)]
    return len(rest) < len(attempt.failed_cases) and len(rest) == len(stopped)


NOTHING_WRITTEN = Suspect(
    "nothing-written",
    when=_only_outsiders_work,
    says="the threads that have an element write nothing: is the condition of the guard the wrong "
    "way around, or is there no store?",
)
