"""Short stories in simple English from a grammar of our own: unlimited text, one seed, no licence.

The plots and phrases live in ``plots/*.txt`` and are expanded by
:mod:`attention_scratch.tasks.story_grammar`. The stories are the training text of
``models/olmo2-tiny`` and of the tokenizer that goes with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from attention_scratch.tasks.story_grammar import (
    Character,
    GrammarError,
    Memory,
    Template,
    expand,
    parse,
    polish,
)

PLOT_FOLDER = Path(__file__).with_name("plots")
FRAGMENT_FILE = "fragments.txt"

SHE = {"he": "she", "him": "her", "his": "her", "himself": "herself"}
HE = {"he": "he", "him": "him", "his": "his", "himself": "himself"}
ELDERS = {
    "mom": SHE,
    "mother": SHE,
    "grandma": SHE,
    "aunt": SHE,
    "dad": HE,
    "father": HE,
    "grandpa": HE,
    "uncle": HE,
}


@dataclass(frozen=True, slots=True)
class Plot:
    """A named template, one per paragraph; ``children`` names who must be human in it."""

    name: str
    paragraphs: tuple[Template, ...]
    children: frozenset[str] = frozenset()


def _sections(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (heading, body) of a plot file: headings are lines that start with ``= ``."""
    heading, body = "", ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        if line.startswith("= "):
            if heading:
                yield heading, body
            heading, body = line[2:].strip(), ""
        else:
            body += line + "\n"
    if heading:
        yield heading, body


@lru_cache(maxsize=1)
def fragments() -> dict[str, list[str]]:
    """All shared phrases: name -> alternatives."""
    found: dict[str, list[str]] = {}
    for name, body in _sections(PLOT_FOLDER / FRAGMENT_FILE):
        if name in found:
            raise GrammarError(f"fragment {name!r} is written twice in {FRAGMENT_FILE}")
        found[name] = [line for line in body.splitlines() if line.strip()]
    return found


@lru_cache(maxsize=1)
def plots() -> tuple[Plot, ...]:
    """All plots, in the order of their files and of their places in them."""
    found = []
    for path in sorted(PLOT_FOLDER.glob("*.txt")):
        if path.name == FRAGMENT_FILE:
            continue
        for heading, body in _sections(path):
            name, _, marks = (part.strip() for part in heading.partition(":"))
            blocks = [" ".join(block.split()) for block in body.split("\n\n")]
            children = frozenset(mark.split()[-1] for mark in marks.split(",") if mark)
            found.append(Plot(name, tuple(parse(block) for block in blocks if block), children))
    return tuple(found)


def _somebody(rng: np.random.Generator, *, child: bool, taken: str = "") -> Character:
    """A child or an animal with a name that is not ``taken``."""
    is_girl = bool(rng.integers(2))
    names = [name for name in fragments()["girl_name" if is_girl else "boy_name"] if name != taken]
    animals = fragments()["animal"]
    kind = "girl" if is_girl else "boy"
    if not child:
        kind = animals[rng.integers(len(animals))]
    pronouns = SHE if is_girl else HE
    return Character(names[rng.integers(len(names))], {**pronouns, "kind": kind})


def _elder(rng: np.random.Generator) -> Character:
    """A parent, grandparent, aunt or uncle; the form ``call`` is how one calls to them."""
    name = list(ELDERS)[rng.integers(len(ELDERS))]
    return Character(name, {**ELDERS[name], "call": name.capitalize()})


def cast(plot: Plot, rng: np.random.Generator) -> dict[str, Character]:
    """The characters of one story: hero, friend and elder."""
    hero = _somebody(rng, child="hero" in plot.children or rng.random() < 0.6)
    is_child = "friend" in plot.children or rng.random() < 0.5
    friend = _somebody(rng, child=is_child, taken=hero.name)
    return {"hero": hero, "friend": friend, "elder": _elder(rng)}


def tell(plot: Plot, characters: Mapping[str, Character], rng: np.random.Generator) -> str:
    """One story of ``plot`` with these characters; bare pronouns are the hero's."""
    hero = characters["hero"]
    memory = Memory(characters, {form: hero.forms[form] for form in HE})
    return polish("\n".join(expand(p, fragments(), memory, rng) for p in plot.paragraphs))


def story(rng: np.random.Generator, *, plot: Plot | None = None) -> str:
    """One story, from ``plot`` or from a random one; paragraphs are separated by a newline."""
    chosen = plot or plots()[int(rng.integers(len(plots())))]
    return tell(chosen, cast(chosen, rng), rng)


def stories(number: int, *, seed: int) -> Iterator[str]:
    """Yield ``number`` stories, always the same ones for the same ``seed``."""
    if number < 0:
        raise ValueError(f"number of stories is {number}; give 0 or more")
    rng = np.random.default_rng(seed)
    for _ in range(number):
        yield story(rng)
