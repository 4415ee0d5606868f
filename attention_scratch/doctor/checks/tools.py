"""Programs on PATH: compiler, make, git, Chromium, Docker."""

from __future__ import annotations

import json
from typing import Any

from attention_scratch.doctor import remedies
from attention_scratch.doctor.checks.check import Check, Seen, missing, ok, warning
from attention_scratch.doctor.commands import CommandMissingError, ProbeError
from attention_scratch.doctor.machine import Machine

COMPILERS = ("g++", "clang++", "c++")
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CPP17 = """\
#include <optional>
int main() { if (std::optional<int> o = 42; o) return *o == 42 ? 0 : 1; }
static_assert(__cplusplus >= 201703L);
"""
TOOLKIT_SOURCE = "The package nvidia-container-toolkit is in NVIDIA's own repository."


def compiler(machine: Machine) -> Seen:
    """The first C++ compiler that really builds and runs a C++17 program of three lines."""
    named = machine.where.simt.compiler
    troubles = []
    for name in COMPILERS if named == "auto" else (named,):
        trouble = _trouble_with(machine, name)
        if trouble is None:
            return ok(f"{_version(machine, name)}, builds C++17")
        troubles.append(trouble)
    present = [text for text in troubles if "not on PATH" not in text]
    return missing("; ".join(present or troubles), remedies.tool(machine, "g++"))


def program(machine: Machine, command: str, package: str | None = None) -> Seen:
    """A command and what it says of its version."""
    install = remedies.tool(machine, package or command)
    if machine.which(command) is None:
        return missing("not on PATH", install)
    try:
        return ok(_version(machine, command))
    except CommandMissingError as error:
        return missing(str(error), install)
    except ProbeError as error:
        return warning(str(error), install)


def chromium(machine: Machine) -> Seen:
    """A Chromium under one of its names."""
    name = next((name for name in CHROMIUMS if machine.which(name)), CHROMIUMS[0])
    return program(machine, name, "chromium")


def docker(machine: Machine) -> Seen:
    """Docker, and whether its daemon answers."""
    if machine.which("docker") is None:
        return program(machine, "docker")
    try:
        return ok(f"Docker {_docker_info(machine)['ServerVersion']}")
    except ProbeError as error:
        return warning(str(error), f"{remedies.sudo(machine)}systemctl start docker")


def container_toolkit(machine: Machine) -> Seen | None:
    """Whether containers get the GPU; nothing to say where Docker does not answer."""
    if docker(machine).status != "ok":
        return None
    if "nvidia" in (_docker_info(machine).get("Runtimes") or {}):
        return ok("runtime nvidia is configured")
    sudo = remedies.sudo(machine)
    configure = f"{sudo}nvidia-ctk runtime configure --runtime=docker"
    restart = f"{sudo}systemctl restart docker"
    if machine.which("nvidia-ctk"):
        return missing("installed, but Docker does not use it", f"{configure} && {restart}")
    install = remedies.apt(machine, "nvidia-container-toolkit")
    return missing("not found", f"{install} && {configure} && {restart}\n{TOOLKIT_SOURCE}")


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


def _trouble_with(machine: Machine, compiler: str) -> str | None:
    """Why this compiler cannot be used; None if it can."""
    if machine.which(compiler) is None:
        return f"{compiler} not on PATH"
    try:
        ran = machine.compiles(compiler, CPP17)
    except ProbeError as error:
        return str(error)
    return None if ran.status == 0 else f"{compiler} cannot build C++17: {ran.said}"


def _version(machine: Machine, command: str) -> str:
    """The first line of ``command --version``."""
    ran = machine.run(command, "--version")
    if ran.status != 0:
        raise ProbeError(f"{command} --version failed: {ran.said}")
    lines = ran.out.strip().splitlines()
    return lines[0].strip() if lines else command


CHECKS = (
    Check("C++ compiler", "running CUDA kernels on the CPU emulator", compiler, "required"),
    Check("make", "make serve, make test", lambda machine: program(machine, "make"), "required"),
    Check("git", "getting updates of the book", lambda machine: program(machine, "git")),
    Check("Chromium", "the page checks of make test, which are skipped without it", chromium),
    Check("Docker", "docker compose up lab, an alternative to make lab", docker),
    Check(
        "Container toolkit",
        "docker compose --profile gpu up: a GPU inside the container",
        container_toolkit,
    ),
)
