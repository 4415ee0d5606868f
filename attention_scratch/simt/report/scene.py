"""What a report may speak of: the launch's module, its shape, the pieces of memory in reach."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from attention_scratch.simt.compile.binary import SharedVariable, lines_of
from attention_scratch.simt.compile.build import Build, ModuleVariable
from attention_scratch.simt.compile.source import (
    Source,
    dynamic_shared,
    static_shared,
    without_comments,
)
from attention_scratch.simt.errors import Index3, Place


@dataclasses.dataclass(frozen=True, slots=True)
class MemoryObject:
    """An array the kernel can reach: an argument, a module's variable, a shared variable."""

    name: str
    space: str  # global, shared, constant
    kind: str  # of its elements, as a reader would say it
    element_bytes: int
    shape: tuple[int, ...]

    @classmethod
    def of_array(cls, name: str, host: npt.NDArray[Any]) -> MemoryObject:
        """The argument ``name``, given as ``host``."""
        return cls(name, "global", str(host.dtype), host.itemsize, host.shape)

    @classmethod
    def of_variable(cls, v: ModuleVariable) -> MemoryObject:
        """A variable of the module."""
        kind = f"{v.element_size}-byte elements"
        return cls(v.name, v.space, kind, v.element_size, v.shape or (1,))

    @property
    def size(self) -> int:
        """Elements in all."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """Bytes in all."""
        return self.size * self.element_bytes

    def __str__(self) -> str:
        sizes = ", ".join(map(str, self.shape))
        if self.space == "shared":
            unit = "bytes" if self.element_bytes == 1 else f"elements of {self.element_bytes} bytes"
            return f"{self.name} (__shared__, {self.size} {unit})"
        if self.space == "constant":
            return f"{self.name} (__constant__ [{sizes}])"
        return f"{self.name} ({self.kind}[{sizes}])"

    def element(self, index: int) -> str:
        """``x[5]``, with its row and column where the array has several dimensions."""
        name = f"{self.name}[{index}]"
        if len(self.shape) > 1 and 0 <= index < self.size:
            position = ", ".join(str(int(i)) for i in np.unravel_index(index, self.shape))
            name += f" (row-major index ({position}))"
        return name

    def beyond(self, offset: int) -> str:
        """Where ``offset`` bytes from the start lies, if it lies outside."""
        if offset == self.nbytes:
            return f"just past the end of {self}"
        if offset > self.nbytes:
            return f"{offset - self.nbytes} bytes past the end of {self}"
        if offset < 0:
            return f"{-offset} bytes before the start of {self}"
        return f"reaching past the end of {self}"


@dataclasses.dataclass(frozen=True, slots=True)
class Scene:
    """One launch as its report sees it, besides what the runtime recorded.

    Attributes:
        arrays: what regions mean: the arguments, then the module's variables.
        shared: the variables in shared memory with their offsets there.
    """

    kernel: str
    source: Source
    built: Build
    arrays: tuple[MemoryObject, ...]
    shared: tuple[tuple[int, MemoryObject], ...]
    grid: Index3
    block: Index3
    time_limit: float

    @property
    def threads(self) -> int:
        """Threads in the whole launch."""
        return int(np.prod([*self.grid, *self.block], dtype=np.int64))

    def places(self, return_addresses: Collection[int]) -> dict[int, Place]:
        """The source line of each return address (0 as line where there is none)."""
        lo, hi = self.built.lo, self.built.hi
        inside = {pc - lo - 1 for pc in return_addresses if lo <= pc <= hi}
        lines = lines_of(self.built.path, self.source.name, inside)
        found = {pc: lines.get(pc - lo - 1, 0) for pc in return_addresses}
        return {pc: Place(self.source.name, n, self.source.line(n)) for pc, n in found.items()}


def shared_objects(
    source: Source, variables: tuple[SharedVariable, ...]
) -> tuple[tuple[int, MemoryObject], ...]:
    """The variables in shared memory with their offsets, their elements as the source has them."""
    code = without_comments(source.code)
    declared = static_shared(code) | {d.name: d for d in dynamic_shared(code)}
    found = []
    for variable in variables:
        declaration = declared.get(variable.name)
        element = declaration.element_bytes if declaration else 0
        count = variable.nbytes // (element or 1)
        kind = f"{element}-byte elements" if element else "bytes"
        memory = MemoryObject(variable.name, "shared", kind, element or 1, (count,))
        found.append((variable.lo, memory))
    return tuple(found)
