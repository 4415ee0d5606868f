"""The table of token vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike, NDArray

from attention_scratch.arrays import Array
from attention_scratch.nn import checks
from attention_scratch.nn.layer import Layer

ONE_HOT_ROWS = 128  # up to here a matrix product with one-hot rows is faster than sorting


class Embedding(Layer):
    """Row ``id`` of a learned table, for each id. Rows start normal with deviation ``std``.

    Args:
        vocab: number of rows, V.
        dim: numbers a row, C.
        rng: where the first rows come from.
        std: 1, as in torch.
        dtype: float32 or float64.
    """

    def __init__(
        self,
        vocab: int,
        dim: int,
        *,
        rng: np.random.Generator,
        std: float = 1.0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        checks.positive("vocab", vocab)
        checks.positive("dim", dim)
        self._add_parameter("weight", rng.normal(0.0, std, (vocab, dim)), dtype)

    def forward(self, ids: NDArray[np.integer]) -> Array:
        """(..., T) integers → (..., T, C).

        Raises:
            InputError: not integers, or one below 0 or not below V.
        """
        weight = self._params["weight"]
        checks.ids("ids", ids, len(weight))
        self.save_for_backward(ids)
        rows: Array = weight[ids]
        return rows

    def backward(self, grad: Array) -> None:
        """Add each (C,) gradient to the row its id had; ids have no gradient."""
        (ids,) = self.saved()
        add_rows(self._grads["weight"], ids.reshape(-1), grad.reshape(-1, grad.shape[-1]))


def add_rows(table: Array, ids: NDArray[np.integer], rows: Array) -> None:
    """``table[ids[n]] += rows[n]`` for every n, equal ids included.

    ``np.add.at`` says the same and is ten times slower. ``table`` is (V, C), ``ids`` (N,),
    ``rows`` (N, C).
    """
    if len(ids) == 0:
        return
    if len(table) <= ONE_HOT_ROWS:
        one_hot = np.zeros((len(ids), len(table)), table.dtype)
        one_hot[np.arange(len(ids)), ids] = 1
        table += one_hot.T @ rows
    else:
        order = np.argsort(ids, kind="stable")
        ordered = ids[order]
        first = np.flatnonzero(np.diff(ordered, prepend=-1))
        table[ordered[first]] += np.add.reduceat(rows[order], first, axis=0)
