"""What the emulator raises, and the findings its errors carry."""

from __future__ import annotations

import dataclasses
import textwrap

from attention_scratch.errors import AttentionScratchError, InputError

Index3 = tuple[int, int, int]
TEXT_WIDTH = 76  # of a diagnosis: what fits the column of a page


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A line of the kernel's source; ``line`` counts from 1, 0 where it is unknown."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}   {self.text}" if self.text else where


@dataclasses.dataclass(frozen=True, slots=True)
class Conflict:
    """The other access of a data race, or where the other thread waits (``wait``)."""

    operation: str
    block: Index3
    thread: Index3
    place: Place


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One diagnosis.

    Attributes:
        kind: ``out-of-bounds``, ``misaligned``, ``race``, ``uninitialized``, ``const-write``;
            ``barrier-exit``, ``barrier-divergence``, ``warp-absent``, ``warp-mask``,
            ``warp-divergence``, ``inactive-lane``, ``deadlock``, ``time-limit``; ``assertion``,
            ``misuse`` (an instruction used as no device allows), ``arithmetic``,
            ``stack-overflow``; in fast launches ``illegal-address`` and ``canary`` (a write just
            beside an array, seen afterwards); ``out-of-memory``, ``compile-error``,
            ``unsupported``.
        summary: the first line of the diagnosis.
        place: where in the source.
        block, thread: who did it (None where no thread is known).
        array, index: the array's name and the flat element index (None where unknown).
        space: ``global``, ``shared``, ``constant`` or ``local`` memory, empty where none is meant.
        operation: ``read`` or ``write``, empty where neither applies.
        count: how many threads or iterations did the same.
        conflict: the other side of a race, or the thread that waits elsewhere.
        hint: what to try.
    """

    kind: str
    summary: str
    place: Place
    block: Index3 | None = None
    thread: Index3 | None = None
    array: str | None = None
    index: int | None = None
    space: str = ""
    operation: str = ""
    count: int = 1
    conflict: Conflict | None = None
    hint: str = ""

    def __str__(self) -> str:
        lines = [self.summary]
        if self.thread is not None and self.block is not None:
            lines.append(f"    by thread {show(self.thread)} of block {show(self.block)}")
        lines.append(f"    at {self.place}")
        if self.conflict is not None:
            other = self.conflict
            who = f"thread {show(other.thread)} of block {show(other.block)}"
            lines.append(
                f"    while {who} waits"
                if other.operation == "wait"
                else f"    against a {other.operation} by {who}"
            )
            lines.append(f"    at {other.place}")
        if self.count > 1:
            lines.append(f"    {self.count} times in all")
        if self.hint:
            lines += textwrap.wrap(
                f"hint: {self.hint}",
                TEXT_WIDTH,
                initial_indent=4 * " ",
                subsequent_indent=10 * " ",
            )
        return "\n".join(lines)


def show(index: Index3) -> str:
    """``(1,0,0)``: an index as CUDA's tools print it."""
    return "({},{},{})".format(*index)


class KernelError(AttentionScratchError, RuntimeError):
    """A kernel did something it must not; the text is the diagnosis.

    Attributes:
        findings: the diagnoses as data, in the order they were met.
    """

    def __init__(self, text: str, findings: tuple[Finding, ...]) -> None:
        super().__init__(text)
        self.findings = findings


class CompileError(KernelError):
    """The kernel's source does not compile; findings carry its lines and the compiler's words."""


class UnsupportedFeatureError(CompileError):
    """The kernel uses a feature of CUDA C++ that this emulator does not have yet."""


class LaunchError(InputError):
    """A launch that no device would accept: grid, block, shared memory or an argument."""
