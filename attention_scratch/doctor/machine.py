"""``Machine``: the computer, as far as checks may see it.

Checks ask nothing else, so that a test can hand them a computer this one cannot be. Whatever may
crash or hang (torch, CuPy, NVML) is imported in a child process, never here.
"""

from __future__ import annotations

import functools
import getpass
import importlib.metadata
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import psutil

from attention_scratch.config import Settings
from attention_scratch.doctor import questions

COMMAND_LIMIT = 10.0  # seconds a command may take
QUESTION_LIMIT = 60.0  # seconds a question may take: importing torch from a cold disk is slow
CGROUP_MEMORY = Path("/sys/fs/cgroup/memory.max")
AT_ONCE = threading.BoundedSemaphore(4)  # child processes at a time
# No settings of ours: they steer other people's libraries, and a forgotten one explains a slow
# matrix product or an invisible GPU. They are reported, never obeyed.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
CORE = "OPENBLAS_CORETYPE"
CUDA = ("CUDA_PATH", "CUDA_HOME", "CUDA_VISIBLE_DEVICES")
Method = TypeVar("Method", bound=Callable[..., Any])


class ProbeError(Exception):
    """A check got no answer; the text says why."""


class CommandMissingError(ProbeError):
    """The command is not on PATH or cannot be started."""


class TookTooLongError(ProbeError):
    """The command or question did not end within its limit and was killed."""


class Ran(NamedTuple):
    """How a command ended: its exit status and its two outputs as text."""

    status: int
    out: str
    err: str = ""

    @property
    def said(self) -> str:
        """The first line it printed, errors first; for messages."""
        lines = [line.strip() for line in (self.err + "\n" + self.out).splitlines()]
        return next((line for line in lines if line), f"exit status {self.status}")


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


def once(method: Method) -> Method:
    """Answer a call a single time, errors included, however many checks ask."""

    @functools.wraps(method)
    def asked(self: Machine, *arguments: str, **options: float) -> Any:
        mine: Future[Any] = Future()
        answer = self.answered.setdefault((method.__name__, *arguments), mine)
        if answer is mine:
            try:
                mine.set_result(method(self, *arguments, **options))
            except Exception as error:  # raised to each who asks
                mine.set_exception(error)
        return answer.result()

    return cast(Method, asked)


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
        """Run a command without a shell or standard input.

        After ``limit`` seconds it is killed with all it started.
        """
        pipe = subprocess.PIPE
        with AT_ONCE:
            try:
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe,
                    start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise CommandMissingError(f"{command[0]} cannot be started: {error}") from error
            try:
                out, err = process.communicate(timeout=limit)
            except subprocess.TimeoutExpired as error:
                _kill(process)
                text = f"{Path(command[0]).name} gave no answer within {limit:g} s"
                raise TookTooLongError(text) from error
        return Ran(
            process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")
        )

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


def _kill(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)  # its own session: pid is the group
    else:
        process.kill()
    process.communicate()
