"""Compiles a kernel source into a loaded shared object, or says why that cannot be done."""

from __future__ import annotations

import ctypes as c
import dataclasses
import enum
import functools
import platform
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from attention_scratch.simt.compile import ptx, toolchain
from attention_scratch.simt.compile.binary import SharedLayout, shared_layout
from attention_scratch.simt.compile.failures import explain_failure, refuse_launch_syntax
from attention_scratch.simt.compile.source import (
    Source,
    dynamic_shared,
    module_variables,
    without_comments,
)
from attention_scratch.simt.errors import CompileError, Finding, Place
from attention_scratch.simt.runtime import abi

COMMON = (
    "-std=c++17",
    "-x",
    "c++",
    "-fPIC",
    "-fvisibility=hidden",
    "-fno-exceptions",
    "-fno-strict-aliasing",
    "-fwrapv",
    "-ffp-contract=fast",  # nvcc fuses multiply and add too
    "-fno-finite-loops",  # an endless loop must stay one, so that the time limit can name it
    "-g1",
    "-gdwarf-4",  # of version 5, addr2line mistakes the compiled file for the one #line names
    "-fdiagnostics-color=never",
)
FAST = ("-O2",)
CHECKED = (
    "-O1",
    "-DSIMT_CHECKED",
    "-fsanitize=thread",
    "-fsanitize=bounds",
    "-fno-omit-frame-pointer",
    "-fno-optimize-sibling-calls",
)
TLS = ("-mtls-dialect=gnu2",) if platform.machine() == "x86_64" else ()  # cheap to read
GCC = (
    *TLS,
    "-w",
    "-fno-diagnostics-show-caret",
    "-fno-gnu-unique",  # two builds of a template kernel keep their shared memory apart
    "-fno-extern-tls-init",  # `extern __shared__` in a template needs no call to be set up
    "-ftrack-macro-expansion=0",  # an error in a macro is reported where the learner used it
)
CLANG = ("-Wno-everything", "-fno-caret-diagnostics", "-ferror-limit=0")
PROFILED = ("-fsanitize-coverage=trace-pc",)  # a call before each basic block
CHECKED_GCC = (
    "--param=tsan-instrument-func-entry-exit=0",
    "--param=tsan-distinguish-volatile=1",
    "-fno-tree-sra",  # keeps a float4 load one access of 16 bytes
    "-fno-ipa-icf",
    "-fno-tree-loop-distribute-patterns",
)
CHECKED_CLANG = (
    "-mllvm",
    "-tsan-instrument-read-before-write=1",
    "-mllvm",
    "-tsan-instrument-func-entry-exit=0",
    "-mllvm",
    "-tsan-distinguish-volatile=1",
)
# A function nobody defines must be an error now: when it is called, it would end the process.
LINK = ("-Wl,-z,defs", "-Wl,-z,now", "-lm")
LINK_CHECKED = ("-Wl,--wrap=memcpy", "-Wl,--wrap=memset")  # copies of structures: see hooks.cpp


class Flavor(enum.Enum):
    """How a module is compiled: at full speed, with every access seen, with code counted too."""

    FAST = "fast"
    CHECKED = "checked"
    PROFILED = "profiled"


@dataclasses.dataclass(frozen=True, slots=True)
class ModuleVariable:
    """A ``__constant__`` or ``__device__`` variable, where this build of the module has it.

    Every build has a copy of its own; the caller's array is the one that counts.
    """

    name: str
    space: str
    address: int
    nbytes: int
    element_kind: str
    element_size: int
    shape: tuple[int, ...]
    initial: bytes  # what the source initializes it to

    def initial_value(self) -> npt.NDArray[Any]:
        """What the source initializes it to; bytes where NumPy has no such type."""
        raw = np.frombuffer(self.initial, np.uint8).copy()
        if self.element_kind == "s":
            return raw.reshape(*self.shape, self.element_size)
        kind = "?" if self.element_kind == "b" else f"{self.element_kind}{self.element_size}"
        return raw.view(kind).reshape(self.shape)

    def write(self, value: npt.NDArray[Any]) -> None:
        """Bring the caller's value into the compiled module."""
        c.memmove(self.address, value.ctypes.data, self.nbytes)

    def read(self, value: npt.NDArray[Any]) -> None:
        """Bring what the kernel left back to the caller."""
        if self.space != "constant":
            c.memmove(value.ctypes.data, self.address, self.nbytes)


@dataclasses.dataclass(frozen=True, slots=True)
class Build:
    """A kernel module in memory: its library and the addresses of its code."""

    path: Path
    library: c.CDLL
    lo: int
    hi: int
    flavor: Flavor
    variables: tuple[ModuleVariable, ...]

    @property
    def checked(self) -> bool:
        """Whether the kernels report every access."""
        return self.flavor is not Flavor.FAST

    @property
    def shared(self) -> SharedLayout:
        """The module's shared memory."""
        return shared_layout(self.path)

    def entry(self, index: int) -> abi.KernelEntry:
        """The entry of the ``index``-th exported kernel."""
        function = getattr(self.library, symbol(index))
        function.restype = c.POINTER(abi.KernelEntry)
        pointer: abi.KernelEntry = function().contents
        return pointer


