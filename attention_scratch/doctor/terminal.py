"""The report as text for a terminal: colored where there is color, plain where there is not."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from attention_scratch.doctor.finding import Finding, Report, Section, Step, Verdict

NAME_WIDTH = 22
INDENT = " " * (NAME_WIDTH + 5)
COLORS = {"ok": "green", "warning": "yellow", "missing": "red", "absent": "dim"}
SYMBOLS = {"ok": "✓", "warning": "!", "missing": "✗", "absent": "–", "arrow": "→"}
ASCII_SYMBOLS = {"ok": "+", "warning": "!", "missing": "x", "absent": "-", "arrow": "->"}
VERDICT_COLORS = {
    Verdict.READY: "bold green",
    Verdict.READY_WITHOUT_GPU: "bold green",
    Verdict.NOT_READY: "bold red",
}


def show(report: Report, console: Console) -> None:
    """Print every section, then the verdict."""
    for section in report.sections:
        _show_section(section, console)
    console.print(Text(_fit(report.headline, console), style=VERDICT_COLORS[report.verdict]))


def _show_section(section: Section, console: Console) -> None:
    console.print(Text(section.title, style="bold"))
    for finding in section.findings:
        _show_finding(finding, console)
    console.print()


def _show_finding(finding: Finding, console: Console) -> None:
    color = COLORS[finding.kind]
    calm = color if color == "dim" else ""
    value = Text(_fit(finding.value, console), style=calm)
    if finding.status != "ok":
        value.append(f"\nneeded for {_fit(finding.needed_for, console)}", style="dim")
    row = Table.grid(padding=(0, 1))
    row.add_column(width=3, justify="right")
    row.add_column(width=NAME_WIDTH)
    row.add_column(overflow="fold")
    row.add_row(Text(_symbols(console)[finding.kind], style=color), Text(finding.name), value)
    console.print(row)
    for step in finding.steps:
        _show_step(step, console)


def _show_step(step: Step, console: Console) -> None:
    """Unwrapped, so that a command can be copied whole."""
    mark = "$" if step.is_command else _symbols(console)["arrow"]
    style = "cyan" if step.is_command else "dim"
    console.print(
        Text.assemble(INDENT, (f"{mark} ", "dim"), (_fit(step.text, console), style)),
        soft_wrap=True,
    )


def _symbols(console: Console) -> dict[str, str]:
    return SYMBOLS if console.encoding.startswith("utf") else ASCII_SYMBOLS


def _fit(text: str, console: Console) -> str:
    """``text`` with what the terminal's encoding lacks replaced by question marks."""
    return text.encode(console.encoding, "replace").decode(console.encoding)
