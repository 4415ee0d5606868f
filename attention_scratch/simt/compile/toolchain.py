"""Finds the C++ compiler, runs it, and keeps what it made under a content hash."""

from __future__ import annotations

import ctypes as c
import dataclasses
import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from tqdm import tqdm

from attention_scratch.config import settings
from attention_scratch.errors import AttentionScratchError, require
from attention_scratch.files import write_atomically
from attention_scratch.simt.runtime import abi

RUNTIME = Path(__file__).parent.parent / "runtime"
HEADERS = RUNTIME / "include"
CANDIDATES = ("g++", "clang++")
INSTALL = (
    "Install one: 'sudo apt-get install g++' (Debian, Ubuntu), 'sudo dnf install gcc-c++' "
    "(Fedora) or 'conda install gxx' (conda)."
)


class ToolchainError(AttentionScratchError, RuntimeError):
    """No usable compiler or system."""


@dataclasses.dataclass(frozen=True, slots=True)
class Compiler:
    """A C++17 compiler's command and what it says it is."""

    command: tuple[str, ...]
    version: str
    is_clang: bool


class ToolFailedError(Exception):
    """The compiler refused; ``output`` is what it printed."""

    def __init__(self, output: str) -> None:
        super().__init__(output)
        self.output = output


@cache
def compiler() -> Compiler:
    """The compiler named by ``simt.compiler``, or the first of g++ and clang++ on PATH.

    Raises:
        InputError: ``simt.compiler`` names a command that does not run.
        ToolchainError: nothing is named and neither is installed, or the system is not Linux.
    """
    if sys.platform != "linux":
        raise ToolchainError(
            f"the CUDA emulator runs on Linux, this is {sys.platform}: use the project's "
            "container image, or WSL on Windows."
        )
    named = settings().simt.compiler
    if named == "auto":
        command: tuple[str, ...] = next(((name,) for name in CANDIDATES if shutil.which(name)), ())
        if not command:
            raise ToolchainError(f"no C++ compiler (g++ or clang++) on PATH. {INSTALL}")
    else:
        command = tuple(shlex.split(named))
        found = command and shutil.which(command[0])
        expected = "'auto' or a C++17 compiler"
        require(found, "simt.compiler", named, expected=expected, remedy=INSTALL)
    version = run((*command, "--version")).splitlines()[0]
    return Compiler(command, version, is_clang="clang" in version)


def run(command: tuple[str, ...]) -> str:
    """Run a tool; its standard output.

    Raises:
        ToolFailedError: it returned an error.
    """
    in_english = ("env", "LC_ALL=C", *command)  # diagnoses are read by us
    done = subprocess.run(in_english, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolFailedError(done.stderr or done.stdout)
    return done.stdout


@cache
def architecture_flags() -> tuple[str, ...]:
    """Allow fused multiply-add, which GPUs use too, where this processor has it."""
    if platform.machine() != "x86_64":
        return ()
    flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    wanted = {"fma", "avx2", "bmi1", "bmi2", "movbe", "f16c"}
    return ("-march=x86-64-v3",) if wanted <= flags else ()


@dataclasses.dataclass(frozen=True, slots=True)
class Commands:
    """How to turn one source text or several files into a shared object.

    Linking is a step of its own: with ``-fsanitize=thread`` it would pull in libtsan, in whose
    place the runtime stands.
    """

    flags: tuple[str, ...]
    link: tuple[str, ...]
    text: str | None = None
    files: tuple[Path, ...] = ()

    def make(self, scratch: Path, target: Path) -> None:
        """Compile every source, then link.

        Raises:
            ToolFailedError: the compiler or the linker refused.
        """
        objects = self.compile(scratch)
        run((*compiler().command, "-shared", "-o", str(target), *objects, *self.link))

    def compile(self, scratch: Path) -> list[str]:
        """Compile every source, several at a time, into objects in ``scratch``.

        Raises:
            ToolFailedError: the compiler refused.
        """
        command = compiler().command
        sources = self.files
        if self.text is not None:
            sources = (scratch / "module.cpp",)
            sources[0].write_text(self.text, encoding="utf-8")
        objects = [str(scratch / f"{i}.o") for i in range(len(sources))]
        steps = [
            (*command, *self.flags, "-c", str(source), "-o", made)
            for source, made in zip(sources, objects, strict=True)
        ]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            compiled = pool.map(run, steps)
            one = len(steps) == 1
            # Shown on a terminal only, and not for a learner's kernel, which takes no second.
            list(tqdm(compiled, "compiling the emulator, once", len(steps), disable=one or None))
        return objects


def cached(name: str, commands: Commands, *read: str) -> Path:
    """The shared object that ``commands`` make from texts they ``read``, built if it is not there.

    Safe under concurrent processes: each builds in a folder of its own and moves the result into
    place in one step.
    """
    folder = settings().paths.cache / "simt"
    target = folder / f"{name}-{content_hash(commands, *read)}.so"
    if target.is_file():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, suffix=".tmp") as scratch:
        made = Path(scratch) / target.name
        commands.make(Path(scratch), made)
        made.replace(target)
    return target


