"""On a GPU the same sources give what the emulator gives, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attention_scratch import kernels, simt
from attention_scratch.kernels import gpu
from tests.kernels.test_vector import SIZES, A, assert_within, vectors
from tests.simt.programs import RIGHT, RIGHT_CODE, Program, entry

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        not gpu.available(), reason="no GPU with CuPy: pip install 'attention-scratch[gpu]'"
    ),
]


def on_gpu(value: Any) -> Any:
    import cupy

    return cupy.asarray(value) if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize("step", kernels.steps(), ids=lambda s: s.name)
def test_every_step_gives_the_same_bits_as_the_emulator(step: kernels.Step) -> None:
    for n in SIZES:
        x, y = vectors(n)
        inputs = (x, y) if step.entry == "vector_add" else (A, x, y)
        results = []
        for backend in ("simt", "cupy"):
            shape = step.launch((n,))
            out = np.empty_like(x) if step.entry == "vector_add" else y.copy()
            args = (*inputs, out) if step.entry == "vector_add" else (A, x, out)
            if backend == "cupy":
                args = tuple(map(on_gpu, args))
            kernel = kernels.load(step.name, backend).get_function(step.entry)
            kernel(shape.grid, shape.block, (*args, np.int32(n)))
            results.append(args[-1] if backend == "simt" else args[-1].get())
        assert_within(results[1], step.reference(*inputs), step.error_bound(*inputs))
        np.testing.assert_array_equal(*results)


def test_the_wrappers_stay_on_the_gpu() -> None:
    x, y = vectors(1000)
    added = kernels.vector_add(on_gpu(x), on_gpu(y))
    assert gpu.is_device_array(added)
    np.testing.assert_array_equal(added.get(), kernels.vector_add(x, y))
    np.testing.assert_array_equal(
        kernels.saxpy(A, on_gpu(x), on_gpu(y)).get(), kernels.saxpy(A, x, y)
    )


@pytest.mark.parametrize("program", [p for p in RIGHT if "structure" not in p.name], ids=str)
def test_the_corpus_gives_the_same_on_both(program: Program) -> None:
    import cupy

    compiled = cupy.RawModule(code=RIGHT_CODE, options=("-std=c++17",)).get_function(entry(program))
    for n in (1, 33, 1000):
        args = program.arguments(np.random.default_rng(n), n)
        device = tuple(
            np.int32(a) if isinstance(a, int) else on_gpu(np.ascontiguousarray(a)) for a in args
        )
        grid, block = program.grid(n), program.block
        simt.RawModule(RIGHT_CODE).get_function(entry(program))(grid, block, args)
        compiled(*gpu.checked_launch("k", grid, block, ()), device)
        np.testing.assert_allclose(device[program.output].get(), args[program.output], rtol=1e-6)
