"""A figure that plays a trace of a CUDA block, in a notebook and on a page without a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from attention_scratch.errors import InputError
from attention_scratch.viz.trace_steps import (
    EVENT,
    WARP,
    Events,
    Numbers,
    WarpStep,
    WarpTrace,
    warp_traces,
)
from attention_scratch.viz.trace_words import VERBS, remark, sentence
from attention_scratch.viz.widget import Widget, as_json

MOST_BYTES = 200_000  # of data in a page, for one figure
MOST_EVENTS = WARP * MOST_BYTES // 40  # a step is never written in fewer bytes than 40
ROWS_WITHOUT_SCRIPT = 24
REMEDY = "Trace one block, a smaller array or fewer rounds of the loop."

FOLDER = Path(__file__).parent
WIDGET = Widget(
    "trace-player", "as-player", (FOLDER / "trace_player.js",), (FOLDER / "trace_player.css",)
)


@dataclass(frozen=True, slots=True, eq=False)
class Player:
    """A trace ready to be played: the last value of a cell shows it.

    Attributes:
        warps: what each warp of the trace does, step by step.
        names: of the arrays.
        source: the CUDA text.
    """

    warps: tuple[WarpTrace, ...]
    names: tuple[str, ...]
    source: str
    title: str
    caption: str

    def summary(self, warp: int = 0) -> list[str]:
        """One sentence a step, of one of the ``warps``."""
        chosen = self.warps[warp]
        return [sentence(step, self.names, lanes=chosen.lanes) for step in chosen.steps]

    def data(self) -> dict[str, Any]:
        """What the ES module plays, as JSON takes it."""
        return {
            "source": self.source,
            "arrays": _arrays(self.warps, self.names),
            "warps": [_warp(warp, self.names) for warp in self.warps],
        }

    def __repr__(self) -> str:
        lines = self.summary()
        steps = [f"{number:>4}  {line}" for number, line in enumerate(lines, start=1)]
        first = self.warps[0]
        return "\n".join([f"{self.title}: block {first.block}, warp {first.warp}", *steps])

    def _repr_html_(self) -> str:
        return WIDGET.html(
            self.data(),
            title=self.title,
            caption=self.caption,
            without_script=self._without_script(),
        )

    def _without_script(self) -> str:
        """The first warp's steps as a table: what a page shows where no script runs."""
        lines = self.summary()
        rows = [
            f'<tr><th scope="row">{number}</th><td>{escape(line)}</td></tr>'
            for number, line in enumerate(lines[:ROWS_WITHOUT_SCRIPT], start=1)
        ]
        left = len(lines) - ROWS_WITHOUT_SCRIPT
        if left > 0:
            rows.append(f"<tr><td></td><td>and {left} more</td></tr>")
        name = f"{escape(self.title)}, table of steps"
        return (
            f'<div class="scroll" tabindex="0" role="group" aria-label="{name}">'
            '<table><thead><tr><th scope="col">step</th><th scope="col">what the warp does</th>'
            f"</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        )


def play(
    events: Events,
    names: Sequence[str],
    source: str,
    block_dim: Sequence[int],
    *,
    title: str = "A block, step by step",
    caption: str = "",
) -> Player:
    """A figure of what the warps of a block do: their lanes, addresses, banks and barriers.

    Args:
        events: in the order of execution, fields as in ``trace_steps.EVENT``: what
            ``simt.trace()`` records.
        names: of the arrays that ``events["array"]`` counts.
        source: the text that ``events["line"]`` counts lines of.
        block_dim: threads of a block in each direction.
        title: above the figure, and its name to a screen reader.
        caption: below it.

    Raises:
        InputError: there is no event, a field is missing, an array has no name, or there is more
            than a page should carry.
    """
    _check(events, names)
    warps = warp_traces(events, threads=int(np.prod(block_dim)))
    player = Player(tuple(warps), tuple(names), source.rstrip("\n"), title, caption)
    size = len(as_json(player.data()))
    if size > MOST_BYTES:
        raise InputError(
            "events",
            f"{len(events):,} events, {size:,} bytes as a figure",
            expected=f"at most {MOST_BYTES:,} bytes",
            remedy=REMEDY,
        )
    return player


def _check(events: Events, names: Sequence[str]) -> None:
    missing = sorted(set(EVENT.names or ()) - set(events.dtype.names or ()))
    if missing:
        raise InputError(
            "events",
            f"an array without {', '.join(missing)}",
            expected="the fields of a trace",
            remedy="Pass the events of simt.trace().",
        )
    if not len(events):
        raise InputError("events", "none", expected="at least one", remedy="Launch in the trace.")
    if len(events) > MOST_EVENTS:
        raise InputError(
            "events",
            f"{len(events):,} of them",
            expected=f"at most {MOST_EVENTS:,}: a page carries all of them",
            remedy=REMEDY,
        )
    last = int(events["array"].max())
    if last >= len(names):
        raise InputError(
            "names",
            f"{len(names)} names",
            expected=f"one for every array, {last + 1}",
            remedy="Pass the names of the same trace.",
        )


def _arrays(warps: Sequence[WarpTrace], names: Sequence[str]) -> list[dict[str, Any]]:
    """Of each array: its name, the byte its element 0 has, the bytes of an element."""
    touched: dict[int, list[WarpStep]] = {}
    for step in (step for warp in warps for step in warp.steps if step.kind in VERBS):
        touched.setdefault(step.array, []).append(step)
    made = []
    for number, name in enumerate(names):
        base, element = _extent(touched.get(number, []))
        made.append({"name": name, "base": base, "element": element})
    return made


def _extent(steps: Sequence[WarpStep]) -> tuple[int, int]:
    if not steps:
        return 0, 1
    index = np.concatenate([step.index for step in steps])
    offset = np.concatenate([step.offset for step in steps])
    low, high = int(index.argmin()), int(index.argmax())
    apart = int(index[high] - index[low])
    element = int(offset[high] - offset[low]) // apart if apart else steps[0].size
    return int(offset[low] - index[low] * element), max(1, element)


def _warp(warp: WarpTrace, names: Sequence[str]) -> dict[str, Any]:
    steps = [_step(step, names, warp.lanes) for step in warp.steps]
    return {"block": warp.block, "warp": warp.warp, "lanes": warp.lanes, "steps": steps}


def _step(step: WarpStep, names: Sequence[str], lanes: int) -> dict[str, Any]:
    """Short keys: l(ine), k(ind), s(pace), a(rray), z (size), n (lanes), w(aiting), d(one), ..."""
    made: dict[str, Any] = {
        "l": step.line,
        "k": step.kind,
        "n": _mask(step.lanes.tolist()),
        "w": _mask(step.waiting),
        "d": _mask(step.done),
        "t": sentence(step, names, lanes=lanes),
    }
    if step.kind in VERBS:
        made |= {"s": step.space, "a": step.array, "z": step.size, **_offsets(step.offset)}
        made["r"] = remark(step)
    if step.opens:
        made["p"] = 1
    return made


def _offsets(offset: Numbers) -> dict[str, list[int]]:
    """The byte of each lane: o(ffsets), or f(irst and step) where they are evenly spaced."""
    apart = np.diff(offset)
    if np.all(apart == apart[:1]):
        return {"f": [int(offset[0]), int(apart[0]) if apart.size else 0]}
    return {"o": offset.tolist()}


def _mask(lanes: Sequence[int] | frozenset[int]) -> int:
    return sum(1 << lane for lane in lanes)
