"""What the registry says of each step can be worked out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from attention_scratch import kernels
from attention_scratch.errors import InputError
from attention_scratch.kernels import registry


def test_vector_addition_moves_twelve_bytes_for_one_addition() -> None:
    cost = kernels.step("vector/01_vector_add").cost((1000,))
    assert (cost.bytes_read, cost.bytes_written, cost.flops) == (8000, 4000, 1000)
    assert cost.bytes == 12000
    assert cost.intensity == pytest.approx(1 / 12)


@pytest.mark.parametrize("name", ["vector/02_saxpy", "vector/03_saxpy_grid_stride"])
def test_saxpy_moves_twelve_bytes_for_two_operations(name: str) -> None:
    assert kernels.step(name).cost((10,)).intensity == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("n", "blocks"), [(1, 1), (255, 1), (256, 1), (257, 2), (1000, 4), (2**31 - 1024, 8388604)]
)
def test_one_thread_per_element_covers_every_size(n: int, blocks: int) -> None:
    launch = kernels.step("vector/01_vector_add").launch((n,))
    assert (launch.grid, launch.block) == ((blocks, 1, 1), (256, 1, 1))
    assert launch.grid[0] * launch.block[0] >= n


def test_the_grid_stride_launch_stops_growing() -> None:
    launch = kernels.step("vector/03_saxpy_grid_stride").launch
    assert launch((1000,)).grid == (4, 1, 1)
    assert launch((10**9,)).grid == launch((10**7,)).grid == (1024, 1, 1)


def test_references_compute_in_float64() -> None:
    for step in kernels.steps():
        args = (np.float32(2),) if "saxpy" in step.entry else ()
        result = step.reference(*args, np.ones(3, np.float32), np.ones(3, np.float32))
        assert result.dtype == np.float64


def test_a_step_is_registered_once() -> None:
    with pytest.raises(InputError, match="expected a new name"):
        registry.register(dataclasses.replace(kernels.steps()[0]))


def test_one_rounding_is_half_the_distance_to_the_next_number() -> None:
    assert registry.unit_roundoff(np.float32) == 2.0**-24
