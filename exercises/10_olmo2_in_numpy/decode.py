"""10.decode: each token is read once."""

from __future__ import annotations

import numpy as np

from attention_scratch.exercises.exercise import Attempt, Case, Constraint, Exercise, Suspect
from attention_scratch.exercises.registry import register

from .counting_model import CountingModel, small_model


def decode(model: CountingModel, prompt: list[int], count: int) -> list[int]:
    cache = model.new_cache()
    logits = model.step(np.array([prompt]), cache)
    written = [int(logits[0].argmax())]
    while len(written) < count:
        logits = model.step(np.array([written[-1:]]), cache)
        written.append(int(logits[0].argmax()))
    return written


def decode_forgetful(model: CountingModel, prompt: list[int], count: int) -> list[int]:
    token = int(model.step(np.array([prompt]), model.new_cache())[0].argmax())
    written = [token]
    while len(written) < count:
        logits = model.step(np.array([written[-1:]]), model.new_cache())
        written.append(int(logits[0].argmax()))
    return written


def decode_repeating(model: CountingModel, prompt: list[int], count: int) -> list[int]:
    cache, ids = model.new_cache(), list(prompt)
    for _ in range(count):
        ids.append(int(model.step(np.array([ids]), cache)[0].argmax()))
    return ids[len(prompt) :]


def _reads_each_token_once(attempt: Attempt) -> bool:
    return all(
        c.counters["tokens_read"] <= c.reference_counters["tokens_read"] for c in attempt.cases
    )


def _tokens_read(attempt: Attempt) -> str:
    case = attempt.cases[-1]
    read, needed = case.counters["tokens_read"], case.reference_counters["tokens_read"]
    return (
        f"right text, but the model read {read} tokens where {needed} are enough: after the "
        "prompt, give it only the token it has not seen; the cache holds the rest."
    )


register(
    Exercise(
        id="10.decode",
        title="Greedy decoding with a cache",
        teaches="that each token is read once: the cache remembers the rest",
        reference=decode,
        cases=(
            Case("one token", lambda rng: (small_model(), [3, 1, 4], 1)),
            Case("eight tokens", lambda rng: (small_model(), [3, 1, 4, 1, 5], 8)),
            Case("a prompt of one", lambda rng: (small_model(), [7], 12)),
        ),
        suspects=(
            Suspect(
                "cache-made-anew",
                answer=decode_forgetful,
                says="the first token is right, then the model forgets: you made a new cache for "
                "each step, so it reads every token as if it were the first.",
            ),
            Suspect(
                "prompt-read-twice",
                answer=decode_repeating,
                says="the first token is right, then positions run away: you fed the whole text "
                "into a cache that already holds it.",
            ),
            Suspect(
                "prompt-returned-too",
                answer=lambda model, prompt, count: [*prompt, *decode(model, prompt, count)],
                says="the new tokens are right, but the prompt is returned with them.",
            ),
            Suspect(
                "one-token-too-many",
                answer=lambda model, prompt, count: decode(model, prompt, count + 1),
                says="one token too many: the prompt's own step already gives the first one.",
            ),
        ),
        constraints=(
            Constraint("reads-everything-again", holds=_reads_each_token_once, says=_tokens_read),
        ),
        hints=(
            "step(ids, cache) returns the logits after the last of ids and remembers all of them.",
            "One step for the whole prompt gives the first token. Then, until there are count of "
            "them, one step for the newest token alone, into the same cache.",
            "cache = model.new_cache()\nlogits = model.step(np.array([prompt]), cache)\n"
            "written = [int(logits[0].argmax())]\n"
            "while len(written) < count:\n    logits = model.step(np.array([[…]]), cache)\n    …",
        ),
    )
)
