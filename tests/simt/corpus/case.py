"""What an entry of the corpus is: a file, its launches at a size, and what must come out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

FOLDER = Path(__file__).parent
ROUND = 2.0**-24  # half the spacing of float32 at 1: one rounding to nearest
ROUND_HALF, ROUND_BF16 = 2.0**-11, 2.0**-8

Array = npt.NDArray[Any]
Size = int | tuple[int, ...]
Shape = int | tuple[int, ...]
RAGGED: tuple[Size, ...] = (1, 31, 33, 257, 1000)


@dataclasses.dataclass(frozen=True, slots=True)
class Launch:
    """One launch; arrays among the arguments may be shared with other launches."""

    kernel: str
    grid: Shape
    block: Shape
    args: tuple[Any, ...]
    shared_mem: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Output:
    """An array that some launch writes, and the float64 or integer values it must hold then.

    Attributes:
        bound: how far an element may be off; 0 for integers and for exact arithmetic.
        why: where the bound comes from.
        view: what is compared, for results of which only a function is determined.
    """

    array: Array
    want: Array
    bound: Array | float = 0.0
    why: str = "exact"
    view: Callable[[Array], Array] = np.asarray

    def check(self, label: str) -> None:
        """Fail with the worst element, unless every element is within its bound."""
        got = np.atleast_1d(self.view(self.array)).astype(np.float64)
        want = np.atleast_1d(self.want).astype(np.float64)
        assert got.shape == want.shape, f"{label}: shape {got.shape}, expected {want.shape}"
        bound = np.broadcast_to(self.bound, want.shape)
        with np.errstate(invalid="ignore"):
            off = np.where(got == want, 0.0, np.abs(got - want))
        wrong = ~(off <= bound)
        if wrong.any():
            at = tuple(map(int, np.argwhere(wrong)[0]))
            raise AssertionError(
                f"{label}: {np.count_nonzero(wrong)} of {wrong.size} wrong, the first at {at}: "
                f"{got[at]!r}, expected {want[at]!r} ± {bound[at]:.2g} ({self.why})"
            )


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """A kernel at a size: launches in order, what must come out, ``__constant__`` values."""

    launches: tuple[Launch, ...]
    outputs: tuple[Output, ...]
    constants: dict[str, Array] = dataclasses.field(default_factory=dict)


Make = Callable[[np.random.Generator, Any], Problem]


@dataclasses.dataclass(frozen=True, slots=True)
class Right:
    """A right kernel (or a few that belong together) and its problems.

    Attributes:
        file: the source, ``right/<file>.cu``.
        sizes: what ``make`` is called with.
        capability: the least compute capability the source compiles for.
        cooperative: launched with enable_cooperative_groups.
    """

    file: str
    make: Make
    sizes: tuple[Size, ...]
    names: tuple[str, ...] = ()
    capability: int = 75
    cooperative: bool = False

    @property
    def path(self) -> Path:
        return FOLDER / "right" / f"{self.file}.cu"

    def problem(self, size: Size) -> Problem:
        """A fresh problem, always the same for a size."""
        seed = (size,) if isinstance(size, int) else size
        return self.make(np.random.default_rng(seed), size)

    def __str__(self) -> str:
        return self.file


def right(
    *,
    sizes: tuple[Size, ...] = RAGGED,
    names: tuple[str, ...] = (),
    capability: int = 75,
    cooperative: bool = False,
) -> Callable[[Make], Right]:
    """Make an entry of a function that builds its problems; the function's name is the file's."""
    return lambda make: Right(make.__name__, make, sizes, names, capability, cooperative)


def entries(modules: Iterable[ModuleType]) -> tuple[Right, ...]:
    """Every entry the modules define, in the order of their lines."""
    return tuple(v for m in modules for v in vars(m).values() if isinstance(v, Right))


def run(module: Any, problem: Problem, **options: Any) -> None:
    """Launch ``problem`` on the emulator; ``options`` go to every launch."""
    for name, values in problem.constants.items():
        module.get_global(name)[...] = values
    for launch in problem.launches:
        kernel = module.get_function(launch.kernel)
        kernel(launch.grid, launch.block, launch.args, launch.shared_mem, **options)


def blocks(n: int, block: int) -> int:
    """Blocks that cover ``n`` elements, at least one."""
    return max(1, -(-n // block))


def f32(values: npt.ArrayLike) -> Array:
    """A float32 array."""
    return np.ascontiguousarray(values, np.float32)


def normal(rng: np.random.Generator, *shape: int) -> Array:
    """Standard normal float32 values."""
    return rng.standard_normal(shape).astype(np.float32)


def sum_bound(
    terms: Array,
    axis: int | tuple[int, ...] | None = None,
    *,
    depth: float | None = None,
    extra: int = 2,
) -> Array:
    """Rounding error of a float32 sum: depth + extra roundings of at most Σ|terms|.

    ``depth`` is the longest chain of additions, n in an unknown order.
    """
    count = terms.size if axis is None else int(np.prod(np.take(terms.shape, axis)))
    chain = (count if depth is None else depth) + extra
    return np.asarray(chain * ROUND * np.abs(terms).sum(axis=axis, dtype=np.float64))


def bf16_bits(values: npt.ArrayLike) -> Array:
    """bfloat16 as its 16 bits, rounded to nearest even (finite values)."""
    bits = f32(values).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def bf16_values(bits: Array) -> Array:
    """The float64 values of bfloat16 bits."""
    return (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
