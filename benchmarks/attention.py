"""Blockwise attention in NumPy against torch's, in time, and against the textbook's, in memory too.

Ours and the peer take turns in one process. With two threads ours divides the heads between two
workers and leaves one thread to NumPy's BLAS; torch uses two threads its own way.
"""

from __future__ import annotations

import argparse
import tracemalloc
from collections.abc import Callable

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from attention_scratch.bench import Report, Row, compare, provenance, write_report
from attention_scratch.bench.blas import unpin
from attention_scratch.config import settings
from attention_scratch.nn.blockwise import blockwise_attention, blockwise_attention_backward
from attention_scratch.nn.functional import scaled_dot_product_attention

HEADS, WIDTH = 8, 64
LONG = 8192
TOLERANCE = 5e-6


def arrays(T: int) -> list[np.ndarray]:
    """Queries, keys, values and a gradient, (1, H, T, D)."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal((1, HEADS, T, WIDTH), dtype=np.float32) for _ in range(4)]


def forward_pair(T: int, workers: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Causal attention: ours and torch's."""
    query, key, value, _ = arrays(T)
    tensors = [torch.from_numpy(x) for x in (query, key, value)]

    def ours() -> np.ndarray:
        return blockwise_attention(query, key, value, causal=True, workers=workers)[0]

    @torch.inference_mode()
    def theirs() -> torch.Tensor:
        return torch.nn.functional.scaled_dot_product_attention(*tensors, is_causal=True)

    difference = float(np.abs(ours() - theirs().numpy()).max())
    if difference > TOLERANCE:
        raise SystemExit(f"T = {T}: the outputs differ by {difference}: nothing to compare.")
    return ours, theirs


def training_pair(T: int, workers: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Causal attention forward and backward: ours and torch's."""
    query, key, value, grad = arrays(T)
    tensors = [torch.from_numpy(x).requires_grad_() for x in (query, key, value)]
    upstream = torch.from_numpy(grad)

    def ours() -> object:
        options = {"causal": True, "workers": workers}
        output, log_sum = blockwise_attention(query, key, value, **options)
        return blockwise_attention_backward(grad, query, key, value, output, log_sum, **options)

    def theirs() -> object:
        output = torch.nn.functional.scaled_dot_product_attention(*tensors, is_causal=True)
        return torch.autograd.grad(output, tensors, upstream)

    return ours, theirs


def textbook_row(T: int, rounds: int) -> Row:
    """Blockwise and textbook, both in NumPy: time, and peak memory in the case's name."""
    query, key, value, _ = arrays(T)

    def ours() -> object:
        return blockwise_attention(query, key, value, causal=True)

    def theirs() -> object:
        return scaled_dot_product_attention(query, key, value, causal=True)

    with threadpool_limits(1, user_api="blas"):
        measured = compare(ours, theirs, rounds=rounds, warmup=1, label=f"textbook, T = {T}")
        peaks = f"peak {peak(ours):.1f} MB against {peak(theirs):.0f} MB"
    return Row.of(f"forward, T = {T}, {peaks}", measured)


def peak(function: Callable[[], object]) -> float:
    """Megabytes (2^20 bytes) at the peak of a call, results included, as NumPy reports them."""
    tracemalloc.start()
    function()
    largest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return largest / 2**20


def main() -> None:
    """Measure, print, write ``reports/cpu/attention.json`` and ``attention_textbook.json``."""
    unpin()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=31, help="at T = 1024; a sixth at 8192")
    rounds = parser.parse_args().rounds
    few = max(3, rounds // 6)
    rows = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        short_goal = 1.0 if threads == 1 else 1 / 1.2
        for T, times, goal in ((1024, rounds, short_goal), (LONG, few, 1 / 1.35)):
            with threadpool_limits(1, user_api="blas"):
                name = f"T = {T}, {threads} thread{'s' * (threads > 1)}"
                pair = forward_pair(T, threads)
                measured = compare(*pair, rounds=times, label=name)
                rows.append(Row.of(f"forward, {name}", measured, goal=goal))
                if T == 1024:
                    pair = training_pair(T, threads)
                    measured = compare(*pair, rounds=times, label=name)
                    rows.append(Row.of(f"forward and backward, {name}", measured))
    report = Report(
        name="attention",
        title="Blockwise attention in NumPy",
        peer="torch scaled_dot_product_attention, float32",
        method=f"Causal, 1 × {HEADS} × T × {WIDTH}, float32; alternating order in one process; "
        "medians of paired ratios. Two threads: ours two workers with one BLAS thread each.",
        rows=tuple(rows),
        provenance=provenance(),
    )
    textbook = Report(
        name="attention_textbook",
        title="Blockwise attention and the textbook's, both in NumPy",
        peer="functional.scaled_dot_product_attention, which holds all scores",
        method=f"Causal, 1 × {HEADS} × T × {WIDTH}, float32, one thread; alternating order in one "
        "process; medians of paired ratios. Peak memory: what NumPy allocates during a call, "
        "results included, in MB of 2^20 bytes.",
        rows=tuple(textbook_row(T, times) for T, times in ((1024, rounds), (LONG, 3))),
        provenance=provenance(),
    )
    for each in (report, textbook):
        print(each.table())
        print(write_report(each, settings().paths.reports))
    print(report.provenance.blas)


if __name__ == "__main__":
    main()
