"""What to type: apt on Debian and Ubuntu, WSL on Windows, the container image on macOS."""

from __future__ import annotations

import shlex
from pathlib import Path

from attention_scratch.doctor.machine import Machine

WSL = "wsl --install -d Ubuntu"
CONTAINER = """\
The CUDA emulator runs on Linux: use the project's container image.
docker compose up lab"""
BRANCH = 580  # first driver branch that supports CUDA 13 (NVIDIA, "CUDA Compatibility", table 1)
# packages whose names differ from the tool's
DEBIAN = {"docker": "docker.io docker-compose", "python": "python3 python3-venv"}
UBUNTU = {**DEBIAN, "docker": "docker.io docker-compose-v2", "chromium": "chromium-browser"}


def family(machine: Machine) -> str:
    """Whose commands apply: ``Windows``, ``Darwin``, ``ubuntu``, ``debian`` or ``other``."""
    if machine.system != "Linux":
        return machine.system
    release = os_release(machine)
    names = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    return next((name for name in ("ubuntu", "debian") if name in names), "other")


def os_release(machine: Machine) -> dict[str, str]:
    """``/etc/os-release`` as a mapping; empty where there is none."""
    try:
        text = machine.read(Path("/etc/os-release")).decode("utf-8", "replace")
    except OSError:
        return {}
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip().strip("\"'") for key, value in pairs}


def tool(machine: Machine, name: str) -> str:
    """The command that installs a program."""
    package = DEBIAN.get(name, name)
    match family(machine):
        case "Darwin":  # which runs the book in a container alone
            return "brew install --cask docker" if name == "docker" else CONTAINER
        case "Windows":
            return WSL
        case "ubuntu":
            return apt(machine, UBUNTU.get(name, name))
        case "debian":
            return apt(machine, package)
    return f"Install {package} with the package manager of this system."


def apt(machine: Machine, packages: str) -> str:
    """An apt-get line, without sudo where there is none (a container)."""
    return f"{sudo(machine)}apt-get install -y {packages}"


def sudo(machine: Machine) -> str:
    """``"sudo "`` where it exists."""
    return "sudo " if machine.which("sudo") else ""


def reboot(machine: Machine) -> str:
    """The line that starts the computer anew."""
    return f"{sudo(machine)}reboot"


def pip(machine: Machine, *requirements: str) -> str:
    """A line that installs packages into the running Python."""
    return f"{machine.interpreter.command} -m pip install {shlex.join(requirements)}"


def reinstall(machine: Machine, *distributions: str, wanted: str) -> str:
    """A line that takes packages out and installs ``wanted``."""
    python = machine.interpreter.command
    return f"{python} -m pip uninstall -y {' '.join(distributions)} && {pip(machine, wanted)}"


def extra(machine: Machine, name: str) -> str:
    """The line that installs an extra of pyproject.toml from the repository."""
    return f"{machine.interpreter.command} -m pip install -e '.[{name}]'"


def in_wsl(machine: Machine) -> bool:
    """Whether this Linux runs inside Windows, whose driver it shares."""
    return machine.system == "Linux" and "microsoft" in machine.release.lower()


def driver(machine: Machine) -> str:
    """The line that installs an NVIDIA driver of ``BRANCH`` or newer."""
    advice = f"Install NVIDIA driver {BRANCH} or newer on Windows; WSL shares it."
    if in_wsl(machine):
        return advice
    match family(machine):
        case "Windows":
            return f"{WSL}\n{advice}"
        case "ubuntu":
            install = f"{sudo(machine)}ubuntu-drivers install nvidia:{BRANCH}"
            return f"{install} && {reboot(machine)}"
        case "debian":
            install = f"{apt(machine, 'cuda-drivers')} && {reboot(machine)}"
            return f"{install}\nThe package cuda-drivers is in NVIDIA's own Debian repository."
    return f"Install an NVIDIA driver of branch {BRANCH} or newer, then reboot."
