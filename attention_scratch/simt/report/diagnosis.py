"""Turns what the runtime recorded into findings a learner can read."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence

from attention_scratch.simt.errors import Conflict, Finding, Index3, Place
from attention_scratch.simt.report.scene import MemoryObject, Scene
from attention_scratch.simt.report.words import waits_for, words
from attention_scratch.simt.runtime import abi

NOWHERE = "memory that belongs to no array"


def findings(
    record: abi.Launch, scene: Scene, overwritten: Iterable[tuple[int, int]]
) -> tuple[Finding, ...]:
    """The diagnoses of a launch, in the order in which they were met.

    ``overwritten`` names arrays that were written just beside, and the offset in bytes.
    """
    records = record.findings[: record.finding_count]
    places = scene.places([pc for r in records for pc in (r.pc, r.other_pc)])
    found = [explain(r, places, scene) for r in records if not _same_line(r, places)]
    found.sort(key=lambda f: f.kind == "uninitialized")  # where threads race, that is why
    found += [canary(scene.arrays[array], offset, scene) for array, offset in overwritten]
    return tuple(found)


def _same_line(record: abi.Finding, places: Mapping[int, Place]) -> bool:
    """The compiler may copy one barrier of the source to several places."""
    is_barrier = abi.KINDS[record.kind] == "barrier-divergence"
    return is_barrier and places[record.pc] == places[record.other_pc]


@dataclasses.dataclass(frozen=True, slots=True)
class Spot:
    """The place in memory a record is about: an object and a byte offset in it."""

    memory: MemoryObject
    offset: int

    @property
    def index(self) -> int:
        """The element; negative before the first."""
        return self.offset // self.memory.element_bytes

    def __str__(self) -> str:
        return self.memory.element(self.index)


def explain(record: abi.Finding, places: Mapping[int, Place], scene: Scene) -> Finding:
    """One finding from one record."""
    kind = abi.KINDS[record.kind]
    spot = _spot(record, scene)
    text = record.text.decode(errors="replace")
    place = places[record.pc]
    finding = Finding(
        kind=kind,
        summary="",
        place=place,
        block=_triple(record.block),
        thread=_triple(record.thread),
        array=spot.memory.name if spot else None,
        index=spot.index if spot else None,
        space=spot.memory.space if spot else "",
        operation=("write" if record.is_write else "read") if record.size else "",
        count=record.count,
    )
    if record.kind == abi.LOCAL_INDEX:
        return _local_index(finding, text, scene)
    summary, hint = _words(kind, record, spot, text, scene)
    conflict = None
    if kind == "race":
        conflict = _conflict(record, places, "write" if record.other_is_write else "read")
    elif waits_for(kind, text):
        conflict = _conflict(record, places, "wait")
    return dataclasses.replace(finding, summary=summary, hint=hint, conflict=conflict)


def canary(memory: MemoryObject, offset: int, scene: Scene) -> Finding:
    """A fast launch wrote right beside an array; seen only afterwards, so by whom is unknown."""
    spot = Spot(memory, offset)
    return Finding(
        kind="canary",
        summary=f"out of bounds: write at {spot}, {memory.beyond(offset)}",
        place=Place(scene.source.name, 0, ""),
        array=memory.name,
        index=spot.index,
        space=memory.space,
        operation="write",
        hint=_bounds_hint(spot, scene),
    )


def _spot(record: abi.Finding, scene: Scene) -> Spot | None:
    if record.region < 0:
        return None
    if abi.SPACES[record.space] == "shared":
        lo, memory = scene.shared[record.region]
        return Spot(memory, record.offset - lo)
    return Spot(scene.arrays[record.region], record.offset)


def _words(
    kind: str, record: abi.Finding, spot: Spot | None, text: str, scene: Scene
) -> tuple[str, str]:
    operation = "write" if record.is_write else "read"
    access = f"{operation} of {record.size} bytes"
    where = str(spot) if spot else NOWHERE
    if kind in ("out-of-bounds", "illegal-address"):
        return _bounds(kind, access, spot, scene)
    if kind == "race":
        other = "write" if record.other_is_write else "read"
        shared = bool(spot and spot.memory.space == "shared")
        memory = " in shared memory" if shared else ""
        hint = (
            "Put a __syncthreads() between the two (__syncwarp() within a warp)."
            if shared and record.block[:] == record.other_block[:]
            else "Nothing orders the two. Give every element one thread of its own, or use an "
            "atomic operation."
        )
        return (
            f"data race: a {operation} and a {other} of {where}{memory} by different threads",
            hint,
        )
    if kind == "const-write":
        constant = bool(spot and spot.memory.space == "constant")
        reason = "is __constant__" if constant else "is declared const"
        return f"write to const: {where}", f"This array {reason}. Write to another one."
    values = {"where": where, "operation": operation, "size": record.size}
    return words(kind, text, limit=scene.time_limit, **values)


def _bounds(kind: str, access: str, spot: Spot | None, scene: Scene) -> tuple[str, str]:
    access = access if kind == "out-of-bounds" else "access"
    if spot is None:
        return f"out of bounds: {access} at {NOWHERE}", "Was a pointer changed or made up?"
    if kind == "illegal-address" and 0 <= spot.offset < spot.memory.nbytes:
        return f"write to const: {spot}", "This array was passed as const."
    beyond = spot.memory.beyond(spot.offset)
    return f"out of bounds: {access} at {spot}, {beyond}", _bounds_hint(spot, scene)


def _bounds_hint(spot: Spot, scene: Scene) -> str:
    if spot.index < 0:
        return "The index became negative."
    size = spot.memory.size
    if spot.memory.space == "shared":
        return "Is the array as large as the block, and dynamic shared memory as the launch says?"
    if size <= spot.index < scene.threads:
        return (
            f"{scene.threads} threads were launched for {_elements(size)}: "
            "only those whose index is below the size may touch the array."
        )
    return "Print the index, or work it out by hand for this thread."


def _elements(count: int) -> str:
    return "1 element" if count == 1 else f"{count} elements"


def _local_index(finding: Finding, text: str, scene: Scene) -> Finding:
    """From the compiler's own check: ``text`` is the index and the array's type."""
    index, _, kind = text.partition("|")
    name = _subscripted(finding.place.text, {a.name for a in scene.arrays if a.space == "global"})
    spaces = {m.name: m.space for m in (*scene.arrays, *(m for _, m in scene.shared))}
    return dataclasses.replace(
        finding,
        summary=f"out of bounds: index {index} in an array of type {kind}",
        array=name,
        index=int(index),
        space=spaces.get(name or "", "local"),
        hint="The array has fewer elements than that.",
    )


def _subscripted(line: str, arguments: set[str]) -> str | None:
    """The first array a line indexes that is not an argument: those have no size in C++."""
    names = re.findall(r"([A-Za-z_]\w*)\s*\[", line)
    return next((n for n in names if n not in arguments), None)


def _triple(values: Sequence[int]) -> Index3:
    return values[0], values[1], values[2]


def _conflict(record: abi.Finding, places: Mapping[int, Place], operation: str) -> Conflict:
    return Conflict(
        operation=operation,
        block=_triple(record.other_block),
        thread=_triple(record.other_thread),
        place=places[record.other_pc],
    )
