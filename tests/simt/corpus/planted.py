"""What an entry of the planted bugs is: a launch, and what must be said of it on which line."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

from tests.simt.corpus.case import FOLDER, Array, Launch, Problem

TIME_LIMIT = 0.5  # seconds; for kernels that would never end


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """A kernel with one bug.

    Attributes:
        file: the source, ``bugs/<file>.cu``; it marks the line at fault ``// bug``, and every
            line that has a part in it ``// other``.
        make: the launch, always the same.
        kind, array, space: what a finding must say; None where it has nothing to say.
        index: the elements of which the finding must name one. It is one where every order of
            threads meets the same element first.
        also: kinds of findings that follow from the bug in some orders, on the same lines.
    """

    file: str
    make: Callable[[], Launch]
    kind: str
    array: str | None
    index: frozenset[int] | None
    space: str | None
    also: frozenset[str]
    time_limit: float | None
    constants: dict[str, Array]

    @property
    def path(self) -> Path:
        return FOLDER / "bugs" / f"{self.file}.cu"

    def problem(self) -> Problem:
        """A fresh launch of it."""
        return Problem((self.make(),), (), self.constants)

    def lines(self, mark: str) -> frozenset[int]:
        """The lines that carry a mark, counted from 1."""
        text = self.path.read_text(encoding="utf-8").splitlines()
        return frozenset(
            i for i, line in enumerate(text, 1) if re.search(rf"// {mark}( \\)?$", line)
        )

    def __str__(self) -> str:
        return self.file


def planted(
    kind: str,
    array: str | None = None,
    index: int | Iterable[int] | None = None,
    *,
    space: str | None = None,
    also: tuple[str, ...] = (),
    time_limit: float | None = None,
    constants: dict[str, Array] | None = None,
) -> Callable[[Callable[[], Launch]], Planted]:
    """Make an entry of a function that builds the launch; the function's name is the file's."""
    among = None if index is None else frozenset((index,) if isinstance(index, int) else index)
    return lambda make: Planted(
        make.__name__,
        make,
        kind,
        array,
        among,
        space,
        frozenset(also),
        time_limit,
        constants or {},
    )


def entries(modules: Iterable[ModuleType]) -> tuple[Planted, ...]:
    """Every entry the modules define, in the order of their lines."""
    return tuple(v for m in modules for v in vars(m).values() if isinstance(v, Planted))
