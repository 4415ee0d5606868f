"""The report as one HTML page: no script, nothing from elsewhere, light and dark."""

from __future__ import annotations

from collections import Counter
from html import escape
from pathlib import Path

from attention_scratch.doctor.finding import Finding, Report, Section, Step

STYLE = Path(__file__).parent / "assets" / "report.css"
WORDS = {"ok": "ok", "warning": "warning", "missing": "missing", "absent": "not here"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Environment report: {label}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>attention-scratch environment report</h1>
<p class="verdict {label}">{headline}</p>
<dl class="counts">{counts}</dl>
<p class="made">attention-scratch {version}, <time datetime="{created}">{shown}</time></p>
</header>
<main>
{sections}
</main>
</body>
</html>
"""


def to_html(report: Report) -> str:
    """The whole page."""
    return PAGE.format(
        policy=escape(POLICY),
        style=STYLE.read_text(encoding="utf-8"),
        label=report.verdict.label,
        headline=escape(report.headline),
        counts=_counts(report),
        version=escape(report.package_version),
        created=escape(report.created),
        shown=escape(report.created.replace("T", " ").replace("+00:00", " UTC")),
        sections="\n".join(_section(section) for section in report.sections),
    )


def _counts(report: Report) -> str:
    counts = Counter(finding.kind for finding in report.findings)
    return "".join(
        f"<div><dt>{word}</dt><dd>{counts[name]}</dd></div>"
        for name, word in WORDS.items()
        if counts[name]
    )


def _section(section: Section) -> str:
    anchor = section.title.lower().replace(" ", "-")
    items = "\n".join(_item(finding) for finding in section.findings)
    title = f'<h2 id="{escape(anchor)}">{escape(section.title)}</h2>'
    return (
        f'<section aria-labelledby="{escape(anchor)}">\n{title}\n<ul>\n{items}\n</ul>\n</section>'
    )


def _item(finding: Finding) -> str:
    found = f"<p>{escape(finding.value)}</p>"
    if finding.status != "ok":
        found += f'<p class="needed">Needed for {escape(finding.needed_for)}</p>'
        found += "".join(map(_step, finding.steps))
    return (
        f'<li class="{finding.kind}"><h3>{escape(finding.name)}</h3>'
        f'<p class="status">{WORDS[finding.kind]}</p><div class="found">{found}</div></li>'
    )


def _step(step: Step) -> str:
    text = escape(step.text)
    return f"<pre>{text}</pre>" if step.is_command else f'<p class="needed">{text}</p>'
