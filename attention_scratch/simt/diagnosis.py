"""Turns what the runtime recorded into findings a learner can read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from attention_scratch.simt import abi
from attention_scratch.simt.arguments import ArrayArgument
from attention_scratch.simt.errors import Conflict, Finding, Index3, Place

NOWHERE = "memory that belongs to no array"


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """What a diagnosis may speak of besides the record itself."""

    arrays: tuple[ArrayArgument, ...]
    grid: Index3
    block: Index3
    time_limit: float

    @property
    def threads(self) -> int:
        """Threads in the whole launch."""
        return int(np.prod(self.grid, dtype=np.int64) * np.prod(self.block, dtype=np.int64))


def explain(record: abi.Finding, places: Mapping[int, Place], context: Context) -> Finding:
    """One finding from one record."""
    kind = abi.KINDS[record.kind]
    operation = "write" if record.is_write else "read"
    array = context.arrays[record.region] if record.region >= 0 else None
    index = record.offset // array.host.itemsize if array else None
    summary, hint = _words(kind, record, array, context)
    return Finding(
        kind=kind,
        summary=summary,
        place=places[record.pc],
        block=_triple(record.block),
        thread=_triple(record.thread),
        array=array.name if array else None,
        index=index,
        operation=operation if record.size else "",
        count=record.count,
        conflict=_conflict(record, places) if kind == "race" else None,
        hint=hint,
    )


def canary(argument: ArrayArgument, offset: int, place: Place, context: Context) -> Finding:
    """A fast launch wrote right beside an array; seen only afterwards, so by whom is unknown."""
    index = offset // argument.host.itemsize
    return Finding(
        kind="canary",
        summary=f"out of bounds: write at {_element(argument, index)}, {_beyond(argument, offset)}",
        place=place,
        array=argument.name,
        index=index,
        operation="write",
        hint=_bounds_hint(argument, index, context),
    )


def _words(
    kind: str, record: abi.Finding, array: ArrayArgument | None, context: Context
) -> tuple[str, str]:
    operation = "write" if record.is_write else "read"
    access = f"{operation} of {record.size} bytes"
    index = record.offset // array.host.itemsize if array else 0
    text = record.text.decode(errors="replace")
    where = _element(array, index) if array else NOWHERE
    if kind in ("out-of-bounds", "illegal-address"):
        access = access if kind == "out-of-bounds" else "access"
        if array is None:
            return f"out of bounds: {access} at {NOWHERE}", "Was a pointer changed or made up?"
        if kind == "illegal-address" and 0 <= record.offset < array.host.nbytes:
            return f"write to const: {where}", "This array was passed as const."
        beyond = _beyond(array, record.offset)
        return f"out of bounds: {access} at {where}, {beyond}", _bounds_hint(array, index, context)
    if kind == "race":
        other = "write" if record.other_is_write else "read"
        return (
            f"data race: a {operation} and a {other} of {where} by different threads",
            "Nothing orders the threads of a launch. Give every element one thread of its own.",
        )
    return _OTHER[kind](record, where, text, context)


def _element(array: ArrayArgument, index: int) -> str:
    host = array.host
    name = f"{array.name}[{index}]"
    if host.ndim > 1 and 0 <= index < host.size:
        position = ", ".join(str(int(i)) for i in np.unravel_index(index, host.shape))
        name = f"{array.name}[{index}] (row-major index ({position}))"
    return name


def _beyond(array: ArrayArgument, offset: int) -> str:
    host = array.host
    shape = f"{host.dtype}[{', '.join(map(str, host.shape))}]"
    if offset == host.nbytes:
        return f"just past the end of {array.name} ({shape})"
    if offset > host.nbytes:
        return f"{offset - host.nbytes} bytes past the end of {array.name} ({shape})"
    if offset < 0:
        return f"{-offset} bytes before the start of {array.name} ({shape})"
    return f"reaching past the end of {array.name} ({shape})"


def _bounds_hint(array: ArrayArgument, index: int, context: Context) -> str:
    if index < 0:
        return "The index became negative."
    size = array.host.size
    if size <= index < context.threads:
        return (
            f"{context.threads} threads were launched for {_elements(size)}: "
            "only those whose index is below the size may touch the array."
        )
    return "Print the index, or work it out by hand for this thread."


def _elements(count: int) -> str:
    return "1 element" if count == 1 else f"{count} elements"


def _triple(values: Sequence[int]) -> Index3:
    return values[0], values[1], values[2]


def _conflict(record: abi.Finding, places: Mapping[int, Place]) -> Conflict:
    return Conflict(
        operation="write" if record.other_is_write else "read",
        block=_triple(record.other_block),
        thread=_triple(record.other_thread),
        place=places[record.other_pc],
    )


def _const_write(_: abi.Finding, where: str, __: str, ___: Context) -> tuple[str, str]:
    return f"write to const: {where}", "The kernel declares this array const. Write to another one."


def _misaligned(record: abi.Finding, where: str, _: str, __: Context) -> tuple[str, str]:
    size = record.size
    operation = "write" if record.is_write else "read"
    return (
        f"misaligned: {operation} of {size} bytes at {where}",
        f"A GPU moves {size} bytes at once only from an address that is a multiple of {size}.",
    )


def _local_index(_: abi.Finding, __: str, text: str, ___: Context) -> tuple[str, str]:
    return f"index out of range: {text}", "The array has fewer elements than that."


def _assertion(_: abi.Finding, __: str, text: str, ___: Context) -> tuple[str, str]:
    return text, ""


def _arithmetic(_: abi.Finding, __: str, ___: str, ____: Context) -> tuple[str, str]:
    return (
        "integer division by zero, or its remainder",
        "A GPU does not stop here: it goes on with a meaningless number.",
    )


def _stack(_: abi.Finding, __: str, ___: str, ____: Context) -> tuple[str, str]:
    return "the thread's stack overflowed", "Is there a recursion without an end?"


def _time_limit(_: abi.Finding, __: str, ___: str, context: Context) -> tuple[str, str]:
    return (
        f"time limit: the launch had not ended after {context.time_limit:g} s",
        "Does the loop's condition ever become false?",
    )


def _unsupported(_: abi.Finding, __: str, ___: str, ____: Context) -> tuple[str, str]:
    return (
        "not supported by this emulator yet: writing to a variable that outlives the launch",
        "Keep it in an array that you pass to the kernel.",
    )


def _out_of_memory(_: abi.Finding, __: str, ___: str, ____: Context) -> tuple[str, str]:
    return "no memory left for the checks of this launch", "Launch it on smaller arrays."


_OTHER = {
    "unsupported": _unsupported,
    "out-of-memory": _out_of_memory,
    "const-write": _const_write,
    "misaligned": _misaligned,
    "local-index": _local_index,
    "assertion": _assertion,
    "arithmetic": _arithmetic,
    "stack-overflow": _stack,
    "time-limit": _time_limit,
}
