"""Counters of memory traffic per launch."""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
from collections.abc import Iterator

from attention_scratch.simt.errors import Index3
from attention_scratch.simt.report import counts
from attention_scratch.simt.report.counts import SECTOR_BYTES, WARP_SIZE, AccessCounts, LineCounts
from attention_scratch.simt.report.scene import Scene
from attention_scratch.simt.runtime import abi


@dataclasses.dataclass(frozen=True, slots=True)
class LaunchProfile:
    """The counters of one launch. Loads, stores, bytes and sectors are those of global memory.

    Attributes:
        barriers: meetings of a whole block (or of a named barrier's threads).
        warp_operations: meetings of a warp: shuffles, votes, matrix instructions, ``__syncwarp``.
        flops: floating-point operations; a fused multiply-add is two, a function such as ``expf``
            is one.
    """

    kernel: str
    grid: Index3
    block: Index3
    accesses: tuple[AccessCounts, ...]
    lines: tuple[LineCounts, ...] = ()
    barriers: int = 0
    warp_operations: int = 0
    flops: int = 0

    @classmethod
    def read(cls, record: abi.Launch, scene: Scene) -> LaunchProfile:
        """What the runtime counted in a profiled launch."""
        lines = counts.lines(record, scene)
        return cls(
            scene.kernel,
            scene.grid,
            scene.block,
            counts.accesses(record, scene),
            lines,
            record.barriers,
            record.warp_meetings,
            sum(line.flops for line in lines) + record.flops,
        )

    def of(
        self, *, array: str | None = None, operation: str | None = None, space: str | None = None
    ) -> LaunchProfile:
        """The same launch, seen through one array, operation (``load``, …) or memory space."""
        kept = tuple(
            a
            for a in self.accesses
            if array in (None, a.array)
            and operation in (None, a.operation)
            and space in (None, a.space)
        )
        return dataclasses.replace(self, accesses=kept)

    def _select(self, space: str, operation: str | None = None) -> list[AccessCounts]:
        return [a for a in self.accesses if a.space == space and operation in (None, a.operation)]

    @property
    def loads(self) -> int:
        """Loads from global memory, counted per thread."""
        return sum(a.accesses for a in self._select("global", "load"))

    @property
    def stores(self) -> int:
        """Stores to global memory, counted per thread."""
        return sum(a.accesses for a in self._select("global", "store"))

    @property
    def atomics(self) -> int:
        """Atomic operations on any memory, counted per thread."""
        return sum(a.accesses for a in self.accesses if a.operation == "atomic")

    @property
    def bytes_read(self) -> int:
        """Bytes the threads asked to read from global memory."""
        return sum(a.bytes for a in self._select("global", "load"))

    @property
    def bytes_written(self) -> int:
        """Bytes the threads asked to write to global memory."""
        return sum(a.bytes for a in self._select("global", "store"))

    @property
    def requests(self) -> int:
        """Warp-wide instructions on global memory."""
        return sum(a.requests for a in self._select("global"))

    @property
    def sectors(self) -> int:
        """32-byte sectors those instructions touched."""
        return sum(a.sectors for a in self._select("global"))

    @property
    def bytes_moved(self) -> int:
        """Bytes global memory has to move for them: whole sectors."""
        return self.sectors * SECTOR_BYTES

    @property
    def sectors_per_request(self) -> float:
        """The mean over all requests; 0 where there was none."""
        return self.sectors / self.requests if self.requests else 0.0

    @property
    def shared_loads(self) -> int:
        """Loads from shared memory, counted per thread."""
        return sum(a.accesses for a in self._select("shared", "load"))

    @property
    def shared_stores(self) -> int:
        """Stores to shared memory, counted per thread."""
        return sum(a.accesses for a in self._select("shared", "store"))

    @property
    def shared_wavefronts(self) -> int:
        """Passes through the banks of shared memory."""
        return sum(a.wavefronts for a in self._select("shared"))

    @property
    def bank_conflicts(self) -> int:
        """Those of them that another layout would spare."""
        return sum(a.bank_conflicts for a in self.accesses)

    @property
    def efficiency(self) -> float:
        """Mean part of a warp's lanes that were active over all lines; 1 without divergence."""
        warps = sum(line.warps for line in self.lines)
        return sum(line.threads for line in self.lines) / (WARP_SIZE * warps) if warps else 0.0

    @property
    def arithmetic_intensity(self) -> float:
        """Floating-point operations per byte the threads asked of global memory."""
        moved = self.bytes_read + self.bytes_written
        return self.flops / moved if moved else 0.0

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
                str(a.wavefronts if a.space == "shared" else a.sectors),
                f"{a.passes_per_request:.2f}",
            )
            for a in self.accesses
        ]
        if any(a.space == "shared" for a in self.accesses):
            head = (*head[:5], "sectors/waves", head[6])
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
