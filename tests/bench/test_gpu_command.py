"""``make gpu`` where there is no GPU says so and fails; its stages name real files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from attention_scratch.bench import gpu as command
from attention_scratch.kernels import gpu

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(gpu.available(), reason="this machine has a GPU")
def test_without_a_gpu_nothing_runs_and_the_status_says_so() -> None:
    run = [sys.executable, "-m", "attention_scratch.bench.gpu"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == command.NO_GPU
    assert "No NVIDIA GPU" in done.stderr
    assert done.stdout == ""


def test_stages_cover_tests_notebooks_and_every_gpu_benchmark() -> None:
    by_name = {stage.name: stage.command for stage in command.stages()}
    notebooks = [a for a in by_name["notebooks"] if a.endswith(".ipynb")]
    assert len(notebooks) == len(list(ROOT.glob("chapters/*.ipynb"))) + len(
        list(ROOT.glob("exercises/**/*.ipynb"))
    )
    for path in (ROOT / "benchmarks" / "gpu").glob("*.py"):
        assert str(path) in by_name[f"benchmark {path.stem}"]
