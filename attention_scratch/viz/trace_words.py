"""What a warp does in one step, in words and numbers: sectors, wavefronts, bank conflicts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attention_scratch.viz.trace_steps import (
    ARRIVE,
    ATOMIC,
    CONSTANT,
    EXIT,
    GLOBAL,
    LEAVE,
    MEET,
    READ,
    SHARED,
    WARP,
    WRITE,
    Numbers,
    WarpStep,
)

SECTOR = 32  # bytes memory delivers at least
BANKS = 32  # of shared memory, a word wide each
WORD = 4  # bytes
FEW = 4  # elements that are named one by one
SPACES = ("global memory", "shared memory", "constant memory", "memory")
VERBS = {READ: ("reads", "read"), WRITE: ("writes", "write"), ATOMIC: ("updates", "update")}


def sentence(step: WarpStep, names: Sequence[str], *, lanes: int) -> str:
    """One line: where in the source, which of the warp's ``lanes`` lanes, what, at what cost."""
    where = f"line {step.line}, " if step.line else ""
    who, one = subject(step.lanes, of=lanes), len(step.lanes) == 1
    return f"{where}{who} {_deed(step, names, one=one)}"


def subject(lanes: Numbers, *, of: int) -> str:
    """The lanes that take part, as the subject of a sentence."""
    first, last, n = int(lanes[0]), int(lanes[-1]), len(lanes)
    if n == 1:
        return f"lane {first}"
    if n < of and last - first == n - 1:
        return f"lanes {first} {'and' if n == 2 else 'to'} {last}"
    return f"{n} lanes"


def elements(name: str, index: Numbers) -> str:
    """Elements of an array in the order of the lanes that touch them: ``tile[0..31]``."""
    first, last = int(index[0]), int(index[-1])
    steps = np.diff(index)
    if np.all(steps == 0):
        return f"{name}[{first}]"
    if len(index) > 2 and np.all(np.abs(steps) == 1) and np.all(steps == steps[0]):
        return f"{name}[{first}..{last}]"
    distinct = np.unique(index)
    if len(distinct) <= FEW:
        return f"{name}[{', '.join(map(str, dict.fromkeys(index.tolist())))}]"
    if np.all(steps == steps[0]):
        return f"{name}[{first}, {int(index[1])}, … {last}]"
    return f"{len(distinct)} elements of {name}, {int(distinct[0])} to {int(distinct[-1])}"


def sectors(step: WarpStep) -> Numbers:
    """The 32-byte pieces of an array that one request of a warp touches, ascending."""
    ends = np.concatenate([step.offset, step.offset + step.size - 1])
    return np.unique(ends // SECTOR)


def words_per_bank(step: WarpStep) -> list[Numbers]:
    """Of each wavefront group, (32,): how many different words of each bank its lanes want.

    All 32 lanes make one group up to 4 bytes each; 8 bytes go out half a warp at a time, 16 bytes
    a quarter. Lanes that want the same word are served together.
    """
    at_once = WARP // max(1, step.size // WORD)
    groups = []
    for first in range(0, WARP, at_once):
        mine = (step.lanes >= first) & (step.lanes < first + at_once)
        starts = step.offset[mine]
        if starts.size:
            pieces = np.arange(0, max(step.size, 1), WORD)
            words = np.unique((starts[:, None] + pieces) // WORD)
            groups.append(np.bincount(words % BANKS, minlength=BANKS))
    return groups


def wavefronts(step: WarpStep) -> int:
    """How many turns shared memory needs: each bank gives one word a turn."""
    return sum(int(group.max()) for group in words_per_bank(step))


def cost(step: WarpStep) -> str:
    """What the step asks of memory; empty for a step that asks nothing."""
    if step.kind not in VERBS:
        return ""
    if step.space == GLOBAL:
        return _plural(len(sectors(step)), "sector")
    if step.space == SHARED:
        return _plural(wavefronts(step), "wavefront")
    if step.space == CONSTANT:
        return _plural(len(np.unique(step.offset)), "different address")
    return ""


def remark(step: WarpStep) -> str:
    """What the cost means: bytes moved for bytes used, or the worst conflict."""
    if step.kind not in VERBS:
        return ""
    if step.space == GLOBAL:
        moved = SECTOR * len(sectors(step))
        touched = step.offset[:, None] + np.arange(step.size)
        return f"{len(np.unique(touched))} of the {moved} bytes moved are used"
    if step.space == SHARED:
        worst = max(words_per_bank(step), key=lambda group: int(group.max()))
        if worst.max() == 1:
            return "no bank conflict"
        return f"{int(worst.max())}-way conflict on bank {int(worst.argmax())}"
    return ""


def _deed(step: WarpStep, names: Sequence[str], *, one: bool) -> str:
    if step.kind in VERBS:
        verb = VERBS[step.kind][0 if one else 1]
        known = 0 <= step.array < len(names)
        what = elements(names[step.array], step.index) if known else SPACES[step.space]
        atomically = " atomically" if step.kind == ATOMIC else ""
        price = cost(step)
        return f"{verb} {what}{atomically}{f', {price}' if price else ''}"
    s = "s" if one else ""
    if step.kind == ARRIVE:
        then = f", then go{'es' * one} on with the whole block" if step.opens else ""
        return f"wait{s} at the barrier{then}"
    if step.kind == MEET:
        return f"meet{s} in a warp operation" if step.opens else f"wait{s} for the lanes it names"
    if step.kind == EXIT:
        return f"{'is' if one else 'are'} done"
    return f"go{'es' * one} on: the {'barrier' if step.kind == LEAVE else 'warp operation'} opens"


def _plural(count: int, noun: str) -> str:
    ending = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f"{count} {noun}{ending}"
