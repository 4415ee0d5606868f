"""What the book will contain and which of it stands today, told from the table of contents."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from html import escape
from typing import ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

NUMERALS = {1: "I", 2: "II", 3: "III", 4: "IV"}


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """A part of the book: what it is called, what a reader has at its end, its chapters."""

    number: int
    title: str
    promise: str
    first: int
    chapters: tuple[str, ...]

    @property
    def numbers(self) -> range:
        """The numbers of its chapters."""
        return range(self.first, self.first + len(self.chapters))


PARTS = (
    Part(
        1,
        "Attention in NumPy",
        "Every layer of a transformer by hand, forward and backward, trained on a laptop.",
        1,
        (
            "Tokens and positions",
            "Scaled dot-product attention",
            "Many heads",
            "Backward by hand",
            "A block, a loss, training",
            "Decoding: greedy, beam, nested expressions",
            "The architecture lab",
        ),
    ),
    Part(
        2,
        "OLMo 2, forward",
        "A real, open language model from its files to its words, equal to the original.",
        8,
        (
            "Byte-pair encoding",
            "Checkpoints: safetensors and bf16",
            "OLMo 2 in NumPy",
            "The same in PyTorch, and Llama",
            "KV cache and sampling",
            "What a token costs: FLOPs, bytes, roofline",
        ),
    ),
    Part(
        3,
        "CUDA kernels",
        "The same arithmetic as raw CUDA C++, on a GPU or on an emulator that explains itself.",
        14,
        (
            "Threads, blocks, warps",
            "When kernels go wrong: races, bounds, barriers",
            "Reductions: softmax and RMSNorm",
            "Matrix multiplication, a ladder",
            "FlashAttention",
            "FlashAttention on tensor cores, and asynchrony",
            "Decoding kernels: GEMV, split-K, int8 and int4",
            "Paged attention",
            "OLMo 2 on our own kernels",
        ),
    ),
    Part(
        4,
        "A serving engine",
        "From one request to many: a paged cache, a scheduler, a server, and how to measure it.",
        23,
        (
            "From one request to many",
            "The paged KV cache",
            "The scheduler",
            "The same answer every time",
            "Speculative decoding",
            "A server",
            "More than one machine",
            "Measuring an engine",
        ),
    ),
)


class PartPlan(SphinxDirective):
    """``{part-plan} 1``: the chapters of a part; those that stand are links."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Callable[[str], object]]] = {}

    def run(self) -> list[nodes.Node]:
        """Parse a generated list."""
        part = PARTS[int(self.arguments[0]) - 1]
        pages = _standing(self.env.found_docs)
        lines = ["{.chapters}"]
        for number, title in zip(part.numbers, part.chapters, strict=True):
            if number not in pages:
                lines.append(f"- {number:02d} · {title}")
                continue
            links = [f"{number:02d} · [{title}](/{pages[number]}.ipynb)"]
            solutions = pages[number].replace("chapters/", "exercises/solutions/")
            if solutions in self.env.found_docs:
                links.append(f"[exercises](/{solutions}.ipynb)")
            lines.append(f"- {' · '.join(links)}")
        container = nodes.container(classes=["part-plan"])
        source = self.get_source_info()[0]
        self.state.nested_parse(StringList(lines, source=source), self.content_offset, container)
        return [container]


class BookPlan(SphinxDirective):
    """``{book-plan}``: a card for each part, with how much of it stands."""

    option_spec: ClassVar[dict[str, Callable[[str], object]]] = {}

    def run(self) -> list[nodes.Node]:
        """Raw cards; their links are made by the builder's own relative addresses."""
        pages = _standing(self.env.found_docs)
        cards = [_card(part, pages, self.env.docname) for part in PARTS]
        html = f'<ul class="parts">{"".join(cards)}</ul>'
        return [nodes.raw("", html, format="html")]


def _card(part: Part, pages: dict[int, str], here: str) -> str:
    up = "../" * here.count("/")
    standing = [number for number in part.numbers if number in pages]
    links = " · ".join(
        f'<a href="{up}{pages[n]}.html">{n:02d} {escape(part.chapters[n - part.first])}</a>'
        for n in standing
    )
    today = f"Standing today: {links}" if links else "Not written yet"
    return (
        f'<li class="part part--{part.number}">'
        f'<p class="part__number">Part {NUMERALS[part.number]} · chapters '
        f"{part.numbers[0]:02d}–{part.numbers[-1]:02d}</p>"
        f'<p class="part__title"><a href="{up}book/part{part.number}.html">{part.title}</a></p>'
        f"<p>{escape(part.promise)}</p>"
        f'<p class="part__today">{today}</p></li>'
    )


def _standing(pages: set[str]) -> dict[int, str]:
    found = {}
    for page in pages:
        chapter = re.match(r"chapters/(\d+)_", page)
        if chapter:
            found[int(chapter[1])] = page
    return found


def setup(app: Sphinx) -> None:
    """Register both directives."""
    app.add_directive("part-plan", PartPlan)
    app.add_directive("book-plan", BookPlan)
