"""The vector kernels against float64 NumPy, within the rounding each step may have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attention_scratch import kernels, simt
from attention_scratch.errors import InputError

SIZES = (1, 31, 32, 33, 1000, 100003)
ORDERS = ("forward", "reverse", "random")
A = np.float32(-1.7)


def vectors(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.integers(-3, 4, n)
    x, y = rng.standard_normal((2, n)) * scale
    return x.astype(np.float32), y.astype(np.float32)


def run(step: kernels.Step, n: int, **options: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The step's result, float64's, and the largest error allowed."""
    x, y = vectors(n)
    shape = step.launch((n,))
    kernel = kernels.load(step.name, "simt").get_function(step.entry)
    with simt.launching(**options):
        if step.entry == "vector_add":
            out = np.empty_like(x)
            kernel(shape.grid, shape.block, (x, y, out, np.int32(n)))
            return out, step.reference(x, y), step.error_bound(x, y)
        out = y.copy()
        kernel(shape.grid, shape.block, (A, x, out, np.int32(n)))
        return out, step.reference(A, x, y), step.error_bound(A, x, y)


def assert_within(got: np.ndarray, want: np.ndarray, bound: np.ndarray) -> None:
    wrong = np.flatnonzero(~(np.abs(got - want) <= bound))
    if wrong.size:
        i = int(wrong[0])
        pytest.fail(f"first wrong index {i}: got {got[i]!r}, want {want[i]!r} ± {bound[i]:.3g}")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("step", kernels.steps(), ids=lambda s: s.name)
def test_every_step_agrees_with_float64_at_ragged_sizes(step: kernels.Step, order: str) -> None:
    for n in SIZES:
        assert_within(*run(step, n, order=order, seed=n))


@pytest.mark.parametrize("step", kernels.steps(), ids=lambda s: s.name)
def test_every_step_is_checked_without_a_finding(step: kernels.Step) -> None:
    for n in (1, 31, 32, 33, 1000):
        for order in ORDERS:
            assert_within(*run(step, n, order=order, checked=True))


@pytest.mark.parametrize("n", [1, 33, 1000, 4096])
@pytest.mark.parametrize("step", kernels.steps(), ids=lambda s: s.name)
def test_counters_equal_the_cost_the_registry_states(step: kernels.Step, n: int) -> None:
    with simt.profile() as p:
        run(step, n)
    cost = step.cost((n,))
    assert (p.last.bytes_read, p.last.bytes_written) == (cost.bytes_read, cost.bytes_written)


def test_a_full_warp_needs_four_sectors_per_request() -> None:
    for step in kernels.steps():
        with simt.profile() as p:
            run(step, 4096)
        assert p.last.sectors_per_request == 4


def test_the_grid_stride_loop_is_right_for_a_grid_of_any_size() -> None:
    step = kernels.step("vector/03_saxpy_grid_stride")
    kernel = kernels.load(step.name, "simt").get_function(step.entry)
    x, y = vectors(1000)
    for blocks, threads in ((1, 1), (1, 32), (3, 33), (7, 64), (40, 128)):
        out = y.copy()
        kernel(blocks, threads, (A, x, out, np.int32(1000)))
        assert_within(out, step.reference(A, x, y), step.error_bound(A, x, y))


def test_the_error_bound_is_one_a_wrong_rounding_breaks() -> None:
    step = kernels.step("vector/01_vector_add")
    x, y = vectors(1000)
    half = (x.astype(np.float16) + y.astype(np.float16)).astype(np.float64)
    with np.errstate(all="ignore"):
        assert (np.abs(half - step.reference(x, y)) > step.error_bound(x, y)).any()


@pytest.mark.parametrize("n", [0, 1, 31, 32, 33, 1000])
def test_the_wrappers_return_new_arrays_and_leave_their_arguments(n: int) -> None:
    x, y = vectors(n)
    before = x.copy(), y.copy()
    add, scaled = kernels.vector_add(x, y), kernels.saxpy(1.5, x, y)
    assert_within(add, x.astype(float) + y, np.spacing(np.abs(add)))
    assert_within(scaled, 1.5 * x.astype(float) + y, np.spacing(np.abs(1.5 * x) + np.abs(scaled)))
    assert add.dtype == scaled.dtype == np.float32
    np.testing.assert_array_equal(before, (x, y))


GOOD = np.ones(8, np.float32)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (GOOD, GOOD[:7], "y: got shape (7,); expected shape (8,), as x"),
        (GOOD.astype(float), GOOD, "x: got dtype float64; expected float32"),
        (GOOD, GOOD.reshape(2, 4), "y: got shape (2, 4); expected (N,)"),
        (np.ones(16, np.float32)[::2], GOOD, "x: got strides (8,); expected a contiguous array"),
        ([1.0], GOOD, "x: got list; expected an array"),
    ],
)
def test_the_wrappers_refuse_what_the_kernel_cannot_take(x: Any, y: Any, message: str) -> None:
    for call in (lambda: kernels.vector_add(x, y), lambda: kernels.saxpy(2.0, x, y)):
        with pytest.raises(InputError) as caught:
            call()
        assert message in str(caught.value)


@pytest.mark.parametrize("a", ["2", None, True, [2.0]])
def test_saxpy_refuses_a_factor_that_is_no_number(a: Any) -> None:
    with pytest.raises(InputError, match=r"a: got .*expected a number"):
        kernels.saxpy(a, GOOD, GOOD)
