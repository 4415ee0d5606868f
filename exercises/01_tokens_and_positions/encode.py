"""Exercise 01.encode: from text to token ids."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from attention_scratch.exercises import Attempt, Case, Exercise, Suspect
from .common import Refused, refusing
from attention_scratch.tasks.operations.vocabulary import TOKENS

Encode = Callable[[str, list[str]], Any]
PIECES = ["(", ")", ",", "Ma", "M", "Max", "a", "x", "1", "12", "2"]


def _first_unknown(text: str, vocabulary: list[str]) -> int:
    """The place in the text at which no token fits; -1 if there is none."""
    at = 0
    while at < len(text):
        fitting = [token for token in vocabulary if text.startswith(token, at)]
        if not fitting and not text[at].isspace():
            return at
        at += len(max(fitting, key=len, default=" "))
    return -1


def _judge(error: Exception, text: str, vocabulary: list[str]) -> Refused:
    return Refused(str(_first_unknown(text, vocabulary)) in re.findall(r"\d+", str(error)))


def _adapt(answer: Any) -> Encode:
    return refusing(answer, _judge, ValueError)


def _encoder(
    *,
    choose: Callable[[list[str]], str] = lambda fitting: max(fitting, key=len),
    spaces: bool = True,
    refuse: bool = True,
    result: Callable[[list[str], str], Any] = lambda vocabulary, token: vocabulary.index(token),
) -> Encode:
    """The encoder, with one of its rules changed."""

    def encode(text: str, vocabulary: list[str]) -> Any:
        found, at = [], 0
        while at < len(text):
            fitting = [token for token in vocabulary if text.startswith(token, at)]
            if fitting:
                found.append(result(vocabulary, choose(fitting)))
            elif refuse and not (spaces and text[at].isspace()):
                raise ValueError(f"no token fits at place {at}")
            at += len(choose(fitting)) if fitting else 1
        return found

    return encode


RIGHT = _encoder()


def _refused(attempt: Attempt, name: str) -> bool:
    return isinstance(attempt.case(name).got, Refused) and not attempt.case(name).passed


def _given(text: str, vocabulary: list[str]) -> Callable[..., tuple[str, list[str]]]:
    return lambda rng: (text, vocabulary)


def _shuffled(rng: np.random.Generator) -> tuple[str, list[str]]:
    return "Second(4,0)->0<eos>", [str(token) for token in rng.permutation(TOKENS)]


UNKNOWN = ("a letter no token has", "nothing fits at the end")


def _place_missing(attempt: Attempt) -> bool:
    return {c.name for c in attempt.failed_cases} == set(UNKNOWN) and all(
        c.got == Refused(says_where=False) for c in attempt.failed_cases
    )


EXERCISE = Exercise(
    id="01.encode",
    title="From text to ids",
    teaches="how a text is cut into the tokens of a vocabulary, and what to say when it cannot be",
    reference=_adapt(RIGHT),
    adapt=_adapt,
    cases=(
        Case("one operation", _given("Max(3,5,7)", list(TOKENS))),
        Case("numbers of two digits", _given("Last(42,7)", list(TOKENS))),
        Case("nested", _given("Min(First(2,8),Max(1,0))->1<eos>", list(TOKENS))),
        Case("spaces", _given(" Max( 3, 5 )", list(TOKENS))),
        Case("no text", _given("", list(TOKENS))),
        Case("a vocabulary in another order", _shuffled),
        Case("tokens that begin other tokens", _given("Max(12,1,M,21)", PIECES)),
        Case(UNKNOWN[0], _given("Max(3,x)", list(TOKENS))),
        Case(UNKNOWN[1], _given("Max(3,5)-", list(TOKENS))),
    ),
    suspects=(
        Suspect(
            "letter-by-letter",
            when=lambda attempt: _refused(attempt, "one operation"),
            says="it looks up one character after the other, but Max is one token of three: ask "
            "which tokens the text goes on with, text.startswith(token, at)",
        ),
        Suspect(
            "number-as-one-token",
            when=lambda attempt: _refused(attempt, "numbers of two digits"),
            says="42 was looked up as one piece; the vocabulary has only digits. What a piece is, "
            "the vocabulary says, not a pattern of your own",
        ),
        Suspect(
            "own-vocabulary",
            answer=_adapt(lambda text, vocabulary: RIGHT(text, list(TOKENS))),
            says="these are the ids of the chapter's list. An id is the token's place in the "
            "vocabulary that was passed",
        ),
        Suspect(
            "first-that-fits",
            answer=_adapt(_encoder(choose=lambda fitting: fitting[0])),
            says="right until one token is the beginning of another: it takes the first that "
            "fits, and should take the longest",
        ),
        Suspect(
            "shortest-that-fits",
            answer=_adapt(_encoder(choose=lambda fitting: min(fitting, key=len))),
            says="where several tokens fit it takes the shortest; take the longest",
        ),
        Suspect(
            "tokens-not-ids",
            answer=_adapt(_encoder(result=lambda vocabulary, token: token)),
            says="these are the tokens themselves: return their places in the vocabulary",
        ),
        Suspect(
            "skips-the-unknown",
            answer=_adapt(_encoder(refuse=False)),
            says="what no token fits is left out in silence, so Max(3,x) is read as another "
            "expression: raise a ValueError",
        ),
        Suspect(
            "spaces-refused",
            answer=_adapt(_encoder(spaces=False)),
            says="right but for spaces: between tokens they are skipped",
        ),
        Suspect(
            "place-not-said",
            when=_place_missing,
            says="it refuses what it should refuse, but its message does not say at which place "
            "of the text (counted from 0): a reader of long texts needs that",
        ),
        Suspect(
            "refuses-too-much",
            when=lambda attempt: any(_refused(attempt, c.name) for c in attempt.failed_cases),
            says="it refuses a text that can be cut. What the pieces are, the vocabulary says: "
            "ask of each token whether the text goes on with it",
        ),
    ),
    hints=(
        "Stand at the first character. Which tokens of the vocabulary does the text begin with? "
        "Take one, step over it, and ask again.",
        "Keep the place `at`. While it is inside the text: collect the tokens for which "
        "text.startswith(token, at) holds. None: skip a space, refuse anything else with a "
        "ValueError that says the place. Else take the longest, note its place in the vocabulary, "
        "and move on by its length.",
        "while at < len(text):\n"
        "    fitting = [token for token in vocabulary if ...]\n"
        "    if fitting:\n"
        "        token = max(fitting, key=...)\n"
        "        found.append(vocabulary.index(...))\n"
        "        at += ...\n"
        "    elif ...:          # a space\n"
        "    else:\n"
        '        raise ValueError(f"... at {at}")',
    ),
)
