"""What a diagnosis calls a piece of memory."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt


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
