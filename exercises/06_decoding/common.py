"""A language model of six tokens made of dice."""

import numpy as np

from attention_scratch.exercises import Constraint
from attention_scratch.exercises.run import record

V, PAD, EOS = 6, 0, 1


class Tree:
    """Logits that depend on every token so far and on nothing else.

    A call takes ids ``(T,)`` or ``(B, T)`` and gives the logits ``(V,)`` or ``(B, V)`` of the token
    to come. The higher ``patience``, the later the end. Calls are counted and recorded.
    """

    def __init__(self, seed, patience=0.2):
        self.seed, self.patience, self.calls = seed, patience, 0

    def __call__(self, ids):
        given = np.asarray(ids)
        self.calls += 1
        record(calls=self.calls)
        if given.ndim == 1:
            return self._of(given)
        return np.stack([self._of(row) for row in given])

    def _of(self, row):
        logits = np.random.default_rng([self.seed, *map(int, row)]).normal(size=V)
        logits[PAD] = -9.0  # a trained model never writes padding
        logits[EOS] -= self.patience
        return logits


def asked_once_a_token(what):
    """The constraint that the model is asked once for each of the new ``what``."""

    def holds(attempt):
        return all(
            case.counters.get("calls") == case.reference_counters.get("calls")
            for case in attempt.cases
        )

    return Constraint(
        "asked-too-often",
        holds,
        f"correct, but the model was asked more often than there are new {what}: each question "
        "costs a whole forward pass",
    )
