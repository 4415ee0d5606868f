"""JSON, Markdown, HTML and terminal: each read back by somebody else's parser."""

from __future__ import annotations

import io
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from attention_scratch.doctor import Finding, Report, Section
from attention_scratch.doctor.render import show, to_html, to_markdown, write
from attention_scratch.errors import InputError

HOSTILE = "a | b `c` <script>alert(1)</script> *d* \\ [e](f)\nsecond line & more"
VOID = {"meta", "br", "link", "img", "hr", "input"}


@pytest.fixture
def report() -> Report:
    findings = (
        Finding("Python", "ok", "3.12 — ✓", "everything", role="required"),
        Finding("odd", "missing", HOSTILE, HOSTILE, remedy="du | sort `x`\nOr read this.\nmake"),
        Finding("disk", "warning", "1 GiB", "space", remedy="du -xh", role="required"),
    )
    return Report("2026-01-02T03:04:05+00:00", "0.1.0", (Section("Computer", findings),))


class Tree(HTMLParser):
    """Checks nesting and collects tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(page: str) -> Tree:
    tree = Tree()
    tree.feed(page)
    tree.close()
    assert tree.open == []
    return tree


def terminal(report: Report, **options: object) -> str:
    console = Console(file=io.StringIO(), width=80, **options)  # type: ignore[arg-type]
    show(report, console)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


def test_json_round_trips(report: Report) -> None:
    assert Report.from_json(report.to_json()) == report


def test_json_names_its_schema_and_the_verdict(report: Report) -> None:
    document = json.loads(report.to_json())
    assert (document["schema"], document["schema_version"]) == ("attention-scratch/environment", 1)
    assert document["verdict"]["status"] == "ready-without-gpu"
    assert document["verdict"]["exit_status"] == 10


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"schema": "other"}', '{"schema": "attention-scratch/environment"}'],
)
def test_json_of_another_schema_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="attention-scratch doctor --report"):
        Report.from_json(text)


@pytest.mark.parametrize("part", ['"sections"', '"created"', '"needed_for"', '"warning"'])
def test_damaged_json_is_refused(report: Report, part: str) -> None:
    with pytest.raises(InputError):
        Report.from_json(report.to_json().replace(part, '"else"'))


def test_markdown_tables_keep_five_columns_and_their_text(report: Report) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(to_markdown(report))
    kinds = [token.type for token in tokens]
    assert kinds.count("tr_open") == 4
    cells = [tokens[i + 1] for i, kind in enumerate(kinds) if kind == "td_open"]
    assert len(cells) == 15
    odd = cells[5:10]
    texts = ["".join(child.content for child in cell.children or []) for cell in odd]
    assert texts[0] == "missing"
    assert texts[2] == " ".join(HOSTILE.split())
    commands = [child.content for child in odd[4].children or [] if child.type == "code_inline"]
    assert commands == ["du | sort `x`", "make"]


def test_the_page_nests_and_shows_every_text(report: Report) -> None:
    tree = parsed(to_html(report))
    for finding in report.findings:
        assert finding.name in tree.text
        assert finding.value in tree.text
    assert report.headline in tree.text
    assert "script" not in [tag for tag, _ in tree.seen]


def test_the_page_asks_nothing_from_elsewhere(report: Report) -> None:
    page = to_html(report)
    attributes = {name for _, attrs in parsed(page).seen for name in attrs}
    assert attributes.isdisjoint({"src", "href", "onclick", "onload"})
    assert "url(" not in page
    assert "@import" not in page


def test_the_page_declares_language_title_and_both_color_schemes(report: Report) -> None:
    page = to_html(report)
    tags = parsed(page).seen
    assert ("html", {"lang": "en"}) in tags
    assert "title" in [tag for tag, _ in tags]
    assert "prefers-color-scheme: dark" in page


def test_the_terminal_shows_the_verdict_last_and_commands_unwrapped(report: Report) -> None:
    lines = terminal(report).rstrip().splitlines()
    assert lines[-1] == report.headline
    assert any(line.strip() == "$ du | sort `x`" for line in lines)
    assert any(line.strip() == "→ Or read this." for line in lines)


def test_a_pipe_gets_no_color_and_a_terminal_does(report: Report) -> None:
    assert "\x1b[" not in terminal(report)
    assert "\x1b[" in terminal(report, force_terminal=True, color_system="standard")


def test_a_terminal_without_unicode_is_no_crash(report: Report) -> None:
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding="ascii"), width=80)
    show(report, console)
    console.file.flush()
    assert b"+ Python" in raw.getvalue()


def test_files_are_written_whole_and_replaced(report: Report, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "reports"
    first = write(report, folder)
    second = write(report, folder)
    assert first == second
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["environment.html", "environment.json", "environment.md"]
    text = (folder / "environment.json").read_text(encoding="utf-8")
    assert Report.from_json(text) == report


def test_a_report_folder_that_is_a_file_is_refused(report: Report, tmp_path: Path) -> None:
    file = tmp_path / "reports"
    file.write_text("already here", encoding="utf-8")
    with pytest.raises(InputError, match="expected a folder that can be written"):
        write(report, file)
    assert file.read_text(encoding="utf-8") == "already here"
