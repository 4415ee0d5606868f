"""Exercise 06.greedy: one answer, the likeliest token at each step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attention_scratch.exercises import Case, Constraint, Exercise, Suspect
from .common import (
    EOS,
    Array,
    Tree,
    called_as_often_as_needed,
)

Decode = Callable[[Tree, list[int], int, int], list[int]]


def _greedy(
    *,
    choose: Callable[[Array], int] = lambda logits: int(logits.argmax()),
    read: Callable[[list[int], list[int]], list[int]] = lambda prompt, new: prompt + new,
    with_prompt: bool = False,
    with_end: bool = True,
    stops: bool = True,
    extra: int = 0,
) -> Decode:
    """Greedy decoding with one of its parts done otherwise."""

    def greedy(model: Tree, prompt: list[int], eos: int, limit: int) -> list[int]:
        new: list[int] = []
        while len(new) < limit + extra:
            token = choose(model(read(prompt, new)))
            if token == eos and not with_end:
                break
            new.append(token)
            if token == eos and stops:
                break
        return prompt + new if with_prompt else new

    return greedy


def _end_in_the_prompt(model: Tree, prompt: list[int], eos: int, limit: int) -> list[int]:
    ids = list(prompt)
    while eos not in ids and len(ids) < len(prompt) + limit:
        ids.append(int(model(ids).argmax()))
    return ids[len(prompt) :]


def _limit_on_all(model: Tree, prompt: list[int], eos: int, limit: int) -> list[int]:
    return _greedy()(model, prompt, eos, max(limit - len(prompt), 0))


def _prompt(
    *ids: int, limit: int, seed: int, patience: float = 0.2
) -> Callable[[np.random.Generator], tuple[Tree, list[int], int, int]]:
    return lambda rng: (Tree(seed, patience=patience), list(ids), EOS, limit)


EXERCISE = Exercise(
    id="06.greedy",
    title="The likeliest token, again and again",
    teaches="the loop that turns a distribution into an answer, and what ends it",
    reference=_greedy(),
    cases=(
        Case("an answer that ends", _prompt(3, 4, limit=30, seed=1)),
        Case("the limit comes first", _prompt(2, 5, 3, limit=4, seed=2, patience=50.0)),
        Case("it ends at once", _prompt(4, limit=8, seed=3, patience=-50.0)),
        Case("the prompt begins with the end token", _prompt(EOS, 3, 2, limit=12, seed=4)),
        Case("a long prompt", _prompt(*[2, 3, 4, 5] * 5, limit=12, seed=5)),
        Case("nothing is asked for", _prompt(3, 2, limit=0, seed=6)),
    ),
    suspects=(
        Suspect(
            "prompt-returned",
            answer=_greedy(with_prompt=True),
            says="the prompt was returned as well: only the new tokens are asked for",
        ),
        Suspect(
            "never-stops",
            answer=_greedy(stops=False),
            says="it went on after the end token: the answer is over once that is chosen",
        ),
        Suspect(
            "end-left-out",
            answer=_greedy(with_end=False),
            says="right but for the end token, which belongs to the answer here: without it "
            "nobody can tell whether the model had finished or the limit came",
        ),
        Suspect(
            "end-in-the-prompt",
            answer=_end_in_the_prompt,
            says="the end token was looked for among all ids, and the prompt had one: only a "
            "token that was just chosen ends the answer",
        ),
        Suspect(
            "sees-the-prompt-alone",
            answer=_greedy(read=lambda prompt, new: prompt),
            says="the model was asked about the prompt each time: what was written so far must "
            "be read, too",
        ),
        Suspect(
            "sees-the-last-token-alone",
            answer=_greedy(read=lambda prompt, new: new[-1:] or prompt),
            says="after the first step the model was given the last token alone. It keeps "
            "nothing between calls: give it the prompt and all that was written",
        ),
        Suspect(
            "least-likely",
            answer=_greedy(choose=lambda logits: int(logits.argmin())),
            says="the least likely token was chosen at each step",
        ),
        Suspect(
            "one-token-too-many",
            answer=_greedy(extra=1),
            says="the limit is the largest number of new tokens; here there was one more",
        ),
        Suspect(
            "limit-on-prompt-and-answer",
            answer=_limit_on_all,
            says="the prompt was counted against the limit, which is for new tokens",
        ),
    ),
    constraints=(
        Constraint(
            "asked-too-often",
            holds=called_as_often_as_needed,
            says="correct, but the model was asked more often than there are new tokens: each "
            "question costs a whole forward pass",
        ),
    ),
    hints=(
        "Which two things can end the answer? Where does the token just chosen go before the "
        "model is asked again?",
        "Keep a list of new tokens. While it is shorter than the limit: ask the model about "
        "prompt + new, take the argmax, append it, and stop if it is eos.",
        "new = []\n"
        "while len(new) < limit:\n"
        "    token = int(model(...).argmax())\n"
        "    new.append(token)\n"
        "    if ...:\n"
        "        break\n"
        "return new",
    ),
)
