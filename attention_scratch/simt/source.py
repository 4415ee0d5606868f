"""Reads a CUDA source just enough: which kernels it has, their parameters, its lines."""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from pathlib import Path

from attention_scratch.errors import InputError, MissingFileError

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
    if (code is None) == (path is None):
        given = "neither" if code is None else "both"
        raise InputError(
            "RawModule", given, expected="code=… or path=…", remedy="Give exactly one of the two."
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
