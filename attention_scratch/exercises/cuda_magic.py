"""``%%cuda NAME``: a notebook cell whose body is CUDA C++, bound to NAME as source text.

Nothing is compiled here: ``check`` and ``RawModule`` do that. Importing
``attention_scratch.exercises`` inside IPython registers the magic.
"""

from __future__ import annotations

import importlib
import keyword
import re
import sys
from typing import Any

from attention_scratch.errors import InputError
from attention_scratch.exercises.notebook_form import Cell, Notebook, source

MAGIC = "cuda"
_CELL = re.compile(rf"\s*%%{MAGIC}(?:[ \t]+(?P<line>[^\n]*))?(?:\n(?P<body>.*))?", re.DOTALL)
_NOT_CODE = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"", re.DOTALL)
_KERNEL = re.compile(
    r"__global__\s+(?:__launch_bounds__\s*\([^)]*\)\s*)?void\s+"
    r"(?:__launch_bounds__\s*\([^)]*\)\s*)?(?P<name>\w+)\s*\((?P<parameters>[^)]*)\)"
)


class CudaSource(str):
    """CUDA C++ as text; shown, it names its kernels."""

    __slots__ = ()

    def kernels(self) -> tuple[str, ...]:
        """The declarations of its ``__global__`` functions, ``name(parameters)``."""
        code = _NOT_CODE.sub(" ", self)
        return tuple(
            f"{found['name']}({' '.join(found['parameters'].split())})"
            for found in _KERNEL.finditer(code)
        )

    def __repr__(self) -> str:
        lines = len(self.strip().splitlines())
        size = f"CUDA C++, {lines} line{'s' * (lines != 1)}"
        kernels = self.kernels()
        if not kernels:
            return f"<{size}, no kernel>"
        return f"<{size}, kernel{'s' * (len(kernels) > 1)} {', '.join(kernels)}>"


def read_cell(cell: Cell) -> tuple[str, CudaSource] | None:
    """Name and source of a ``%%cuda`` cell; None for a cell of another kind.

    The source begins with an empty line in place of the magic's own, so that the line numbers of
    compiler and emulator are those of the cell.

    Raises:
        InputError: the name is missing or is none, or no code follows.
    """
    found = _CELL.fullmatch(source(cell)) if cell["cell_type"] == "code" else None
    if found is None:
        return None
    return bound(found["line"] or "", found["body"] or "", f"%%{MAGIC} in cell {cell.get('id')}")


def bound(line: str, body: str, where: str = f"%%{MAGIC}") -> tuple[str, CudaSource]:
    """Name and source from the two parts of a cell: what follows ``%%cuda``, and the rest.

    ``where`` is for the message of an error.

    Raises:
        InputError: the name is missing or is none, or no code follows.
    """
    name = line.strip()
    if not name.isidentifier() or keyword.iskeyword(name):
        raise InputError(
            where,
            name or "no name",
            expected="the name of a variable that receives the source",
            remedy=f"Write it behind the magic, as in %%{MAGIC} vector_add.",
        )
    if not body.strip():
        raise InputError(
            where,
            "no code",
            expected="CUDA C++ in the lines below",
            remedy="Write the kernel into the same cell.",
        )
    return name, CudaSource("\n" + body + "\n" * (not body.endswith("\n")))


def in_python(notebook: Notebook) -> Notebook:
    """The notebook with every ``%%cuda`` cell written as the assignment it makes.

    Raises:
        InputError: a cell has no name behind ``%%cuda``, or no code.
    """
    return {**notebook, "cells": [_in_python(cell) for cell in notebook["cells"]]}


def _in_python(cell: Cell) -> Cell:
    parts = read_cell(cell)
    if parts is None:
        return cell
    name, text = parts
    return {**cell, "source": f"{name} = {str.__repr__(text)}"}


def register() -> None:
    """Give a running IPython the magic; elsewhere do nothing."""
    ipython = sys.modules.get("IPython")  # imported already wherever there is a notebook
    shell: Any = ipython.get_ipython() if ipython else None
    if shell is None:
        return
    verbatim = importlib.import_module("IPython.core.magic").no_var_expand  # no {} and $ expanded
    usage_error = importlib.import_module("IPython.core.error").UsageError

    def cuda(line: str, cell: str) -> None:
        """Bind the CUDA C++ of this cell to the name behind %%cuda."""
        try:
            name, text = bound(line, cell)
        except InputError as error:
            raise usage_error(str(error)) from None
        shell.push({name: text})

    shell.register_magic_function(verbatim(cuda), "cell", MAGIC)
