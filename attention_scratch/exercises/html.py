"""The card as HTML: legible in JupyterLab and on the site, light and dark, without script."""

from __future__ import annotations

from html import escape

from attention_scratch.exercises.card import MARKS, Card, Table

# Contrast of text on its ground is at least 7:1, of the edge 3:1, in both schemes.
_LIGHT = """
--as-ground:#fff;--as-text:#1c2024;--as-soft:#4d545c;--as-line:#d5d9de;--as-code:#f3f4f6;
--as-good:#1a7f4b;--as-bad:#c0342b;--as-open:#96690a;--as-note:#1d64b8;
"""
_DARK = """
--as-ground:#16191d;--as-text:#e8eaed;--as-soft:#b4bac2;--as-line:#3a4048;--as-code:#22272d;
--as-good:#4cc38a;--as-bad:#ff8379;--as-open:#e5b454;--as-note:#79b4ff;
"""
STYLE = f"""
.as-card{{{_LIGHT}
background:var(--as-ground);color:var(--as-text);border:1px solid var(--as-line);
border-left:4px solid var(--as-edge);border-radius:6px;padding:.7em 1em;margin:.4em 0;
max-width:46em;font:400 .95em/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;
overflow-wrap:anywhere;text-align:left}}
html[data-theme="dark"] .as-card,body[data-jp-theme-light="false"] .as-card{{{_DARK}}}
html[data-theme="dark"] .cell_output .text_html:has(> .as-card){{
background:transparent!important;padding:0!important}}
.as-card.as-good{{--as-edge:var(--as-good)}} .as-card.as-bad{{--as-edge:var(--as-bad)}}
.as-card.as-open{{--as-edge:var(--as-open)}} .as-card.as-note{{--as-edge:var(--as-note)}}
.as-card.as-card p{{margin:.2em 0;color:inherit}} .as-card ul{{margin:.2em 0;padding-left:1.2em}}
.as-card .as-label{{color:var(--as-edge);font-weight:650;margin-right:.6em}}
.as-card.as-card .as-soft,.as-card caption{{color:var(--as-soft)}}
.as-card.as-card table{{border-collapse:collapse;margin:.5em 0;font-size:.93em;background:none;
display:table;width:auto;color:inherit}}
.as-card caption{{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}}
.as-card table tr,.as-card table tr:hover{{background:none!important}}
.as-card.as-card th,.as-card.as-card td{{text-align:left;background:none;
padding:.15em 1.4em .15em 0;border:0;border-bottom:1px solid var(--as-line);
color:inherit;white-space:normal}}
.as-card .as-scroll{{overflow-x:auto;overflow-wrap:normal}}
.as-card.as-card th{{font-weight:600;color:var(--as-soft)}}
.as-card.as-card pre{{background:var(--as-code);color:var(--as-text);border:0;border-radius:4px;
padding:.5em .7em;margin:.3em 0;overflow:auto;max-height:18em;white-space:pre-wrap;font-size:.9em}}
"""


def card_as_html(card: Card) -> str:
    """A self-contained block; every text in it is escaped."""
    name = escape(f"{card.title}: {card.label}", quote=True)
    parts = [
        f"<style>{''.join(STYLE.splitlines())}</style>",
        f'<div class="as-card as-{card.tone}" role="group" aria-label="{name}">',
        f'<p><span class="as-label"><span aria-hidden="true">{MARKS[card.tone]}</span> '
        f"{escape(card.label)}</span>"
        f"{escape(card.title)}</p>",
        _paragraph(card.message),
        _list(card.details),
        _table(card.table) if card.table is not None else "",
        *(_quoted(lead, text) for lead, text in card.quoted),
        *(f'<p class="as-soft">{escape(line)}</p>' for line in card.footer),
        "</div>",
    ]
    return "".join(parts)


def _paragraph(text: str) -> str:
    if not text:
        return ""
    if "\n" in text:
        return f'<pre tabindex="0">{escape(text)}</pre>'
    return f"<p>{escape(text)}</p>"


def _list(lines: tuple[str, ...]) -> str:
    if not lines:
        return ""
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _table(table: Table) -> str:
    caption = escape(table.caption, quote=True)
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in table.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows
    )
    return (
        f'<div class="as-scroll" tabindex="0" role="group" aria-label="{caption}">'
        f"<table><caption>{caption}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _quoted(lead: str, text: str) -> str:
    return f'<p>{escape(lead)}:</p><pre tabindex="0">{escape(text)}</pre>'
