"""10.decode: each token is read once."""

import numpy as np

from attention_scratch.exercises import Constraint
from attention_scratch.exercises.authoring import exercise

from .counting_model import small_model


def decode(model, prompt, count):
    cache = model.new_cache()
    logits = model.step(np.array([prompt]), cache)
    written = [int(logits[0].argmax())]
    while len(written) < count:
        logits = model.step(np.array([written[-1:]]), cache)
        written.append(int(logits[0].argmax()))
    return written


def whole_text_into_the_same_cache(model, prompt, count):
    cache, text = model.new_cache(), list(prompt)
    for _ in range(count):
        text.append(int(model.step([text], cache).argmax()))
    return text[len(prompt) :]


def without_a_cache(model, prompt, count):
    text = list(prompt)
    for _ in range(count):
        text.append(int(model.logits([text])[0, -1].argmax()))
    return text[len(prompt) :]


def reads_each_token_once(attempt):
    return all(
        c.counters["tokens_read"] <= c.reference_counters["tokens_read"] for c in attempt.cases
    )


def tokens_read(attempt):
    case = attempt.cases[-1]
    read, needed = case.counters["tokens_read"], case.reference_counters["tokens_read"]
    return (
        f"right text, but the model read {read} tokens where {needed} are enough: after the "
        "prompt, give it only the token it has not seen; the cache holds the rest."
    )


EXERCISE = exercise(
    "10.decode",
    "Greedy decoding with a cache",
    teaches="that each token is read once: the cache remembers the rest",
    right=decode,
    cases="""
        one token: small_model(), [3, 1, 4], 1
        eight tokens: small_model(), [3, 1, 4, 1, 5], 8
        a prompt of one: small_model(), [7], 12
    """,
    mistakes="""
        cache-made-anew: [written[-1:]]), cache → [written[-1:]]), model.new_cache()
            the first token is right, then the model forgets: you made a new cache for each step,
            so it reads every token as if it were the first.
        prompt-read-twice: written[-1:] → prompt + written
            the first token is right, then positions run away: you fed the whole text into a cache
            that already holds it.
        prompt-read-twice: answer whole_text_into_the_same_cache
        prompt-returned-too: return written → return prompt + written
            the new tokens are right, but the prompt is returned with them.
        one-token-too-many: < count → <= count
            one token too many: the prompt's own step already gives the first one.
        reads-everything-again: [written[-1:]]), cache → [prompt + written]), model.new_cache()
        reads-everything-again: answer without_a_cache
    """,
    constraints=(
        Constraint("reads-everything-again", holds=reads_each_token_once, says=tokens_read),
    ),
    hints="""
        step(ids, cache) returns the logits after the last of ids and remembers all of them.

        One step for the whole prompt gives the first token. Then, until there are count of them,
        one step for the newest token alone, into the same cache.

        cache = model.new_cache()
        logits = model.step(np.array([prompt]), cache)
        written = [int(logits[0].argmax())]
        while len(written) < count:
            logits = model.step(np.array([[…]]), cache)
            …
    """,
)
