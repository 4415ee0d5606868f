"""Which blocks of an attention's scores there are to compute, and what is hidden within them."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from attention_scratch.arrays import Array
from attention_scratch.errors import require
from attention_scratch.nn import checks
from attention_scratch.nn.patterns import Mask

Index = tuple[int, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class ScoreTiles:
    """Queries, keys and values, cut into tiles of ``size`` queries and as many keys.

    A query sees the keys ``nearest`` to ``farthest`` positions before it, both included, where the
    mask lets it; the last query stands at the last key.
    """

    query: Array
    key: Array
    value: Array
    mask: Mask | None
    nearest: int
    farthest: int
    scale: float
    size: int

    @classmethod
    def of(
        cls,
        query: Array,
        key: Array,
        value: Array,
        *,
        mask: Mask | None,
        causal: bool,
        window: int | None,
        scale: float | None,
        size: int,
    ) -> ScoreTiles:
        """As ``blockwise_attention`` takes them.

        Raises:
            InputError: an array's rank, dtype or shape does not fit, or an option is out of range.
        """
        checks.attention(query, key, value, mask=mask, scale=scale)
        checks.positive("block", size)
        if window is not None:
            checks.positive("window", window)
        leading, shared = query.shape[:-2], key.shape[:-2]
        fits = len(shared) == len(leading) and np.broadcast_shapes(leading, shared) == leading
        require(
            fits and value.shape[:-2] == shared,
            "leading axes",
            f"query {leading}, key {shared}, value {value.shape[:-2]}",
            expected="key's and value's equal, each size the query's or 1",
            remedy="A key shared by several queries has an axis of 1 where they differ.",
        )
        T, S = query.shape[-2], key.shape[-2]
        if mask is not None:
            mask = np.broadcast_to(mask, (*leading, T, S))
        reach = T + S if window is None else min(window, T + S) - 1
        scale = 1 / math.sqrt(query.shape[-1]) if scale is None else float(scale)
        size = min(size, max(T, S, 1))
        return cls(query, key, value, mask, 0 if causal else -reach, reach, scale, size)

    def heads(self) -> list[Index]:
        """Indices of all heads of keys."""
        return list(np.ndindex(*self.key.shape[:-2]))

    def pairs(self, heads: Sequence[Index]) -> Iterator[tuple[Index, Index]]:
        """These heads of keys, each with every head of queries that attends to it."""
        sizes = zip(self.query.shape[:-2], self.key.shape[:-2], strict=True)
        sharing = list(np.ndindex(*(n if m == 1 else 1 for n, m in sizes)))
        for shared, own in itertools.product(heads, sharing):
            yield shared, tuple(a + b for a, b in zip(own, shared, strict=True))

    def buffer(self) -> Array:
        """Room for one block's scores, one after the other."""
        return np.empty(self.size * self.size, self.query.dtype)

    def columns(self) -> Iterator[slice]:
        """Blocks of keys, the last one first: there a causal query meets its own key before all."""
        for start in reversed(range(0, self.key.shape[-2], self.size)):
            yield slice(start, min(start + self.size, self.key.shape[-2]))

    def rows(self, index: Index, columns: slice) -> Iterator[tuple[slice, Mask | None]]:
        """Blocks of queries that see some of these keys; (queries, keys) True where hidden."""
        T, S = self.query.shape[-2], self.key.shape[-2]
        ahead = S - T
        first = max(0, columns.start + self.nearest - ahead) // self.size * self.size
        end = min(T, columns.stop + self.farthest - ahead)
        for start in range(first, end, self.size):
            rows = slice(start, min(start + self.size, T))
            before = start + ahead - columns.start
            hidden = self._out_of_reach(before, _length(rows), _length(columns))
            if self.mask is not None:
                unseen = ~self.mask[index][rows, columns]
                hidden = unseen if hidden is None else hidden | unseen
                if hidden.all():
                    continue
            yield rows, hidden

    def _out_of_reach(self, before: int, queries: int, keys: int) -> Mask | None:
        """(queries, keys): key b is ``before + a - b`` positions before query a. None: all reach.

        The distance is the same along each diagonal, so the array is one row of numbers, seen from
        a place further left for each query.
        """
        smallest, largest = before - (keys - 1), before + (queries - 1)
        if self.nearest <= smallest and largest <= self.farthest:
            return None
        distances = np.arange(largest, smallest - 1, -1)
        hidden = (distances < self.nearest) | (distances > self.farthest)
        return np.ndarray((queries, keys), np.bool_, hidden, queries - 1, (-1, 1))


def _length(block: slice) -> int:
    length: int = block.stop - block.start
    return length
