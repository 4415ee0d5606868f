"""The CUDA emulator: how long it takes to compile, launch and run, against limits set beforehand.

And against Numba's CUDA simulator, which runs CUDA kernels written in Python, on the same tiled
matrix multiplication; that part needs the extra ``bench``.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from attention_scratch import simt
from attention_scratch.bench import Report, Row, compare, provenance, write_report
from attention_scratch.config import settings

CORPUS = Path(__file__).parent.parent / "tests" / "simt" / "corpus" / "right"
TILE = 16
PEER_SIZE = 32  # rows and columns: the simulator runs a thread of Python per CUDA thread
Action = Callable[[], object]


def main() -> None:
    """Measure, print, write ``reports/cpu/simt.json`` and ``simt_numba.json``."""
    rows = [row for cases in (compiling(), launching(), running()) for row in cases]
    report = Report(
        name="simt",
        title="The CUDA emulator against its limits",
        peer="the limit set for each case",
        method="Medians of repeated runs of one process on all cores; the ratio is limit to time. "
        "Compiling is timed on sources no cache has seen.",
        rows=tuple(rows),
        provenance=provenance(),
    )
    print(report.table())
    print(write_report(report, settings().paths.reports))
    if importlib.util.find_spec("numba") is None:
        print('Numba is not installed: pip install "attention-scratch[bench]"')
        return
    peer = [against_numba()]
    report = Report(
        name="simt_numba",
        title="The CUDA emulator against Numba's",
        peer="Numba's CUDA simulator",
        method=f"One tiled float32 matrix product, {PEER_SIZE}³, the same tiles and barriers in "
        "CUDA C++ and in Python, alternating order in one process; medians of paired ratios.",
        rows=tuple(peer),
        provenance=provenance(),
    )
    print(report.table())
    print(write_report(report, settings().paths.reports))


def limited(case: str, limit: float, action: Action, *, rounds: int = 5) -> Row:
    """Time ``action`` and set it beside its limit, in seconds."""
    action()
    return against(case, limit, [seconds(action) for _ in tqdm(range(rounds), case, leave=False)])


def against(case: str, limit: float, times: list[float]) -> Row:
    """A row whose peer is a limit in seconds."""
    median = statistics.median(times)
    return Row(case, median, limit, limit / median, limit / max(times), limit / min(times), 1.0)


def seconds(action: Action) -> float:
    """Wall-clock seconds of one run."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def compiling() -> Iterator[Row]:
    """One kernel file, unseen, in both flavors; then the same one from the cache."""
    code = (CORPUS / "matmul_tiled.cu").read_text(encoding="utf-8")
    for checked, limit in ((False, 1.0), (True, 2.0)):

        def build(number: int, checked: bool = checked) -> object:
            unseen = f"// {os.getpid()} {number}\n{code}"
            return simt.RawModule(unseen, checked=checked).get_function("matmul_tiled")

        build(-1)
        times = [seconds(lambda i=i: build(i)) for i in range(5)]
        yield against(f"compile, {'checked' if checked else 'fast'}", limit, times)
    yield limited(
        "compile, cached", 0.020, lambda: simt.RawModule(code).get_function("matmul_tiled")
    )


def launching() -> Iterator[Row]:
    """A kernel that does nothing: what a launch costs."""
    code = 'extern "C" __global__ void nothing() {}'
    kernel = simt.RawModule(code).get_function("nothing")
    yield limited("launch of an empty kernel", 100e-6, lambda: kernel(1, 1, ()), rounds=500)


def running() -> Iterator[Row]:
    """Tiled matrix multiplication 512³, and FlashAttention on 8 heads of 512 × 64."""
    size = 512
    kernel, args = matmul(size)
    grid = (size // TILE, size // TILE)
    yield limited("tiled matmul 512³, fast", 1.0, lambda: kernel(grid, (TILE, TILE), args))

    def checked() -> object:
        return kernel(grid, (TILE, TILE), args, checked=True, time_limit=600)

    yield against("tiled matmul 512³, checked", 15.0, [seconds(checked)])
    heads, length, width, rows = 8, 512, 64, 32
    rng = np.random.default_rng(0)
    q, k, v = (rng.standard_normal((heads, length, width), np.float32) for _ in range(3))
    out, lse = np.zeros_like(q), np.zeros((heads, length), np.float32)
    name = f"flash_forward<{width}, {rows}, 32>"
    module = simt.RawModule(path=CORPUS / "flash_forward.cu", name_expressions=(name,))
    flash = module.get_function(name)
    scale = np.float32(width**-0.5)
    flash_args = (q, k, v, out, lse, length, scale, False)
    yield limited(
        "FlashAttention 1×8×512×64, fast",
        1.0,
        lambda: flash((length // rows, heads), (rows,), flash_args),
    )


def matmul(size: int) -> tuple[simt.Kernel, tuple[object, ...]]:
    """The corpus's tiled product of two random (size, size) matrices."""
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((size, size), np.float32) for _ in range(2))
    kernel = simt.RawModule(path=CORPUS / "matmul_tiled.cu").get_function("matmul_tiled")
    return kernel, (a, b, np.zeros_like(a), size, size, size)


def against_numba() -> Row:
    """The same tiles and barriers, in CUDA C++ on ours and in Python on Numba's simulator."""
    os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
    from peers.numba_tiled import tiled

    kernel, args = matmul(PEER_SIZE)
    a, b, mine, *_ = args
    theirs = np.zeros_like(mine)
    grid = (PEER_SIZE // TILE, PEER_SIZE // TILE)

    def ours() -> None:
        kernel(grid, (TILE, TILE), args)

    def peer() -> None:
        tiled[grid, (TILE, TILE)](a, b, theirs, PEER_SIZE)

    measured = compare(ours, peer, rounds=3, warmup=1, label="numba")
    if not np.allclose(mine, theirs, rtol=1e-5, atol=1e-5):
        raise SystemExit("The two simulators disagree: nothing to compare.")
    return Row.of(f"tiled matmul {PEER_SIZE}³, fast", measured, goal=50.0)


if __name__ == "__main__":
    main()
