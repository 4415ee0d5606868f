"""Measured results as JSON under ``reports/<device>/``: the tables of the book are made of them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from attention_scratch.bench.measure import Comparison, spread
from attention_scratch.bench.provenance import Provenance
from attention_scratch.errors import InputError
from attention_scratch.files import write_atomically

SCHEMA = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One case: seconds of ours and of the peer (medians), the paired ratio, the goal if any."""

    case: str
    ours_seconds: float
    peer_seconds: float
    speedup: float
    speedup_min: float
    speedup_max: float
    goal: float | None = None

    @classmethod
    def of(cls, case: str, measured: Comparison, *, goal: float | None = None) -> Row:
        """The row of one comparison."""
        low, high = spread(measured.speedups)
        return cls(
            case, measured.ours.median, measured.peer.median, measured.speedup, low, high, goal
        )

    @property
    def met(self) -> bool | None:
        """Whether the goal was reached; None where none was set."""
        return None if self.goal is None else self.speedup >= self.goal


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """One benchmark's results; ``method`` says in a sentence how they were taken."""

    name: str
    title: str
    peer: str
    method: str
    rows: tuple[Row, ...]
    provenance: Provenance

    def table(self) -> str:
        """The rows as lines to read: milliseconds of both, the ratio and its spread, the goal."""
        width = max((len(row.case) for row in self.rows), default=0)
        return "\n".join(f"{row.case:{width}} {_words(row)}" for row in self.rows)


def _words(row: Row) -> str:
    goal = "" if row.goal is None else f"   goal {row.goal:.2f}× {'met' if row.met else 'MISSED'}"
    return (
        f"ours {row.ours_seconds * 1e3:10.3f} ms   peer {row.peer_seconds * 1e3:10.3f} ms   "
        f"{row.speedup:.2f}× [{row.speedup_min:.2f}–{row.speedup_max:.2f}]{goal}"
    )


def write_report(report: Report, folder: Path) -> Path:
    """Write ``folder/<device>/<name>.json`` atomically and return its path."""
    path = folder / report.provenance.device / f"{report.name}.json"
    text = json.dumps({"schema": SCHEMA, **dataclasses.asdict(report)}, indent=2) + "\n"
    return write_atomically(path, text)


def load_reports(folder: Path) -> list[Report]:
    """Every report under ``folder``, sorted by device and name.

    Raises:
        InputError: a file of another schema or shape, by name.
    """
    return [_load(path) for path in sorted(folder.glob("*/*.json"))]


def _load(path: Path) -> Report:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw.pop("schema") != SCHEMA:
            raise ValueError(f"schema is not {SCHEMA}")
        rows = tuple(Row(**row) for row in raw.pop("rows"))
        return Report(rows=rows, provenance=Provenance(**raw.pop("provenance")), **raw)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            str(path),
            "a report we cannot read",
            expected=f"a report of schema {SCHEMA}",
            remedy=f"Run its benchmark again: make bench ({error}).",
        ) from error
