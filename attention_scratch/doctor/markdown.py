"""The report as Markdown: one table a section, fit for an issue or a pull request."""

from __future__ import annotations

from attention_scratch.doctor.finding import Finding, Report, Section, Step

HEADER = "| | What | Found | Needed for | To mend it |\n| --- | --- | --- | --- | --- |"


def to_markdown(report: Report) -> str:
    """The whole report; every table has five columns, and text cannot break out of its cell."""
    parts = [
        "# Environment report",
        f"**{report.headline}**",
        f"attention-scratch {report.package_version}, {report.created}",
        *(_section(section) for section in report.sections),
    ]
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> str:
    rows = "\n".join(_row(finding) for finding in section.findings)
    return f"## {section.title}\n\n{HEADER}\n{rows}"


def _row(finding: Finding) -> str:
    remedy = "" if finding.status == "ok" else _steps(finding.steps)
    texts = (finding.name, finding.value, finding.needed_for)
    return f"| {finding.status} | {' | '.join(_cell(text) for text in texts)} | {remedy} |"


def _cell(text: str) -> str:
    """Plain text in a cell: line breaks become spaces, marks lose their meaning."""
    flat = " ".join(text.split())
    for mark in "\\`*_[]<>|":
        flat = flat.replace(mark, f"\\{mark}")
    return flat


def _steps(steps: tuple[Step, ...]) -> str:
    """A remedy in a cell. A pipe inside code is escaped for the table alone (GFM, tables)."""
    return "<br>".join(
        _command(step.text) if step.is_command else _cell(step.text) for step in steps
    )


def _command(line: str) -> str:
    ticks = _fence(line)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return ticks + pad + line.replace("|", "\\|") + pad + ticks


def _fence(line: str) -> str:
    """Backticks that do not occur in ``line``."""
    ticks = "`"
    while ticks in line:
        ticks += "`"
    return ticks
