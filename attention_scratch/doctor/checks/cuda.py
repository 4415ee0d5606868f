"""What runs on top of the driver: CuPy, its headers and compiler, nvcc, cuDNN, NCCL."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attention_scratch.doctor import remedies
from attention_scratch.doctor.checks.check import Check, Seen, missing, ok, warning
from attention_scratch.doctor.checks.driver import Version, best_view, dotted
from attention_scratch.doctor.commands import ProbeError
from attention_scratch.doctor.machine import Machine

CUPY = {"cupy-cuda13x": 13, "cupy-cuda12x": 12, "cupy": 0}  # distribution: CUDA it is built for
HEADERS = ("cuda_fp16.h", "cuda_bf16.h")
TYPICAL_TOOLKIT = Path("/usr/local/cuda")


def cupy(machine: Machine) -> Seen:
    """CuPy's version, and whether it finds the driver and a device and can run a kernel."""
    installed = _installed_cupy(machine)
    if not installed:
        return missing("not installed", remedies.extra(machine, "gpu"))
    again = remedies.reinstall(machine, *installed, wanted=installed[0])
    if len(installed) > 1:
        names = " and ".join(installed)
        return missing(f"{names} are both installed and overwrite each other", again)
    try:
        answer = machine.ask("cupy")
    except ProbeError as error:
        return missing(f"cannot be imported: {error}", again)
    return _cupy_against_driver(machine, installed[0], answer)


def headers(machine: Machine) -> Seen:
    """The fp16 and bf16 headers, which CuPy no longer ships: CuPy's, CUDA_PATH's, the typical."""
    found = _answer(machine, "toolkit").get("headers")
    toolkits = [machine.variables.get(name) for name in ("CUDA_PATH", "CUDA_HOME")]
    folders = [Path(found)] if found else []
    folders += [Path(root, "include") for root in (*toolkits, TYPICAL_TOOLKIT) if root]
    for folder in folders:
        if all(machine.glob(folder, header) for header in HEADERS):
            return ok(f"{' and '.join(HEADERS)} in {folder}")
    return missing(f"no {' or '.join(HEADERS)}", _cupy_with_toolkit(machine))


def nvrtc(machine: Machine) -> Seen:
    """The compiler library, where CuPy looks for it."""
    found = _answer(machine, "toolkit").get("nvrtc")
    return ok(str(found)) if found else missing("not found", _cupy_with_toolkit(machine))


def nvcc(machine: Machine) -> Seen:
    """The compiler program and its release."""
    remedy = remedies.pip(machine, "cuda-toolkit[nvcc]==13.*")
    path = _answer(machine, "toolkit").get("nvcc") or machine.which("nvcc")
    if path is None:
        return missing("not found", remedy)
    try:
        ran = machine.run(path, "--version")
    except ProbeError as error:
        return warning(str(error), remedy)
    release = next((line for line in ran.out.splitlines() if "release" in line), "")
    if ran.status != 0 or not release:
        return warning(f"{path}: {ran.said}", remedy)
    return ok(f"{release.split(', ')[1]} at {path}")


def library(machine: Machine, name: str) -> Seen:
    """cuDNN or NCCL: in torch, as a pip package, or among the system's libraries."""
    packages = (f"nvidia-{name}-cu13", f"nvidia-{name}-cu12")
    versions = ((package, machine.version(package)) for package in packages)
    found = (
        _in_torch(machine, name)
        or next((f"{version}, from {package}" for package, version in versions if version), None)
        or _answer(machine, "libraries").get(name)
    )
    return ok(found) if found else missing("not found", remedies.pip(machine, packages[0]))


def _cupy_against_driver(machine: Machine, name: str, answer: Mapping[str, Any]) -> Seen:
    version = f"{name} {answer.get('version')}"
    if answer.get("devices") and not answer.get("error"):
        return ok(f"{version}, ran a kernel on the GPU")
    view, built_for = best_view(machine), CUPY[name]
    if view and view.cuda and view.cuda[0] < built_for:
        value = f"{version} wants CUDA {built_for}; the driver supports {dotted(view.cuda)}"
        return warning(value, _older_cupy(machine, name, view.cuda))
    value = f"{version}, but {answer.get('error') or 'it finds no device'}"
    if view is None:
        wait = "Nothing to type: without a driver, CuPy waits and kernels run on the emulator."
        return warning(value, wait)
    return warning(value, _cupy_with_toolkit(machine))


def _older_cupy(machine: Machine, name: str, cuda: Version) -> str:
    upgrade = remedies.driver(machine)
    other = next((dist for dist, major in CUPY.items() if major == cuda[0]), None)
    if other is None:
        return upgrade
    exchange = remedies.reinstall(machine, name, wanted=f"{other}[ctk]")
    return f"{upgrade}\nOr keep the driver and take the CuPy that fits it:\n{exchange}"


def _installed_cupy(machine: Machine) -> list[str]:
    return [name for name in CUPY if machine.version(name)]


def _cupy_with_toolkit(machine: Machine) -> str:
    name = next(iter(_installed_cupy(machine)), "cupy-cuda13x")
    return remedies.pip(machine, f"{name}[ctk]")


def _answer(machine: Machine, question: str) -> Mapping[str, Any]:
    """The answer, empty where there is none: cuda-pathfinder, for one, comes with CuPy."""
    try:
        return machine.ask(question)
    except ProbeError:
        return {}


def _in_torch(machine: Machine, name: str) -> str | None:
    found = _answer(machine, "torch").get(name) if machine.version("torch") else None
    if not found:
        return None
    if name == "cudnn":  # 91002 is 9.10.2
        found = (found // 10000, found // 100 % 100, found % 100)
    return f"{dotted(tuple(found))}, with torch"


CHECKS = (
    Check("CuPy", "loading the book's CUDA kernels on a GPU", cupy, "gpu"),
    Check("CUDA headers", "kernels on a GPU that use half precision", headers, "gpu"),
    Check("NVRTC", "compiling CUDA C++ for the GPU at run time", nvrtc, "gpu"),
    Check("nvcc", "compiling kernels ahead of time; CuPy compiles them without it", nvcc),
    Check(
        "cuDNN",
        "torch on a GPU, as the yardstick in benchmarks",
        lambda machine: library(machine, "cudnn"),
    ),
    Check("NCCL", "torch on several GPUs", lambda machine: library(machine, "nccl")),
)
