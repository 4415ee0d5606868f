"""``Machine``: the computer, as far as checks may see it.

Checks ask nothing else, so that a test can hand them a computer this one cannot be. Whatever may
crash or hang (torch, CuPy, NVML) is imported in a child process, never here.
"""

from __future__ import annotations

import getpass
import importlib.metadata
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from attention_scratch.config import Settings
from attention_scratch.doctor import questions
from attention_scratch.doctor.commands import COMMAND_LIMIT, ProbeError, Ran, once, run

QUESTION_LIMIT = 60.0  # seconds a question may take: importing torch from a cold disk is slow
CGROUP_MEMORY = Path("/sys/fs/cgroup/memory.max")
# No settings of ours: they steer other people's libraries, and a forgotten one explains a slow
# matrix product or an invisible GPU. They are reported, never obeyed.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
CORE = "OPENBLAS_CORETYPE"
CUDA = ("CUDA_PATH", "CUDA_HOME", "CUDA_VISIBLE_DEVICES")


class Interpreter(NamedTuple):
    """The Python that runs the package; ``command`` is how to call it from the repository."""

    version: tuple[int, int, int]
    bits: int
    implementation: str
    environment: str | None  # "virtual environment", "conda environment", or None
    command: str


class Cores(NamedTuple):
    """Processor cores: physical (None if unknown), logical, and those this process may use."""

    physical: int | None
    logical: int
    usable: int


class Space(NamedTuple):
    """Bytes of memory or disk."""

    total: int
    free: int


class Identity(NamedTuple):
    """What must not appear in a report."""

    home: str
    user: str
    host: str


class Machine:
    """This computer. Every method may raise ``ProbeError`` or ``OSError``."""

    def __init__(self, where: Settings) -> None:
        self.where = where
        self.system = platform.system()
        self.release = platform.release()
        self.architecture = platform.machine()
        self.interpreter = _interpreter(where.root)
        self.identity = _identity()
        names = (CORE, *THREADS, *CUDA)
        self.variables = {name: os.environ[name] for name in names if name in os.environ}
        self.answered: dict[tuple[str, ...], Future[Any]] = {}

    def which(self, command: str) -> str | None:
        """Path of a command, or None."""
        return shutil.which(command)

    @once
    def run(self, *command: str, limit: float = COMMAND_LIMIT) -> Ran:
        """Run a command without a shell or standard input, for ``limit`` seconds at most."""
        return run(command, limit)

    @once
    def ask(self, question: str) -> Mapping[str, Any]:
        """Answer one of ``questions.QUESTIONS`` in a child Python."""
        script = str(questions.__file__)
        ran = self.run(sys.executable, "-P", script, question, limit=QUESTION_LIMIT)
        lines = [line for line in ran.out.splitlines() if line.startswith(questions.MARK)]
        if not lines:
            raise ProbeError(f"Python ended with status {ran.status}: {ran.said}")
        answer: dict[str, Any] = json.loads(lines[-1].removeprefix(questions.MARK))
        if "failed" in answer:
            raise ProbeError(answer["failed"])
        return answer

    def compiles(self, compiler: str, source: str) -> Ran:
        """Compile C++17 ``source`` to a program and run it; its outcome, or the compiler's."""
        with tempfile.TemporaryDirectory() as folder:
            file, program = Path(folder, "program.cpp"), str(Path(folder, "program"))
            file.write_text(source, encoding="utf-8")
            built = self.run(compiler, "-std=c++17", str(file), "-o", program)
            return self.run(program) if built.status == 0 else built

    def version(self, distribution: str) -> str | None:
        """Version of an installed Python distribution, or None."""
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            return None

    def read(self, path: Path, limit: int = -1) -> bytes:
        """First ``limit`` bytes of a file (all by default)."""
        with path.open("rb") as file:
            return file.read(limit)

    def size(self, path: Path) -> int:
        """Length of a file in bytes."""
        return path.stat().st_size

    def glob(self, folder: Path, pattern: str) -> tuple[Path, ...]:
        """Paths below ``folder`` that match, sorted; empty if there is no such folder."""
        return tuple(sorted(folder.glob(pattern)))

    def cores(self) -> Cores:
        """Processor cores; ``usable`` follows this process's affinity where the OS has one."""
        logical = os.cpu_count() or 1
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else logical
        return Cores(psutil.cpu_count(logical=False), logical, usable)

    def memory(self) -> Space:
        """Main memory, or the container's share of it."""
        memory = psutil.virtual_memory()
        text = CGROUP_MEMORY.read_text().strip() if CGROUP_MEMORY.is_file() else ""
        total = min(memory.total, int(text)) if text.isdigit() else memory.total
        return Space(total, min(memory.available, total))

    def disk(self, folder: Path) -> Space:
        """The file system of ``folder`` or of its nearest existing parent."""
        usage = shutil.disk_usage(next(p for p in (folder, *folder.parents) if p.exists()))
        return Space(usage.total, usage.free)


def _interpreter(root: Path) -> Interpreter:
    """``.venv/bin/python`` is typed as from the repository, another by its plain name."""
    program = Path(sys.executable)
    inside = str(program.relative_to(root)) if program.is_relative_to(root) else "python3"
    environment = "conda environment" if Path(sys.prefix, "conda-meta").is_dir() else None
    if sys.prefix != sys.base_prefix:
        environment = "virtual environment"
    bits = 64 if sys.maxsize > 2**32 else 32
    kind = platform.python_implementation()
    return Interpreter(sys.version_info[:3], bits, kind, environment, inside)


def _identity() -> Identity:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's number without a name
        user = ""
    return Identity(str(Path.home()), user, platform.node())
