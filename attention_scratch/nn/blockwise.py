"""Attention block by block: the scores of all pairs are never in memory at once.

A softmax can be computed in pieces (Milakov & Gimelshein 2018): keep the largest score so far and
the sum of exponentials relative to it, and when a larger one comes, scale down what was summed.
FlashAttention (Dao et al. 2022) builds attention on that, and goes back by computing each block of
scores again from queries and keys. Beside inputs and outputs this needs memory for one block of
scores and a few numbers a query.

The largest score is there to keep exponentials from overflowing, and no dot product exceeds the
product of the two lengths (Cauchy-Schwarz). Where the longest query and key say that no score
leaves ``-ROOM`` to ``ROOM``, their exponentials are summed as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from attention_scratch.arrays import Array
from attention_scratch.nn import checks
from attention_scratch.nn.patterns import Mask
from attention_scratch.nn.score_tiles import Index, ScoreTiles

BLOCK = 256  # of queries and of keys: 256 KB of float32 scores, a core's own cache holds them
ROOM = 60.0  # e^60 is 1e26; float32 ends at 1e38


def blockwise_attention(
    query: Array,
    key: Array,
    value: Array,
    *,
    mask: Mask | None = None,
    causal: bool = False,
    window: int | None = None,
    scale: float | None = None,
    block: int = BLOCK,
    workers: int = 1,
) -> tuple[Array, NDArray[np.float64]]:
    """``functional.scaled_dot_product_attention`` in memory that grows with T, not with T · S.

    Args:
        query: (..., T, D).
        key: (..., S, D); a leading axis may be 1 where query has more: it is shared.
        value: (..., S, Dv), leading axes like key.
        mask: True where a query may attend; broadcast to (..., T, S).
        causal: also hide the future, as ``causal_mask(T, S)`` does.
        window: also hide keys ``window`` and more positions away, as ``local_window`` does; the
            last query stands at the last key. Blocks in which all is hidden are skipped, whatever
            hides it, but a ``mask`` is itself an array of T · S.
        scale: what the scores are multiplied with; ``1 / sqrt(D)`` when left out.
        block: queries and keys a block.
        workers: threads that divide the heads of keys among them. NumPy lets them run at the same
            time; give its BLAS one thread then (``threadpoolctl.threadpool_limits(1)``).

    Returns:
        (..., T, Dv), and the logarithm of each query's sum of exponentials, (..., T), which the
        backward pass needs. It is float64: beside scores of 1e4 a float32 would be off by 5e-4,
        and every weight with it.

    Raises:
        InputError: an array's rank, dtype or shape does not fit, or an option is out of range.
    """
    tiles = ScoreTiles.of(
        query, key, value, mask=mask, causal=causal, window=window, scale=scale, size=block
    )
    output = np.zeros((*query.shape[:-1], value.shape[-1]), query.dtype)
    log_sum = np.empty(query.shape[:-1], np.float64)

    def attend(heads: Sequence[Index]) -> None:
        buffer = tiles.buffer()
        for shared, index in tiles.pairs(heads):
            _forward(tiles, index, shared, output[index], log_sum[index], buffer)

    _divide(tiles.heads(), attend, workers)
    return output, log_sum


def blockwise_attention_backward(
    grad: Array,
    query: Array,
    key: Array,
    value: Array,
    output: Array,
    log_sum: NDArray[np.float64],
    *,
    mask: Mask | None = None,
    causal: bool = False,
    window: int | None = None,
    scale: float | None = None,
    block: int = BLOCK,
    workers: int = 1,
) -> tuple[Array, Array, Array]:
    """The gradients by query, key and value; the weights are computed again, a block at a time.

    Args:
        grad: the gradient by the output, (..., T, Dv).
        query: as in the forward pass, like key, value and all options.
        key: (..., S, D).
        value: (..., S, Dv).
        output: what ``blockwise_attention`` returned first.
        log_sum: what it returned second.
        mask: as in the forward pass.
        causal: as in the forward pass.
        window: as in the forward pass.
        scale: as in the forward pass.
        block: as in the forward pass, or any other.
        workers: as in the forward pass.

    Returns:
        Arrays of the shapes of query, key and value.

    Raises:
        InputError: as ``blockwise_attention``, or an array is not shaped like the output.
    """
    tiles = ScoreTiles.of(
        query, key, value, mask=mask, causal=causal, window=window, scale=scale, size=block
    )
    for field, x in (("grad", grad), ("output", output)):
        checks.like(field, x, (*query.shape[:-1], value.shape[-1]), query.dtype)
    checks.like("log_sum", log_sum, query.shape[:-1], np.dtype(np.float64))
    by_query = np.zeros_like(query)
    by_key, by_value = np.zeros_like(key), np.zeros_like(value)

    def go_back(heads: Sequence[Index]) -> None:
        buffers = tiles.buffer(), tiles.buffer()
        for shared, index in tiles.pairs(heads):
            known = grad[index], output[index], log_sum[index]
            sums = by_query[index], by_key[shared], by_value[shared]
            _backward(tiles, index, shared, known, sums, buffers)

    _divide(tiles.heads(), go_back, workers)
    by_query *= tiles.scale
    by_key *= tiles.scale
    return by_query, by_key, by_value


def _forward(
    tiles: ScoreTiles,
    index: Index,
    shared: Index,
    output: Array,
    log_sum: NDArray[np.float64],
    buffer: Array,
) -> None:
    """Fill one head's outputs, (T, Dv), zeros at first, and its queries' log-sums, (T,)."""
    query, key, value = tiles.query[index], tiles.key[shared], tiles.value[shared]
    dtype, small = output.dtype, _small(tiles, index, shared)
    total = np.zeros(len(output), dtype)
    # Finite at first, since -inf - -inf is NaN.
    reference = np.full(len(output), 0 if small else np.finfo(dtype).min, dtype)
    ones = np.ones(tiles.size, dtype)
    for columns in tiles.columns():
        keys, values = _across(key[columns], tiles.scale), value[columns]
        for rows, hidden in tiles.rows(index, columns):
            scores = _scores(query[rows], keys, hidden, buffer)  # (queries, keys)
            if not small:
                larger = np.maximum(reference[rows], scores.max(1))
                shrink = np.exp(reference[rows] - larger)
                total[rows] *= shrink
                output[rows] *= shrink[:, None]
                scores -= larger[:, None]
                reference[rows] = larger
            weights = np.exp(scores, out=scores)
            total[rows] += weights @ ones[: weights.shape[1]]
            output[rows] += weights @ values
    blind = total == 0
    total[blind] = 1
    output /= total[:, None]
    np.log(total, out=log_sum, dtype=np.float64)
    log_sum += reference
    log_sum[blind] = -np.inf


def _backward(
    tiles: ScoreTiles,
    index: Index,
    shared: Index,
    known: tuple[Array, Array, Array],
    sums: tuple[Array, Array, Array],
    buffers: tuple[Array, Array],
) -> None:
    """Add one head's gradients to ``sums``: by query and key without the scale, and by value.

    ``known`` is the gradient by its output, the output and the log-sums. Through softmax a gradient
    g becomes ``w (g - sum of w g)``. Here g is ``grad @ value.T``, and the sum of w g is the
    gradient times the output: ``along``.
    """
    query, key, value = tiles.query[index], tiles.key[shared], tiles.value[shared]
    grad, output, log_sum = known
    by_query, by_key, by_value = sums
    # A weight is exp(score - log_sum) = exp(score - near) · exp(near - log_sum). The second factor
    # goes to the gradient: it makes up for rounding log_sum to ``near``, or is all of it where
    # scores are small.
    log_sum = np.where(np.isneginf(log_sum), 0, log_sum)
    small = _small(tiles, index, shared)
    near = np.zeros(len(query), key.dtype) if small else log_sum.astype(key.dtype)
    factor = np.exp(near - log_sum).astype(key.dtype)
    along = np.vecdot(grad, output) * factor
    for columns in tiles.columns():
        keys, values = _across(key[columns], tiles.scale), _across(value[columns], 1)
        for rows, hidden in tiles.rows(index, columns):
            scores = _scores(query[rows], keys, hidden, buffers[0])  # (queries, keys)
            if not small:
                scores -= near[rows, None]
            weights = np.exp(scores, out=scores)
            part = grad[rows] * factor[rows, None]  # (queries, Dv)
            slopes = np.matmul(part, values, out=_part(buffers[1], weights.shape))
            slopes -= along[rows, None]
            slopes *= weights
            by_query[rows] += slopes @ key[columns]
            by_key[columns] += slopes.T @ query[rows]
            by_value[columns] += weights.T @ part


def _across(x: Array, scale: float) -> Array:
    """(n, D) → (D, n) times a number, a copy: products with rows in one piece are faster."""
    across: Array = np.multiply(x.T, x.dtype.type(scale), order="C")
    return across


def _scores(query: Array, keys: Array, hidden: Mask | None, buffer: Array) -> Array:
    """(queries, D) by (D, keys): minus infinity where hidden, in the buffer's memory."""
    scores = np.matmul(query, keys, out=_part(buffer, (len(query), keys.shape[1])))
    if hidden is not None:
        np.copyto(scores, -np.inf, where=hidden)
    return scores


def _part(buffer: Array, shape: tuple[int, int]) -> Array:
    """An array of this shape at the buffer's beginning."""
    return buffer[: shape[0] * shape[1]].reshape(shape)


def _small(tiles: ScoreTiles, index: Index, shared: Index) -> bool:
    """Whether the longest query and the longest key keep all scores within ``ROOM`` of 0."""
    squares = [np.vecdot(x, x).max(initial=0) for x in (tiles.query[index], tiles.key[shared])]
    return math.sqrt(squares[0]) * math.sqrt(squares[1]) * abs(tiles.scale) <= ROOM


def _divide(heads: list[Index], work: Callable[[Sequence[Index]], None], workers: int) -> None:
    """Let each worker have every ``workers``-th head."""
    checks.positive("workers", workers)
    if workers == 1:
        work(heads)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(work, [heads[first::workers] for first in range(workers)]))
