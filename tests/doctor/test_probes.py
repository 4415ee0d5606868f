"""Computer, tools, packages and models on machines this one cannot be."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from attention_scratch.config import Settings
from attention_scratch.doctor.machine import ProbeError, Ran, Space
from attention_scratch.doctor.probes import models, packages, system, tools
from tests.doctor.conftest import CHECKPOINT, small_checkpoint
from tests.doctor.simulated import GIB, SimulatedMachine

PACKAGES = {
    "debian": b"ID=debian\n",
    "mint": b'ID=linuxmint\nID_LIKE="ubuntu debian"\n',
    "arch": b"ID=arch\n",
}


def with_python(version: tuple[int, int, int], bits: int = 64) -> SimulatedMachine:
    machine = SimulatedMachine()
    machine.interpreter = dataclasses.replace(machine.interpreter, version=version, bits=bits)
    return machine


@pytest.mark.parametrize(("version", "bits"), [((3, 10, 12), 64), ((3, 12, 1), 32)])
def test_an_old_or_32_bit_python_is_refused(version: tuple[int, int, int], bits: int) -> None:
    (found,) = system.python(with_python(version, bits))
    assert found.status == "missing"
    assert found.remedy == "sudo apt-get install -y python3 python3-venv"


def test_the_oldest_supported_python_is_fine() -> None:
    (found,) = system.python(with_python((3, 11, 0)))
    assert found.status == "ok"


def test_python_outside_an_environment_is_a_warning() -> None:
    machine = SimulatedMachine()
    machine.interpreter = dataclasses.replace(machine.interpreter, environment=None)
    (found,) = system.python(machine)
    assert (found.status, found.remedy) == ("warning", "make venv")


def test_windows_is_sent_to_wsl() -> None:
    machine = SimulatedMachine(system="Windows", release="11", files={})
    (found,) = system.operating_system(machine)
    assert (found.status, found.remedy) == ("missing", "wsl --install -d Ubuntu")


@pytest.mark.parametrize(
    ("free", "status"), [(0, "missing"), (2 * GIB, "warning"), (50 * GIB, "ok")]
)
def test_a_full_disk_is_missing_and_a_nearly_full_one_a_warning(free: int, status: str) -> None:
    machine = SimulatedMachine(space=Space(total=100 * GIB, free=free))
    repository, cache = system.disk(machine, Path("/home/ada/book"), Path("/home/ada/.cache"))
    assert (repository.status, cache.status) == (status, status)
    assert (repository.remedy is None) == (status == "ok")


def test_little_memory_is_a_warning() -> None:
    (found,) = system.memory(SimulatedMachine(main_memory=Space(2 * GIB, GIB)))
    assert (found.status, found.value) == ("warning", "2.0 GiB, 1.0 GiB available")


def test_vector_instructions_are_named() -> None:
    (found,) = system.processor(SimulatedMachine())
    assert found.value == "AMD EPYC 9554, 16 physical, 32 logical cores, AVX2 FMA AVX-512"


def test_a_forgotten_thread_limit_is_a_warning() -> None:
    (found,) = system.threads(SimulatedMachine(variables={"OMP_NUM_THREADS": "1"}))
    assert (found.status, found.remedy) == ("warning", "unset OMP_NUM_THREADS")
    assert system.threads(SimulatedMachine()) == ()


def test_a_pinned_openblas_core_is_a_warning() -> None:
    machine = SimulatedMachine(variables={"OPENBLAS_CORETYPE": "Haswell"})
    (found,) = packages.blas(machine)
    assert (found.status, found.remedy) == ("warning", "unset OPENBLAS_CORETYPE")


def test_a_compiler_that_cannot_build_cpp17_is_missing() -> None:
    error = "program.cpp:1:10: fatal error: optional: No such file or directory"
    (found,) = tools.compiler(SimulatedMachine(built=Ran(1, "", error)))
    assert found.status == "missing"
    assert "cannot build C++17" in found.value
    assert "optional" in found.value


def test_the_compiler_of_the_settings_is_the_one_that_is_tried() -> None:
    (found,) = tools.compiler(SimulatedMachine(), "clang++-18")
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
    (found,) = tools.chromium(machine)
    assert found.remedy == command


def test_remedies_follow_homebrew_on_macos() -> None:
    machine = SimulatedMachine(system="Darwin", absent=("git",), files={})
    (found,) = tools.git(machine)
    assert found.remedy == "brew install git"


def test_docker_without_the_container_toolkit_says_how_to_get_it() -> None:
    machine = SimulatedMachine()
    machine.runs["docker info"] = Ran(0, '{"ServerVersion": "28.2.2", "Runtimes": {"runc": {}}}')
    docker, toolkit = tools.docker(machine)
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
    (found,) = tools.docker(machine)
    assert found.status == "warning"
    assert "Cannot connect" in found.value


def test_a_torch_that_cannot_be_imported_is_missing() -> None:
    machine = SimulatedMachine()
    machine.answers["torch"] = ProbeError("Python ended with status -11: exit status -11")
    (found,) = packages.torch(machine)
    assert found.status == "missing"
    assert "status -11" in found.value


def checkpoint_with(where: Settings, **changes: bytes) -> tuple[str, str]:
    files = small_checkpoint() | {name.replace("_", "."): data for name, data in changes.items()}
    machine = SimulatedMachine()
    machine.files |= {str(CHECKPOINT / name): data for name, data in files.items()}
    (found,) = models.checkpoint(machine, where.paths.models)
    return found.status, found.value


def test_a_readable_checkpoint_is_described(where: Settings) -> None:
    assert checkpoint_with(where) == ("ok", "olmo2, 1 tensors, 0.0 MB")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model_safetensors": b"version https://git-lfs.github.com/spec/v1\n"}, "not a safetens"),
        ({"model_safetensors": b"\x02"}, "not a safetensors"),
        ({"model_safetensors": small_checkpoint()["model.safetensors"][:-1]}, "cut short"),
        ({"model_safetensors": small_checkpoint()["model.safetensors"][:20]}, "cannot be read"),
        ({"config_json": b"{"}, "config.json cannot be read"),
        ({"tokenizer_json": b"[]"}, "tokenizer.json cannot be read"),
    ],
)
def test_a_damaged_checkpoint_is_missing(
    where: Settings, changes: dict[str, bytes], said: str
) -> None:
    status, value = checkpoint_with(where, **changes)
    assert status == "missing"
    assert said in value
