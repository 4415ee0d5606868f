"""Finding kernels by name and choosing where they run."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator

import numpy as np
import pytest

from attention_scratch import kernels
from attention_scratch.config import settings
from attention_scratch.errors import InputError, MissingExtraError, MissingFileError
from attention_scratch.kernels import gpu
from attention_scratch.kernels.module import choose_backend
from attention_scratch.simt import LaunchError


@pytest.fixture
def without_cupy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "cupy", None)
    gpu.available.cache_clear()
    yield
    gpu.available.cache_clear()


@pytest.fixture
def cupy_without_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """CuPy as it is on a machine without a driver: importable, and every device call fails."""

    def no_driver() -> int:
        raise RuntimeError("cudaErrorInsufficientDriver")

    runtime = types.SimpleNamespace(getDeviceCount=no_driver)
    fake = types.SimpleNamespace(cuda=types.SimpleNamespace(runtime=runtime))
    monkeypatch.setitem(sys.modules, "cupy", fake)
    gpu.available.cache_clear()
    yield
    gpu.available.cache_clear()


def test_every_source_is_registered_and_every_step_has_a_source() -> None:
    assert kernels.names() == [step.name for step in kernels.steps()]


@pytest.mark.parametrize("name", kernels.names())
def test_every_step_loads_and_has_its_entry(name: str) -> None:
    module = kernels.load(name, "simt")
    assert (module.name, module.backend) == (name, "simt")
    assert module.get_function(kernels.step(name).entry).name in module.source


@pytest.mark.parametrize("name", kernels.names())
def test_a_source_keeps_the_house_rules(name: str) -> None:
    lines = kernels.load(name, "simt").source.splitlines()
    header = [line for line in lines if line.startswith("//")]
    assert header[0].startswith(f"// {name.partition('/')[2]}.cu: ")
    assert len(header) <= 10
    assert any("Launch:" in line for line in header)
    assert all(len(line) <= 100 for line in lines)


@pytest.mark.parametrize("name", ["vector/1_vector_add", "vector_add", "01_vector_ad"])
def test_an_unknown_name_lists_those_like_it(name: str) -> None:
    with pytest.raises(MissingFileError, match=r"Did you mean .*vector/01_vector_add"):
        kernels.load(name)


def test_an_unknown_step_lists_those_like_it() -> None:
    with pytest.raises(InputError, match="Did you mean vector/02_saxpy"):
        kernels.step("vector/02_saxpi")


def test_auto_means_the_emulator_without_a_gpu(without_cupy: None) -> None:
    assert choose_backend("auto") == "simt"


def test_auto_means_the_emulator_with_cupy_but_no_driver(cupy_without_gpu: None) -> None:
    assert choose_backend("auto") == "simt"


def test_cupy_without_cupy_says_what_to_install(without_cupy: None) -> None:
    with pytest.raises(MissingExtraError, match=r"pip install 'attention-scratch\[gpu\]'"):
        kernels.load("vector/02_saxpy", backend="cupy")


def test_cupy_without_a_gpu_says_what_to_do(cupy_without_gpu: None) -> None:
    with pytest.raises(InputError, match="backend: got cupy; expected a machine with an NVIDIA"):
        kernels.load("vector/02_saxpy", backend="cupy")


def test_an_unknown_backend_is_named() -> None:
    with pytest.raises(InputError, match="backend: got cuda; expected auto or cupy or simt"):
        kernels.load("vector/02_saxpy", backend="cuda")


def test_the_settings_choose_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTENTION_SCRATCH_KERNELS_BACKEND", "simt")
    settings.cache_clear()
    try:
        assert kernels.load("vector/02_saxpy").backend == "simt"
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_a_gpu_launch_is_checked_as_the_emulators_is() -> None:
    assert gpu.checked_launch("k", 3, (32, 2), ()) == ((3, 1, 1), (32, 2, 1))
    with pytest.raises(LaunchError, match=r"write np\.float32\(2\.0\)"):
        gpu.checked_launch("k", 1, 1, (2.0,))
    with pytest.raises(LaunchError, match=r"cupy\.asarray"):
        gpu.checked_launch("k", 1, 1, (np.zeros(1),))
    with pytest.raises(LaunchError, match="at most 1024"):
        gpu.checked_launch("k", 1, (64, 64), ())
