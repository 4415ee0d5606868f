"""What one line of a kernel did, counted: its accesses to memory and how often it ran."""

from __future__ import annotations

import dataclasses
import operator

from attention_scratch.simt.report import flops
from attention_scratch.simt.report.scene import Scene
from attention_scratch.simt.runtime import abi

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


def accesses(record: abi.Launch, scene: Scene) -> tuple[AccessCounts, ...]:
    """What each line did to each array, in the order of the source."""
    sites = record.sites[: record.site_count]
    places = scene.places([site.pc for site in sites])
    names = [memory.name for memory in scene.arrays]
    shared = [memory.name for _, memory in scene.shared]
    rows: dict[tuple[int, str, str, str, int, str], list[int]] = {}
    for site in sites:  # several instructions of one line make one row
        place = places[site.pc]
        array = (shared if site.space == abi.SHARED else names)[site.region]
        operation, space = abi.OPERATIONS[site.how], abi.SPACES[site.space]
        row = rows.setdefault((place.line, place.text, array, operation, site.size, space), 5 * [0])
        one = (site.lanes, site.requests, site.sectors, site.wavefronts, site.ideal)
        row[:] = map(operator.add, row, one)
    found = [
        AccessCounts(line, text, array, how, size, lanes, requests, sectors, space, waves, ideal)
        for (line, text, array, how, size, space), row in rows.items()
        for lanes, requests, sectors, waves, ideal in [row]
    ]
    return tuple(sorted(found, key=lambda a: (a.line, a.operation, a.array, a.size)))


def lines(record: abi.Launch, scene: Scene) -> tuple[LineCounts, ...]:
    """How often each line ran, and its arithmetic, in the order of the source."""
    lo = scene.built.lo
    basic_blocks = record.basic_blocks[: record.basic_block_count]
    per_basic_block = flops.per_basic_block(scene.built.path)
    arithmetic = [
        (lo + offset, count * basic_block.lanes)
        for basic_block in basic_blocks
        for offset, count in per_basic_block.get(basic_block.pc - lo, ())
    ]
    places = scene.places([*(s.pc for s in basic_blocks), *(pc for pc, _ in arithmetic)])
    texts = {place.line: place.text for place in places.values()}
    rows = {line: [0, 0, 0] for line in sorted(texts)}
    for basic_block in basic_blocks:
        row = rows[places[basic_block.pc].line]
        row[:2] = max(row[0], basic_block.lanes), max(row[1], basic_block.warps)
    for pc, count in arithmetic:
        rows[places[pc].line][2] += count
    return tuple(LineCounts(line, texts[line], *row) for line, row in rows.items())
