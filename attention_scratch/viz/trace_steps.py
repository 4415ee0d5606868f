"""A trace of threads that ran one after another, regrouped into what the warps of a block do.

An emulator runs a thread until it has to wait, then the next one. A warp does the same work side
by side: its lanes meet again wherever they stand at the same line. :func:`warp_steps` puts the
events in that order. Of the lanes that can go on, those at the earliest line do, so that lanes that
skipped a branch wait behind it for those that took it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WARP = 32
READ, WRITE, ATOMIC, ARRIVE, LEAVE, MEET, PART, EXIT = range(8)
GLOBAL, SHARED, CONSTANT, NONE = range(4)
OPENINGS = {ARRIVE: LEAVE, MEET: PART}  # a wait, and the event that ends it

EVENT = np.dtype(
    [
        ("step", "u4"),  # running number over the whole trace
        ("block", "u4"),
        ("thread", "u2"),  # within the block, x fastest
        ("kind", "u1"),
        ("line", "u4"),  # of the source, from 1; 0 if it has none
        ("space", "u1"),
        ("array", "i2"),  # number of its name, -1 for none
        ("index", "i8"),  # element of that array
        ("offset", "i8"),  # bytes from the array's start; shared: from the start of shared memory
        ("size", "u1"),  # bytes
    ]
)
Events = NDArray[np.void]
Numbers = NDArray[np.int64]
Key = tuple[int, ...]  # what lanes have in common that execute one instruction together


@dataclass(frozen=True, slots=True, eq=False)
class WarpStep:
    """One instruction as the lanes of a warp execute it together.

    Attributes:
        kind, line, space, array, size: as in the events, the same for all its lanes.
        lanes: (n,) lanes that take part, ascending.
        index, offset: (n,) element and byte each of them touches.
        waiting: lanes that wait in this step, the ones that just arrived among them.
        done: lanes that have exited, the ones that just did among them.
        opens: they wait for nobody of their own warp: the next thing they do is to go on.
    """

    kind: int
    line: int
    space: int
    array: int
    size: int
    lanes: Numbers
    index: Numbers
    offset: Numbers
    waiting: frozenset[int]
    done: frozenset[int]
    opens: bool


@dataclass(frozen=True, slots=True, eq=False)
class WarpTrace:
    """All steps of one warp; ``lanes`` of its 32 hold a thread."""

    block: int
    warp: int
    lanes: int
    steps: tuple[WarpStep, ...]


def warp_traces(events: Events, *, threads: int) -> list[WarpTrace]:
    """Every warp that has events, by block and number, of blocks of ``threads`` threads."""
    order = np.argsort(events["step"], kind="stable")
    events = events[order]
    warp = events["thread"] // WARP
    found = []
    for block, number in np.unique(np.stack([events["block"], warp]), axis=1).T.tolist():
        own = events[(events["block"] == block) & (warp == number)]
        lanes = min(WARP, threads - number * WARP)
        found.append(WarpTrace(block, number, lanes, tuple(warp_steps(own))))
    return found


def warp_steps(events: Events) -> Iterator[WarpStep]:
    """The steps of one warp, from its events in the order of the trace."""
    waiting: set[int] = set()
    done: set[int] = set()
    groups = _Merge(events).groups()
    ahead = next(groups, None)
    while ahead is not None:
        group, ahead = ahead, next(groups, None)
        first = events[group[0]]
        lanes = events["thread"][group].astype(np.int64) % WARP
        kind = int(first["kind"])
        opening = OPENINGS.get(kind)
        opens = False
        if opening is not None:
            waiting.update(map(int, lanes))
        elif kind in OPENINGS.values():
            waiting.difference_update(map(int, lanes))
        elif kind == EXIT:
            done.update(map(int, lanes))
        shown = frozenset(waiting)
        if opening is not None and ahead is not None and _opens(events, ahead, opening, lanes):
            opens = True
            waiting.difference_update(map(int, lanes))
            ahead = next(groups, None)
        yield WarpStep(
            kind=kind,
            line=int(first["line"]),
            space=int(first["space"]),
            array=int(first["array"]),
            size=int(first["size"]),
            lanes=lanes,
            index=events["index"][group].astype(np.int64),
            offset=events["offset"][group].astype(np.int64),
            waiting=shown,
            done=frozenset(done),
            opens=opens,
        )


def _opens(events: Events, group: Numbers, opening: int, lanes: Numbers) -> bool:
    """Whether the next thing the warp does is that exactly these lanes go on."""
    return int(events[group[0]]["kind"]) == opening and np.array_equal(
        events["thread"][group] % WARP, lanes
    )


class _Merge:
    """The lanes' own sequences, merged: each lane has a place in its own."""

    def __init__(self, events: Events) -> None:
        lane = events["thread"] % WARP
        self._events = {int(n): np.flatnonzero(lane == n) for n in np.unique(lane)}
        self._keys = {n: [_key(e) for e in events[own]] for n, own in self._events.items()}
        self._times = {n: events["step"][own].tolist() for n, own in self._events.items()}
        self._at = dict.fromkeys(self._events, 0)

    def groups(self) -> Iterator[Numbers]:
        """Numbers of the events that make one step, by lane, until no lane has any left."""
        while heads := self._heads():
            key = self._next(heads)
            lanes = heads[key]
            yield np.array([self._events[n][self._at[n]] for n in lanes])
            for n in lanes:
                self._at[n] += 1

    def _heads(self) -> dict[Key, list[int]]:
        """What each lane does next, and which lanes do it."""
        heads: dict[Key, list[int]] = {}
        for n, keys in self._keys.items():
            if self._at[n] < len(keys):
                heads.setdefault(keys[self._at[n]], []).append(n)
        return heads

    def _next(self, heads: dict[Key, list[int]]) -> Key:
        ready = [key for key in heads if self._is_ready(key, heads)]
        place = min(map(_place, ready))
        tied = [key for key in ready if _place(key) == place]
        return next((key for key in tied if not self._comes_later(key, tied, heads)), tied[0])

    def _is_ready(self, key: Key, heads: dict[Key, list[int]]) -> bool:
        """Nobody leaves a barrier before all have done what the trace has before that."""
        if key[1] not in OPENINGS.values():
            return True
        leaves = min(self._time(n) for n in heads[key])
        others = (n for other, lanes in heads.items() if other != key for n in lanes)
        return all(self._time(n) > leaves for n in others)

    def _comes_later(self, key: Key, tied: list[Key], heads: dict[Key, list[int]]) -> bool:
        """Whether a lane that is at another part of the same line has ``key`` still before it."""
        others = (n for other in tied if other != key for n in heads[other])
        return any(key in self._rest_of_line(n) for n in others)

    def _rest_of_line(self, n: int) -> Iterator[Key]:
        line = self._keys[n][self._at[n]][0]
        for key in self._keys[n][self._at[n] + 1 :]:
            if key[0] != line:
                return
            yield key

    def _time(self, n: int) -> int:
        return int(self._times[n][self._at[n]])


def _key(event: np.void) -> Key:
    """A block's barrier opens for all its lanes at once, wherever they waited."""
    key = tuple(int(event[field]) for field in ("line", "kind", "space", "array", "size"))
    return (0, *key[1:]) if key[1] == LEAVE else key


def _place(key: Key) -> tuple[bool, float]:
    """Where in the order of a warp: at a block's barrier its lanes arrive once all else is done."""
    line, kind = key[:2]
    if kind == LEAVE:
        return False, 0
    return kind == ARRIVE, line or float("inf")  # without a line: after all that have one
