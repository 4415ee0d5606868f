"""The machine the probes look at: commands, installed packages, files, and nothing else.

Probes only ever see a ``Machine``, so that a test can hand them one this computer cannot be.
Whatever may crash or hang (torch, CuPy, NVML) is imported in a child process, never here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

COMMAND_LIMIT = 10.0  # seconds a command may take
QUESTION_LIMIT = 60.0  # seconds a question may take: importing torch from a cold disk is slow


class ProbeError(Exception):
    """A probe got no answer; the text says why."""


class CommandMissingError(ProbeError):
    """The command is not on PATH or cannot be started."""


class TookTooLongError(ProbeError):
    """The command or question did not end within its limit and was killed."""


@dataclasses.dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: its exit status and its two outputs as text."""

    status: int
    out: str
    err: str = ""

    @property
    def said(self) -> str:
        """The first line it printed, errors first; for messages."""
        lines = [line.strip() for line in (self.err + "\n" + self.out).splitlines()]
        return next((line for line in lines if line), f"exit status {self.status}")


@dataclasses.dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that runs the package; ``command`` is how to call it from the repository."""

    version: tuple[int, int, int]
    bits: int
    implementation: str
    environment: str | None  # "virtual environment", "conda environment", or None
    command: str


@dataclasses.dataclass(frozen=True, slots=True)
class Cores:
    """Processor cores: physical (None if unknown), logical, and those this process may use."""

    physical: int | None
    logical: int
    usable: int


@dataclasses.dataclass(frozen=True, slots=True)
class Space:
    """Bytes of memory or disk."""

    total: int
    free: int


@dataclasses.dataclass(frozen=True, slots=True)
class Identity:
    """What must not appear in a report."""

    home: str
    user: str
    host: str


class Machine(Protocol):
    """All that probes may ask. Every method may raise ``ProbeError`` or ``OSError``."""

    @property
    def system(self) -> str:
        """``"Linux"``, ``"Darwin"`` or ``"Windows"``."""

    @property
    def release(self) -> str:
        """Version of the kernel (or of Windows)."""

    @property
    def architecture(self) -> str:
        """For example ``"x86_64"``."""

    @property
    def interpreter(self) -> Interpreter:
        """The running Python."""

    @property
    def identity(self) -> Identity:
        """Names that reports leave out."""

    @property
    def variables(self) -> Mapping[str, str]:
        """Variables of other people's libraries that are exported."""

    def which(self, command: str) -> str | None:
        """Path of a command, or None."""

    def run(self, *command: str, limit: float = COMMAND_LIMIT) -> Ran:
        """Run a command without a shell and without standard input."""

    def ask(self, question: str) -> Mapping[str, Any]:
        """Answer one of ``questions.QUESTIONS`` in a child Python."""

    def compiles(self, compiler: str, source: str, *, limit: float = COMMAND_LIMIT) -> Ran:
        """Compile C++17 ``source`` to a program and run it; its outcome, or the compiler's."""

    def version(self, distribution: str) -> str | None:
        """Version of an installed Python distribution, or None."""

    def read(self, path: Path, *, limit: int | None = None) -> bytes:
        """First ``limit`` bytes of a file (all by default)."""

    def size(self, path: Path) -> int:
        """Length of a file in bytes."""

    def glob(self, folder: Path, pattern: str) -> tuple[Path, ...]:
        """Paths below ``folder`` that match, sorted; empty if there is no such folder."""

    def cores(self) -> Cores:
        """Processor cores."""

    def memory(self) -> Space:
        """Main memory, within the container's limit if there is one."""

    def disk(self, folder: Path) -> Space:
        """The file system that holds ``folder`` or its nearest existing parent."""
