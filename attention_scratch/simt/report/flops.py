"""Counts floating-point operations in compiled code, basic block by basic block.

A profiled build calls ``__sanitizer_cov_trace_pc`` before each basic block: code without branches.
Every arithmetic instruction belongs to the call before it, so how often it ran is known. A fused
multiply-add counts as two operations, a call of a mathematical function as one.
"""

from __future__ import annotations

import itertools
import re
import shutil
import warnings
from functools import cache
from pathlib import Path

from attention_scratch.simt.compile import toolchain

_INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\t(.*)$")
_CALL = re.compile(r"^(?:call|bl)\w*\s+[0-9a-f]+ <(\w+)")
_COUNTS = (
    (re.compile(r"^vfn?m(?:add|sub)\d+s[sd]\b"), 2),
    (re.compile(r"^v?(?:add|sub|mul|div|sqrt)s[sd]\b"), 1),
    (re.compile(r"^f(?:n?madd|n?msub)\s"), 2),
    (re.compile(r"^f(?:add|sub|n?mul|div|sqrt)\s+[sd]\d"), 1),
)
_FUNCTIONS = re.compile(
    r"^(?:exp|exp2|exp10|expm1|log|log2|log10|log1p|pow|sqrt|cbrt|sin|cos|tan|sincos|sinh|cosh"
    r"|tanh|asin|acos|atan|atan2|erf|erfc|fmod|hypot)f?$"
)


@cache
def per_basic_block(path: Path) -> dict[int, tuple[tuple[int, int], ...]]:
    """Operations of each basic block of the shared object at ``path``.

    Returns:
        For each basic block, named by the offset of the instruction after its call: pairs of the
        offset after an arithmetic instruction and its operations. Empty, with a warning, without
        objdump.
    """
    if shutil.which("objdump") is None:
        warnings.warn(
            "objdump is missing, so FLOPs are not counted: install binutils", stacklevel=2
        )
        return {}
    text = toolchain.run(("objdump", "-d", "--no-show-raw-insn", "-j", ".text", str(path)))
    found: dict[int, list[tuple[int, int]]] = {}
    current: list[tuple[int, int]] = []
    instructions = [m for m in map(_INSTRUCTION.match, text.splitlines()) if m]
    for this, after in itertools.pairwise(instructions):
        code, end = this[2], int(after[1], 16)
        call = _CALL.match(code)
        if call and call[1].startswith("__sanitizer_cov_trace_pc"):
            current = found.setdefault(end, [])
            continue
        count = _operations(code, call[1] if call else "")
        if count:
            current.append((end, count))
    return {start: tuple(entries) for start, entries in found.items() if entries}


def _operations(code: str, function: str) -> int:
    if function:
        return 1 if _FUNCTIONS.match(function.removesuffix("@plt")) else 0
    return next((count for pattern, count in _COUNTS if pattern.match(code)), 0)
