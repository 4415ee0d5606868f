"""Records what the threads of one block did, step by step, for a figure that plays it."""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from attention_scratch.errors import require
from attention_scratch.simt.errors import Index3, LaunchError
from attention_scratch.simt.report.scene import Scene
from attention_scratch.simt.runtime import abi

EVENT = np.dtype(
    [
        ("step", "u4"),  # running number
        ("block", "u4"),  # linear
        ("thread", "u2"),  # linear in its block
        ("kind", "u1"),  # index into KINDS
        ("line", "u4"),  # of the source, from 1
        ("space", "u1"),  # index into SPACES
        ("array", "i2"),  # index into the recording's names, −1 for none
        ("index", "i8"),  # element of that array
        ("offset", "i8"),  # bytes from the start of that array; of shared memory, where it is there
        ("size", "u1"),  # bytes
    ]
)
KINDS = (
    "read",
    "write",
    "atomic",
    "arrives at barrier",
    "leaves barrier",
    "arrives at warp operation",
    "leaves warp operation",
    "exits",
)
SPACES = ("global", "shared", "constant", "none")
MAX_EVENTS = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Recording:
    """The events of one launch.

    Attributes:
        kernel: the kernel's name.
        events: (N,) array of :data:`EVENT`, in the order of execution.
        names: names of the arrays that ``events["array"]`` counts.
        source: the CUDA source.
        grid, block_dim: of the launch.
    """

    kernel: str
    events: npt.NDArray[np.void]
    names: tuple[str, ...]
    source: str
    grid: Index3
    block_dim: Index3

    @classmethod
    def read(cls, record: abi.Launch, scene: Scene) -> Recording:
        """The events of a traced launch.

        Raises:
            LaunchError: there were more than the trace has room for.
        """
        if record.event_count == record.max_events:
            raise LaunchError(
                "trace",
                f"at least {record.max_events:,} events",
                expected="fewer",
                remedy="Trace a smaller launch, or raise max_events.",
            )
        raw = record.events[: record.event_count]
        places = scene.places({event.pc for event in raw})
        events = np.zeros(len(raw), EVENT)
        for i, event in enumerate(raw):
            array, index = _element(event, scene)
            events[i] = (
                i, event.block, event.thread, event.kind, places[event.pc].line, event.space,
                array, index, event.offset, event.size,
            )  # fmt: skip
        names = (*(o.name for o in scene.arrays), *(o.name for _, o in scene.shared))
        return cls(scene.kernel, events, names, scene.source.code, scene.grid, scene.block)


def _element(event: abi.Event, scene: Scene) -> tuple[int, int]:
    """The number of the array an event touched, −1 for none, and the element."""
    if event.region < 0:
        return -1, 0
    if event.space == abi.SHARED:
        lo, variable = scene.shared[event.region]
        return len(scene.arrays) + event.region, (event.offset - lo) // variable.element_bytes
    return event.region, event.offset // scene.arrays[event.region].element_bytes


class Trace:
    """The recordings of the launches made inside ``with trace()``, in order."""

    def __init__(self, block: Index3, max_events: int) -> None:
        self.block = block
        self.max_events = max_events
        self.recordings: list[Recording] = []

    @property
    def last(self) -> Recording:
        """The latest recording.

        Raises:
            LookupError: nothing was launched.
        """
        if not self.recordings:
            raise LookupError("no kernel was launched inside this trace")
        return self.recordings[-1]

    @property
    def events(self) -> npt.NDArray[np.void]:
        """The events of the latest launch."""
        return self.last.events

    @property
    def names(self) -> tuple[str, ...]:
        """The arrays of the latest launch."""
        return self.last.names

    @property
    def source(self) -> str:
        """The source of the latest launch."""
        return self.last.source

    @property
    def block_dim(self) -> Index3:
        """The threads of a block of the latest launch."""
        return self.last.block_dim


_active: contextvars.ContextVar[Trace | None] = contextvars.ContextVar("trace", default=None)


def active_trace() -> Trace | None:
    """The trace that launches of this context are recorded in."""
    return _active.get()


@contextlib.contextmanager
def trace(*, block: Any = (0, 0, 0), max_events: int = 100_000) -> Iterator[Trace]:
    """Record what the threads of ``block`` do in every launch of this context; they run checked.

    Args:
        block: index (x, y, z) of the block to record.
        max_events: a launch with more events than that is an error, not a cut recording.

    Raises:
        InputError: ``block`` is not three integers ≥ 0, or ``max_events`` is out of range.
    """
    index = tuple(block) if isinstance(block, (tuple, list)) else (block,)
    index = (*index, 0, 0)[:3] if len(index) < 3 else index
    fits = len(index) == 3 and all(isinstance(i, int) and i >= 0 for i in index)
    require(fits, "block", block, expected="an index (x, y, z)", remedy="Try (0, 0, 0).")
    require(
        1 <= max_events <= MAX_EVENTS,
        "max_events",
        max_events,
        expected=f"1 to {MAX_EVENTS}",
        remedy="Trace a smaller launch: one block of a few warps tells the story.",
    )
    recording = Trace((index[0], index[1], index[2]), max_events)
    token = _active.set(recording)
    try:
        yield recording
    finally:
        _active.reset(token)
