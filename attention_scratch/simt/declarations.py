"""Reads from a CUDA source which variables it keeps outside of its threads' registers."""

from __future__ import annotations

import dataclasses
import re
from functools import cache

_WORD = re.compile(r"[A-Za-z_]\w*")
_ALIGNMENT = re.compile(r"(?:__align__|alignas|__attribute__)\s*\((?:[^()]|\([^()]*\))*\)+")
_SHARED = re.compile(r"(?P<extern>\bextern\s+)?\b__shared__\s+(?P<rest>[^;{}=]*)")
_MODULE = re.compile(
    r"(?:^|[;}\n])\s*(?:extern\s+\"C\"\s+)?(?:static\s+)?(?:const\s+)?"
    r"\b(?P<space>__constant__|__device__)\s+(?P<rest>[^;{}()=]*)\s*(?P<end>=|;)"
)
_BYTES = {
    "char": 1, "bool": 1, "int8_t": 1, "uint8_t": 1, "char4": 4, "uchar4": 4,
    "short": 2, "half": 2, "__half": 2, "__nv_bfloat16": 2, "nv_bfloat16": 2, "int16_t": 2,
    "uint16_t": 2, "half2": 4, "__half2": 4, "__nv_bfloat162": 4, "nv_bfloat162": 4,
    "int": 4, "unsigned": 4, "float": 4, "int32_t": 4, "uint32_t": 4, "uint": 4,
    "int2": 8, "uint2": 8, "float2": 8, "double": 8, "int64_t": 8, "uint64_t": 8, "size_t": 8,
    "int4": 16, "uint4": 16, "float4": 16, "double2": 16,
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Declaration:
    """A variable as the source declares it; ``element_bytes`` is 0 where the type is unknown."""

    name: str
    element_bytes: int


@cache
def dynamic_shared(code: str) -> tuple[Declaration, ...]:
    """Every ``extern __shared__ T name[]``, one place under several names (no comments in code)."""
    found = (_declaration(m["rest"]) for m in _SHARED.finditer(code) if m["extern"])
    return tuple({d.name: d for d in found if d}.values())


@cache
def static_shared(code: str) -> dict[str, Declaration]:
    """Every ``__shared__`` variable of a fixed size, by name."""
    found: dict[str, Declaration] = {}
    for match in _SHARED.finditer(code):
        if match["extern"]:
            continue
        first, *others = re.split(r",(?![^\[]*\])", match["rest"])
        head = _declaration(first)
        if head is None:
            continue
        found[head.name] = head
        for other in others:
            word = _WORD.search(other)
            if word:
                found[word[0]] = Declaration(word[0], head.element_bytes)
    return found


def module_variables(code: str) -> dict[str, str]:
    """Name and space (``constant`` or ``global``) of each variable outside of functions."""
    found = {}
    for match in _MODULE.finditer(_outermost(code)):
        declaration = _declaration(match["rest"])
        if declaration is not None:
            space = "constant" if match["space"] == "__constant__" else "global"
            found[declaration.name] = space
    return found


def _outermost(code: str) -> str:
    """The code with everything inside braces blanked."""
    depth, out = 0, []
    for character in code:
        depth -= character == "}"
        out.append(character if depth == 0 or character == "\n" else " ")
        depth += character == "{"
    return "".join(out)


def _declaration(text: str) -> Declaration | None:
    """From ``const float tile[32][33]`` to its name and element size."""
    words = _WORD.findall(_ALIGNMENT.sub(" ", text.split("[")[0]))
    words = [w for w in words if w not in ("const", "volatile", "static", "std", "signed")]
    if len(words) < 2:
        return None
    *kind, name = words
    if kind.count("long") or kind[-1] == "longlong":
        return Declaration(name, 8)
    size = 4 if kind == ["unsigned"] else _BYTES.get(kind[-1], 0)
    return Declaration(name, 0 if "*" in text else size)
