"""Interleaved timing: on a noisy machine only ratios taken side by side mean anything."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable, Sequence

from tqdm import tqdm

from attention_scratch.errors import InputError


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of several runs of one thing."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median, in seconds."""
        return statistics.median(self.seconds)


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """Ours and the peer's runs, paired by round."""

    ours: Timing
    peer: Timing

    @property
    def speedups(self) -> tuple[float, ...]:
        """Peer's seconds over ours, round by round: above 1, ours is faster."""
        pairs = zip(self.peer.seconds, self.ours.seconds, strict=True)
        return tuple(peer / ours for peer, ours in pairs)

    @property
    def speedup(self) -> float:
        """Median of the paired ratios."""
        return statistics.median(self.speedups)


def compare(
    ours: Callable[[], object],
    peer: Callable[[], object],
    *,
    rounds: int = 9,
    warmup: int = 2,
    label: str = "",
) -> Comparison:
    """Run peer and ours in turn, swapping the order every round.

    Each is warmed up ``warmup`` times first: allocations, caches, thread pools.

    Raises:
        InputError: fewer than three rounds, which give no spread.
    """
    if rounds < 3:
        raise InputError("rounds", rounds, expected="at least 3", remedy="Three give a spread.")
    for _ in range(warmup):
        peer()
        ours()
    times: dict[str, list[float]] = {"ours": [], "peer": []}
    for index in tqdm(range(rounds), desc=label, leave=False):
        order = [("ours", ours), ("peer", peer)]
        for name, function in order if index % 2 else reversed(order):
            times[name].append(_seconds(function))
    return Comparison(ours=Timing(tuple(times["ours"])), peer=Timing(tuple(times["peer"])))


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Smallest and largest."""
    return min(values), max(values)


def _seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
