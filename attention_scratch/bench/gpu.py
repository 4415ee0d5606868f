"""``python -m attention_scratch.bench.gpu`` (``make gpu``): all that needs a GPU, in one go.

GPU tests, every notebook, GPU benchmarks; a short table last. Exit status 0 when all of it
passed, 1 when something failed, 3 when there is no GPU to run it on.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import subprocess
import sys
import time

from attention_scratch.config import settings
from attention_scratch.kernels import gpu

NO_GPU = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Stage:
    """One command, and the module it cannot do without."""

    name: str
    command: tuple[str, ...]
    needs: str = "pytest"


def stages() -> list[Stage]:
    """What to run, in order."""
    root = settings().root
    kinds = ("chapters/*.ipynb", "exercises/*.ipynb", "exercises/*/solutions.ipynb")
    notebooks = sorted(str(path) for kind in kinds for path in root.glob(kind))
    benchmarks = sorted((root / "benchmarks" / "gpu").glob("*.py"))
    run = (sys.executable, "-m", "pytest", "-q")
    return [
        Stage("GPU tests", (*run, "-m", "gpu", "tests")),
        Stage("notebooks", (*run, "--nbval-lax", *notebooks), needs="nbval"),
        *(Stage(f"benchmark {b.stem}", (sys.executable, str(b)), needs="cupy") for b in benchmarks),
    ]


def main() -> int:
    """Run every stage; say plainly when there is no GPU."""
    if not gpu.available():
        print(
            "No NVIDIA GPU that CuPy can use was found: nothing here was run, nothing written.\n"
            "`attention-scratch doctor` says what is missing; without a GPU, `make test` proves "
            "the kernels on the CPU emulator.",
            file=sys.stderr,
        )
        return NO_GPU
    results = [(stage, *_run(stage)) for stage in stages()]
    print(f"\n{'stage':32} {'result':28} seconds")
    for stage, result, seconds in results:
        print(f"{stage.name:32} {result:28} {seconds:7.1f}")
    return int(any(result.startswith("failed") for _, result, _ in results))


def _run(stage: Stage) -> tuple[str, float]:
    if importlib.util.find_spec(stage.needs) is None:
        return f"not run: no {stage.needs}", 0.0
    start = time.perf_counter()
    status = subprocess.run(stage.command, cwd=settings().root, check=False).returncode
    return "passed" if status == 0 else f"failed ({status})", time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
