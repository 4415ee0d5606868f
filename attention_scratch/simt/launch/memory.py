"""Device memory on a CPU: each array between inaccessible pages, beside a canary."""

from __future__ import annotations

import ctypes as c
import mmap

import numpy as np
import numpy.typing as npt

from attention_scratch.simt.compile import toolchain
from attention_scratch.simt.runtime import abi

CANARY = 0xFF  # reads as NaN in floats, −1 in signed integers
VECTOR_BYTES = 32  # what matrix instructions ask for; an array's start keeps this alignment
KEPT_BYTES = 64 << 20  # room for arrays that is kept for the next launch
_kept: dict[int, list[abi.Mapping]] = {}


class DeviceBuffer:
    """A copy of one host array where a kernel may touch it.

    In a fast launch the array's end lies at an inaccessible page, so that running past it raises
    a signal; in a checked one its start lies at a page, as on a GPU, so that sectors count right.
    """

    def __init__(self, host: npt.NDArray[np.generic], *, at_end: bool) -> None:
        self._mapping = _take(host.nbytes)
        self._read_only = False
        pages = self._mapping.hi - self._mapping.lo
        rounded = -(-host.nbytes // VECTOR_BYTES) * VECTOR_BYTES
        self.start = pages - rounded if at_end else 0
        self.nbytes = host.nbytes
        self.address = self._mapping.lo + self.start
        self._pages = np.frombuffer((c.c_uint8 * pages).from_address(self._mapping.lo), np.uint8)
        self._pages[: self.start] = CANARY
        self._pages[self.start + self.nbytes :] = CANARY
        self.bytes[:] = host.reshape(-1).view(np.uint8)

    @property
    def bytes(self) -> npt.NDArray[np.uint8]:
        """The array's own bytes; (nbytes,) uint8."""
        return self._pages[self.start : self.start + self.nbytes]

    def make_read_only(self) -> None:
        """From now on a write to it is a fault."""
        self._read_only = True
        toolchain.runtime().simt_protect(c.byref(self._mapping), 0)

    def overwritten_canary(self) -> int | None:
        """The offset in bytes of a write beside the array, None where there was none."""
        before, after = self._pages[: self.start], self._pages[self.start + self.nbytes :]
        if (after != CANARY).any():
            return self.nbytes + int(np.argmax(after != CANARY))
        if (before != CANARY).any():  # the one nearest to the array
            return -1 - int(np.argmax(before[::-1] != CANARY))
        return None

    def close(self) -> None:
        """Give the room back; the buffer must not be used afterwards."""
        self._pages = np.empty(0, np.uint8)
        if self._read_only:
            toolchain.runtime().simt_protect(c.byref(self._mapping), 1)
        _give_back(self._mapping)


def _take(nbytes: int) -> abi.Mapping:
    pages = max(1, -(-nbytes // mmap.PAGESIZE)) * mmap.PAGESIZE
    kept = _kept.get(pages)
    if kept:
        return kept.pop()
    mapping = abi.Mapping()
    if not toolchain.runtime().simt_map(nbytes, c.byref(mapping)):
        raise MemoryError(f"no room for an array of {nbytes} bytes")
    return mapping


def _give_back(mapping: abi.Mapping) -> None:
    """Keep it for the next launch: reserving addresses costs more than a small kernel."""
    pages = mapping.hi - mapping.lo
    if sum(size * len(m) for size, m in _kept.items()) + pages <= KEPT_BYTES:
        _kept.setdefault(pages, []).append(mapping)
    else:
        toolchain.runtime().simt_unmap(c.byref(mapping))
