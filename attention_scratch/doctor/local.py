"""``LocalMachine``: the computer this runs on."""

from __future__ import annotations

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
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from attention_scratch.doctor import questions, variables
from attention_scratch.doctor.machine import (
    COMMAND_LIMIT,
    QUESTION_LIMIT,
    CommandMissingError,
    Cores,
    Identity,
    Interpreter,
    ProbeError,
    Ran,
    Space,
    TookTooLongError,
)

CGROUP_MEMORY = Path("/sys/fs/cgroup/memory.max")
AT_ONCE = threading.BoundedSemaphore(4)  # child processes at a time


class LocalMachine:
    """This computer; ``root`` is the repository, from which commands are written."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.system = platform.system()
        self.release = platform.release()
        self.architecture = platform.machine()
        self.variables: Mapping[str, str] = variables.exported()

    @property
    def interpreter(self) -> Interpreter:
        """The running Python."""
        return Interpreter(
            version=sys.version_info[:3],
            bits=64 if sys.maxsize > 2**32 else 32,
            implementation=platform.python_implementation(),
            environment=_environment(),
            command=_as_typed(Path(sys.executable), self.root),
        )

    @property
    def identity(self) -> Identity:
        """Home folder, user and host."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError):  # a container's number without a name
            user = ""
        return Identity(home=str(Path.home()), user=user, host=platform.node())

    def which(self, command: str) -> str | None:
        """Path of a command, or None."""
        return shutil.which(command)

    def run(self, *command: str, limit: float = COMMAND_LIMIT) -> Ran:
        """Run a command; after ``limit`` seconds kill it and all it started."""
        with AT_ONCE:
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
            except OSError as error:
                raise CommandMissingError(f"{command[0]} cannot be started: {error}") from error
            try:
                out, err = process.communicate(timeout=limit)
            except subprocess.TimeoutExpired as error:
                _kill(process)
                text = f"{Path(command[0]).name} gave no answer within {limit:g} s"
                raise TookTooLongError(text) from error
        return Ran(process.returncode, _decoded(out), _decoded(err))

    def ask(self, question: str) -> Mapping[str, Any]:
        """Run ``questions.py question`` in a child and read its answer."""
        script = str(Path(questions.__file__))
        ran = self.run(sys.executable, "-P", script, question, limit=QUESTION_LIMIT)
        lines = [line for line in ran.out.splitlines() if line.startswith(questions.MARK)]
        if not lines:
            raise ProbeError(f"Python ended with status {ran.status}: {ran.said}")
        answer: dict[str, Any] = json.loads(lines[-1].removeprefix(questions.MARK))
        if "failed" in answer:
            raise ProbeError(answer["failed"])
        return answer

    def compiles(self, compiler: str, source: str, *, limit: float = COMMAND_LIMIT) -> Ran:
        """Compile C++17 ``source`` and run the program."""
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder, "program")
            file = Path(folder, "program.cpp")
            file.write_text(source, encoding="utf-8")
            built = self.run(compiler, "-std=c++17", str(file), "-o", str(program), limit=limit)
            return self.run(str(program), limit=limit) if built.status == 0 else built

    def version(self, distribution: str) -> str | None:
        """Version of an installed Python distribution, or None."""
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            return None

    def read(self, path: Path, *, limit: int | None = None) -> bytes:
        """First ``limit`` bytes of a file."""
        with path.open("rb") as file:
            return file.read(-1 if limit is None else limit)

    def size(self, path: Path) -> int:
        """Length of a file in bytes."""
        return path.stat().st_size

    def glob(self, folder: Path, pattern: str) -> tuple[Path, ...]:
        """Paths below ``folder`` that match, sorted."""
        return tuple(sorted(folder.glob(pattern)))

    def cores(self) -> Cores:
        """Processor cores; ``usable`` follows this process's affinity where the OS has one."""
        logical = os.cpu_count() or 1
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else logical
        return Cores(psutil.cpu_count(logical=False), logical, usable)

    def memory(self) -> Space:
        """Main memory, or the container's share of it."""
        memory = psutil.virtual_memory()
        total = min(memory.total, _cgroup_limit() or memory.total)
        return Space(total=total, free=min(memory.available, total))

    def disk(self, folder: Path) -> Space:
        """The file system of ``folder`` or of its nearest existing parent."""
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        usage = shutil.disk_usage(existing)
        return Space(total=usage.total, free=usage.free)


def _environment() -> str | None:
    if sys.prefix != sys.base_prefix:
        return "virtual environment"
    return "conda environment" if Path(sys.prefix, "conda-meta").is_dir() else None


def _as_typed(executable: Path, root: Path) -> str:
    """``.venv/bin/python`` from the repository, else the plain name."""
    return str(executable.relative_to(root)) if executable.is_relative_to(root) else "python3"


def _kill(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)  # its own session: pid is the group
    else:
        process.kill()
    process.communicate()


def _decoded(output: bytes) -> str:
    return output.decode("utf-8", "replace")


def _cgroup_limit() -> int | None:
    try:
        text = CGROUP_MEMORY.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
