"""Attention block by block: the scores of all pairs are never in memory at once.

A softmax can be computed in pieces (Milakov & Gimelshein 2018): keep the largest score so far and
the sum of exponentials relative to it, and when a larger one comes, scale down what was summed.
Any reference that keeps exponentials from overflowing will do in place of the largest, so here it
is the largest of the first block, and moves only when a score exceeds it by ``ROOM``.
FlashAttention (Dao et al. 2022) builds attention on that, and goes back by computing each block of
scores again from queries and keys. Beside inputs and outputs this needs memory for one block of
scores and a few numbers a query.

Scores are held transposed, ``(keys, queries)``: the maximum and the sum of each query then run
along whole rows of memory, which NumPy does faster than it reduces short rows one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from attention_scratch.nn import checks
from attention_scratch.nn.blocks import Blocks, Index
from attention_scratch.nn.layer import Array
from attention_scratch.nn.patterns import Mask

BLOCK = 256  # 256 x 256 scores in float32 are 256 KB: they stay in a core's own cache
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
        block: positions a block.
        workers: threads that divide the heads of keys among them. NumPy lets them run at the same
            time; give its BLAS one thread then (``threadpoolctl.threadpool_limits(1)``).

    Returns:
        (..., T, Dv), and the logarithm of each query's sum of exponentials, (..., T), which the
        backward pass needs. It is float64: beside scores of 1e4 a float32 would be off by 5e-4,
        and every weight with it.

    Raises:
        InputError: an array's rank, dtype or shape does not fit, or an option is out of range.
    """
    blocks = Blocks.of(
        query, key, value, mask=mask, causal=causal, window=window, scale=scale, size=block
    )
    output = np.zeros((*query.shape[:-1], value.shape[-1]), query.dtype)
    log_sum = np.empty(query.shape[:-1], np.float64)

    def attend(heads: Sequence[Index]) -> None:
        buffer = np.empty((blocks.size, blocks.size), query.dtype)
        for shared, index in blocks.pairs(heads):
            _forward(blocks, index, shared, output[index], log_sum[index], buffer)

    _divide(blocks.heads(), attend, workers)
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
        block: positions a block.
        workers: as in the forward pass.

    Returns:
        Arrays of the shapes of query, key and value.

    Raises:
        InputError: as ``blockwise_attention``, or an array is not shaped like the output.
    """
    blocks = Blocks.of(
        query, key, value, mask=mask, causal=causal, window=window, scale=scale, size=block
    )
    for field, x in (("grad", grad), ("output", output)):
        checks.like(field, x, (*query.shape[:-1], value.shape[-1]), query.dtype)
    checks.like("log_sum", log_sum, query.shape[:-1], np.dtype(np.float64))
    by_query = np.zeros_like(query)
    by_key, by_value = np.zeros_like(key), np.zeros_like(value)

    def go_back(heads: Sequence[Index]) -> None:
        buffers = np.empty((2, blocks.size, blocks.size), query.dtype)
        for shared, index in blocks.pairs(heads):
            known = grad[index], output[index], log_sum[index]
            sums = by_query[index], by_key[shared], by_value[shared]
            _backward(blocks, index, shared, known, sums, buffers)

    _divide(blocks.heads(), go_back, workers)
    return by_query, by_key, by_value


def _forward(
    blocks: Blocks,
    index: Index,
    shared: Index,
    output: Array,
    log_sum: NDArray[np.float64],
    buffer: Array,
) -> None:
    """Fill one head's outputs, (T, Dv), zeros at first, and its queries' log-sums, (T,)."""
    key, value = blocks.key[shared], blocks.value[shared]
    dtype, floor = output.dtype, np.finfo(output.dtype).min
    ones = np.ones(blocks.size, dtype)
    for rows in blocks.rows():
        query = (blocks.query[index][rows] * blocks.scale).T  # (D, queries)
        n = query.shape[1]
        part, total = output[rows], np.zeros(n, dtype)
        reference = np.full(n, floor, dtype)  # finite: -inf - -inf would be NaN
        lowest = floor
        for columns, hidden in blocks.columns(index, rows):
            m = columns.stop - columns.start
            scores = buffer[:m, :n]
            np.matmul(key[columns], query, out=scores)
            if hidden is not None:
                np.copyto(scores, -np.inf, where=hidden)
            if lowest == floor or scores.max() > lowest + ROOM:
                larger = np.maximum(reference, scores.max(0))
                if total.any():
                    shrink = np.exp(reference - larger)
                    total *= shrink
                    part *= shrink[:, None]
                reference, lowest = larger, larger.min()
            scores -= reference
            weights = np.exp(scores, out=scores)
            total += ones[:m] @ weights
            part += weights.T @ value[columns]
        blind = total == 0
        total[blind] = 1
        part /= total[:, None]
        log_sum[rows] = reference + np.log(total, dtype=np.float64)
        log_sum[rows][blind] = -np.inf


def _backward(
    blocks: Blocks,
    index: Index,
    shared: Index,
    known: tuple[Array, Array, Array],
    sums: tuple[Array, Array, Array],
    buffers: Array,
) -> None:
    """Add one head's gradients by query, key and value to ``sums``.

    ``known`` is the gradient by its output, the output and the log-sums. Through softmax a gradient
    g becomes ``w (g - sum of w g)``. Here g is ``grad @ value.T``, and the sum of w g is the
    gradient times the output: ``along``.
    """
    key, value = blocks.key[shared], blocks.value[shared]
    dtype = key.dtype
    for rows in blocks.rows():
        query = blocks.query[index][rows] * blocks.scale  # (queries, D)
        grad, output, log_sum = (x[rows] for x in known)
        # A weight is exp(score - log_sum) = exp(score - near) · exp(near - log_sum). The second
        # factor makes up for rounding log_sum to ``near``; it goes to the gradient, once.
        log_sum = np.where(np.isneginf(log_sum), 0, log_sum)
        near = log_sum.astype(dtype)
        grad = grad * np.exp(near - log_sum).astype(dtype)[:, None]
        along = np.vecdot(grad, output)
        for columns, hidden in blocks.columns(index, rows):
            scores, slopes = buffers[:, : columns.stop - columns.start, : len(query)]
            np.matmul(key[columns], query.T, out=scores)  # (keys, queries)
            if hidden is not None:
                np.copyto(scores, -np.inf, where=hidden)
            scores -= near
            weights = np.exp(scores, out=scores)
            np.matmul(value[columns], grad.T, out=slopes)
            slopes -= along
            slopes *= weights
            sums[0][rows] += slopes.T @ key[columns]
            sums[1][columns] += slopes @ query
            sums[2][columns] += weights @ grad
        sums[0][rows] *= blocks.scale


def _divide(heads: list[Index], work: Callable[[Sequence[Index]], None], workers: int) -> None:
    """Let each worker have every ``workers``-th head."""
    checks.positive("workers", workers)
    if workers == 1:
        work(heads)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(work, [heads[first::workers] for first in range(workers)]))
