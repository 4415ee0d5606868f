"""What a compiler says about a kernel, in the learner's terms."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from attention_scratch.simt.compile.source import Source, without_comments
from attention_scratch.simt.errors import CompileError, Finding, Place, UnsupportedFeatureError

# What a kernel may ask for that this emulator does not have: a pattern over the names the compiler
# did not know, and the feature's name in the book.
UNSUPPORTED = (
    (r"simt_refused_managed", "__managed__ memory"),
    (r"simt_refused_(malloc|free)", "memory allocation inside a kernel"),
    (r"simt_refused_host_function", "a function of the host's C library"),
    (
        r"tex[123]D\w*|surf[123]D\w*|cudaTextureObject_t|cudaSurfaceObject_t",
        "textures and surfaces",
    ),
    (r"cudaLaunch\w*|cudaDeviceSynchronize|cudaMalloc\w*|cudaMemcpy\w*", "the host's CUDA runtime"),
    (r"__nv_fp8\w*|__nv_fp4\w*", "8-bit and 4-bit floating point"),
    (r"__cluster_dims__|cluster_group|this_cluster|__cluster\w*", "thread-block clusters"),
)
CUDA_HEADERS = (
    "cooperative_groups/",
    "cub/",
    "cuda/",
    "cuda.h",
    "cuda_fp4.h",
    "cuda_fp6.h",
    "cuda_fp8.h",
    "cudaTypedefs.h",
    "curand_kernel.h",
    "cute/",
    "cutlass/",
    "thrust/",
)

_ERROR = re.compile(r"^(?P<file>[^\n:]+):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<text>.+)$")
# How the compiler came to an error in a template: g++ says so before it, clang++ after.
_REQUIRED = re.compile(r"^(?P<file>[^\n:]+):(?P<line>\d+):(?:\d+:)? +required ")
_REQUESTED = re.compile(r"^(?P<file>[^\n:]+):(?P<line>\d+):(?:\d+:)? note: in instantiation of ")
_UNDEFINED = re.compile(
    r"^(?P<file>[^\n:]+):(?P<line>\d+): (?P<text>undefined reference to .+)$", re.MULTILINE
)
_MISSING = re.compile(r"['‘]?([\w./+-]+)['’]?(?:: No such file| file not found)")
_TILE = re.compile(r"simt_refused_tile<(\d+)")
_QUOTED = re.compile(r"['‘]([^'’]+)['’]")


def explain_failure(source: Source, output: str) -> CompileError:
    """The compiler's output as an error that shows the learner's own lines first."""
    lines = output.splitlines()
    errors = [
        (m["text"], _blamed(source, m, lines, at))
        for at, m in enumerate(map(_ERROR.match, lines))
        if m
    ]
    errors += [(m["text"], m) for m in _UNDEFINED.finditer(output)]
    own = [(text, m) for text, m in errors if _is_own(source, m)] or errors
    findings = [_finding(source, text, int(m["line"]), m["file"]) for text, m in own]
    if not findings:
        findings = [Finding("compile-error", output.strip(), Place(source.name, 0, ""))]
    missing = [f for f in findings if f.kind == "unsupported"]
    if missing:
        text = "\n".join(f"{f.summary}\n    at {f.place}" for f in missing[:1])
        return UnsupportedFeatureError(text, tuple(missing))
    shown = "\n".join(str(f) for f in findings[:3])
    more = f"\n… and {len(findings) - 3} more" if len(findings) > 3 else ""
    return CompileError(f"{source.name} does not compile:\n{shown}{more}", tuple(findings))


def _is_own(source: Source, place: re.Match[str]) -> bool:
    return Path(place["file"]).name == source.name


def _blamed(source: Source, error: re.Match[str], lines: list[str], at: int) -> re.Match[str]:
    """The learner's own line that led to an error in a header, innermost first; else the error."""
    before = list(itertools.takewhile(bool, map(_REQUIRED.match, reversed(lines[:at]))))
    notes = itertools.takewhile(lambda line: ": note: " in line, lines[at + 1 :])
    after = map(_REQUESTED.match, notes)
    trail = [m for m in (error, *reversed(before), *after) if m and _is_own(source, m)]
    return trail[0] if trail else error


def _finding(source: Source, text: str, line: int, file: str) -> Finding:
    own = Path(file).name == source.name
    place = Place(Path(file).name, line, source.line(line) if own else "")
    feature = unsupported_feature(text)
    if feature:
        summary = f"not supported on the CPU: {feature} at line {line}"
        return Finding("unsupported", summary, place, hint="It runs on a GPU through CuPy.")
    if file == "<entries>":
        text = f"{text} (in a kernel's parameters or a name expression)"
    return Finding("compile-error", f"error: {text}", place, hint=_compile_hint(text))


def unsupported_feature(message: str) -> str | None:
    """The CUDA feature a compiler's message is about, if this emulator lacks it."""
    missing, tile = _MISSING.search(message), _TILE.search(message)
    if missing and missing[1].startswith(CUDA_HEADERS):
        return f"#include <{missing[1]}>"
    if tile:
        return f"a tile of {tile[1]} threads (32 at most)"
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


def refuse_launch_syntax(source: Source) -> None:
    """Kernels are launched from Python: ``<<<…>>>`` is refused by name.

    Raises:
        UnsupportedFeatureError: the source launches a kernel.
    """
    for number, line in enumerate(without_comments(source.code).splitlines(), 1):
        if "<<<" in line:
            summary = f"not supported on the CPU: launching with <<<…>>> at line {number}"
            hint = "Keep the kernel only, and launch it from Python."
            place = Place(source.name, number, source.line(number))
            finding = Finding("unsupported", summary, place, hint=hint)
            raise UnsupportedFeatureError(f"{summary}\n    at {place}", (finding,))
