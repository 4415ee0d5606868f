"""The grammar behind the story generator: templates, parsed once and expanded many times.

A template is plain text with five marks:

* ``[a|b|c]`` picks one alternative; an empty one makes a detail optional; they nest.
* ``{a; b; c}`` says all parts in random order, ``{2: a; b; c}`` any two of them.
* ``@food`` draws from the fragment ``food`` anew each time it stands.
* ``$food`` draws once and remembers for the rest of the story; ``$food2`` remembers a second draw
  that differs from the first. A fragment line may have fields, ``the park ~ in the park``:
  ``$place`` is the first field, ``$place:2`` the second field of the same draw.
* ``$friend.his`` asks a character for a form of its name or pronoun.

A capital first letter (``$Food``, ``$friend.He``) capitalizes the result.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

import numpy as np

Fragments: TypeAlias = Mapping[str, Sequence[str]]

REFERENCE = re.compile(r"([$@])([A-Za-z_]+)(\d*)(?::(\d))?(?:\.([A-Za-z]+))?")
FIELD_SEPARATOR = " ~ "
DIGITS = "0123456789"
PATIENCE = 100  # redraws for a second draw that differs; a fragment may have one line only


class GrammarError(ValueError):
    """A template that cannot be read, or that names something unknown."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several alternatives."""

    options: tuple["Template", ...]


@dataclass(frozen=True, slots=True)
class Shuffle:
    """``count`` of the parts, in random order, joined by spaces."""

    count: int
    parts: tuple["Template", ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A fragment or a character: ``name``, which draw, which field, which form."""

    name: str
    draw: str
    field_number: int
    form: str
    remember: bool
    capitalize: bool


Node: TypeAlias = str | Choice | Shuffle | Reference
Template: TypeAlias = tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Character:
    """Somebody in a story: ``forms`` maps "he", "him", "his", "kind", ... to words."""

    name: str
    forms: Mapping[str, str]


@dataclass(slots=True)
class Memory:
    """What one story has fixed so far: its characters and its remembered draws."""

    characters: Mapping[str, Character]
    draws: dict[str, str] = field(default_factory=dict)


@cache
def parse(text: str) -> Template:
    """Parse a template; raises GrammarError on an unclosed or stray bracket."""
    template, end = _parse_sequence(text, 0, "")
    if end != len(text):
        raise GrammarError(f"template has a stray {text[end]!r} at {end}: {_near(text, end)}")
    return template


def _near(text: str, position: int) -> str:
    return repr(text[max(0, position - 40) : position + 40])


def _parse_sequence(text: str, start: int, stops: str) -> tuple[Template, int]:
    """Parse until one of ``stops`` or a closing bracket, and return where that is."""
    nodes: list[Node] = []
    plain_from = position = start
    while position < len(text) and text[position] not in stops and text[position] not in "]}":
        if text[position] not in "[{$@":
            position += 1
            continue
        if plain_from < position:
            nodes.append(text[plain_from:position])
        node, position = _parse_node(text, position)
        nodes.append(node)
        plain_from = position
    if plain_from < position:
        nodes.append(text[plain_from:position])
    return tuple(nodes), position


def _parse_node(text: str, position: int) -> tuple[Node, int]:
    if text[position] == "[":
        options, end = _parse_group(text, position + 1, "|", "]")
        return Choice(options), end
    if text[position] == "{":
        counted = re.compile(r"(\d+):").match(text, position + 1)
        parts, end = _parse_group(text, counted.end() if counted else position + 1, ";", "}")
        return Shuffle(int(counted[1]) if counted else len(parts), parts), end
    match = REFERENCE.match(text, position)
    if match is None:
        raise GrammarError(f"template has a lone {text[position]!r}: {_near(text, position)}")
    sigil, name, draw, field_number, form = match.groups(default="")
    capitalize = name[0].isupper() or form[:1].isupper()
    reference = Reference(
        name=name.lower(),
        draw=draw,
        field_number=int(field_number or 1),
        form=form.lower(),
        remember=sigil == "$",
        capitalize=capitalize,
    )
    return reference, match.end()


def _parse_group(
    text: str, position: int, separator: str, closing: str
) -> tuple[tuple[Template, ...], int]:
    templates = []
    while True:
        template, position = _parse_sequence(text, position, separator)
        templates.append(template)
        if position == len(text) or text[position] not in (separator, closing):
            raise GrammarError(f"template lacks a {closing!r}: {_near(text, position)}")
        position += 1
        if text[position - 1] == closing:
            return tuple(templates), position


def expand(
    template: Template, fragments: Fragments, memory: Memory, rng: np.random.Generator
) -> str:
    """Expand a parsed template into text, drawing with ``rng`` and filling ``memory``."""
    parts = []
    for node in template:
        match node:
            case str():
                parts.append(node)
            case Choice():
                option = node.options[rng.integers(len(node.options))]
                parts.append(expand(option, fragments, memory, rng))
            case Shuffle():
                order = rng.permutation(len(node.parts))[: node.count]
                said = [expand(node.parts[i], fragments, memory, rng).strip() for i in order]
                parts.append(" ".join(said))
            case Reference():
                parts.append(_resolve(node, fragments, memory, rng))
    return "".join(parts)


def _resolve(
    reference: Reference, fragments: Fragments, memory: Memory, rng: np.random.Generator
) -> str:
    if reference.name in memory.characters:
        character = memory.characters[reference.name]
        value = character.forms[reference.form] if reference.form else character.name
    else:
        line = _draw(reference, fragments, memory, rng)
        value = line.split(FIELD_SEPARATOR)[reference.field_number - 1].strip()
    return value[:1].upper() + value[1:] if reference.capitalize else value


def _draw(
    reference: Reference, fragments: Fragments, memory: Memory, rng: np.random.Generator
) -> str:
    key = reference.name + reference.draw
    if reference.remember and key in memory.draws:
        return memory.draws[key]
    if reference.name not in fragments:
        raise GrammarError(f"template names an unknown fragment or character {reference.name!r}")
    lines = fragments[reference.name]
    line = _expand_one_of(lines, fragments, memory, rng)
    if not reference.remember:
        return line
    taken = {said for name, said in memory.draws.items() if name.rstrip(DIGITS) == reference.name}
    for _ in range(PATIENCE):
        if line not in taken:
            break
        line = _expand_one_of(lines, fragments, memory, rng)
    memory.draws[key] = line
    return line


def _expand_one_of(
    lines: Sequence[str], fragments: Fragments, memory: Memory, rng: np.random.Generator
) -> str:
    return expand(parse(lines[int(rng.integers(len(lines)))]), fragments, memory, rng)


_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiouAEIOU])(?!(?:uni|use|usual|one\b|once\b|eu))")
_SPACES = re.compile(r" {2,}")
_SPACE_BEFORE_MARK = re.compile(r" +([.,!?](?:[\s\"]|$))")
_SENTENCE_START = re.compile(r'((?:^|[.!?] |\." |\n)"?|(?<!,) ")([a-z])')


def polish(text: str) -> str:
    """Mend what expansion leaves: spaces, ``a`` before a vowel, capitals at sentence starts."""
    text = _SPACES.sub(" ", text).replace(" \n", "\n").replace("\n ", "\n").strip()
    text = _SPACE_BEFORE_MARK.sub(r"\1", text)
    text = _SENTENCE_START.sub(lambda match: match[1] + match[2].upper(), text)
    return _ARTICLE.sub(r"\1n ", text)
