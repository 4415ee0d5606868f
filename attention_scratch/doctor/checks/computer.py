"""The computer: operating system, processor, memory, disk."""

from __future__ import annotations

import re
from pathlib import Path

from attention_scratch.doctor import remedies
from attention_scratch.doctor.checks.check import Check, Seen, missing, ok, warning
from attention_scratch.doctor.machine import Machine

GIB = 2**30
LITTLE_MEMORY = 4 * GIB  # building the book runs notebooks that import torch, two at a time
LITTLE_DISK = 5 * GIB  # .venv with a CUDA build of torch, the built book, compiled kernels
NO_DISK = GIB // 4  # not even the built book fits
FLAGS = {"avx2": "AVX2", "fma": "FMA", "avx512f": "AVX-512", "avx512_bf16": "AVX-512 BF16"}
ARM_FLAGS = {"asimd": "NEON", "bf16": "BF16"}
REFUSED = {"Windows": remedies.WSL, "Darwin": remedies.CONTAINER}


def operating_system(machine: Machine) -> Seen:
    """Linux, where the emulator runs; Windows goes through WSL, macOS through the container."""
    system = "macOS" if machine.system == "Darwin" else machine.system
    name = remedies.os_release(machine).get("PRETTY_NAME") or system
    wsl = " in WSL" if remedies.in_wsl(machine) else ""
    value = f"{name}{wsl}, {machine.architecture}, kernel {machine.release}"
    remedy = REFUSED.get(machine.system)
    return missing(value, remedy) if remedy else ok(value)


def processor(machine: Machine) -> Seen:
    """Model, cores, and the vector instructions NumPy's matrix products live on."""
    model, flags = _model_and_flags(machine)
    cores = machine.cores()
    counts = f"{cores.logical} logical cores"
    if cores.physical:
        counts = f"{cores.physical} physical, {counts}"
    if cores.usable < cores.logical:
        counts += f", {cores.usable} usable"
    return ok(", ".join(filter(None, (model, counts, flags))))


def memory(machine: Machine) -> Seen:
    """Main memory, within a container's limit."""
    space = machine.memory()
    value = f"{_gib(space.total)} GiB, {_gib(space.free)} GiB available"
    if space.total >= LITTLE_MEMORY:
        return ok(value)
    return warning(value, "Close other programs, or raise the container's memory limit.")


def disk(folder: Path, machine: Machine) -> Seen:
    """Free disk where the repository is, or where compiled kernels and downloads go."""
    space = machine.disk(folder)
    value = f"{_gib(space.free)} GiB free of {_gib(space.total)} GiB at {folder}"
    if space.free >= LITTLE_DISK:
        return ok(value)
    clean = f"Free some space. This lists what is large:\ndu -xh {folder} | sort -h | tail"
    return Seen("missing" if space.free < NO_DISK else "warning", value, clean)


def _model_and_flags(machine: Machine) -> tuple[str, str]:
    try:
        text = machine.read(Path("/proc/cpuinfo")).decode("utf-8", "replace")
    except OSError:
        return machine.architecture, ""
    fields = dict(re.findall(r"^(model name|flags|Features)\s*:\s*(.*)$", text, re.MULTILINE))
    present = (fields.get("flags") or fields.get("Features") or "").split()
    flags = " ".join(label for flag, label in {**FLAGS, **ARM_FLAGS}.items() if flag in present)
    return fields.get("model name", machine.architecture).strip(), flags


def _gib(size: int) -> str:
    """GiB with one decimal below ten."""
    return f"{size / GIB:.1f}" if size < 10 * GIB else f"{size / GIB:.0f}"


DISK = "the virtual environment, the built book and compiled kernels"
CHECKS = (
    Check(
        "Operating system",
        "make, the C++ emulator and every command of the README",
        operating_system,
        "required",
    ),
    Check(
        "Processor",
        "the speed of the NumPy chapters and of the kernels on the emulator",
        processor,
    ),
    Check("Memory", f"building the book; {_gib(LITTLE_MEMORY)} GiB are comfortable", memory),
    Check("Disk at the repository", DISK, lambda m: disk(m.where.root, m), "required"),
    Check("Disk at the cache", DISK, lambda m: disk(m.where.paths.cache, m), "required"),
)
