"""Compiles a kernel source into a loaded shared object, or says why that cannot be done."""

from __future__ import annotations

import ctypes as c
import dataclasses
import functools
import re
from pathlib import Path

from attention_scratch.simt import abi, toolchain
from attention_scratch.simt.errors import (
    CompileError,
    Finding,
    Place,
    UnsupportedFeatureError,
)
from attention_scratch.simt.source import Source, without_comments

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
GCC = (
    "-w",
    "-fno-diagnostics-show-caret",
    "-ftrack-macro-expansion=0",  # an error in a macro is reported where the learner used it
)
CLANG = (
    "-Wno-everything",
    "-Werror=ignored-attributes",  # how a __device__ variable is noticed
    "-fno-caret-diagnostics",
    "-ferror-limit=0",
)
CHECKED_GCC = (
    "--param=tsan-instrument-func-entry-exit=0",
    "-fno-tree-sra",  # keeps a float4 load one access of 16 bytes
    "-fno-ipa-icf",
    "-fno-tree-loop-distribute-patterns",
)
CHECKED_CLANG = (
    "-mllvm",
    "-tsan-instrument-read-before-write=1",
    "-mllvm",
    "-tsan-instrument-func-entry-exit=0",
)
# A function nobody defines must be an error now: when it is called, it would end the process.
LINK = ("-Wl,-z,defs", "-Wl,-z,now", "-lm")
LINK_CHECKED = ("-Wl,--wrap=memcpy", "-Wl,--wrap=memset")  # copies of structures: see hooks.cpp

# What a kernel may ask for that this emulator does not have: a pattern over the names the compiler
# did not know, and the feature's name in the book.
UNSUPPORTED = (
    (r"__shared__", "__shared__ memory"),
    (r"__syncthreads\w*", "block barriers (__syncthreads)"),
    (r"__syncwarp", "warp barriers (__syncwarp)"),
    (r"__shfl_\w+", "warp shuffles (__shfl_…)"),
    (r"__(ballot|any|all|match|reduce)_\w+|__activemask", "warp votes and reductions"),
    (r"atomic[A-Z]\w*", "atomic operations"),
    (r"__threadfence\w*|__nanosleep", "memory fences and waiting"),
    (r"__constant__", "__constant__ memory"),
    (r"__managed__", "__managed__ memory"),
    (r"simt_refused_asm", "inline PTX (asm)"),
    (r"simt_refused_(malloc|free)", "memory allocation inside a kernel"),
    (r"simt_refused_mem\w+", "memcpy, memset and memmove inside a kernel"),
    (r"simt_refused_clock|clock64|__clock\w*", "the clock"),
    (r"__half\w*|half2?|__nv_bfloat16\w*", "16-bit floating point"),
    (r"simt_refused_fast_math|__fdividef", "approximate functions (__expf, …)"),
    (r"simt_refused_host_function", "a function of the host's C library"),
)
CUDA_HEADERS = (
    "cooperative_groups",
    "cuda/",
    "cuda_bf16.h",
    "cuda_fp16.h",
    "cuda_fp8.h",
    "cuda_pipeline",
    "cub/",
    "curand_kernel.h",
    "mma.h",
)

_ERROR = re.compile(r"^(?P<file>[^\n:]+):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<text>.+)$")
_UNDEFINED = re.compile(
    r"^(?P<file>[^\n:]+):(?P<line>\d+): (?P<text>undefined reference to .+)$", re.MULTILINE
)
_QUOTED = re.compile(r"['‘]([^'’]+)['’]")


@dataclasses.dataclass(frozen=True, slots=True)
class Build:
    """A kernel module in memory: its library and the addresses of its code."""

    path: Path
    library: c.CDLL
    lo: int
    hi: int
    checked: bool


def translation_unit(source: Source, exported: tuple[str, ...]) -> str:
    """The text given to the compiler: the source as it stands, then one entry per kernel."""
    entries = "".join(f"SIMT_KERNEL({symbol(i)}, {name})\n" for i, name in enumerate(exported))
    return f'#line 1 "{source.name}"\n{source.code}\n#line 1 "<entries>"\n{entries}'


def symbol(index: int) -> str:
    """The exported name of the ``index``-th kernel's entry."""
    return f"simt_kernel_{index}"


def build(
    source: Source, exported: tuple[str, ...], *, options: tuple[str, ...], checked: bool
) -> Build:
    """Compile (or find compiled) and load ``source``.

    Raises:
        CompileError: the source does not compile.
        UnsupportedFeatureError: it does not because of a feature this emulator lacks.
    """
    _refuse_launch_syntax(source)
    text = translation_unit(source, exported)
    flags = _flags(source, options, checked=checked)
    runtime = str(toolchain.runtime_path())
    tool = toolchain.compiler()
    ingredients = (
        tool.version,
        *tool.command,
        *flags,
        *LINK,
        *LINK_CHECKED,
        runtime,
        _headers(),
        source.included(),
        text,
    )
    # The runtime's path goes into the object, which then finds it wherever it is loaded.
    link = (runtime, *LINK, *(LINK_CHECKED if checked else ()))
    commands = toolchain.Commands(flags, link, text=text)
    try:
        path = toolchain.cached("checked" if checked else "fast", ingredients, commands)
    except toolchain.ToolFailedError as failure:
        raise explain_failure(source, failure.output) from None
    return _load(path, checked=checked)


