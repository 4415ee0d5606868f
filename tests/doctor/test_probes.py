"""Computer, tools, packages and models on machines this one cannot be."""

from __future__ import annotations

import dataclasses

import pytest

from attention_scratch.config import Simt
from attention_scratch.doctor.checks import packages, tools
from attention_scratch.doctor.commands import ProbeError, Ran
from attention_scratch.doctor.machine import Space
from tests.doctor.simulated import BOOK, CHECKOUT, GIB, SimulatedMachine, checkpoint, look

WEIGHTS = checkpoint()[str(BOOK / "models/olmo2-tiny/model.safetensors")]
PACKAGES = {
    "debian": b"ID=debian\n",
    "mint": b'ID=linuxmint\nID_LIKE="ubuntu debian"\n',
    "arch": b"ID=arch\n",
}


def with_python(version: tuple[int, int, int], bits: int = 64) -> SimulatedMachine:
    machine = SimulatedMachine()
    machine.interpreter = machine.interpreter._replace(version=version, bits=bits)
    return machine


@pytest.mark.parametrize(("version", "bits"), [((3, 10, 12), 64), ((3, 12, 1), 32)])
def test_an_old_or_32_bit_python_is_refused(version: tuple[int, int, int], bits: int) -> None:
    found = look(with_python(version, bits), "Python")
    assert found.status == "missing"
    assert found.remedy == "sudo apt-get install -y python3 python3-venv"


def test_the_oldest_supported_python_is_fine() -> None:
    found = look(with_python((3, 11, 0)), "Python")
    assert found.status == "ok"


def test_python_outside_an_environment_is_a_warning() -> None:
    machine = SimulatedMachine()
    machine.interpreter = machine.interpreter._replace(environment=None)
    found = look(machine, "Python")
    assert (found.status, found.remedy) == ("warning", "make venv")


def test_windows_is_sent_to_wsl() -> None:
    machine = SimulatedMachine(system="Windows", release="11", files={})
    found = look(machine, "Operating system")
    assert (found.status, found.remedy) == ("missing", "wsl --install -d Ubuntu")


@pytest.mark.parametrize(
    ("free", "status"), [(0, "missing"), (2 * GIB, "warning"), (50 * GIB, "ok")]
)
def test_a_full_disk_is_missing_and_a_nearly_full_one_a_warning(free: int, status: str) -> None:
    machine = SimulatedMachine(space=Space(total=100 * GIB, free=free))
    repository, cache = (look(machine, f"Disk at the {place}") for place in ("repository", "cache"))
    assert (repository.status, cache.status) == (status, status)
    assert (repository.remedy is None) == (status == "ok")


def test_little_memory_is_a_warning() -> None:
    found = look(SimulatedMachine(main_memory=Space(2 * GIB, GIB)), "Memory")
    assert (found.status, found.value) == ("warning", "2.0 GiB, 1.0 GiB available")


def test_vector_instructions_are_named() -> None:
    found = look(SimulatedMachine(), "Processor")
    assert found.value == "AMD EPYC 9554, 16 physical, 32 logical cores, AVX2 FMA AVX-512"


def test_a_forgotten_thread_limit_is_a_warning() -> None:
    found = look(SimulatedMachine(variables={"OMP_NUM_THREADS": "1"}), "Thread limits")
    assert (found.status, found.remedy) == ("warning", "unset OMP_NUM_THREADS")
    assert packages.threads(SimulatedMachine()) is None


def test_a_pinned_openblas_core_is_a_warning() -> None:
    machine = SimulatedMachine(variables={"OPENBLAS_CORETYPE": "Haswell"})
    found = look(machine, "NumPy and BLAS")
    assert (found.status, found.remedy) == ("warning", "unset OPENBLAS_CORETYPE")


def test_a_compiler_that_cannot_build_cpp17_is_missing() -> None:
    error = "program.cpp:1:10: fatal error: optional: No such file or directory"
    found = look(SimulatedMachine(built=Ran(1, "", error)), "C++ compiler")
    assert found.status == "missing"
    assert "cannot build C++17" in found.value
    assert "optional" in found.value


