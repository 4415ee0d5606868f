"""What to type, per platform. Debian and Ubuntu by apt, macOS by Homebrew, Windows by WSL."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Literal

from attention_scratch.doctor.machine import Machine

Platform = Literal["debian", "ubuntu", "macos", "windows", "other"]

WSL = "wsl --install -d Ubuntu"

# what it is called: (Debian and Ubuntu package, macOS command)
TOOLS = {
    "g++": ("g++", "xcode-select --install"),
    "make": ("make", "xcode-select --install"),
    "git": ("git", "brew install git"),
    "chromium": ("chromium", "brew install --cask chromium"),
    "docker": ("docker.io docker-compose", "brew install --cask docker"),
    "python": ("python3 python3-venv", "brew install python@3.12"),
}
UBUNTU_NAMES = {"chromium": "chromium-browser", "docker": "docker.io docker-compose-v2"}


def platform_of(machine: Machine) -> Platform:
    """The family whose commands apply."""
    if machine.system == "Darwin":
        return "macos"
    if machine.system == "Windows":
        return "windows"
    family = os_release(machine)
    names = [family.get("ID", ""), *family.get("ID_LIKE", "").split()]
    if "ubuntu" in names:
        return "ubuntu"
    return "debian" if "debian" in names else "other"


def os_release(machine: Machine) -> dict[str, str]:
    """``/etc/os-release`` as a mapping; empty where there is none."""
    try:
        text = machine.read(Path("/etc/os-release")).decode("utf-8", "replace")
    except OSError:
        return {}
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip().strip("\"'") for key, value in pairs}


def tool(machine: Machine, name: str) -> str:
    """The command that installs a program of ``TOOLS``."""
    package, macos = TOOLS[name]
    match platform_of(machine):
        case "macos":
            return macos
        case "windows":
            return WSL
        case "ubuntu":
            return apt(machine, UBUNTU_NAMES.get(name, package))
        case "debian":
            return apt(machine, package)
        case "other":
            return f"Install {package} with the package manager of this system."


def apt(machine: Machine, packages: str) -> str:
    """An apt-get line, without sudo where there is none (a container)."""
    return f"{sudo(machine)}apt-get install -y {packages}"


def sudo(machine: Machine) -> str:
    """``"sudo "`` where it exists."""
    return "sudo " if machine.which("sudo") else ""


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


def driver(machine: Machine, branch: int) -> str:
    """The line that installs an NVIDIA driver of ``branch`` or newer."""
    if in_wsl(machine) or machine.system == "Windows":
        advice = f"Install NVIDIA driver {branch} or newer on Windows; WSL shares it."
        return advice if in_wsl(machine) else f"{WSL}\n{advice}"
    reboot = f"{sudo(machine)}reboot"
    match platform_of(machine):
        case "ubuntu":
            return f"{sudo(machine)}ubuntu-drivers install nvidia:{branch} && {reboot}"
        case "debian":
            install = f"{apt(machine, 'cuda-drivers')} && {reboot}"
            return f"{install}\nThe package cuda-drivers is in NVIDIA's own Debian repository."
        case "macos":
            return "Nothing to type: macOS has no NVIDIA driver; kernels run on the CPU emulator."
        case _:
            return f"Install an NVIDIA driver of branch {branch} or newer, then reboot."