def precompiled(header: Path, flags: tuple[str, ...], *read: str) -> Path:
    """A header that means ``header`` and lies compiled beside itself, where g++ looks first.

    With g++ a kernel's compilation then need not read it again, which is most of its time. Where
    the compiled one does not fit, g++ reads the plain one.
    """
    tool = compiler()
    if tool.is_clang:
        return header
    digest = content_hash(Commands(flags, (), text=str(header)), *read)
    plain = settings().paths.cache / "simt" / f"{header.stem}-{digest}.h"
    made = plain.with_suffix(".h.gch")
    if not made.is_file():
        plain.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(plain, f'#include "{header}"\n'.encode())
        with tempfile.TemporaryDirectory(dir=plain.parent, suffix=".tmp") as scratch:
            built = Path(scratch) / made.name
            run((*tool.command, *flags, "-c", "-x", "c++-header", str(plain), "-o", str(built)))
            built.replace(made)
    return plain


def content_hash(commands: Commands, *read: str) -> str:
    """A hash of all that decides the machine code: compiler, commands, texts.

    Where the project lies does not count: its checkouts share what they make.
    """
    tool = compiler()
    prelude = re.compile(rf"{re.escape(str(settings().paths.cache))}/simt/(\w+)-[0-9a-f]+\.h")
    flags = (prelude.sub(r"runtime/include/\1.h", flag) for flag in commands.flags)
    flags = (flag.replace(str(RUNTIME), "runtime") for flag in flags)
    ingredients = (tool.version, *tool.command, *flags, *commands.link, commands.text or "", *read)
    return hashlib.sha256("\0".join(ingredients).encode()).hexdigest()[:24]


@cache
def texts(folder: Path) -> tuple[str, ...]:
    """The path and the text of every C++ file in a folder of the runtime, for the hash."""
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".h", ".cpp"))
    return tuple(f"{p.relative_to(folder)}\n{p.read_text(encoding='utf-8')}" for p in files)


@cache
def runtime_path() -> Path:
    """The compiled runtime; built on first use, which takes tens of seconds of processor time."""
    root = RUNTIME / "src"
    # Nobody replaces the runtime's functions by others: calls among them need no table.
    direct = ("-fno-semantic-interposition", "-fno-plt")
    flags = ("-std=c++17", "-O2", "-g1", "-fPIC", *direct, "-pthread", "-I", str(root))
    files = tuple(sorted(root.rglob("*.cpp")))
    commands = Commands(flags, ("-pthread", "-Wl,-Bsymbolic"), files=files)
    return cached("runtime", commands, *texts(root))


@cache
def runtime() -> c.CDLL:
    """The loaded runtime, its functions typed."""
    library = c.CDLL(str(runtime_path()))
    library.simt_start.argtypes = [c.POINTER(abi.Launch)]
    library.simt_wait.argtypes = [c.c_double]
    library.simt_finish.argtypes = [c.POINTER(abi.Launch), c.c_uint32]
    library.simt_finish.restype = None
    library.simt_map.argtypes = [c.c_uint64, c.POINTER(abi.Mapping)]
    library.simt_protect.argtypes = [c.POINTER(abi.Mapping), c.c_int]
    library.simt_protect.restype = None
    library.simt_unmap.argtypes = [c.POINTER(abi.Mapping)]
    library.simt_unmap.restype = None
    library.simt_module_range.argtypes = [c.c_uint64, *2 * [c.POINTER(c.c_uint64)]]
    return library
