"""What runs on top of the driver: CuPy, its headers and compiler, nvcc, cuDNN, NCCL."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attention_scratch.doctor import remedies
from attention_scratch.doctor.driver import Version, best_view, dotted
from attention_scratch.doctor.finding import Finding, Role, Status
from attention_scratch.doctor.machine import Machine, ProbeError
from attention_scratch.doctor.probes.gpu import BRANCH

CUPY = {"cupy-cuda13x": 13, "cupy-cuda12x": 12, "cupy": 0}  # distribution: CUDA it is built for
HEADERS = ("cuda_fp16.h", "cuda_bf16.h")
TYPICAL_TOOLKIT = Path("/usr/local/cuda")
DISTRIBUTIONS = {
    "cudnn": ("nvidia-cudnn-cu13", "nvidia-cudnn-cu12"),
    "nccl": ("nvidia-nccl-cu13", "nvidia-nccl-cu12"),
}


def cupy(machine: Machine) -> tuple[Finding, ...]:
    """CuPy's version, and whether it finds the driver and a device and can run a kernel."""
    installed = _installed_cupy(machine)
    if not installed:
        remedy = remedies.extra(machine, "gpu")
        return (_cupy_finding("missing", "not installed", remedy),)
    if len(installed) > 1:
        value = f"{' and '.join(installed)} are both installed and overwrite each other"
        again = remedies.reinstall(machine, *installed, wanted=installed[0])
        return (_cupy_finding("missing", value, again),)
    try:
        answer = machine.ask("cupy")
    except ProbeError as error:
        again = remedies.reinstall(machine, *installed, wanted=installed[0])
        return (_cupy_finding("missing", f"cannot be imported: {error}", again),)
    return (_cupy_against_driver(machine, installed[0], answer),)


def toolkit(machine: Machine) -> tuple[Finding, ...]:
    """The fp16 and bf16 headers, which CuPy no longer ships, NVRTC, and nvcc."""
    try:
        answer = machine.ask("toolkit")
    except ProbeError:  # no cuda-pathfinder: it comes with CuPy
        answer = {}
    ctk = remedies.pip(machine, f"{_cupy_name(machine)}[ctk]")
    folder = _header_folder(machine, answer)
    nvrtc = answer.get("nvrtc")
    nvcc = answer.get("nvcc") or machine.which("nvcc")
    return (
        Finding(
            "CUDA headers",
            "ok" if folder else "missing",
            f"{' and '.join(HEADERS)} in {folder}" if folder else f"no {' or '.join(HEADERS)}",
            needed_for="kernels on a GPU that use half precision",
            remedy=None if folder else ctk,
            role="gpu",
        ),
        Finding(
            "NVRTC",
            "ok" if nvrtc else "missing",
            str(nvrtc) if nvrtc else "not found",
            needed_for="compiling CUDA C++ for the GPU at run time",
            remedy=None if nvrtc else ctk,
            role="gpu",
        ),
        _nvcc(machine, nvcc),
    )


def libraries(machine: Machine) -> tuple[Finding, ...]:
    """cuDNN and NCCL: in torch, as pip packages, or among the system's libraries."""
    torch = _answer(machine, "torch") if machine.version("torch") else {}
    system = _answer(machine, "libraries")
    found = {
        name: _in_torch(torch, name) or _in_pip(machine, name) or system.get(name)
        for name in DISTRIBUTIONS
    }
    return (
        _library(
            machine, "cuDNN", found["cudnn"], "torch on a GPU, as the yardstick in benchmarks"
        ),
        _library(machine, "NCCL", found["nccl"], "torch on several GPUs"),
    )


