"""The GPU and its driver, through NVML and through nvidia-smi, and what CUDA it supports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attention_scratch.doctor import remedies
from attention_scratch.doctor.checks.check import Check, Seen, missing, ok, warning
from attention_scratch.doctor.checks.driver import (
    View,
    best_view,
    dotted,
    through_nvml,
    through_smi,
)
from attention_scratch.doctor.commands import ProbeError
from attention_scratch.doctor.machine import Machine

NVIDIA_PCI = b"0x10de"
HIDING = ("", "-1")  # values of CUDA_VISIBLE_DEVICES that hide every GPU
NO_DRIVER = "Nothing to type without an NVIDIA GPU."
NO_CARD = "Nothing to type: every kernel of the book also runs on the CPU emulator."


def gpu(machine: Machine) -> Seen:
    """The devices, as NVML names them, else as ``nvidia-smi`` does."""
    view = best_view(machine)
    if view is None or not view.devices:
        return _why_no_gpu(machine)
    value = "; ".join(map(str, view.devices))
    visible = machine.variables.get("CUDA_VISIBLE_DEVICES")
    if visible is not None and visible.strip() in HIDING:
        value += f" (hidden by CUDA_VISIBLE_DEVICES={visible!r})"
        return warning(value, "unset CUDA_VISIBLE_DEVICES")
    return ok(value)


def driver_cuda(machine: Machine) -> Seen:
    """The newest CUDA the driver supports."""
    view = best_view(machine)
    if view is None:
        has_card = _has_nvidia_card(machine)
        remedy = remedies.driver(machine) if has_card else NO_DRIVER
        return missing("no NVIDIA driver answers", remedy)
    if view.cuda is None:
        return warning(f"driver {view.driver} does not say", remedies.driver(machine))
    return ok(f"up to CUDA {dotted(view.cuda)}, driver {view.driver}")


def nvml(machine: Machine) -> Seen:
    """The driver through its library."""
    view, error = _attempt(through_nvml, machine)
    if view:
        return ok(str(view))
    other, _ = _attempt(through_smi, machine)
    remedy = _install(machine, other)
    if "pynvml" in error:
        remedy = remedies.pip(machine, "nvidia-ml-py")
    elif "mismatch" in error.lower():
        remedy = remedies.reboot(machine)
    return Seen("warning" if other else "missing", error, remedy)


def smi(machine: Machine) -> Seen:
    """The driver through its program."""
    view, error = _attempt(through_smi, machine)
    if view:
        return ok(str(view))
    other, _ = _attempt(through_nvml, machine)
    return Seen("warning" if other else "missing", error, _install(machine, other))


def agreement(machine: Machine) -> Seen | None:
    """Whether the two agree; nothing to say unless both answer."""
    (nvml, _), (smi, _) = (_attempt(source, machine) for source in (through_nvml, through_smi))
    if nvml is None or smi is None:
        return None
    sides = (
        ("driver", nvml.driver, smi.driver),
        ("GPUs", len(nvml.devices), len(smi.devices)),
        ("CUDA", dotted(nvml.cuda or ()), dotted(smi.cuda or nvml.cuda or ())),
    )
    apart = [f"{what}: {ours} against {theirs}" for what, ours, theirs in sides if ours != theirs]
    if not apart:
        return ok("agree")
    return warning(f"disagree on {'; '.join(apart)}", remedies.reboot(machine))


def _why_no_gpu(machine: Machine) -> Seen:
    if not _has_nvidia_card(machine):
        return missing("no NVIDIA GPU found", NO_CARD)
    if machine.glob(Path("/"), ".dockerenv"):
        value = "this computer has an NVIDIA GPU, but the container was started without it"
        return missing(value, "docker compose --profile gpu up lab-gpu")
    value = "this computer has an NVIDIA GPU, but no driver answers"
    return missing(value, remedies.driver(machine))


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


def _install(machine: Machine, other: View | None) -> str:
    return remedies.driver(machine) if other or _has_nvidia_card(machine) else NO_DRIVER


def _attempt(source: Callable[[Machine], View], machine: Machine) -> tuple[View | None, str]:
    try:
        return source(machine), ""
    except ProbeError as error:
        return None, str(error)


NAMING = "naming the GPU and the driver in measured reports"
CHECKS = (
    Check("GPU", "running kernels on a GPU, and every figure measured on one", gpu, "gpu"),
    Check(
        "CUDA of the driver",
        f"CuPy and torch: their CUDA 13 builds want driver {remedies.BRANCH} or newer",
        driver_cuda,
        "gpu",
    ),
    Check("NVML", NAMING, nvml),
    Check("nvidia-smi", NAMING, smi),
    Check(
        "NVML and nvidia-smi",
        "trusting either: they differ when a driver was updated without a reboot",
        agreement,
    ),
)
