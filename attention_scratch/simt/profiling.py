"""Counters of memory traffic, per source line and per launch."""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
from collections.abc import Iterable, Iterator

from attention_scratch.simt.errors import Index3

SECTOR_BYTES = 32


@dataclasses.dataclass(frozen=True, slots=True)
class AccessCounts:
    """What the loads or the stores of one source line did to one array.

    Attributes:
        line, text: the source line, counted from 1.
        array: name of the parameter.
        operation: ``load`` or ``store``.
        size: bytes one thread moves at once.
        accesses: loads or stores, one per thread that executed it.
        requests: warp-wide instructions: up to 32 accesses that go to memory together.
        sectors: 32-byte pieces of memory those requests touched.
    """

    line: int
    text: str
    array: str
    operation: str
    size: int
    accesses: int
    requests: int
    sectors: int

    @property
    def bytes(self) -> int:
        """Bytes the threads asked for."""
        return self.accesses * self.size

    @property
    def bytes_moved(self) -> int:
        """Bytes memory has to move: whole sectors."""
        return self.sectors * SECTOR_BYTES

    @property
    def sectors_per_request(self) -> float:
        """4 for 32 neighboring floats, 32 at worst; 0 where nothing ran."""
        return self.sectors / self.requests if self.requests else 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class LaunchProfile:
    """The counters of one launch."""

    kernel: str
    grid: Index3
    block: Index3
    accesses: tuple[AccessCounts, ...]

    def of(self, *, array: str | None = None, operation: str | None = None) -> LaunchProfile:
        """The same launch, seen through one array or one operation (``load``, ``store``)."""
        kept = tuple(
            a
            for a in self.accesses
            if (array is None or a.array == array)
            and (operation is None or a.operation == operation)
        )
        return dataclasses.replace(self, accesses=kept)

    @property
    def loads(self) -> int:
        """Loads, counted per thread."""
        return sum(a.accesses for a in self.accesses if a.operation == "load")

    @property
    def stores(self) -> int:
        """Stores, counted per thread."""
        return sum(a.accesses for a in self.accesses if a.operation == "store")

    @property
    def bytes_read(self) -> int:
        """Bytes the threads asked to read."""
        return sum(a.bytes for a in self.accesses if a.operation == "load")

    @property
    def bytes_written(self) -> int:
        """Bytes the threads asked to write."""
        return sum(a.bytes for a in self.accesses if a.operation == "store")

    @property
    def requests(self) -> int:
        """Warp-wide memory instructions."""
        return sum(a.requests for a in self.accesses)

    @property
    def sectors(self) -> int:
        """32-byte sectors those instructions touched."""
        return sum(a.sectors for a in self.accesses)

    @property
    def bytes_moved(self) -> int:
        """Bytes memory has to move for them: whole sectors."""
        return self.sectors * SECTOR_BYTES

    @property
    def sectors_per_request(self) -> float:
        """The mean over all requests; 0 where there was none."""
        return self.sectors / self.requests if self.requests else 0.0

    def table(self) -> str:
        """The counters as text, a row per line, array and operation."""
        head = ("line", "array", "operation", "bytes", "requests", "sectors", "per request")
        rows = [
            (
                str(a.line),
                a.array,
                a.operation,
                str(a.bytes),
                str(a.requests),
                str(a.sectors),
                f"{a.sectors_per_request:.2f}",
            )
            for a in self.accesses
        ]
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) if i in (1, 2) else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in (head, *rows)
        ]
        return "\n".join(line.rstrip() for line in lines)


@dataclasses.dataclass(slots=True)
class Profile:
    """The launches made inside ``with profile()``, in order."""

    launches: list[LaunchProfile] = dataclasses.field(default_factory=list)

    @property
    def last(self) -> LaunchProfile:
        """The latest launch.

        Raises:
            LookupError: nothing was launched.
        """
        if not self.launches:
            raise LookupError("no kernel was launched inside this profile")
        return self.launches[-1]


_active: contextvars.ContextVar[Profile | None] = contextvars.ContextVar("profile", default=None)


def active_profile() -> Profile | None:
    """The profile that launches of this context are recorded in."""
    return _active.get()


@contextlib.contextmanager
def profile() -> Iterator[Profile]:
    """Record counters of every launch in the block, which runs checked.

    The counts are exact: they are taken from every load and store the threads execute. The
    compiler decides which those are, as on a GPU: a value read twice may be loaded once.
    """
    recording = Profile()
    token = _active.set(recording)
    try:
        yield recording
    finally:
        _active.reset(token)


def merged(counts: Iterable[AccessCounts]) -> tuple[AccessCounts, ...]:
    """Counts of several instructions of one line as one row, in the order of the source."""
    rows: dict[tuple[object, ...], AccessCounts] = {}
    for one in counts:
        key = (one.line, one.array, one.operation, one.size)
        known = rows.get(key)
        rows[key] = (
            dataclasses.replace(
                one,
                accesses=known.accesses + one.accesses,
                requests=known.requests + one.requests,
                sectors=known.sectors + one.sectors,
            )
            if known
            else one
        )
    return tuple(sorted(rows.values(), key=lambda a: (a.line, a.operation, a.array, a.size)))
