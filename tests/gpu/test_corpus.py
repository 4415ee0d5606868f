"""On a GPU every right kernel of the corpus gives what it gives on the emulator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attention_scratch import simt
from attention_scratch.kernels import gpu
from tests.simt.corpus.case import Problem, Right, Size, run
from tests.simt.corpus.catalog import RIGHT

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        not gpu.available(), reason="no GPU with CuPy: pip install 'attention-scratch[gpu]'"
    ),
]
CASES = [(entry, size) for entry in RIGHT for size in entry.sizes]


def compiled(entry: Right) -> Any:
    """The source for this GPU; CuPy bundles no headers of 16-bit floats, so those come along."""
    import cupy

    if int(cupy.cuda.Device().compute_capability) < entry.capability:
        pytest.skip(f"needs compute capability {entry.capability / 10}")
    return cupy.RawModule(
        code=entry.path.read_text(encoding="utf-8"),
        options=("-std=c++17",),
        name_expressions=entry.names or None,
        enable_cooperative_groups=entry.cooperative,
    )


def set_global(module: Any, name: str, values: np.ndarray[Any, Any]) -> None:
    """Write a ``__constant__`` or ``__device__`` variable of a CuPy module."""
    import cupy

    place = module.get_global(name)
    cupy.ndarray(values.shape, values.dtype, place)[...] = cupy.asarray(values)


class OnDevice:
    """Arrays of a problem on the GPU, one for each on the host, so that launches share them."""

    def __init__(self) -> None:
        self.arrays: dict[int, tuple[np.ndarray[Any, Any], Any]] = {}

    def argument(self, value: Any) -> Any:
        import cupy

        if isinstance(value, np.ndarray) and value.ndim:
            if id(value) not in self.arrays:
                raw = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
                self.arrays[id(value)] = (value, cupy.asarray(raw))
            return self.arrays[id(value)][1]
        return np.int32(value) if isinstance(value, int) else value

    def bring_back(self) -> None:
        for host, device in self.arrays.values():
            host.reshape(-1).view(np.uint8)[...] = device.get()


def run_on_gpu(module: Any, problem: Problem) -> None:
    for name, values in problem.constants.items():
        set_global(module, name, values)
    device = OnDevice()
    for launch in problem.launches:
        kernel = module.get_function(launch.kernel)
        if launch.shared_mem > 48 * 1024:
            kernel.max_dynamic_shared_size_bytes = launch.shared_mem
        grid, block = gpu.checked_launch(launch.kernel, launch.grid, launch.block, ())
        args = tuple(map(device.argument, launch.args))
        kernel(grid, block, args, shared_mem=launch.shared_mem)
    device.bring_back()


@pytest.mark.parametrize(("entry", "size"), CASES, ids=lambda part: str(part).replace(" ", ""))
def test_both_machines_agree_with_numpy_and_with_each_other(entry: Right, size: Size) -> None:
    on_gpu, on_cpu = entry.problem(size), entry.problem(size)
    run_on_gpu(compiled(entry), on_gpu)
    options = {"enable_cooperative_groups": True} if entry.cooperative else {}
    run(simt.RawModule(path=entry.path, name_expressions=entry.names, **options), on_cpu)
    for i, (there, here) in enumerate(zip(on_gpu.outputs, on_cpu.outputs, strict=True)):
        there.check(f"{entry} at {size}, output {i} on the GPU")
        here.check(f"{entry} at {size}, output {i} on the emulator")
        if not np.any(here.bound):  # exact: the same on both, whatever was compared with
            np.testing.assert_array_equal(there.view(there.array), here.view(here.array))