def _cupy_against_driver(machine: Machine, name: str, answer: Mapping[str, Any]) -> Finding:
    version = f"{name} {answer.get('version')}"
    if answer.get("devices") and not answer.get("error"):
        return _cupy_finding("ok", f"{version}, ran a kernel on the GPU")
    trouble = str(answer.get("error") or "it finds no device")
    view = best_view(machine)
    built_for = CUPY[name]
    if view and view.cuda and view.cuda[0] < built_for:
        value = f"{version} wants CUDA {built_for}; the driver supports {dotted(view.cuda)}"
        return _cupy_finding("warning", value, _older_cupy(machine, name, view.cuda))
    return _cupy_finding("warning", f"{version}, but {trouble}", _mend_cupy(machine, view is None))


def _older_cupy(machine: Machine, name: str, cuda: Version) -> str:
    other = next((dist for dist, major in CUPY.items() if major == cuda[0]), None)
    upgrade = remedies.driver(machine, BRANCH)
    if other is None:
        return upgrade
    exchange = remedies.reinstall(machine, name, wanted=f"{other}[ctk]")
    return f"{upgrade}\nOr keep the driver and take the CuPy that fits it:\n{exchange}"


def _mend_cupy(machine: Machine, no_driver: bool) -> str:
    if no_driver:
        return "Nothing to type: without a driver, CuPy waits and kernels run on the emulator."
    return remedies.pip(machine, f"{_cupy_name(machine)}[ctk]")


def _installed_cupy(machine: Machine) -> list[str]:
    return [name for name in CUPY if machine.version(name)]


def _cupy_name(machine: Machine) -> str:
    return next(iter(_installed_cupy(machine)), "cupy-cuda13x")


def _header_folder(machine: Machine, answer: Mapping[str, Any]) -> Path | None:
    """The first folder with both headers: CuPy's own, CUDA_PATH, the typical place."""
    toolkits = [machine.variables.get("CUDA_PATH"), machine.variables.get("CUDA_HOME")]
    folders = [Path(answer["headers"])] if answer.get("headers") else []
    folders += [Path(root, "include") for root in (*toolkits, TYPICAL_TOOLKIT) if root]
    for folder in folders:
        if all(machine.glob(folder, header) for header in HEADERS):
            return folder
    return None


def _nvcc(machine: Machine, path: str | None) -> Finding:
    needed_for = "compiling kernels ahead of time; CuPy compiles them without it"
    remedy = remedies.pip(machine, "cuda-toolkit[nvcc]==13.*")
    if path is None:
        return Finding("nvcc", "missing", "not found", needed_for, remedy=remedy)
    try:
        ran = machine.run(path, "--version")
    except ProbeError as error:
        return Finding("nvcc", "warning", str(error), needed_for, remedy=remedy)
    release = next((line for line in ran.out.splitlines() if "release" in line), "")
    if ran.status != 0 or not release:
        return Finding("nvcc", "warning", f"{path}: {ran.said}", needed_for, remedy=remedy)
    return Finding("nvcc", "ok", f"{release.split(', ')[1]} at {path}", needed_for)


def _answer(machine: Machine, question: str) -> Mapping[str, Any]:
    try:
        return machine.ask(question)
    except ProbeError:
        return {}


def _in_torch(answer: Mapping[str, Any], name: str) -> str | None:
    found = answer.get(name)
    if not found:
        return None
    if name == "cudnn":  # 91002 is 9.10.2
        found = (found // 10000, found // 100 % 100, found % 100)
    return f"{dotted(tuple(found))}, with torch"


def _in_pip(machine: Machine, name: str) -> str | None:
    for distribution in DISTRIBUTIONS[name]:
        if version := machine.version(distribution):
            return f"{version}, from {distribution}"
    return None


def _library(machine: Machine, name: str, found: str | None, needed_for: str) -> Finding:
    remedy = None if found else remedies.pip(machine, DISTRIBUTIONS[name.lower()][0])
    status: Status = "ok" if found else "missing"
    return Finding(name, status, found or "not found", needed_for, remedy=remedy)


def _cupy_finding(status: Status, value: str, remedy: str | None = None) -> Finding:
    role: Role = "gpu"
    needed_for = "loading the book's CUDA kernels on a GPU"
    return Finding("CuPy", status, value, needed_for, remedy=remedy, role=role)