def translation_unit(source: Source, exported: tuple[str, ...]) -> str:
    """The text given to the compiler: the source, then an entry per kernel and variable.

    The source stands as it is, but for inline PTX, which becomes calls of the emulator.

    Raises:
        CompileError: an ``asm`` statement is malformed.
    """
    code = rewritten(source)
    entries = [f"SIMT_KERNEL({symbol(i)}, {name})" for i, name in enumerate(exported)]
    plain = without_comments(code)
    entries += [f"SIMT_VARIABLE(simt_variable_{v}, {v})" for v in module_variables(plain)]
    if "__shared__" in plain + source.included():
        entries.append("SIMT_SHARED_ANCHOR")
        labels = [d.name for d in dynamic_shared(plain + source.included())]
        if labels:
            text = "".join(rf".globl {n}\n.type {n},%tls_object\n{n}:\n" for n in labels)
            entries.append(f'SIMT_DYNAMIC_SHARED("{text}")')
    joined = "\n".join(entries)
    return f'#line 1 "{source.name}"\n{code}\n#line 1 "<entries>"\n{joined}\n'


def rewritten(source: Source) -> str:
    """The source with its inline PTX as calls of the emulator.

    Raises:
        CompileError: an ``asm`` statement is malformed.
    """
    try:
        return ptx.rewrite(source.code)
    except ptx.PtxError as error:
        place = Place(source.name, error.line, source.line(error.line))
        finding = Finding("compile-error", f"error: {error}", place)
        raise CompileError(f"{source.name} does not compile:\n{finding}", (finding,)) from None


def symbol(index: int) -> str:
    """The exported name of the ``index``-th kernel's entry."""
    return f"simt_kernel_{index}"


def build(
    source: Source, exported: tuple[str, ...], *, options: tuple[str, ...], flavor: Flavor
) -> Build:
    """Compile (or find compiled) and load ``source``.

    Raises:
        CompileError: the source does not compile.
        UnsupportedFeatureError: it does not because of a feature this emulator lacks.
    """
    refuse_launch_syntax(source)
    text = translation_unit(source, exported)
    # The runtime's path goes into the object, which then finds it wherever it is loaded.
    wrapped = LINK_CHECKED if flavor is not Flavor.FAST else ()
    link = (str(toolchain.runtime_path()), *LINK, *wrapped)
    commands = toolchain.Commands(_flags(source, options, flavor), link, text=text)
    read = (*toolchain.texts(toolchain.HEADERS), source.included())
    try:
        path = toolchain.cached(flavor.value, commands, *read)
    except toolchain.ToolFailedError as failure:
        raise explain_failure(source, failure.output) from None
    names = tuple(module_variables(without_comments(source.code)).items())
    return _load(path, flavor, names)


def _flags(source: Source, options: tuple[str, ...], flavor: Flavor) -> tuple[str, ...]:
    is_clang = toolchain.compiler().is_clang
    checked = (*CHECKED, *(CHECKED_CLANG if is_clang else CHECKED_GCC))
    special: tuple[str, ...] = FAST if flavor is Flavor.FAST else checked
    if flavor is Flavor.PROFILED:
        special += PROFILED
    dialect = CLANG if is_clang else GCC
    machine = toolchain.architecture_flags()
    flags = (*COMMON, *dialect, *machine, *special, "-I", str(toolchain.HEADERS))
    beside = ("-I", str(source.folder)) if source.folder else ()
    return (*flags, "-include", str(_prelude(flags)), *beside, *options)


@functools.cache
def _prelude(flags: tuple[str, ...]) -> Path:
    return toolchain.precompiled(
        toolchain.HEADERS / "simt_cuda.h", flags, *toolchain.texts(toolchain.HEADERS)
    )


@functools.cache
def _load(path: Path, flavor: Flavor, variables: tuple[tuple[str, str], ...]) -> Build:
    library = c.CDLL(str(path))
    lo, hi = c.c_uint64(), c.c_uint64()
    inside = c.cast(getattr(library, symbol(0)), c.c_void_p).value or 0
    if not toolchain.runtime().simt_module_range(inside, c.byref(lo), c.byref(hi)):
        raise toolchain.ToolchainError(f"{path} was loaded, but its address is unknown")
    found = tuple(_variable(library, name, space) for name, space in variables)
    return Build(path, library, lo.value, hi.value, flavor, found)


def _variable(library: c.CDLL, name: str, space: str) -> ModuleVariable:
    function = getattr(library, f"simt_variable_{name}")
    function.restype = c.POINTER(abi.Variable)
    entry = function().contents
    return ModuleVariable(
        name,
        space,
        entry.address,
        entry.bytes,
        entry.element_kind.decode(),
        entry.element_size,
        tuple(entry.extents[: entry.rank]),
        c.string_at(entry.address, entry.bytes),
    )
