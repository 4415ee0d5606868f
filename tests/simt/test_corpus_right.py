"""Right kernels equal NumPy at every size, in every order, fast and checked, without a finding."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from attention_scratch import simt
from tests.families import combinations
from tests.simt.corpus.case import Right, run
from tests.simt.corpus.catalog import RIGHT

# The random order is drawn anew for every kernel and size, always the same for the same.
ORDERS = ("forward", "reverse", "random")
MODES = pytest.mark.parametrize("checked", [False, True], ids=["fast", "checked"])
pytestmark = pytest.mark.slow


@functools.cache
def module(entry: Right, *, checked: bool) -> simt.RawModule:
    return simt.RawModule(
        path=entry.path,
        name_expressions=entry.names,
        checked=checked,
        enable_cooperative_groups=entry.cooperative,
    )


@MODES
@pytest.mark.parametrize("entry", RIGHT, ids=str)
def test_a_right_kernel_equals_numpy_in_every_order_and_raises_no_alarm(
    entry: Right, checked: bool, pytestconfig: pytest.Config
) -> None:
    for size, order, mode in combinations(pytestconfig, entry.sizes, ORDERS, (False, True)):
        if mode != checked:
            continue
        problem = entry.problem(size)
        run(module(entry, checked=checked), problem, order=order, seed=seed(entry, size))
        for i, output in enumerate(problem.outputs):
            output.check(f"{entry} at {size} in {order} order, output {i}")


@pytest.mark.parametrize("entry", RIGHT, ids=str)
def test_every_output_starts_wrong(entry: Right) -> None:
    """A kernel that does nothing must fail: no check may hold before the launch."""
    problem = entry.problem(entry.sizes[-1])
    for i, output in enumerate(problem.outputs):
        with pytest.raises(AssertionError):
            output.check(f"output {i}")


@MODES
def test_the_same_seed_gives_the_same_bits(checked: bool) -> None:
    """Float atomics depend on the order, the order on nothing but the seed."""
    entry = next(e for e in RIGHT if e.file == "reduce_atomic")

    def bits() -> bytes:
        problem = entry.problem(1000)
        run(module(entry, checked=checked), problem, order="random", seed=11)
        return problem.outputs[0].array.tobytes()

    assert bits() == bits()


def seed(entry: Right, size: Any) -> int:
    return int(np.random.default_rng([*entry.file.encode(), *np.atleast_1d(size)]).integers(2**31))
