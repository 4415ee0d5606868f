"""What one line of a kernel did, counted: its accesses to memory and how often it ran."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

SECTOR_BYTES = 32
WARP_SIZE = 32


@dataclasses.dataclass(frozen=True, slots=True)
class AccessCounts:
    """What the loads or the stores of one source line did to one array.

    Attributes:
        line, text: the source line, counted from 1.
        array: name of the parameter.
        operation: ``load``, ``store`` or ``atomic``.
        size: bytes one thread moves at once.
        accesses: loads or stores, one per thread that executed it.
        requests: warp-wide instructions: up to 32 accesses that go to memory together.
        sectors: 32-byte pieces of global memory those requests touched.
        space: ``global``, ``shared`` or ``constant`` memory.
        wavefronts: passes through the banks of shared memory those requests took.
        ideal: the fewest sectors or wavefronts that could carry the same bytes.
    """

    line: int
    text: str
    array: str
    operation: str
    size: int
    accesses: int
    requests: int
    sectors: int
    space: str = "global"
    wavefronts: int = 0
    ideal: int = 0

    @property
    def bank_conflicts(self) -> int:
        """Passes through shared memory's banks beyond those its bytes need."""
        return self.wavefronts - self.ideal if self.space == "shared" else 0

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

    @property
    def passes_per_request(self) -> float:
        """Sectors, or wavefronts in shared memory, per request."""
        passes = self.wavefronts if self.space == "shared" else self.sectors
        return passes / self.requests if self.requests else 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class LineCounts:
    """How often a source line ran, and its arithmetic.

    Attributes:
        line, text: the source line, counted from 1.
        threads: executions, counted per thread.
        warps: executions, counted per warp: a warp whose lanes disagree runs both sides.
        flops: floating-point operations; a fused multiply-add is two.
    """

    line: int
    text: str
    threads: int
    warps: int
    flops: int

    @property
    def efficiency(self) -> float:
        """Mean part of a warp's 32 lanes that were active; 1 without divergence."""
        return self.threads / (WARP_SIZE * self.warps) if self.warps else 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Counters:
    """What a profiled launch counted."""

    accesses: tuple[AccessCounts, ...] = ()
    lines: tuple[LineCounts, ...] = ()
    barriers: int = 0
    warp_operations: int = 0
    flops: int = 0


def merged(counts: Iterable[AccessCounts]) -> tuple[AccessCounts, ...]:
    """Counts of several instructions of one line as one row, in the order of the source."""
    rows: dict[tuple[object, ...], AccessCounts] = {}
    for one in counts:
        key = (one.line, one.array, one.operation, one.size, one.space)
        known = rows.get(key)
        rows[key] = (
            dataclasses.replace(
                one,
                accesses=known.accesses + one.accesses,
                requests=known.requests + one.requests,
                sectors=known.sectors + one.sectors,
                wavefronts=known.wavefronts + one.wavefronts,
                ideal=known.ideal + one.ideal,
            )
            if known
            else one
        )
    return tuple(sorted(rows.values(), key=lambda a: (a.line, a.operation, a.array, a.size)))
