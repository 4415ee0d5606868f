"""Reads a CUDA source just enough: its kernels, their parameters, its variables, its lines."""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from pathlib import Path

from attention_scratch.errors import InputError, MissingFileError, require

_COMMENT_OR_TEXT = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL
)
_KERNEL = re.compile(
    r"(?P<template>template\s*<[^{};]*>\s*)?"
    r"(?:extern\s*\"C\"\s*)?(?:static\s+)?__global__\s+"
    r"(?:__launch_bounds__\s*\([^)]*\)\s*)?void\s+(?:__launch_bounds__\s*\([^)]*\)\s*)?"
    r"(?P<name>\w+)\s*\((?P<parameters>[^{};]*)\)\s*\{"
)
_INCLUDE = re.compile(r"^\s*#\s*include\s*\"([^\"]+)\"", re.MULTILINE)
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
class KernelDeclaration:
    """One ``__global__`` function as the source declares it."""

    name: str
    parameters: tuple[str, ...]
    is_template: bool
    body: str  # between its braces, without comments


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """A CUDA source text under the name its diagnoses show."""

    code: str
    name: str
    folder: Path | None = None

    @classmethod
    def read(cls, path: Path) -> Source:
        """Read a ``.cu`` file.

        Raises:
            MissingFileError: there is no such file.
        """
        if not path.is_file():
            raise MissingFileError(
                path, expected="a CUDA source file", remedy="Check the path and its spelling."
            )
        return cls(path.read_text(encoding="utf-8"), path.name, path.resolve().parent)

    def line(self, number: int) -> str:
        """The text of a line counted from 1, without indentation; empty if there is none."""
        lines = self.code.splitlines()
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""

    def kernels(self) -> dict[str, KernelDeclaration]:
        """Every kernel definition, by name, in the order of the source."""
        text = without_comments(self.code)
        found = {}
        for match in _KERNEL.finditer(text):
            parameters = tuple(_parameter_name(p) for p in split_top_level(match["parameters"]))
            body = _braced(text, match.end() - 1)
            found[match["name"]] = KernelDeclaration(
                match["name"], parameters, match["template"] is not None, body
            )
        return found

    def included(self) -> str:
        """The text of every file this one includes by ``"…"``, for the cache's hash."""
        return "\0".join(_included_texts(self.code, self.folder, set()))


def make_source(code: str | None, path: str | Path | None) -> Source:
    """The source given by exactly one of ``code`` and ``path``.

    Raises:
        InputError: both or neither are given, or ``code`` is not text.
    """
    require(
        (code is None) != (path is None),
        "RawModule",
        "neither" if code is None else "both",
        expected="code=… or path=…",
        remedy="Give exactly one of the two.",
    )
    if path is not None:
        return Source.read(Path(path))
    if not isinstance(code, str):
        raise InputError("code", code, expected="CUDA C++ source text", remedy="Pass a string.")
    return Source(code, "kernel.cu")


@cache
def without_comments(code: str) -> str:
    """The code with comments blanked; texts and line numbers stay."""

    def blank(match: re.Match[str]) -> str:
        text = match[0]
        return re.sub(r"[^\n]", " ", text) if text.startswith("/") else text

    return _COMMENT_OR_TEXT.sub(blank, code)


def split_top_level(text: str) -> list[str]:
    """Split at commas outside brackets; no pieces from an empty list."""
    pieces, depth, start = [], 0, 0
    for i, character in enumerate(text):
        depth += (character in "(<[{") - (character in ")>]}")
        if character == "," and depth == 0:
            pieces.append(text[start:i])
            start = i + 1
    pieces.append(text[start:])
    return [] if len(pieces) == 1 and pieces[0].strip() in ("", "void") else pieces


def _parameter_name(declaration: str) -> str:
    words = re.findall(r"\w+", declaration.split("=")[0].split("[")[0])
    return words[-1] if words else "?"


def _braced(text: str, opening: int) -> str:
    depth = 0
    for i in range(opening, len(text)):
        depth += (text[i] == "{") - (text[i] == "}")
        if depth == 0:
            return text[opening + 1 : i]
    return text[opening + 1 :]


def _included_texts(code: str, folder: Path | None, seen: set[Path]) -> list[str]:
    texts: list[str] = []
    for name in _INCLUDE.findall(code) if folder else []:
        assert folder is not None
        file = (folder / name).resolve()
        if file in seen or not file.is_file():
            continue
        seen.add(file)
        text = file.read_text(encoding="utf-8")
        texts += [text, *_included_texts(text, file.parent, seen)]
    return texts


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
