"""01.encode: from text to token ids."""

import functools
import re
from dataclasses import dataclass

from attention_scratch.exercises.authoring import exercise
from attention_scratch.tasks.operations.vocabulary import TOKENS

PIECES = ["(", ")", ",", "Ma", "M", "Max", "a", "x", "1", "12", "2"]
UNKNOWN = {"a letter no token has", "nothing fits at the end"}


@dataclass(frozen=True, slots=True)
class Refused:
    """Bad input was refused with an error; ``says_where`` if the message names the place."""

    says_where: bool = True


def refusing(answer):
    """``answer``, where a refusal is a result."""

    @functools.wraps(answer)
    def judged(text, vocabulary):
        try:
            return answer(text, vocabulary)
        except ValueError as error:
            place = first_unknown(text, vocabulary)
            return Refused(says_where=str(place) in re.findall(r"\d+", str(error)))

    return judged


def first_unknown(text, vocabulary):
    """The place in the text at which no token fits; -1 if there is none."""
    at = 0
    while at < len(text):
        fitting = [token for token in vocabulary if text.startswith(token, at)]
        if not fitting and not text[at].isspace():
            return at
        at += len(max(fitting, key=len, default=" "))
    return -1


@refusing
def encode(text, vocabulary):
    found, at = [], 0
    while at < len(text):
        fitting = [token for token in vocabulary if text.startswith(token, at)]
        if fitting:
            token = max(fitting, key=len)
            found.append(vocabulary.index(token))
            at += len(token)
        elif text[at].isspace():
            at += 1
        else:
            raise ValueError(f"no token fits at place {at}")
    return found


def words_and_numbers(text, vocabulary):
    pieces = re.findall(r"<\w+>|[A-Z][a-z]+|\d+|->|\S", text)
    return [vocabulary.index(piece) for piece in pieces]


def refused(attempt, name):
    return isinstance(attempt.case(name).got, Refused) and not attempt.case(name).passed


def place_missing(attempt):
    return {case.name for case in attempt.failed_cases} == UNKNOWN and all(
        case.got == Refused(says_where=False) for case in attempt.failed_cases
    )


EXERCISE = exercise(
    "01.encode",
    "From text to ids",
    teaches="how a text is cut into the tokens of a vocabulary, and what to say when it cannot be",
    right=encode,
    adapt=refusing,
    cases="""
        one operation: "Max(3,5,7)", list(TOKENS)
        numbers of two digits: "Last(42,7)", list(TOKENS)
        nested: "Min(First(2,8),Max(1,0))->1<eos>", list(TOKENS)
        spaces: " Max( 3, 5 )", list(TOKENS)
        no text: "", list(TOKENS)
        a vocabulary in another order: "Second(4,0)->0<eos>", rng.permutation(TOKENS).tolist()
        tokens that begin other tokens: "Max(12,1,M,21)", PIECES
        a letter no token has: "Max(3,x)", list(TOKENS)
        nothing fits at the end: "Max(3,5)-", list(TOKENS)
    """,
    mistakes="""
        letter-by-letter: when lambda attempt: refused(attempt, "one operation")
            it looks up one character after the other, but Max is one token of three: ask which
            tokens the text goes on with, text.startswith(token, at)
        letter-by-letter: text.startswith(token, at) → text[at] == token
        number-as-one-token: when lambda attempt: refused(attempt, "numbers of two digits")
            42 was looked up as one piece; the vocabulary has only digits. What a piece is, the
            vocabulary says, not a pattern of your own
        number-as-one-token: answer words_and_numbers
        own-vocabulary: found, at = → vocabulary, found, at = TOKENS,
            these are the ids of the chapter's list. An id is the token's place in the vocabulary
            that was passed
        first-that-fits: max(fitting, key=len) → fitting[0]
            right until one token is the beginning of another: it takes the first that fits, and
            should take the longest
        shortest-that-fits: max → min
            where several tokens fit it takes the shortest; take the longest
        tokens-not-ids: vocabulary.index(token) → token
            these are the tokens themselves: return their places in the vocabulary
        skips-the-unknown: text[at].isspace() → True
            what no token fits is left out in silence, so Max(3,x) is read as another expression:
            raise a ValueError
        spaces-refused: text[at].isspace() → False
            right but for spaces: between tokens they are skipped
        place-not-said: when place_missing
            it refuses what it should refuse, but its message does not say at which place of the
            text (counted from 0): a reader of long texts needs that
        place-not-said: at place {at} → in {text!r}
        refuses-too-much: when lambda attempt: any(refused(attempt, c.name) for c in attempt.cases)
            it refuses a text that can be cut. What the pieces are, the vocabulary says: ask of each
            token whether the text goes on with it
        refuses-too-much: at)] → at) and token[0] != "<"]
        raised: raise ValueError → raise KeyError
    """,
    hints="""
        Stand at the first character. Which tokens of the vocabulary does the text begin with? Take
        one, step over it, and ask again.

        Keep the place `at`. While it is inside the text: collect the tokens for which
        text.startswith(token, at) holds. None: skip a space, refuse anything else with a
        ValueError that says the place. Else take the longest, note its place in the vocabulary,
        and move on by its length.

        while at < len(text):
            fitting = [token for token in vocabulary if ...]
            if fitting:
                token = max(fitting, key=...)
                found.append(vocabulary.index(...))
                at += ...
            elif ...:          # a space
            else:
                raise ValueError(f"... at {at}")
    """,
)
