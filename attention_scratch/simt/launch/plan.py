"""What a launch is to do: the compiled kernel, and what the caller asked of it."""

from __future__ import annotations

import ctypes as c
import dataclasses
import re

from attention_scratch.simt.compile.build import Build
from attention_scratch.simt.compile.source import Source, without_comments
from attention_scratch.simt.errors import Index3
from attention_scratch.simt.launch.arguments import Packed
from attention_scratch.simt.launch.options import LaunchOptions
from attention_scratch.simt.runtime import abi

MAX_FINDINGS = 64
# What blocks on several cores would do in an order of their own.
_ORDER_MATTERS = re.compile(r"\batomic[A-Z]|\bprintf\b|\bvolatile\b|\b(?:red|atom)\.|\bmbarrier\.")
_MAY_SPIN = re.compile(r"\bvolatile\b|\batomic[A-Z]|\.(?:volatile|acquire|relaxed)\b")
_findings = (abi.Finding * MAX_FINDINGS)()  # one launch is under way at a time


@dataclasses.dataclass(frozen=True, slots=True)
class Compiled:
    """A kernel in one flavor, and what all its launches have in common.

    Attributes:
        static_shared: bytes of its own ``__shared__`` variables.
        dynamic_name: what it calls its dynamic shared memory.
        order_matters: whether blocks may see what other blocks do meanwhile.
        may_spin: whether a thread may wait in a loop for what another one does.
        record: what the runtime is told of every launch.
    """

    name: str
    source: Source
    built: Build
    static_shared: int
    dynamic_name: str
    cooperative: bool
    order_matters: bool
    may_spin: bool
    record: abi.Launch

    @classmethod
    def of(
        cls,
        name: str,
        source: Source,
        built: Build,
        *,
        index: int,
        dynamic_name: str,
        cooperative: bool,
    ) -> Compiled:
        """The ``index``-th exported kernel of ``built``."""
        record = abi.Launch(
            entry=built.entry(index).call,
            module_lo=built.lo,
            module_hi=built.hi,
            findings=_findings,
            max_findings=MAX_FINDINGS,
        )
        layout, function = built.shared, function_name(name)
        if layout.nbytes:
            record.shared_anchor = c.cast(built.library.simt_shared_anchor, c.c_void_p)
            record.shared_anchor_offset, record.shared_bytes = layout.anchor, layout.nbytes
        code = without_comments(source.code)
        return cls(
            name,
            source,
            built,
            static_shared=sum(v.nbytes for v in layout.variables if v.function == function),
            dynamic_name=dynamic_name,
            cooperative=cooperative,
            order_matters=bool(_ORDER_MATTERS.search(code)),
            may_spin=bool(_MAY_SPIN.search(code)),
            record=record,
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """One launch as it was asked for, checked; ``traced`` is the number of a block, or None."""

    grid: Index3
    block: Index3
    packed: Packed
    options: LaunchOptions
    shared_bytes: int
    traced: int | None
    max_events: int


def function_name(kernel: str) -> str:
    """From ``space::kernel<float>`` to ``kernel``."""
    return re.split(r"\W", kernel.split("<")[0].strip())[-1]
