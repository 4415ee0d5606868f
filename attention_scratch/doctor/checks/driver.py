"""The NVIDIA driver as NVML and ``nvidia-smi`` each see it.

NVML is a library of the driver; ``nvidia-smi`` is a program that uses it. They disagree when a
driver was updated without a reboot, or when a container has one and not the other.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import NamedTuple

from attention_scratch.doctor.commands import ProbeError
from attention_scratch.doctor.machine import Machine

Version = tuple[int, ...]


class Device(NamedTuple):
    """One GPU: its name, bytes of memory, and compute capability where the source tells it."""

    name: str
    memory: int
    capability: Version | None = None

    def __str__(self) -> str:
        size = f"{self.name}, {self.memory / 2**30:.0f} GiB"
        return f"{size}, compute capability {dotted(self.capability)}" if self.capability else size


class View(NamedTuple):
    """What one source says: driver version, newest CUDA it supports, devices."""

    driver: str
    cuda: Version | None
    devices: tuple[Device, ...]

    def __str__(self) -> str:
        cuda = f", supports CUDA {dotted(self.cuda)}" if self.cuda else ""
        count = len(self.devices)
        return f"driver {self.driver}{cuda}, {count} GPU{'' if count == 1 else 's'}"


def through_nvml(machine: Machine) -> View:
    """Ask the library.

    Raises:
        ProbeError: the library is absent, fails, or answers something else.
    """
    answer = machine.ask("nvml")
    try:
        devices = tuple(
            Device(raw["name"], int(raw["memory"]), tuple(raw["capability"]))
            for raw in answer["devices"]
        )
        return View(str(answer["driver"]), tuple(answer["cuda"]), devices)
    except (KeyError, TypeError, ValueError) as error:
        raise ProbeError(f"NVML answered something unexpected: {error!r}") from error


def through_smi(machine: Machine) -> View:
    """Ask the program, in XML.

    Raises:
        ProbeError: the program is absent, fails, hangs, or its answer cannot be read.
    """
    if machine.which("nvidia-smi") is None:
        raise ProbeError("nvidia-smi is not on PATH")
    ran = machine.run("nvidia-smi", "-q", "-x")
    if ran.status != 0:
        raise ProbeError(f"nvidia-smi failed: {ran.said}")
    try:
        log = ElementTree.fromstring(ran.out.strip())
    except ElementTree.ParseError as error:
        raise ProbeError(f"nvidia-smi printed something that is not XML: {error}") from error
    driver = log.findtext("driver_version", "").strip()
    if not driver:
        raise ProbeError("nvidia-smi names no driver version")
    cuda = parse_version(log.findtext("cuda_version", ""))
    return View(driver, cuda or None, tuple(_device(gpu) for gpu in log.iter("gpu")))


def best_view(machine: Machine) -> View | None:
    """NVML's view, else that of ``nvidia-smi``, else None."""
    for source in (through_nvml, through_smi):
        try:
            return source(machine)
        except ProbeError:
            continue
    return None


def dotted(version: Version) -> str:
    """``(12, 4)`` as ``"12.4"``."""
    return ".".join(map(str, version))


def parse_version(text: str) -> Version:
    """The leading numbers of a version: ``"13.0.88+x"`` gives ``(13, 0, 88)``."""
    match = re.match(r"\d+(\.\d+)*", text.strip())
    return tuple(map(int, match.group().split("."))) if match else ()


def _device(gpu: ElementTree.Element) -> Device:
    mebibytes = re.match(r"(\d+) MiB", gpu.findtext("fb_memory_usage/total", "").strip())
    name = gpu.findtext("product_name", "unnamed GPU").strip()
    return Device(name, int(mebibytes.group(1)) * 2**20 if mebibytes else 0)
