"""Turns what the runtime recorded into findings a learner can read."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

import numpy as np

from attention_scratch.simt import abi
from attention_scratch.simt.errors import Conflict, Finding, Index3, Place
from attention_scratch.simt.objects import MemoryObject
from attention_scratch.simt.synchronization import SYNCHRONIZATION

NOWHERE = "memory that belongs to no array"


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """What a diagnosis may speak of besides the record itself."""

    arrays: tuple[MemoryObject, ...]  # arguments, then variables of the module
    shared: tuple[tuple[int, MemoryObject], ...]  # with their offsets in shared memory
    grid: Index3
    block: Index3
    time_limit: float

    @property
    def threads(self) -> int:
        """Threads in the whole launch."""
        return int(np.prod(self.grid, dtype=np.int64) * np.prod(self.block, dtype=np.int64))


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


def explain(record: abi.Finding, places: Mapping[int, Place], context: Context) -> Finding:
    """One finding from one record."""
    kind = abi.KINDS[record.kind]
    spot = _spot(record, context)
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
        return _local_index(finding, text, context)
    if kind in SYNCHRONIZATION:
        summary, hint, other = SYNCHRONIZATION[kind](text, finding)
        conflict = _conflict(record, places, other) if other else None
        return dataclasses.replace(finding, summary=summary, hint=hint, conflict=conflict)
    summary, hint = _words(kind, record, spot, text, context)
    other = "write" if record.other_is_write else "read"
    conflict = _conflict(record, places, f"a {other}") if kind == "race" else None
    return dataclasses.replace(finding, summary=summary, hint=hint, conflict=conflict)


def canary(memory: MemoryObject, offset: int, place: Place, context: Context) -> Finding:
    """A fast launch wrote right beside an array; seen only afterwards, so by whom is unknown."""
    spot = Spot(memory, offset)
    return Finding(
        kind="canary",
        summary=f"out of bounds: write at {spot}, {memory.beyond(offset)}",
        place=place,
        array=memory.name,
        index=spot.index,
        space=memory.space,
        operation="write",
        hint=_bounds_hint(spot, context),
    )


def _spot(record: abi.Finding, context: Context) -> Spot | None:
    if record.region < 0:
        return None
    if abi.SPACES[record.space] == "shared":
        lo, memory = context.shared[record.region]
        return Spot(memory, record.offset - lo)
    return Spot(context.arrays[record.region], record.offset)


def _words(
    kind: str, record: abi.Finding, spot: Spot | None, text: str, context: Context
) -> tuple[str, str]:
    operation = "write" if record.is_write else "read"
    access = f"{operation} of {record.size} bytes"
    where = str(spot) if spot else NOWHERE
    if kind in ("out-of-bounds", "illegal-address"):
        return _bounds(kind, access, spot, context)
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
    if kind == "uninitialized":
        return (
            f"uninitialized: read of {where} in shared memory, which nobody in the block wrote",
            "Shared memory starts with what another block left there. Is the whole tile filled, "
            "edges too, before it is read?",
        )
    if kind == "misaligned":
        return (
            f"misaligned: {access} at {where}",
            f"A GPU moves {record.size} bytes at once only from an address that is a multiple "
            f"of {record.size}.",
        )
    if kind == "const-write":
        constant = bool(spot and spot.memory.space == "constant")
        reason = "is __constant__" if constant else "is declared const"
        return f"write to const: {where}", f"This array {reason}. Write to another one."
    return _OTHER[kind](text, context)


def _bounds(kind: str, access: str, spot: Spot | None, context: Context) -> tuple[str, str]:
    access = access if kind == "out-of-bounds" else "access"
    if spot is None:
        return f"out of bounds: {access} at {NOWHERE}", "Was a pointer changed or made up?"
    if kind == "illegal-address" and 0 <= spot.offset < spot.memory.nbytes:
        return f"write to const: {spot}", "This array was passed as const."
    beyond = spot.memory.beyond(spot.offset)
    return f"out of bounds: {access} at {spot}, {beyond}", _bounds_hint(spot, context)


def _bounds_hint(spot: Spot, context: Context) -> str:
    if spot.index < 0:
        return "The index became negative."
    size = spot.memory.size
    if spot.memory.space == "shared":
        return "Is the array as large as the block, and dynamic shared memory as the launch says?"
    if size <= spot.index < context.threads:
        return (
            f"{context.threads} threads were launched for {_elements(size)}: "
            "only those whose index is below the size may touch the array."
        )
    return "Print the index, or work it out by hand for this thread."


def _elements(count: int) -> str:
    return "1 element" if count == 1 else f"{count} elements"


def _local_index(finding: Finding, text: str, context: Context) -> Finding:
    """From the compiler's own check: ``text`` is the index and the array's type."""
    index, _, kind = text.partition("|")
    name = _subscripted(finding.place.text, {a.name for a in context.arrays if a.space == "global"})
    spaces = {m.name: m.space for m in (*context.arrays, *(m for _, m in context.shared))}
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
        operation=operation.removeprefix("a "),
        block=_triple(record.other_block),
        thread=_triple(record.other_thread),
        place=places[record.other_pc],
    )


def _assertion(text: str, _: Context) -> tuple[str, str]:
    return text, ""


def _misuse(text: str, _: Context) -> tuple[str, str]:
    return f"misuse: {text}", "No device accepts that."


def _arithmetic(_: str, __: Context) -> tuple[str, str]:
    return (
        "integer division by zero, or its remainder",
        "A GPU does not stop here: it goes on with a meaningless number.",
    )


def _stack(_: str, __: Context) -> tuple[str, str]:
    return "the thread's stack overflowed", "Is there a recursion without an end?"


def _time_limit(_: str, context: Context) -> tuple[str, str]:
    return (
        f"time limit: the launch had not ended after {context.time_limit:g} s",
        "Does the loop's condition ever become false? Does a thread wait for one that cannot run?",
    )


def _unsupported(text: str, _: Context) -> tuple[str, str]:
    what = text or "writing to a static variable, which outlives the launch"
    return f"not supported on the CPU: {what}", "It runs on a GPU through CuPy." if text else (
        "Keep it in an array that you pass to the kernel, or declare it __device__."
    )


def _out_of_memory(_: str, __: Context) -> tuple[str, str]:
    return "no memory left for this launch", "Launch it on smaller arrays, or on fewer blocks."


_OTHER = {
    "unsupported": _unsupported,
    "out-of-memory": _out_of_memory,
    "assertion": _assertion,
    "misuse": _misuse,
    "arithmetic": _arithmetic,
    "stack-overflow": _stack,
    "time-limit": _time_limit,
}
