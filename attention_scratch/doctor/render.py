"""The report for people: in a terminal, as Markdown for an issue, as one HTML page."""

from __future__ import annotations

import re
from collections import Counter
from html import escape
from pathlib import Path
from string import Template

from rich.console import Console
from rich.table import Table
from rich.text import Text

from attention_scratch.doctor.report import Finding, Report, Section, Step, Verdict
from attention_scratch.errors import InputError
from attention_scratch.files import write_atomically

# kind of finding: word, color, symbol, symbol where there is only ASCII
KINDS = {
    "ok": ("ok", "green", "✓", "+"),
    "warning": ("warning", "yellow", "!", "!"),
    "missing": ("missing", "red", "✗", "x"),
    "absent": ("not here", "dim", "–", "-"),
}
NAME_WIDTH = 22
INDENT = " " * (NAME_WIDTH + 5)
HEADER = "| | What | Found | Needed for | To mend it |\n| --- | --- | --- | --- | --- |"
PAGE = Path(__file__).parent / "assets" / "report.html"  # no script, light and dark


def show(report: Report, console: Console) -> None:
    """Print every section, then the verdict: colored where there is color, plain elsewhere."""
    for section in report.sections:
        console.print(Text(section.title, style="bold"))
        for finding in section.findings:
            _show_finding(finding, console)
        console.print()
    color = "bold red" if report.verdict is Verdict.NOT_READY else "bold green"
    console.print(Text(_fit(report.headline, console), style=color))


def write(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write ``environment.md``, ``.html`` and ``.json`` into ``folder`` and return their paths.

    Each file is replaced in one step: a reader never sees half of one.

    Raises:
        InputError: ``folder`` is a file or cannot be written.
    """
    texts = {"md": to_markdown(report), "html": to_html(report), "json": report.to_json()}
    try:
        return tuple(
            write_atomically(folder / f"environment.{end}", text) for end, text in texts.items()
        )
    except OSError as error:
        raise InputError(
            "report",
            str(folder),
            expected="a folder that can be written",
            remedy=f"Choose another one. The system says: {error.strerror or error}.",
        ) from error


def to_markdown(report: Report) -> str:
    """The whole report; every table has five columns, and text cannot break out of its cell."""
    parts = [
        "# Environment report",
        f"**{report.headline}**",
        f"attention-scratch {report.package_version}, {report.created}",
    ]
    for section in report.sections:
        rows = "\n".join(_markdown_row(finding) for finding in section.findings)
        parts.append(f"## {section.title}\n\n{HEADER}\n{rows}")
    return "\n\n".join(parts) + "\n"


def to_html(report: Report) -> str:
    """One page that needs nothing from elsewhere."""
    kinds = Counter(finding.kind for finding in report.findings)
    counts = (
        f"<div><dt>{word}</dt><dd>{kinds[kind]}</dd></div>"
        for kind, (word, *_) in KINDS.items()
        if kinds[kind]
    )
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        label=report.verdict.label,
        headline=escape(report.headline),
        counts="".join(counts),
        version=escape(report.package_version),
        created=escape(report.created),
        shown=escape(report.created.replace("T", " ").replace("+00:00", " UTC")),
        sections="\n".join(map(_html_section, report.sections)),
    )


def _show_finding(finding: Finding, console: Console) -> None:
    _, color, symbol, ascii_symbol = KINDS[finding.kind]
    unicode = console.encoding.startswith("utf")
    value = Text(_fit(finding.value, console), style="dim" if color == "dim" else "")
    if finding.status != "ok":
        value.append(f"\nneeded for {_fit(finding.needed_for, console)}", style="dim")
    row = Table.grid(padding=(0, 1))
    row.add_column(width=3, justify="right")
    row.add_column(width=NAME_WIDTH)
    row.add_column(overflow="fold")
    row.add_row(Text(symbol if unicode else ascii_symbol, style=color), Text(finding.name), value)
    console.print(row)
    for step in finding.steps:  # unwrapped, so that a command can be copied whole
        mark = "$ " if step.is_command else "→ " if unicode else "-> "
        text = (_fit(step.text, console), "cyan" if step.is_command else "dim")
        console.print(Text.assemble(INDENT, (mark, "dim"), text), soft_wrap=True)


def _fit(text: str, console: Console) -> str:
    """``text`` with what the terminal's encoding lacks replaced by question marks."""
    return text.encode(console.encoding, "replace").decode(console.encoding)


def _markdown_row(finding: Finding) -> str:
    texts = (finding.name, finding.value, finding.needed_for)
    steps = (_code(s.text) if s.is_command else _plain(s.text) for s in finding.steps)
    return f"| {finding.status} | {' | '.join(map(_plain, texts))} | {'<br>'.join(steps)} |"


def _plain(text: str) -> str:
    """Text in a cell: line breaks become spaces, marks lose their meaning."""
    return re.sub(r"[\\`*_\[\]<>|]", r"\\\g<0>", " ".join(text.split()))


def _code(line: str) -> str:
    """A command in a cell. A pipe inside code is escaped for the table alone (GFM, tables)."""
    ticks = "`"
    while ticks in line:
        ticks += "`"
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return ticks + pad + line.replace("|", "\\|") + pad + ticks


def _html_section(section: Section) -> str:
    anchor = escape(section.title.lower().replace(" ", "-"))
    title = f'<h2 id="{anchor}">{escape(section.title)}</h2>'
    items = "\n".join(map(_html_item, section.findings))
    return f'<section aria-labelledby="{anchor}">\n{title}\n<ul>\n{items}\n</ul>\n</section>'


def _html_item(finding: Finding) -> str:
    found = f"<p>{escape(finding.value)}</p>"
    if finding.status != "ok":
        found += f'<p class="needed">Needed for {escape(finding.needed_for)}</p>'
        found += "".join(map(_html_step, finding.steps))
    return (
        f'<li class="{finding.kind}"><h3>{escape(finding.name)}</h3>'
        f'<p class="status">{KINDS[finding.kind][0]}</p><div class="found">{found}</div></li>'
    )


def _html_step(step: Step) -> str:
    text = escape(step.text)
    return f"<pre>{text}</pre>" if step.is_command else f'<p class="needed">{text}</p>'
