"""What is known about every kernel step: how to launch it, what it must compute, what it costs."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from attention_scratch.errors import InputError

Array = npt.NDArray[Any]
Dimensions = tuple[int, int, int]


@dataclasses.dataclass(frozen=True, slots=True)
class LaunchShape:
    """Blocks in the grid, threads in a block, bytes of dynamic shared memory."""

    grid: Dimensions
    block: Dimensions
    shared_mem: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Cost:
    """What one run needs at least.

    Attributes:
        bytes_read, bytes_written: between memory and the processor.
        flops: floating-point operations; a fused multiply-add counts as two.
    """

    bytes_read: int
    bytes_written: int
    flops: int

    @property
    def bytes(self) -> int:
        """All bytes that move."""
        return self.bytes_read + self.bytes_written

    @property
    def intensity(self) -> float:
        """Arithmetic intensity: floating-point operations per byte moved."""
        return self.flops / self.bytes


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One step of a ladder.

    Attributes:
        name: the source, ``family/NN_idea``.
        entry: the kernel's function name.
        idea: what this step shows, in a clause.
        reference: the same function in NumPy; float64 arrays in, float64 out.
        launch: from the problem's shape to grid, block and shared memory.
        cost: from the problem's shape to bytes and operations.
        compute_capability: the least a device must have.
        error_bound: from the reference's arguments to the largest error each element of the
            result may have, same shape.
        derivation: why the bound is what it is.
    """

    name: str
    entry: str
    idea: str
    reference: Callable[..., Array]
    launch: Callable[[tuple[int, ...]], LaunchShape]
    cost: Callable[[tuple[int, ...]], Cost]
    compute_capability: tuple[int, int]
    error_bound: Callable[..., Array]
    derivation: str


_steps: dict[str, Step] = {}


def register(step: Step) -> Step:
    """Add a step.

    Raises:
        InputError: its name is taken.
    """
    if step.name in _steps:
        raise InputError(
            "step", step.name, expected="a new name", remedy="Every step is registered once."
        )
    _steps[step.name] = step
    return step


def steps() -> tuple[Step, ...]:
    """All registered steps, in reading order."""
    return tuple(_steps[name] for name in sorted(_steps))


def step(name: str) -> Step:
    """The step called ``name``.

    Raises:
        InputError: there is none; the error lists those with similar names.
    """
    if name not in _steps:
        near = difflib.get_close_matches(name, _steps, n=3, cutoff=0.4) or sorted(_steps)
        raise InputError(
            "step", name, expected="a registered step", remedy=f"Did you mean {' or '.join(near)}?"
        )
    return _steps[name]


def unit_roundoff(dtype: type[np.floating[Any]]) -> float:
    """Half the distance from 1 to the next larger number: the error of one rounding, relative."""
    return float(np.finfo(dtype).eps) / 2
