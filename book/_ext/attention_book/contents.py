"""The book's contents: what stands is told by ``_toc.yml``, what is still planned by this file.

``python book/_ext/attention_book/contents.py`` writes the README's table of chapters anew.
"""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
NUMERALS = {1: "I", 2: "II", 3: "III", 4: "IV"}
PROMISES = {
    1: "Every layer of a transformer by hand, forward and backward, trained on a laptop.",
    2: "A real, open language model from its files to its words, equal to the original.",
    3: "The same arithmetic as raw CUDA C++, on a GPU or on an emulator that explains itself.",
    4: "From one request to many: a paged cache, a scheduler, a server, and how to measure it.",
}
NUMBERS = {1: range(1, 8), 2: range(8, 14), 3: range(14, 23), 4: range(23, 31)}
# A chapter that is written leaves this list: its title is then the one in _toc.yml.
PLANNED = {
    8: "Byte-pair encoding",
    9: "Checkpoints: safetensors and bf16",
    11: "The same in PyTorch, and Llama",
    12: "KV cache and sampling",
    13: "What a token costs: FLOPs, bytes, roofline",
    16: "Reductions: softmax and RMSNorm",
    17: "Matrix multiplication, a ladder",
    18: "FlashAttention",
    19: "FlashAttention on tensor cores, and asynchrony",
    20: "Decoding kernels: GEMV, split-K, int8 and int4",
    21: "Paged attention",
    22: "OLMo 2 on our own kernels",
    23: "From one request to many",
    24: "The paged KV cache",
    25: "The scheduler",
    26: "The same answer every time",
    27: "Speculative decoding",
    28: "A server",
    29: "More than one machine",
    30: "Measuring an engine",
}
TITLE = re.compile(r"(\d\d) · (.+)")
TABLE = re.compile(r"(?<=<!-- chapters -->\n).*?(?=<!-- /chapters -->)", re.DOTALL)


@dataclasses.dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter; ``page`` is its docname, ``exercises`` that of its solutions, empty for none."""

    number: int
    title: str
    page: str = ""
    exercises: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """A part of the book: what it is called, what a reader has at its end, its chapters."""

    number: int
    title: str
    promise: str
    chapters: tuple[Chapter, ...]


def parts(root: Path = ROOT) -> tuple[Part, ...]:
    """The four parts with all their chapters, those that stand and those that are planned."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    titles = dict(part["caption"].split(" · ") for part in toc["parts"] if " · " in part["caption"])
    there = {c.number: c for part in toc["parts"] for c in _standing(part["chapters"])}
    return tuple(
        Part(
            number,
            titles[NUMERALS[number]],
            PROMISES[number],
            tuple(there.get(n) or Chapter(n, PLANNED[n]) for n in NUMBERS[number]),
        )
        for number in NUMERALS
    )


def standing(root: Path = ROOT) -> list[Chapter]:
    """The chapters that are written, in the book's order."""
    return [chapter for part in parts(root) for chapter in part.chapters if chapter.page]


def _standing(entries: list[dict[str, Any]]) -> list[Chapter]:
    found = []
    for entry in entries:
        numbered = TITLE.fullmatch(str(entry.get("title", "")))
        if numbered:
            exercises = next((s["file"] for s in entry.get("sections", ())), "")
            found.append(Chapter(int(numbered[1]), numbered[2], str(entry["file"]), exercises))
    return found


def readme_table(root: Path = ROOT) -> str:
    """The README's table: a row a chapter that stands, with the names of its exercises."""
    rows = [
        f"| {c.number:02d} | [{c.title}]({c.page}.ipynb) | {' · '.join(_exercises(root, c))} |"
        for c in standing(root)
    ]
    return "\n".join(["| | chapter | you write |", "|---|---|---|", *rows, ""])


def _exercises(root: Path, chapter: Chapter) -> list[str]:
    if not chapter.exercises:
        return []
    text = (root / f"{chapter.exercises}.ipynb").read_text(encoding="utf-8")
    ids = [cell["metadata"].get("exercise") for cell in json.loads(text)["cells"]]
    return [name.partition(".")[2].replace("_", " ") for name in dict.fromkeys(filter(None, ids))]


if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(TABLE.sub(readme_table(), readme.read_text(encoding="utf-8")), "utf-8")
