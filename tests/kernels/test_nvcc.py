"""Every kernel source compiles with NVIDIA's own compiler, without spilling registers."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from attention_scratch import kernels
from attention_scratch.kernels.module import source_path

ARCHITECTURES = ("75", "80", "90")
NVCC = shutil.which("nvcc")


def available() -> list[str]:
    assert NVCC is not None
    listed = subprocess.run([NVCC, "--list-gpu-arch"], capture_output=True, text=True, check=True)
    return [a for a in ARCHITECTURES if f"compute_{a}" in listed.stdout.split()]


@pytest.mark.skipif(NVCC is None, reason="nvcc is not on PATH: install the CUDA toolkit")
@pytest.mark.parametrize("name", kernels.names())
def test_the_source_compiles_for_every_architecture(name: str, tmp_path: Path) -> None:
    wanted = available()
    assert {"80", "90"} <= set(wanted)
    targets = [f"-gencode=arch=compute_{a},code=sm_{a}" for a in wanted]
    output = tmp_path / "kernel.fatbin"
    command = [str(NVCC), "-std=c++17", "-Werror=all-warnings", "-Xptxas=-v", "-fatbin", *targets]
    done = subprocess.run(
        [*command, str(source_path(name)), "-o", str(output)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert output.stat().st_size > 0
    spills = re.findall(r"(\d+) bytes spill", done.stderr)
    assert len(spills) == 2 * len(wanted)  # stores and loads
    assert set(spills) == {"0"}
