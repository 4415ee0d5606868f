"""The computer: operating system, Python, processor, memory, disk."""

from __future__ import annotations

import re
from pathlib import Path

from attention_scratch.doctor import remedies
from attention_scratch.doctor.finding import Finding, Status
from attention_scratch.doctor.machine import Machine, ProbeError, Space
from attention_scratch.doctor.variables import THREADS

GIB = 2**30
OLDEST_PYTHON = (3, 11)
LITTLE_MEMORY = 4 * GIB  # building the book runs notebooks that import torch, two at a time
LITTLE_DISK = 5 * GIB  # .venv with a CUDA build of torch, the built book, compiled kernels
NO_DISK = GIB // 4  # not even the built book fits
FLAGS = {"avx2": "AVX2", "fma": "FMA", "avx512f": "AVX-512", "avx512_bf16": "AVX-512 BF16"}
ARM_FLAGS = {"asimd": "NEON", "bf16": "BF16"}


def operating_system(machine: Machine) -> tuple[Finding, ...]:
    """Linux and macOS run everything; Windows goes through WSL."""
    name = remedies.os_release(machine).get("PRETTY_NAME") or _macos(machine) or machine.system
    wsl = " in WSL" if remedies.in_wsl(machine) else ""
    value = f"{name}{wsl}, {machine.architecture}, kernel {machine.release}"
    windows = machine.system == "Windows"
    return (
        Finding(
            "Operating system",
            "missing" if windows else "ok",
            value,
            needed_for="make, the C++ emulator and every command of the README",
            remedy=remedies.WSL if windows else None,
            role="required",
        ),
    )


def python(machine: Machine) -> tuple[Finding, ...]:
    """Python 3.11 or newer, 64-bit, in an environment of its own."""
    found = machine.interpreter
    version = ".".join(map(str, found.version))
    where = found.environment or "not in a virtual environment"
    value = f"{found.implementation} {version}, {found.bits}-bit, {where}"
    fits = found.version[:2] >= OLDEST_PYTHON and found.bits == 64
    status: Status = "missing" if not fits else "ok" if found.environment else "warning"
    remedy = {"ok": None, "warning": "make venv", "missing": remedies.tool(machine, "python")}
    return (
        Finding(
            "Python",
            status,
            value,
            needed_for=f"everything: {'.'.join(map(str, OLDEST_PYTHON))} or newer, 64-bit, and an"
            " environment of its own that holds the locked packages",
            remedy=remedy[status],
            role="required",
        ),
    )


def processor(machine: Machine) -> tuple[Finding, ...]:
    """Model, cores, and the vector instructions NumPy's matrix products live on."""
    model, flags = _linux_cpu(machine) or _macos_cpu(machine) or (machine.architecture, "")
    cores = machine.cores()
    counts = f"{cores.logical} logical cores"
    if cores.physical:
        counts = f"{cores.physical} physical, {counts}"
    if cores.usable < cores.logical:
        counts += f", {cores.usable} usable"
    needed_for = "the speed of the NumPy chapters and of the kernels on the emulator"
    return (
        Finding("Processor", "ok", ", ".join(filter(None, (model, counts, flags))), needed_for),
    )


def memory(machine: Machine) -> tuple[Finding, ...]:
    """Main memory, within a container's limit."""
    space = machine.memory()
    little = space.total < LITTLE_MEMORY
    return (
        Finding(
            "Memory",
            "warning" if little else "ok",
            f"{_gib(space.total)} GiB, {_gib(space.free)} GiB available",
            needed_for=f"building the book; {_gib(LITTLE_MEMORY)} GiB are comfortable",
            remedy="Close other programs, or raise the container's memory limit."
            if little
            else None,
        ),
    )


def disk(machine: Machine, repository: Path, cache: Path) -> tuple[Finding, ...]:
    """Free disk where the repository is and where compiled kernels and downloads go."""
    return (
        _disk("Disk at the repository", repository, machine.disk(repository)),
        _disk("Disk at the cache", cache, machine.disk(cache)),
    )


def threads(machine: Machine) -> tuple[Finding, ...]:
    """Exported thread limits, if any: they explain a product that is slower than it could be."""
    found = {name: machine.variables[name] for name in THREADS if name in machine.variables}
    if not found:
        return ()
    limited = any(value == "1" for value in found.values()) and machine.cores().usable > 1
    return (
        Finding(
            "Thread limits",
            "warning" if limited else "ok",
            ", ".join(f"{name}={value}" for name, value in found.items()),
            needed_for="using every core in matrix products",
            remedy=f"unset {' '.join(found)}" if limited else None,
        ),
    )


def _disk(name: str, folder: Path, space: Space) -> Finding:
    status: Status = "ok"
    if space.free < LITTLE_DISK:
        status = "missing" if space.free < NO_DISK else "warning"
    clean = f"Free some space. This lists what is large:\ndu -xh {folder} | sort -h | tail"
    return Finding(
        name,
        status,
        f"{_gib(space.free)} GiB free of {_gib(space.total)} GiB at {folder}",
        needed_for="the virtual environment, the built book and compiled kernels",
        remedy=None if status == "ok" else clean,
        role="required",
    )


def _linux_cpu(machine: Machine) -> tuple[str, str] | None:
    try:
        text = machine.read(Path("/proc/cpuinfo")).decode("utf-8", "replace")
    except OSError:
        return None
    fields = dict(re.findall(r"^(model name|flags|Features)\s*:\s*(.*)$", text, re.MULTILINE))
    present = (fields.get("flags") or fields.get("Features") or "").split()
    names = {**FLAGS, **ARM_FLAGS}
    flags = " ".join(label for flag, label in names.items() if flag in present)
    return fields.get("model name", machine.architecture).strip(), flags


def _macos_cpu(machine: Machine) -> tuple[str, str] | None:
    if machine.system != "Darwin":
        return None
    return machine.run("sysctl", "-n", "machdep.cpu.brand_string").out.strip(), ""


def _macos(machine: Machine) -> str | None:
    if machine.system != "Darwin":
        return None
    try:
        return "macOS " + machine.run("sw_vers", "-productVersion").out.strip()
    except ProbeError:
        return "macOS"


def _gib(size: int) -> str:
    """GiB with one decimal below ten."""
    return f"{size / GIB:.1f}" if size < 10 * GIB else f"{size / GIB:.0f}"
