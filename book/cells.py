"""What the cells of the book's own pages show: HTML from the package's own results."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_scratch import doctor
from attention_scratch.bench.report import Report, Row
from attention_scratch.config import settings

FAR = 24  # tokens: what counts as far back
MARKS = {"ok": "✓ there", "warning": "! read this", "missing": "✗ missing", "absent": "– not there"}


class Html:
    """HTML that a notebook displays and MyST-NB puts on the page."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_html_(self) -> str:
        return self.text


@dataclasses.dataclass(frozen=True, slots=True)
class Gaze:
    """Where one head looks from token ``query``: ``weights`` (query + 1,) over it and all before.

    ``layer`` and ``head`` count from 0; ``target`` is the token it looks at hardest.
    """

    layer: int
    head: int
    query: int
    target: int
    weights: NDArray[np.float32]


def about_to_write(
    name: str, attention: Sequence[NDArray[np.float32]], tokens: Sequence[str]
) -> Gaze:
    """The head that, right before ``name`` is written again, looks hardest far back at it.

    Args:
        name: a word of one token.
        attention: per layer (1, H, T, T), rows summing to one.
        tokens: the T tokens as text.

    Raises:
        ValueError: the name does not stand twice, ``FAR`` tokens apart.
    """
    places = [index for index, token in enumerate(tokens) if token.strip() == name]
    found = [
        (float(weights[0, head, later - 1, target]), layer, head, later - 1, target)
        for later in places
        for target in places
        if target + FAR <= later
        for layer, weights in enumerate(attention)
        for head in range(weights.shape[1])
    ]
    if not found:
        raise ValueError(f"{name} does not stand twice, {FAR} tokens apart, in {''.join(tokens)!r}")
    _, layer, head, query, target = max(found)
    return Gaze(layer, head, query, target, attention[layer][0, head, query, : query + 1])


def story(prompt: str, text: str) -> Html:
    """A text that begins with ``prompt``, which is in bold; the model wrote the rest."""
    paragraphs = escape(text.removeprefix(prompt).strip()).split("\n")
    body = "</p><p>".join(paragraphs)
    return Html(f'<div class="story"><p><b>{escape(prompt)}</b> {body}</p></div>')


def looked_at(tokens: Sequence[str], gaze: Gaze) -> Html:
    """Each token on a ground as strong as the attention it gets, then the one to be written."""
    strongest = float(gaze.weights.max())
    spans = [
        f'<span class="token" style="--w:{100 * float(weight) / strongest:.0f}%">'
        f"{escape(tokens[index])}</span>"
        for index, weight in enumerate(gaze.weights)
    ]
    following = escape(tokens[gaze.query + 1])
    spans.append(f'<span class="token token--next">{following}</span>')
    text = "".join(spans).replace("\n", "<br>")
    return Html(
        f'<p class="tokens">{text}</p><p class="aside">About to write {following.strip()}, head '
        f"{gaze.head + 1} of layer {gaze.layer + 1} gives {gaze.weights[gaze.target]:.0%} of its "
        f"attention to an earlier {escape(tokens[gaze.target].strip())}.</p>"
    )


def report_table(report: Report) -> Html:
    """One benchmark: what it compares, a row a case, how and where it was measured."""
    rows = "".join(
        f'<tr><th scope="row">{escape(row.case)}</th><td>{_time(row.ours_seconds)}</td>'
        f"<td>{_time(row.peer_seconds)}</td><td>{row.speedup:.2f}×</td>"
        f"<td>{row.speedup_min:.2f}–{row.speedup_max:.2f}×</td><td>{_goal(row)}</td></tr>"
        for row in report.rows
    )
    heads = ("case", "ours", "peer", "speed-up", "spread", "goal")
    where = report.provenance
    facts = (
        where.cpu,
        f"{where.cores} cores, {where.memory_gib} GiB",
        where.system,
        f"Python {where.python}",
        ", ".join(f"{name} {version}" for name, version in where.packages.items()),
        where.blas,
        where.date,
        f"commit {where.commit}",
    )
    title = escape(report.title)
    return Html(
        f'<section class="report" aria-label="{title}"><p class="report__title">{title}</p>'
        f"<p>Peer: {escape(report.peer)}. {escape(report.method)}</p>{_table(title, heads, rows)}"
        f'<p class="report__where">{escape(" · ".join(facts))}</p></section>'
    )


def accuracy_table(summary: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Html:
    """The accuracy of trainings with several seeds, each model under its name."""
    rows = "".join(
        f'<tr><th scope="row">{escape(names[row["case"]])}</th>'
        f"<td>{escape(row['expressions'])}</td><td>{row['mean']:.2%}</td>"
        f"<td>{100 * row['min']:.2f}–{row['max']:.2%}</td></tr>"
        for row in summary
    )
    return Html(_table("Accuracy", ("model", "expressions", "right", "seeds"), rows))


def _table(name: str, heads: Sequence[str], rows: str) -> str:
    """A table that scrolls inside a narrow page; all arguments are HTML."""
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name}, table">'
        f'<table class="table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _time(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def _goal(row: Row) -> str:
    if row.goal is None:
        return "–"
    return f"{row.goal:.2f}".rstrip("0").rstrip(".") + ("×, met" if row.met else "×, missed")


def environment_tables(report: doctor.Report) -> Html:
    """What the doctor found, a table a section; folders are shown relative to the repository."""
    here = str(settings().root)
    parts = []
    for section in report.sections:
        rows = "".join(
            f'<tr><th scope="row">{escape(f.name)}</th><td>{MARKS[f.kind]}</td>'
            f"<td>{escape(f.value.replace(here, 'the repository'))}</td></tr>"
            for f in section.findings
            if not f.name.startswith("Disk")
        )
        name = escape(section.title)
        table = _table(name, ("what", "state", "found"), rows)
        parts.append(f'<p class="report__title">{name}</p>{table}')
    return Html(f'<div class="environment"><p>{escape(report.headline)}</p>{"".join(parts)}</div>')
