"""Programs on PATH: compiler, make, git, Chromium, Docker."""

from __future__ import annotations

import json
from typing import Any

from attention_scratch.doctor import remedies
from attention_scratch.doctor.finding import Finding, Role
from attention_scratch.doctor.machine import CommandMissingError, Machine, ProbeError

COMPILERS = ("g++", "clang++", "c++")
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CPP17 = """\
#include <optional>
int main() { if (std::optional<int> o = 42; o) return *o == 42 ? 0 : 1; }
static_assert(__cplusplus >= 201703L);
"""
TOOLKIT = "Container toolkit"
TOOLKIT_SOURCE = "The package nvidia-container-toolkit is in NVIDIA's own repository."


def compiler(machine: Machine, command: str = "auto") -> tuple[Finding, ...]:
    """The first C++ compiler that really builds and runs a C++17 program of three lines.

    ``command`` is the setting ``simt.compiler``: ``auto`` searches ``COMPILERS``.
    """
    troubles = []
    for name in COMPILERS if command == "auto" else (command,):
        trouble = _trouble_with(machine, name)
        if trouble is None:
            return (_compiler_finding(machine, f"{_version(machine, name)}, builds C++17"),)
        troubles.append(trouble)
    present = [text for text in troubles if "not on PATH" not in text]
    return (_compiler_finding(machine, "; ".join(present or troubles), found=False),)


def make(machine: Machine) -> tuple[Finding, ...]:
    """GNU make."""
    return (_program(machine, "make", "make", needed_for="make serve, make test", required=True),)


def git(machine: Machine) -> tuple[Finding, ...]:
    """git."""
    return (_program(machine, "git", "git", needed_for="getting updates of the book"),)


def chromium(machine: Machine) -> tuple[Finding, ...]:
    """A Chromium for the checks of the built pages."""
    name = next((name for name in CHROMIUMS if machine.which(name)), CHROMIUMS[0])
    needed_for = "the page checks of make test, which are skipped without it"
    return (_program(machine, "Chromium", name, needed_for=needed_for, package="chromium"),)


def docker(machine: Machine) -> tuple[Finding, ...]:
    """Docker, whether its daemon answers, and where it does whether containers get the GPU."""
    needed_for = "docker compose up lab, an alternative to make lab"
    if machine.which("docker") is None:
        return (_program(machine, "Docker", "docker", needed_for=needed_for, package="docker"),)
    try:
        info = _docker_info(machine)
    except ProbeError as error:
        start = f"{remedies.sudo(machine)}systemctl start docker"
        return (Finding("Docker", "warning", str(error), needed_for, remedy=start),)
    value = f"Docker {info['ServerVersion']}"
    return (Finding("Docker", "ok", value, needed_for), _container_toolkit(machine, info))


def _container_toolkit(machine: Machine, info: dict[str, Any]) -> Finding:
    needed_for = "docker compose --profile gpu up: a GPU inside the container"
    if "nvidia" in (info.get("Runtimes") or {}):
        return Finding(TOOLKIT, "ok", "runtime nvidia is configured", needed_for)
    sudo = remedies.sudo(machine)
    configure = f"{sudo}nvidia-ctk runtime configure --runtime=docker"
    restart = f"{sudo}systemctl restart docker"
    if machine.which("nvidia-ctk"):
        value, remedy = "installed, but Docker does not use it", f"{configure} && {restart}"
    else:
        install = remedies.apt(machine, "nvidia-container-toolkit")
        value, remedy = "not found", f"{install} && {configure} && {restart}\n{TOOLKIT_SOURCE}"
    return Finding(TOOLKIT, "missing", value, needed_for, remedy=remedy)


def _docker_info(machine: Machine) -> dict[str, Any]:
    ran = machine.run("docker", "info", "--format", "{{json .}}")
    try:
        info = json.loads(ran.out)
    except json.JSONDecodeError as error:
        raise ProbeError(f"docker info answered: {ran.said}") from error
    if not isinstance(info, dict):
        raise ProbeError("docker info answered something else than a JSON object")
    if errors := info.get("ServerErrors"):
        raise ProbeError(str(errors[0]))
    if not info.get("ServerVersion"):  # no daemon: an empty answer, and the reason on stderr
        raise ProbeError(ran.said)
    return info


def _trouble_with(machine: Machine, name: str) -> str | None:
    """Why this compiler cannot be used; None if it can."""
    if machine.which(name) is None:
        return f"{name} not on PATH"
    try:
        ran = machine.compiles(name, CPP17)
    except ProbeError as error:
        return str(error)
    return None if ran.status == 0 else f"{name} cannot build C++17: {ran.said}"


def _compiler_finding(machine: Machine, value: str, *, found: bool = True) -> Finding:
    return Finding(
        "C++ compiler",
        "ok" if found else "missing",
        value,
        needed_for="running CUDA kernels on the CPU emulator",
        remedy=None if found else remedies.tool(machine, "g++"),
        role="required",
    )


def _program(
    machine: Machine,
    name: str,
    command: str,
    *,
    needed_for: str,
    required: bool = False,
    package: str | None = None,
) -> Finding:
    role: Role = "required" if required else "optional"
    install = remedies.tool(machine, package or command)
    if machine.which(command) is None:
        return Finding(name, "missing", "not on PATH", needed_for, remedy=install, role=role)
    try:
        value = _version(machine, command)
    except CommandMissingError as error:
        return Finding(name, "missing", str(error), needed_for, remedy=install, role=role)
    except ProbeError as error:
        return Finding(name, "warning", str(error), needed_for, remedy=install, role=role)
    return Finding(name, "ok", value, needed_for, role=role)


def _version(machine: Machine, command: str) -> str:
    """The first line of ``command --version``."""
    ran = machine.run(command, "--version")
    if ran.status != 0:
        raise ProbeError(f"{command} --version failed: {ran.said}")
    lines = ran.out.strip().splitlines()
    return lines[0].strip() if lines else command