def explain_failure(source: Source, output: str) -> CompileError:
    """The compiler's output as an error in the learner's terms."""
    errors = [m for m in map(_ERROR.match, output.splitlines()) if m]
    errors += _UNDEFINED.finditer(output)
    own = [m for m in errors if Path(m["file"]).name == source.name] or errors
    findings = [_finding(source, m["text"], int(m["line"]), m["file"]) for m in own]
    if not findings:
        findings = [Finding("compile-error", output.strip(), Place(source.name, 0, ""))]
    missing = [f for f in findings if f.kind == "unsupported"]
    if missing:
        text = "\n".join(f"{f.summary}\n    at {f.place}" for f in missing[:1])
        return UnsupportedFeatureError(text, tuple(missing))
    shown = "\n".join(str(f) for f in findings[:3])
    more = f"\n… and {len(findings) - 3} more" if len(findings) > 3 else ""
    return CompileError(f"{source.name} does not compile:\n{shown}{more}", tuple(findings))


def _finding(source: Source, text: str, line: int, file: str) -> Finding:
    own = Path(file).name == source.name
    place = Place(Path(file).name, line, source.line(line) if own else "")
    feature = unsupported_feature(text)
    if feature:
        summary = f"not supported by this emulator yet: {feature} at line {line}"
        return Finding("unsupported", summary, place, hint="It runs on a GPU through CuPy.")
    if file == "<entries>":
        text = f"{text} (in a kernel's parameters or a name expression)"
    return Finding("compile-error", f"error: {text}", place, hint=_compile_hint(text))


def unsupported_feature(message: str) -> str | None:
    """The CUDA feature a compiler's message is about, if this emulator lacks it."""
    if "no_instrument_function" in message:
        return "a __device__ variable"
    if "No such file" in message or "file not found" in message:
        for header in CUDA_HEADERS:
            if header in message:
                return f"#include <{header.rstrip('/')}>"
    for name in _QUOTED.findall(message):
        for pattern, feature in UNSUPPORTED:
            if re.fullmatch(pattern, name):
                return feature
    return None


def _compile_hint(text: str) -> str:
    if re.search(r"expected .*['‘];['’]", text):
        return "Is a semicolon missing, here or at the end of the statement before?"
    if "was not declared" in text or "undeclared identifier" in text:
        return "Is the name spelled as in the parameter list?"
    if "read-only" in text or "const" in text:
        return "A const parameter can only be read."
    return ""


def _refuse_launch_syntax(source: Source) -> None:
    for number, line in enumerate(without_comments(source.code).splitlines(), 1):
        if "<<<" in line:
            summary = f"not supported by this emulator yet: launching with <<<…>>> at line {number}"
            hint = "Keep the kernel only, and launch it from Python."
            place = Place(source.name, number, source.line(number))
            finding = Finding("unsupported", summary, place, hint=hint)
            raise UnsupportedFeatureError(f"{summary}\n    at {place}", (finding,))


def _flags(source: Source, options: tuple[str, ...], *, checked: bool) -> tuple[str, ...]:
    is_clang = toolchain.compiler().is_clang
    special = (*CHECKED, *(CHECKED_CLANG if is_clang else CHECKED_GCC)) if checked else FAST
    include = ("-I", str(toolchain.HEADERS), "-include", str(toolchain.HEADERS / "simt_cuda.h"))
    beside = ("-I", str(source.folder)) if source.folder else ()
    dialect = CLANG if is_clang else GCC
    machine = toolchain.architecture_flags()
    return (*COMMON, *dialect, *machine, *special, *include, *beside, *options)


@functools.cache
def _headers() -> str:
    files = sorted(toolchain.HEADERS.rglob("*.h"))
    return "\0".join(file.read_text(encoding="utf-8") for file in files)


@functools.cache
def _load(path: Path, *, checked: bool) -> Build:
    library = c.CDLL(str(path))
    lo, hi = c.c_uint64(), c.c_uint64()
    inside = c.cast(getattr(library, symbol(0)), c.c_void_p).value or 0
    if not toolchain.runtime().simt_module_range(inside, c.byref(lo), c.byref(hi)):
        raise toolchain.ToolchainError(f"{path} was loaded, but its address is unknown")
    return Build(path, library, lo.value, hi.value, checked)


def entry(built: Build, index: int) -> abi.KernelEntry:
    """The entry of the ``index``-th exported kernel."""
    function = getattr(built.library, symbol(index))
    function.restype = c.POINTER(abi.KernelEntry)
    pointer: abi.KernelEntry = function().contents
    return pointer
