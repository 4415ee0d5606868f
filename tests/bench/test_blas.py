"""A benchmark measures the kernels that BLAS chooses itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from attention_scratch.bench.blas import PINS, without_pins

SCRIPT = """
import os, sys
from attention_scratch.bench.blas import unpin
print("started", sys.argv[1:])
sys.stdout.flush()
unpin()
print("measured with", os.environ.get("OPENBLAS_CORETYPE"), sys.argv[1:])
"""


def test_only_the_pins_are_taken_away() -> None:
    kept = {"PATH": "/bin", "OMP_NUM_THREADS": "1"}
    assert without_pins({**kept, **dict.fromkeys(PINS, "Haswell")}) == kept


def run(folder: Path, environment: dict[str, str]) -> list[str]:
    script = folder / "benchmark.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script), "--quick"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_a_pinned_benchmark_starts_again_without_the_pin(tmp_path: Path) -> None:
    free = without_pins(dict(os.environ))
    started, measured = "started ['--quick']", "measured with None ['--quick']"
    assert run(tmp_path, {**free, "OPENBLAS_CORETYPE": "Haswell"}) == [started, started, measured]
    assert run(tmp_path, free) == [started, measured]
