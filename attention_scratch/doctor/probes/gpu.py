"""The GPU and its driver, through NVML and through nvidia-smi, and what CUDA it supports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attention_scratch.doctor import remedies
from attention_scratch.doctor.driver import View, best_view, dotted, through_nvml, through_smi
from attention_scratch.doctor.finding import Finding, Status
from attention_scratch.doctor.machine import Machine, ProbeError

BRANCH = 580  # first driver branch that supports CUDA 13 (NVIDIA, "CUDA Compatibility", table 1)
NVIDIA_PCI = b"0x10de"
HIDING = ("", "-1")  # values of CUDA_VISIBLE_DEVICES that hide every GPU
NO_DRIVER = "Nothing to type without an NVIDIA GPU."
NO_CARD = "Nothing to type: every kernel of the book also runs on the CPU emulator."


def gpu(machine: Machine) -> tuple[Finding, ...]:
    """The devices, as NVML names them, else as ``nvidia-smi`` does."""
    view = best_view(machine)
    if view is None or not view.devices:
        value, remedy = _why_no_gpu(machine)
        return (_gpu_finding("missing", value, remedy),)
    value = "; ".join(map(str, view.devices))
    visible = machine.variables.get("CUDA_VISIBLE_DEVICES")
    if visible is not None and visible.strip() in HIDING:
        value += f" (hidden by CUDA_VISIBLE_DEVICES={visible!r})"
        return (_gpu_finding("warning", value, "unset CUDA_VISIBLE_DEVICES"),)
    return (_gpu_finding("ok", value),)


def driver_cuda(machine: Machine) -> tuple[Finding, ...]:
    """The newest CUDA the driver supports."""
    view = best_view(machine)
    if view is None:
        has_card = _has_nvidia_card(machine)
        remedy = remedies.driver(machine, BRANCH) if has_card else NO_DRIVER
        return (_cuda_finding("missing", "no NVIDIA driver answers", remedy),)
    if view.cuda is None:
        value = f"driver {view.driver} does not say"
        return (_cuda_finding("warning", value, remedies.driver(machine, BRANCH)),)
    return (_cuda_finding("ok", f"up to CUDA {dotted(view.cuda)}, driver {view.driver}"),)


def driver_views(machine: Machine) -> tuple[Finding, ...]:
    """NVML, ``nvidia-smi``, and whether they agree."""
    nvml, nvml_error = _attempt(through_nvml, machine)
    smi, smi_error = _attempt(through_smi, machine)
    card = nvml is not None or smi is not None or _has_nvidia_card(machine)
    install = remedies.driver(machine, BRANCH) if card else NO_DRIVER
    findings = [
        _view("NVML", nvml, nvml_error, other=smi, remedy=_mend_nvml(machine, nvml_error, install)),
        _view("nvidia-smi", smi, smi_error, other=nvml, remedy=install),
    ]
    if nvml and smi:
        findings.append(_agreement(machine, nvml, smi))
    return tuple(findings)


def _view(name: str, view: View | None, error: str, *, other: View | None, remedy: str) -> Finding:
    needed_for = "naming the GPU and the driver in measured reports"
    if view is not None:
        return Finding(name, "ok", str(view), needed_for)
    status: Status = "warning" if other is not None else "missing"
    return Finding(name, status, error, needed_for, remedy=remedy)


def _agreement(machine: Machine, nvml: View, smi: View) -> Finding:
    name = "NVML and nvidia-smi"
    needed_for = "trusting either: they differ when a driver was updated without a reboot"
    differences = [
        f"{what}: {ours} against {theirs}"
        for what, ours, theirs in (
            ("driver", nvml.driver, smi.driver),
            ("GPUs", len(nvml.devices), len(smi.devices)),
            ("CUDA", dotted(nvml.cuda or ()), dotted(smi.cuda or nvml.cuda or ())),
        )
        if ours != theirs
    ]
    if not differences:
        return Finding(name, "ok", "agree", needed_for)
    value = "disagree on " + "; ".join(differences)
    return Finding(name, "warning", value, needed_for, remedy=f"{remedies.sudo(machine)}reboot")


def _why_no_gpu(machine: Machine) -> tuple[str, str]:
    if not _has_nvidia_card(machine):
        return "no NVIDIA GPU found", NO_CARD
    if machine.glob(Path("/"), ".dockerenv"):
        value = "this computer has an NVIDIA GPU, but the container was started without it"
        return value, "docker compose --profile gpu up lab-gpu"
    value = "this computer has an NVIDIA GPU, but no driver answers"
    return value, remedies.driver(machine, BRANCH)


def _has_nvidia_card(machine: Machine) -> bool:
    """Whether a PCI device of NVIDIA's is there (Linux; WSL shows its GPU as /dev/dxg)."""
    if remedies.in_wsl(machine):
        return bool(machine.glob(Path("/dev"), "dxg"))
    vendors = machine.glob(Path("/sys/bus/pci/devices"), "*/vendor")
    return any(_says(machine, file, NVIDIA_PCI) for file in vendors)


def _says(machine: Machine, file: Path, text: bytes) -> bool:
    try:
        return machine.read(file).strip() == text
    except OSError:
        return False


def _mend_nvml(machine: Machine, error: str, install: str) -> str:
    if "pynvml" in error:
        return remedies.pip(machine, "nvidia-ml-py")
    if "mismatch" in error.lower():
        return f"{remedies.sudo(machine)}reboot"
    return install


def _attempt(source: Callable[[Machine], View], machine: Machine) -> tuple[View | None, str]:
    try:
        return source(machine), ""
    except ProbeError as error:
        return None, str(error)


def _gpu_finding(status: Status, value: str, remedy: str | None = None) -> Finding:
    needed_for = "running kernels on a GPU, and every figure measured on one"
    return Finding("GPU", status, value, needed_for, remedy=remedy, role="gpu")


def _cuda_finding(status: Status, value: str, remedy: str | None = None) -> Finding:
    needed_for = f"CuPy and torch: their CUDA 13 builds want driver {BRANCH} or newer"
    return Finding("CUDA of the driver", status, value, needed_for, remedy=remedy, role="gpu")