def test_the_compiler_of_the_settings_is_the_one_that_is_tried() -> None:
    where = dataclasses.replace(CHECKOUT, simt=Simt(compiler="clang++-18"))
    found = look(SimulatedMachine(where=where), "C++ compiler")
    assert (found.status, found.value) == ("missing", "clang++-18 not on PATH")


@pytest.mark.parametrize(
    ("family", "command"),
    [
        ("debian", "sudo apt-get install -y chromium"),
        ("mint", "sudo apt-get install -y chromium-browser"),
        ("arch", "Install chromium with the package manager of this system."),
    ],
)
def test_remedies_follow_the_distribution(family: str, command: str) -> None:
    machine = SimulatedMachine(absent=("chromium",))
    machine.files["/etc/os-release"] = PACKAGES[family]
    found = look(machine, "Chromium")
    assert found.remedy == command


def test_macos_is_sent_to_the_container_image_as_the_emulator_does() -> None:
    machine = SimulatedMachine(system="Darwin", release="24.6.0", files={}, absent=("git",))
    found = look(machine, "Operating system")
    assert (found.status, found.role) == ("missing", "required")
    assert found.value == "macOS, x86_64, kernel 24.6.0"
    assert found.remedy == look(machine, "git").remedy
    assert [step.text for step in found.steps if step.is_command] == ["docker compose up lab"]
    assert "the project's container image" in (found.remedy or "")


def test_docker_without_the_container_toolkit_says_how_to_get_it() -> None:
    machine = SimulatedMachine()
    machine.runs["docker info"] = Ran(0, '{"ServerVersion": "28.2.2", "Runtimes": {"runc": {}}}')
    docker, toolkit = look(machine, "Docker"), look(machine, "Container toolkit")
    assert docker.value == "Docker 28.2.2"
    assert toolkit.status == "missing"
    assert "apt-get install -y nvidia-container-toolkit" in (toolkit.remedy or "")


@pytest.mark.parametrize(
    "answer",
    [
        Ran(1, "", "Cannot connect to the Docker daemon"),
        Ran(0, '{"ServerVersion": ""}', "Cannot connect to the Docker daemon"),
        Ran(0, '{"ServerErrors": ["Cannot connect to the Docker daemon"]}'),
    ],
)
def test_docker_without_its_daemon_is_a_warning(answer: Ran) -> None:
    machine = SimulatedMachine()
    machine.runs["docker info"] = answer
    found = look(machine, "Docker")
    assert tools.container_toolkit(machine) is None
    assert found.status == "warning"
    assert "Cannot connect" in found.value


def test_a_torch_that_cannot_be_imported_is_missing() -> None:
    machine = SimulatedMachine()
    machine.answers["torch"] = ProbeError("Python ended with status -11: exit status -11")
    found = look(machine, "torch")
    assert found.status == "missing"
    assert "status -11" in found.value


def checkpoint_with(**changes: bytes) -> tuple[str, str]:
    machine = SimulatedMachine()
    machine.files |= checkpoint(**changes)
    found = look(machine, "Checkpoint olmo2-tiny")
    return found.status, found.value


def test_a_readable_checkpoint_is_described() -> None:
    assert checkpoint_with() == ("ok", "olmo2, 1 tensors, 0.0 MB")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model_safetensors": b"version https://git-lfs.github.com/spec/v1\n"}, "not a safetens"),
        ({"model_safetensors": b"\x02"}, "not a safetensors"),
        ({"model_safetensors": WEIGHTS[:-1]}, "cut short"),
        ({"model_safetensors": WEIGHTS[:20]}, "cannot be read"),
        ({"config_json": b"{"}, "config.json cannot be read"),
        ({"tokenizer_json": b"[]"}, "tokenizer.json cannot be read"),
    ],
)
def test_a_damaged_checkpoint_is_missing(changes: dict[str, bytes], said: str) -> None:
    status, value = checkpoint_with(**changes)
    assert status == "missing"
    assert said in value
