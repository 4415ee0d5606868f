"""06.greedy: one answer, the likeliest token at each step."""

from attention_scratch.exercises.authoring import exercise

from .common import EOS, Tree, asked_once_a_token


def greedy(model, prompt, eos, limit):
    new = []
    while len(new) < limit:
        token = int(model(prompt + new).argmax())
        new.append(token)
        if token == eos:
            break
    return new


def while_there_is_no_end_anywhere(model, prompt, eos, limit):
    ids = list(prompt)
    while eos not in ids and len(ids) < len(prompt) + limit:
        ids.append(int(model(ids).argmax()))
    return ids[len(prompt) :]


EXERCISE = exercise(
    "06.greedy",
    "The likeliest token, again and again",
    teaches="the loop that turns a distribution into an answer, and what ends it",
    right=greedy,
    cases="""
        an answer that ends: Tree(1), [3, 4], EOS, 30
        the limit comes first: Tree(2, patience=50.0), [2, 5, 3], EOS, 4
        it ends at once: Tree(3, patience=-50.0), [4], EOS, 8
        the prompt begins with the end token: Tree(4), [EOS, 3, 2], EOS, 12
        a long prompt: Tree(5), [2, 3, 4, 5] * 5, EOS, 12
        nothing is asked for: Tree(6), [3, 2], EOS, 0
    """,
    mistakes=r"""
        prompt-returned: return new → return prompt + new
            the prompt was returned as well: only the new tokens are asked for
        never-stops: break → pass
            it went on after the end token: the answer is over once that is chosen
        end-left-out: return new → return [token for token in new if token != eos]
            right but for the end token, which belongs to the answer here: without it nobody can
            tell whether the model had finished or the limit came
        end-in-the-prompt: while → while eos not in prompt + new and
            the end token was looked for among all ids, and the prompt had one: only a token that
            was just chosen ends the answer
        end-in-the-prompt: answer while_there_is_no_end_anywhere
        sees-the-prompt-alone: prompt + new → prompt
            the model was asked about the prompt each time: what was written so far must be read,
            too
        sees-the-last-token-alone: prompt + new → new[-1:] or prompt
            after the first step the model was given the last token alone. It keeps nothing between
            calls: give it the prompt and all that was written
        least-likely: argmax → argmin
            the least likely token was chosen at each step
        one-token-too-many: < limit → <= limit
            the limit is the largest number of new tokens; here there was one more
        limit-on-prompt-and-answer: len(new) → len(prompt + new)
            the prompt was counted against the limit, which is for new tokens
        asked-too-often: new.append(token) → new.append(int(model(prompt + new).argmax()))
        changed-argument: return new → prompt += new\n    return new
    """,
    constraints=(asked_once_a_token("tokens"),),
    hints="""
        Which two things can end the answer? Where does the token just chosen go before the model is
        asked again?

        Keep a list of new tokens. While it is shorter than the limit: ask the model about prompt +
        new, take the argmax, append it, and stop if it is eos.

        new = []
        while len(new) < limit:
            token = int(model(...).argmax())
            new.append(token)
            if ...:
                break
        return new
    """,
)
