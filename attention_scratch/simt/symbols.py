"""From addresses in a compiled kernel to lines of its source."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from attention_scratch.simt import toolchain
from attention_scratch.simt.build import Build
from attention_scratch.simt.errors import Place
from attention_scratch.simt.source import Source

_known: dict[tuple[Path, int], int] = {}


def places(built: Build, source: Source, return_addresses: Iterable[int]) -> dict[int, Place]:
    """The source line of each return address (0 as line where there is none)."""
    wanted = {pc for pc in return_addresses if built.lo <= pc <= built.hi}
    _look_up(built, source, {pc - built.lo - 1 for pc in wanted})
    found = {}
    for pc in return_addresses:
        line = _known.get((built.path, pc - built.lo - 1), 0)
        found[pc] = Place(source.name, line, source.line(line))
    return found


def _look_up(built: Build, source: Source, offsets: set[int]) -> None:
    """Ask addr2line; it prints the inlined frames innermost first, we take the first in ours."""
    missing = sorted(o for o in offsets if (built.path, o) not in _known)
    if not missing or shutil.which("addr2line") is None:
        return
    try:
        text = toolchain.run(("addr2line", "-aie", str(built.path), *map(hex, missing)))
    except toolchain.ToolFailedError:
        return
    chunks = re.split(r"^0x[0-9a-f]+\n", text, flags=re.MULTILINE)[1:]
    for offset, chunk in zip(missing, chunks, strict=True):
        _known[built.path, offset] = _own_line(chunk, source.name)


def _own_line(chunk: str, name: str) -> int:
    for frame in chunk.splitlines():
        file, _, rest = frame.rpartition(":")
        number = re.match(r"\d+", rest)
        if Path(file).name == name and number:
            return int(number[0])
    return 0
