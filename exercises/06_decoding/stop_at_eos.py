"""06.stop_at_eos: a batch whose rows end at different times."""

import numpy as np

from attention_scratch.exercises.authoring import exercise

from .common import EOS, PAD, Tree, asked_once_a_token


def greedy_batch(model, prompts, eos, pad, limit):
    ids = prompts
    finished = np.zeros(len(prompts), dtype=bool)
    for _ in range(limit):
        tokens = model(ids).argmax(axis=-1)
        tokens = np.where(finished, pad, tokens)
        finished |= tokens == eos
        ids = np.concatenate([ids, tokens[:, None]], axis=1)
        if finished.all():
            break
    return ids[:, prompts.shape[1] :]


def one_row_at_a_time(model, prompts, eos, pad, limit):
    answers = []
    for prompt in prompts.tolist():
        new = []
        while len(new) < limit and eos not in new:
            new.append(int(np.argmax(model([*prompt, *new]))))
        answers.append(new)
    longest = max(map(len, answers))
    return np.array([new + [pad] * (longest - len(new)) for new in answers])


def to_the_limit(attempt):
    """Every answer is right, and followed by padding up to the limit."""

    def padded(got, want, limit):
        if np.shape(got) != (len(want), limit):
            return False
        start, rest = np.split(got, [want.shape[1]], axis=1)
        return bool((start == want).all() and (rest == PAD).all())

    return all(padded(c.got, c.want, c.args[4]) for c in attempt.failed_cases)


EXERCISE = exercise(
    "06.stop_at_eos",
    "A batch whose rows end at different times",
    teaches="that a finished row keeps still, and that the batch goes on until the last one ends",
    right=greedy_batch,
    cases="""
        three rows: Tree(0), np.array([[2, 3], [4, 5], [3, 3]]), EOS, PAD, 24
        one row: Tree(1), np.array([[5, 2, 4]]), EOS, PAD, 24
        all end at once: Tree(2, patience=-50.0), np.array([[2], [3], [4]]), EOS, PAD, 8
        none ends before the limit: Tree(3, patience=50.0), np.array([[2], [5]]), EOS, PAD, 5
        an end token in a prompt: Tree(4), np.array([[EOS, 2, 3], [EOS, 4, 4], [5, 4, 3]]),
            EOS, PAD, 20
        eight rows: Tree(5), np.array([[n % 4 + 2, n // 4 + 2] for n in range(8)]), EOS, PAD, 30
    """,
    mistakes=r"""
        stops-with-the-first: finished.all() → finished.any()
            all rows stopped when the first one had ended: go on until every row has
        finished-rows-go-on: np.where(finished, pad, tokens) → tokens
            a row that has ended kept writing: behind its end token there is only padding
        forgets-who-finished: finished |= → finished =
            a row counted as finished only in the step right after its end token, then began to
            write again: once finished, always finished (finished |= ...)
        filled-with-ends: finished, pad → finished, eos
            finished rows were filled with the end token: what is no part of the answer is padding
        end-hidden: tokens[:, None] → np.where(finished, pad, tokens)[:, None]
            the end token itself became padding: a row is finished *after* it. Choose the filling by
            who had finished before this step
        end-in-the-prompt: np.zeros(len(prompts), dtype=bool) → (prompts == eos).any(axis=1)
            a prompt that holds an end token counted as finished: only a token that was just chosen
            ends a row
        runs-to-the-limit: when to_the_limit
            the answers are right, but the loop ran to the limit after every row had ended: stop as
            soon as finished.all()
        runs-to-the-limit: break → pass
        asked-too-often: answer one_row_at_a_time
    """,
    constraints=(asked_once_a_token("columns"),),
    hints="""
        What must be remembered of each row from one step to the next, and when does it change?

        Keep finished, one truth value a row, False at first. Each step: the argmax of every row;
        padding instead where finished; then finished becomes True where the token is eos. Append
        the column. Stop when all are finished or at the limit.

        finished = np.zeros(len(prompts), dtype=bool)
        for _ in range(limit):
            tokens = np.where(finished, ..., model(ids).argmax(axis=-1))
            finished |= ...
            ids = np.concatenate([ids, tokens[:, None]], axis=1)
            if ...:
                break
        return ids[:, ...]
    """,
)
