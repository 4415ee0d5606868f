"""The computer the tests run on, against what other sources say of it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from attention_scratch.config import settings
from attention_scratch.doctor import Finding, Report, Verdict
from attention_scratch.doctor.machine import Machine
from tests.doctor.simulated import look

GIB = 2**30


def value(report: Report, name: str) -> str:
    return found(report, name).value


def found(report: Report, name: str) -> Finding:
    return next(finding for finding in report.findings if finding.name == name)


def first_line(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[0]


def test_this_machine_runs_the_book(this_machine: Report) -> None:
    assert [f"{f.name}: {f.value}" for f in this_machine.blockers] == []


def test_the_exit_status_follows_whether_there_is_a_driver(this_machine: Report) -> None:
    if shutil.which("nvidia-smi") is None:
        assert this_machine.verdict is Verdict.READY_WITHOUT_GPU
    else:
        assert this_machine.verdict in (Verdict.READY, Verdict.READY_WITHOUT_GPU)


def test_no_probe_is_broken_here(this_machine: Report) -> None:
    assert [f.value for f in this_machine.findings if "could not be examined" in f.value] == []


def test_the_operating_system_is_what_platform_says(this_machine: Report) -> None:
    text = value(this_machine, "Operating system")
    assert platform.machine() in text
    assert platform.release() in text
    if sys.platform == "linux":
        assert text.startswith(platform.freedesktop_os_release()["PRETTY_NAME"])


def test_python_is_the_one_that_runs(this_machine: Report) -> None:
    assert value(this_machine, "Python").startswith(
        f"{platform.python_implementation()} {platform.python_version()}, 64-bit"
    )


def test_cores_are_those_of_the_operating_system(this_machine: Report) -> None:
    text = value(this_machine, "Processor")
    assert f" {os.cpu_count()} logical cores" in text
    if physical := psutil.cpu_count(logical=False):
        assert f" {physical} physical" in text


def test_vector_instructions_are_those_numpy_found(this_machine: Report) -> None:
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    numpy_has_avx2 = "AVX2" in simd["found"] or "X86_V3" in simd["found"]
    assert ("AVX2" in value(this_machine, "Processor")) == numpy_has_avx2


def test_memory_is_at_most_what_psutil_says(this_machine: Report) -> None:
    gib = float(value(this_machine, "Memory").split(" GiB")[0])
    assert 0 < gib <= psutil.virtual_memory().total / GIB + 0.5


def test_disk_is_what_df_says(this_machine: Report) -> None:
    root = Path(__file__).resolve().parents[2]
    blocks = first_line("sh", "-c", f"df -Pk '{root}' | tail -1").split()
    gib = float(value(this_machine, "Disk at the repository").split("free of ")[1].split()[0])
    assert gib == pytest.approx(int(blocks[1]) * 1024 / GIB, abs=0.6)


def test_the_compiler_is_the_one_on_path(this_machine: Report) -> None:
    compiler = next(name for name in ("g++", "clang++", "c++") if shutil.which(name))
    assert value(this_machine, "C++ compiler") == (
        f"{first_line(compiler, '--version')}, builds C++17"
    )


@pytest.mark.parametrize("tool", ["make", "git"])
def test_tools_are_those_on_path(this_machine: Report, tool: str) -> None:
    if shutil.which(tool) is None:
        assert found(this_machine, tool).status == "missing"
    else:
        assert value(this_machine, tool) == first_line(tool, "--version")


@pytest.mark.parametrize("distribution", ["transformers", "tokenizers", "jupyter-book"])
def test_package_versions_are_those_installed(this_machine: Report, distribution: str) -> None:
    assert value(this_machine, distribution) == importlib.metadata.version(distribution)


def test_torch_is_the_build_that_imports(this_machine: Report) -> None:
    import torch

    text = value(this_machine, "torch")
    assert text.startswith(torch.__version__)
    assert ("built for the CPU" in text) == (torch.version.cuda is None)


def test_an_exported_openblas_core_is_seen_in_openblas_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if platform.machine() != "x86_64":
        pytest.skip("core names of x86-64")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Nehalem")
    finding = look(Machine(settings()), "NumPy and BLAS")
    assert finding.status == "warning"
    assert "Nehalem kernels" in finding.value


def test_no_private_name_is_in_the_report(this_machine: Report) -> None:
    text = this_machine.to_json()
    assert str(Path.home()) + "/" not in text
    assert f'"{platform.node()}"' not in text
