"""The vector kernels on this GPU, beside CuPy's own and beside a copy of as many bytes.

Arrays of 256 MiB, so that no second-level cache holds them; CUDA events around each launch; peer
and ours in turn. Values are random: zeros would be compressed by some memory systems.
"""

from __future__ import annotations

from collections.abc import Callable

import cupy
import numpy as np

from attention_scratch import kernels
from attention_scratch.bench import Comparison, Report, Row, Timing, provenance, write_report
from attention_scratch.config import settings

SIZE = 64 * 2**20  # float32 elements
ROUNDS = 51
WARMUP = 5


def main() -> None:
    """Measure, print, write ``reports/<device>/vector.json``."""
    rng = cupy.random.default_rng(0)
    x, y = (rng.standard_normal(SIZE, dtype=np.float32) for _ in range(2))
    out, halves = cupy.empty_like(x), cupy.empty(3 * SIZE // 2, np.float32)
    source = cupy.concatenate([x, y[: SIZE // 2]])  # read 1.5 N, written 1.5 N: 12 bytes a case
    factor = np.float32(1.5)

    def peer_saxpy() -> None:
        cupy.multiply(x, factor, out=out)
        cupy.add(out, y, out=out)

    fused = cupy.ElementwiseKernel("float32 a, float32 x", "float32 y", "y = a * x + y", "saxpy")
    cases = {
        "vector/01_vector_add beside cupy.add": (
            _step("vector/01_vector_add", x, y, out),
            lambda: cupy.add(x, y, out=out),
        ),
        "vector/02_saxpy beside CuPy in two calls": (
            _step("vector/02_saxpy", factor, x, out),
            peer_saxpy,
        ),
        "vector/02_saxpy beside a fused CuPy kernel": (
            _step("vector/02_saxpy", factor, x, out),
            lambda: fused(factor, x, out),
        ),
        "vector/03_saxpy_grid_stride beside the same": (
            _step("vector/03_saxpy_grid_stride", factor, x, out),
            lambda: fused(factor, x, out),
        ),
        "vector/01_vector_add beside a copy of as many bytes": (
            _step("vector/01_vector_add", x, y, out),
            lambda: cupy.copyto(halves, source),
        ),
    }
    rows = tuple(Row.of(name, _compare(ours, peer)) for name, (ours, peer) in cases.items())
    report = Report(
        name="vector",
        title="Vector kernels",
        peer="CuPy's own elementwise kernels, and a device-to-device copy",
        method=f"{SIZE:,} random float32; CUDA events, {ROUNDS} alternating rounds; every case "
        "moves 12 bytes an element.",
        rows=rows,
        provenance=provenance(_device_name()),
    )
    for row in rows:
        rate = 12 * SIZE / row.ours_seconds / 1e9
        print(
            f"{row.case:52} {row.ours_seconds * 1e6:8.1f} µs {rate:7.0f} GB/s  "
            f"{row.speedup:.2f}× [{row.speedup_min:.2f}–{row.speedup_max:.2f}]"
        )
    print(write_report(report, settings().paths.reports))


def _step(name: str, *arrays: object) -> Callable[[], None]:
    step = kernels.step(name)
    function = kernels.load(name, "cupy").get_function(step.entry)
    shape = step.launch((SIZE,))
    return lambda: function(shape.grid, shape.block, (*arrays, np.int32(SIZE)))


def _compare(ours: Callable[[], object], peer: Callable[[], object]) -> Comparison:
    for _ in range(WARMUP):
        peer()
        ours()
    times: dict[str, list[float]] = {"ours": [], "peer": []}
    for index in range(ROUNDS):
        order = [("ours", ours), ("peer", peer)]
        for name, function in order if index % 2 else reversed(order):
            times[name].append(_event_seconds(function))
    return Comparison(ours=Timing(tuple(times["ours"])), peer=Timing(tuple(times["peer"])))


def _event_seconds(function: Callable[[], object]) -> float:
    start, end = cupy.cuda.Event(), cupy.cuda.Event()
    start.record()
    function()
    end.record()
    end.synchronize()
    return float(cupy.cuda.get_elapsed_time(start, end)) / 1e3


def _device_name() -> str:
    properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)
    return properties["name"].decode().lower().replace(" ", "-")


if __name__ == "__main__":
    main()
