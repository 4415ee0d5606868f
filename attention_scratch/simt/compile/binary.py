"""Reads from a compiled module where its shared memory lies, and which line an address is of.

``__shared__`` variables are thread-local ones of the shared object, so its symbol table (ELF-64,
System V ABI) has each one's name, its offset in the thread-local segment and its size. Lines are
in its debugging information, which addr2line reads.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
import struct
from collections.abc import Set
from functools import cache
from pathlib import Path

from attention_scratch.simt.compile import toolchain

ANCHOR = "simt_anchor"
_SYMBOL_TABLE, _THREAD_LOCAL, _TLS_SEGMENT = 2, 6, 7
_lines: dict[tuple[Path, int], int] = {}


@dataclasses.dataclass(frozen=True, slots=True)
class SharedVariable:
    """A ``__shared__`` variable: where it lies, in bytes from the start of shared memory."""

    name: str
    function: str  # the kernel or device function it is declared in, empty outside of one
    lo: int
    hi: int

    @property
    def nbytes(self) -> int:
        """Its size."""
        return self.hi - self.lo


@dataclasses.dataclass(frozen=True, slots=True)
class SharedLayout:
    """The shared memory of a module."""

    nbytes: int
    anchor: int
    variables: tuple[SharedVariable, ...]


@cache
def shared_layout(path: Path) -> SharedLayout:
    """The thread-local segment of the shared object at ``path``; empty where it has none."""
    data = path.read_bytes()
    nbytes = _tls_bytes(data)
    anchor, variables = 0, []
    for mangled, offset, size in _tls_symbols(data):
        if mangled == ANCHOR:
            anchor = offset
        else:
            function, name = _demangle(mangled)
            variables.append(SharedVariable(name, function, offset, offset + size))
    return SharedLayout(nbytes, anchor, tuple(sorted(variables, key=lambda v: v.lo)))


def _tls_bytes(data: bytes) -> int:
    offset, size, count = (
        struct.unpack_from("<Q", data, 32)[0],
        *struct.unpack_from("<HH", data, 54),
    )
    for i in range(count):
        kind, _, _, _, _, _, in_memory, _ = struct.unpack_from("<IIQQQQQQ", data, offset + i * size)
        if kind == _TLS_SEGMENT:
            return int(in_memory)
    return 0


def _tls_symbols(data: bytes) -> list[tuple[str, int, int]]:
    table = struct.unpack_from("<Q", data, 40)[0]
    entry, count = struct.unpack_from("<HH", data, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, table + i * entry) for i in range(count)]
    found = {}
    for _, kind, _, _, start, size, link, _, _, each in sections:
        if kind != _SYMBOL_TABLE:
            continue
        strings = sections[link][4]
        for at in range(start, start + size, each):
            name, info, _, section, value, length = struct.unpack_from("<IBBHQQ", data, at)
            if info & 15 == _THREAD_LOCAL and section:
                end = data.index(b"\0", strings + name)
                found[data[strings + name : end].decode()] = (value, length)
    return [(name, value, length) for name, (value, length) in found.items()]


def _demangle(mangled: str) -> tuple[str, str]:
    """The function and the name in a mangled local name such as ``_ZZ6kernelE4tile`` (Itanium)."""
    local = re.match(r"_ZZ\D*(\d+)(\w+)", mangled)
    function = local[2][: int(local[1])] if local else ""
    last = re.search(r"(?:E|^_ZL?)(\d+)([A-Za-z_]\w*)$", mangled)
    return function, last[2][: int(last[1])] if last else mangled


def lines_of(path: Path, source: str, offsets: Set[int]) -> dict[int, int]:
    """The line of the file ``source`` each code offset belongs to, 0 where there is none."""
    missing = sorted(o for o in offsets if (path, o) not in _lines)
    if missing and shutil.which("addr2line") is not None:
        try:
            text = toolchain.run(("addr2line", "-aie", str(path), *map(hex, missing)))
        except toolchain.ToolFailedError:
            text = ""
        chunks = re.split(r"^0x[0-9a-f]+\n", text, flags=re.MULTILINE)[1:]
        for offset, chunk in zip(missing, chunks, strict=bool(text)):
            _lines[path, offset] = _own_line(chunk, source)
    return {o: _lines.get((path, o), 0) for o in offsets}


def _own_line(chunk: str, name: str) -> int:
    """addr2line prints the inlined frames innermost first: the first in ``name`` is meant."""
    for frame in chunk.splitlines():
        file, _, rest = frame.rpartition(":")
        number = re.match(r"\d+", rest)
        if Path(file).name == name and number:
            return int(number[0])
    return 0
