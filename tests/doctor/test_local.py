"""Commands and questions on the real machine: hangs, noise, crashes, absence."""

from __future__ import annotations

import inspect
import sys
import time
from pathlib import Path

import psutil
import pytest

from attention_scratch.config import Settings
from attention_scratch.doctor.checks.driver import through_nvml, through_smi
from attention_scratch.doctor.commands import (
    COMMAND_LIMIT,
    CommandMissingError,
    ProbeError,
    TookTooLongError,
)
from attention_scratch.doctor.machine import Machine
from tests.doctor.simulated import SMI_XML, look

FAKE_NVML = """
print("noise on standard output")
class NVMLError(Exception): ...
def nvmlInit(): {init}
def nvmlShutdown(): ...
def nvmlSystemGetCudaDriverVersion_v2(): return 12040
def nvmlSystemGetDriverVersion(): return b"550.54.15"
def nvmlDeviceGetCount(): return 1
def nvmlDeviceGetHandleByIndex(i): return i
def nvmlDeviceGetName(h): return "Tesla T4"
def nvmlDeviceGetMemoryInfo(h): return type("M", (), dict(total=16106127360))
def nvmlDeviceGetCudaComputeCapability(h): return (7, 5)
"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(Settings(tmp_path))


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder first on PATH and on PYTHONPATH."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def unanswered(question: str) -> None:
    raise ProbeError(f"{question} is not asked here")


def script(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    file.chmod(0o755)


def test_a_hanging_command_is_killed_with_all_it_started(machine: Machine, tmp_path: Path) -> None:
    seconds = "86399.5"  # a sleep no one else is likely to sleep
    start = time.monotonic()
    with pytest.raises(TookTooLongError, match=r"sh gave no answer within 0\.5 s"):
        machine.run("sh", "-c", f"sleep {seconds} & sleep {seconds}", limit=0.5)
    assert time.monotonic() - start < 5
    left = [p for p in psutil.process_iter(["cmdline"]) if seconds in (p.info["cmdline"] or [])]
    assert [p for p in left if p.status() != psutil.STATUS_ZOMBIE] == []


def test_a_command_has_ten_seconds_unless_told_otherwise() -> None:
    limit = inspect.signature(Machine.run).parameters["limit"]
    assert limit.default == COMMAND_LIMIT == 10.0


def test_a_missing_command_is_named(machine: Machine) -> None:
    with pytest.raises(CommandMissingError, match="no-such-program cannot be started"):
        machine.run("no-such-program")


def test_a_compile_error_is_returned_not_raised(machine: Machine) -> None:
    ran = machine.compiles("g++", "int main() { return missing; }")
    assert ran.status != 0
    assert "missing" in ran.err


def test_a_real_program_in_cpp17_runs(machine: Machine) -> None:
    source = '#include <cstdio>\nint main() { if (int x = 7; x) std::printf("%d", x); }'
    assert machine.compiles("g++", source).out == "7"


def test_nvml_is_asked_through_its_module(machine: Machine, programs: Path) -> None:
    (programs / "pynvml.py").write_text(FAKE_NVML.format(init="..."), encoding="utf-8")
    view = through_nvml(machine)
    assert str(view) == "driver 550.54.15, supports CUDA 12.4, 1 GPU"
    assert str(view.devices[0]) == "Tesla T4, 15 GiB, compute capability 7.5"


def test_a_crash_of_the_child_is_an_error_of_the_question(machine: Machine, programs: Path) -> None:
    crash = "__import__('os').abort()"
    (programs / "pynvml.py").write_text(FAKE_NVML.format(init=crash), encoding="utf-8")
    with pytest.raises(ProbeError, match="Python ended with status -6"):
        through_nvml(machine)


def test_nvidia_smi_is_read_from_the_real_program(machine: Machine, programs: Path) -> None:
    (programs / "smi.xml").write_text(SMI_XML, encoding="utf-8")
    script(programs, "nvidia-smi", f"[ \"$1 $2\" = '-q -x' ] && cat '{programs}/smi.xml'")
    assert str(through_smi(machine)) == "driver 580.95.05, supports CUDA 13.0, 1 GPU"


def test_a_hanging_nvidia_smi_becomes_a_finding(
    machine: Machine, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(programs, "nvidia-smi", "sleep 3600")
    run = machine.run
    monkeypatch.setattr(machine, "run", lambda *command: run(*command, limit=1.0))
    monkeypatch.setattr(machine, "ask", unanswered)
    assert look(machine, "nvidia-smi").value == "nvidia-smi gave no answer within 1 s"


def test_an_unknown_distribution_has_no_version(machine: Machine) -> None:
    assert machine.version("no-such-distribution") is None
    assert machine.version("pytest") == pytest.__version__


def test_the_disk_of_a_folder_to_be_made_is_that_of_its_parent(
    machine: Machine, tmp_path: Path
) -> None:
    assert machine.disk(tmp_path / "not" / "yet").total == machine.disk(tmp_path).total


def test_the_interpreter_is_typed_as_from_the_repository() -> None:
    inside = Machine(Settings(Path(sys.executable).parent.parent))
    assert inside.interpreter.command == f"bin/{Path(sys.executable).name}"
    assert Machine(Settings(Path("/nowhere"))).interpreter.command == "python3"
