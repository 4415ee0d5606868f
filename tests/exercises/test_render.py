"""Cards: the same words in plain text, in a terminal and in HTML; nothing of the learner's runs."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from attention_scratch.exercises.card import MARKS, Card, Table
from attention_scratch.exercises.html import STYLE, card_as_html
from attention_scratch.exercises.render import COLORS, plain, rich_card
from tests.exercises.tiny import verdict

CARD = Card(
    tone="bad",
    label="Not right yet",
    title="02.softmax · Softmax",
    message="The values are wrong.",
    details=("First wrong position [1].",),
    table=Table("Cases", ("Case", "Result"), (("a row", "✗ wrong"),)),
    quoted=(("It printed", "x = 3"),),
    footer=("Stuck?",),
)


class Tags(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def parsed(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    assert not tags.open
    return tags


def test_plain_text_has_every_word_and_no_escape_sequence() -> None:
    text = plain(CARD)
    for words in ("✗ Not right yet", "First wrong position [1].", "✗ wrong", "x = 3", "Stuck?"):
        assert words in text
    assert "\x1b" not in text


def test_a_terminal_gets_color() -> None:
    stream = io.StringIO()
    Console(file=stream, force_terminal=True, color_system="standard").print(rich_card(CARD))
    assert "\x1b[" in stream.getvalue()


def test_text_in_brackets_is_no_markup() -> None:
    card = Card("bad", "No", "t", "[bold]x[/bold] and [0, 1]")
    assert "[bold]x[/bold] and [0, 1]" in plain(card)


def test_html_has_the_same_words() -> None:
    text = parsed(card_as_html(CARD)).text
    for words in (CARD.message, CARD.title, CARD.label, *CARD.details, "✗ wrong", "x = 3"):
        assert words in text


def test_a_result_prints_itself_in_every_way() -> None:
    result = verdict(lambda x: None, np.exp, 1.0)
    assert "It returned None" in str(result)
    assert "It returned None" in repr(result)
    bundle = result._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    stream = io.StringIO()
    Console(file=stream).print(result)
    assert "It returned None" in stream.getvalue()


def test_at_a_prompt_that_is_a_terminal_the_result_is_in_color(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    result = verdict(lambda x: None, np.exp, 1.0)
    monkeypatch.setattr("sys.stdout", Terminal())
    assert "\x1b[" in repr(result)
    assert "\x1b[" not in str(result)


def test_every_tone_has_its_own_mark_so_color_is_never_alone() -> None:
    assert len(set(MARKS.values())) == len(MARKS) == len(COLORS)


def test_what_the_function_printed_is_shown() -> None:
    def chatty(x: float) -> None:
        print("x is", x)

    assert "x is 1.0" in str(verdict(chatty, np.exp, 1.0))


@given(st.text(max_size=60))
def test_no_text_of_the_learner_becomes_html(text: str) -> None:
    hostile = f"<script>alert(1)</script>{text}<img src=x onerror=alert(1)>\"' onclick='x"
    card = Card(
        "bad",
        "No",
        hostile,
        hostile,
        details=(hostile,),
        table=Table(hostile, (hostile,), ((hostile,),)),
        quoted=((hostile, hostile),),
        footer=(hostile,),
    )
    tags = parsed(card_as_html(card))
    assert not {"script", "img"} & set(tags.tags)
    assert not [name for name, _ in tags.attributes if name.startswith("on") or name == "src"]


def test_a_hostile_exception_and_print_are_escaped_in_a_result() -> None:
    def hostile(x: Any) -> Any:
        print("</pre><script>alert(1)</script>")
        raise ValueError("<b onmouseover=alert(1)>broken</b>")

    html = verdict(hostile, np.exp, 1.0)._repr_mimebundle_()["text/html"]
    tags = parsed(html)
    assert "script" not in tags.tags
    assert "b" not in tags.tags
    assert "<b onmouseover=alert(1)>broken</b>" in tags.text


def luminance(color: str) -> float:
    """WCAG 2 relative luminance of ``#rgb`` or ``#rrggbb``."""
    digits = color[1:] if len(color) == 7 else "".join(2 * c for c in color[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_contrast_is_enough_in_both_schemes(scheme: int) -> None:
    values = [re.findall(rf"--as-{n}:(#\w+)", STYLE)[scheme] for n in ("ground", "code")]
    for name, least in {
        "text": 7,
        "soft": 7,
        "good": 4.5,
        "bad": 4.5,
        "open": 4.5,
        "note": 4.5,
    }.items():
        color = re.findall(rf"--as-{name}:(#\w+)", STYLE)[scheme]
        grounds = values if name == "text" else values[:1]
        for ground in grounds:
            light, dark = sorted((luminance(color), luminance(ground)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= least, name
