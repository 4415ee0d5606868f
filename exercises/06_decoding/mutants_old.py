"""Wrong answers to chapter 06 a learner plausibly gives, each with the diagnosis it must get."""

import numpy as np

from attention_scratch.exercises import mutant

# --- 06.greedy ----------------------------------------------------------------------------------


@mutant("06.greedy", diagnosis="prompt-returned")
def returns_all_ids(model, prompt, eos, limit):
    ids = list(prompt)
    for _ in range(limit):
        ids.append(int(np.argmax(model(ids))))
        if ids[-1] == eos:
            break
    return ids


@mutant("06.greedy", diagnosis="never-stops")
def always_to_the_limit(model, prompt, eos, limit):
    ids = list(prompt)
    for _ in range(limit):
        ids.append(int(np.argmax(model(ids))))
    return ids[len(prompt) :]


@mutant("06.greedy", diagnosis="end-left-out")
def breaks_before_it_appends(model, prompt, eos, limit):
    ids = list(prompt)
    for _ in range(limit):
        token = int(np.argmax(model(ids)))
        if token == eos:
            break
        ids.append(token)
    return ids[len(prompt) :]


@mutant("06.greedy", diagnosis="end-in-the-prompt")
def while_there_is_no_end_anywhere(model, prompt, eos, limit):
    ids = list(prompt)
    new = []
    while eos not in ids:
        if len(new) == limit:
            break
        new.append(int(np.argmax(model(ids))))
        ids.append(new[-1])
    return new


@mutant("06.greedy", diagnosis="sees-the-prompt-alone")
def never_reads_what_it_wrote(model, prompt, eos, limit):
    new = []
    while len(new) < limit and eos not in new:
        new.append(int(np.argmax(model(prompt))))
    return new


@mutant("06.greedy", diagnosis="sees-the-last-token-alone")
def as_if_the_model_remembered(model, prompt, eos, limit):
    new, ids = [], list(prompt)
    while len(new) < limit:
        token = int(np.argmax(model(ids)))
        new.append(token)
        if token == eos:
            return new
        ids = [token]
    return new


@mutant("06.greedy", diagnosis="least-likely")
def sorts_and_takes_the_first(model, prompt, eos, limit):
    new = []
    while len(new) < limit and eos not in new:
        new.append(int(np.argsort(model([*prompt, *new]))[0]))
    return new


@mutant("06.greedy", diagnosis="one-token-too-many")
def less_or_equal(model, prompt, eos, limit):
    new = []
    while len(new) <= limit and eos not in new:
        new.append(int(np.argmax(model([*prompt, *new]))))
    return new


@mutant("06.greedy", diagnosis="limit-on-prompt-and-answer")
def limit_of_the_whole_sequence(model, prompt, eos, limit):
    ids = list(prompt)
    while len(ids) < limit:
        ids.append(int(np.argmax(model(ids))))
        if ids[-1] == eos:
            break
    return ids[len(prompt) :]


@mutant("06.greedy", diagnosis="asked-too-often")
def asks_twice(model, prompt, eos, limit):
    new = []
    while len(new) < limit:
        new.append(int(np.argmax(model([*prompt, *new]))))
        if int(np.argmax(model([*prompt, *new[:-1]]))) == eos:
            break
    return new


@mutant("06.greedy", diagnosis="changed-argument")
def appends_to_the_prompt(model, prompt, eos, limit):
    start = len(prompt)
    while len(prompt) - start < limit:
        prompt.append(int(np.argmax(model(prompt))))
        if prompt[-1] == eos:
            break
    return prompt[start:]


# --- 06.stop_at_eos -----------------------------------------------------------------------------


def appended(ids, tokens):
    return np.hstack([ids, tokens.reshape(-1, 1)])


@mutant("06.stop_at_eos", diagnosis="stops-with-the-first")
def any_instead_of_all(model, prompts, eos, pad, limit):
    ids, finished = prompts, np.zeros(len(prompts), dtype=bool)
    for _ in range(limit):
        tokens = np.where(finished, pad, np.argmax(model(ids), axis=1))
        finished |= tokens == eos
        ids = appended(ids, tokens)
        if finished.any():
            break
    return ids[:, prompts.shape[1] :]


@mutant("06.stop_at_eos", diagnosis="finished-rows-go-on")
def stops_but_never_fills(model, prompts, eos, pad, limit):
    ids, finished = prompts, np.zeros(len(prompts), dtype=bool)
    for _ in range(limit):
        tokens = np.argmax(model(ids), axis=1)
        finished |= tokens == eos
        ids = appended(ids, tokens)
        if finished.all():
            break
    return ids[:, prompts.shape[1] :]


@mutant("06.stop_at_eos", diagnosis="forgets-who-finished")
def looks_at_this_step_alone(model, prompts, eos, pad, limit):
    ids, finished = prompts, np.zeros(len(prompts), dtype=bool)
    for _ in range(limit):
        tokens = np.argmax(model(ids), axis=1)
        tokens[finished] = pad
        finished = tokens == eos
        ids = appended(ids, tokens)
        if finished.all():
            break
    return ids[:, prompts.shape[1] :]


@mutant("06.stop_at_eos", diagnosis="filled-with-ends")
def repeats_the_end(model, prompts, eos, pad, limit):
    ids, finished = prompts, np.zeros(len(prompts), dtype=bool)
    for _ in range(limit):
        tokens = np.argmax(model(ids), axis=1)
        tokens[finished] = eos
        finished = tokens == eos
        ids = appended(ids, tokens)
        if finished.all():
            break
    return ids[:, prompts.shape[1] :]


@mutant("06.stop_at_eos", diagnosis="end-hidden")
def finished_a_step_too_early(model, prompts, eos, pad, limit):
    ids, finished = prompts, np.zeros(len(prompts), dtype=bool)
    for _ in range(limit):
        tokens = np.argmax(model(ids), axis=1)
        finished |= tokens == eos
        tokens = np.where(finished, pad, tokens)
        ids = appended(ids, tokens)
        if finished.all():
            break
    return ids[:, prompts.shape[1] :]


@mutant("06.stop_at_eos", diagnosis="end-in-the-prompt")
def looks_at_the_whole_row(model, prompts, eos, pad, limit):
    ids = prompts
    for _ in range(limit):
        finished = (ids == eos).any(axis=1)
        if finished.all():
            break
        ids = appended(ids, np.where(finished, pad, np.argmax(model(ids), axis=1)))
    return ids[:, prompts.shape[1] :]


@mutant("06.stop_at_eos", diagnosis="runs-to-the-limit")
def never_breaks(model, prompts, eos, pad, limit):
    ids, finished = prompts, np.zeros(len(prompts), dtype=bool)
    for _ in range(limit):
        tokens = np.where(finished, pad, np.argmax(model(ids), axis=1))
        finished |= tokens == eos
        ids = appended(ids, tokens)
    return ids[:, prompts.shape[1] :]


@mutant("06.stop_at_eos", diagnosis="asked-too-often")
def one_row_at_a_time(model, prompts, eos, pad, limit):
    answers = []
    for prompt in prompts.tolist():
        new = []
        while len(new) < limit and eos not in new:
            new.append(int(np.argmax(model([*prompt, *new]))))
        answers.append(new)
    longest = max(map(len, answers))
    return np.array([new + [pad] * (longest - len(new)) for new in answers])


# --- 06.top_p -----------------------------------------------------------------------------------


def sorted_downwards(probabilities):
    order = np.flip(np.argsort(probabilities, axis=-1), axis=-1)
    return order, np.take_along_axis(probabilities, order, axis=-1)


def put_back(kept, order):
    result = np.zeros_like(kept)
    np.put_along_axis(result, order, kept, axis=-1)
    return result


@mutant("06.top_p", diagnosis="drops-the-one-that-crosses")
def up_to_p(probabilities, p):
    order, ranked = sorted_downwards(probabilities)
    kept = put_back(ranked * (np.cumsum(ranked, axis=-1) <= p), order)
    return kept / kept.sum(axis=-1, keepdims=True)


@mutant("06.top_p", diagnosis="keeps-one-too-many")
def not_above_p_yet(probabilities, p):
    order, ranked = sorted_downwards(probabilities)
    before = np.cumsum(ranked, axis=-1) - ranked
    kept = put_back(ranked * ~(before > p), order)
    return kept / kept.sum(axis=-1, keepdims=True)


@mutant("06.top_p", diagnosis="not-renormalized")
def sets_the_rest_to_zero(probabilities, p):
    order, ranked = sorted_downwards(probabilities)
    before = np.cumsum(ranked, axis=-1) - ranked
    return put_back(np.where(before < p, ranked, 0), order)


@mutant("06.top_p", diagnosis="left-in-order-of-size")
def forgets_whose_they_are(probabilities, p):
    _, ranked = sorted_downwards(probabilities)
    before = np.cumsum(ranked, axis=-1) - ranked
    kept = np.where(before < p, ranked, 0)
    return kept / kept.sum(axis=-1, keepdims=True)


@mutant("06.top_p", diagnosis="least-likely-first")
def sorts_upwards(probabilities, p):
    order = np.argsort(probabilities, axis=-1)
    ranked = np.take_along_axis(probabilities, order, axis=-1)
    before = np.cumsum(ranked, axis=-1) - ranked
    kept = put_back(np.where(before < p, ranked, 0), order)
    return kept / kept.sum(axis=-1, keepdims=True)


@mutant("06.top_p", diagnosis="each-against-p")
def larger_than_p(probabilities, p):
    kept = probabilities * (probabilities >= p)
    return kept / kept.sum(axis=-1, keepdims=True)


@mutant("06.top_p", diagnosis="each-against-the-rest")
def larger_than_what_is_left(probabilities, p):
    kept = np.where(probabilities < 1 - p, 0, probabilities)
    return kept / kept.sum(axis=-1, keepdims=True)


@mutant("06.top_p", diagnosis="all-rows-as-one")
def sorts_everything(probabilities, p):
    flat = probabilities.ravel()
    order = np.argsort(flat)[::-1]
    before = np.cumsum(flat[order]) - flat[order]
    kept = np.zeros_like(flat)
    kept[order] = np.where(before < p, flat[order], 0)
    kept = kept.reshape(probabilities.shape)
    return kept / kept.sum(axis=-1, keepdims=True)


@mutant("06.top_p", diagnosis="dtype-not-kept")
def in_double_precision(probabilities, p):
    order, ranked = sorted_downwards(np.asarray(probabilities, dtype=np.float64))
    before = np.cumsum(ranked, axis=-1) - ranked
    kept = put_back(np.where(before < p, ranked, 0), order)
    return kept / kept.sum(axis=-1, keepdims=True)


# --- 06.beam_step -------------------------------------------------------------------------------


def chosen(totals, width):
    order = np.argsort(totals, axis=None)[::-1][:width]
    beams, tokens = np.unravel_index(order, totals.shape)
    return beams, tokens, totals[beams, tokens]


@mutant("06.beam_step", diagnosis="best-of-each-beam")
def no_competition(scores, log_probabilities, width):
    tokens = np.argmax(log_probabilities, axis=1)
    totals = scores + log_probabilities[np.arange(len(scores)), tokens]
    best = np.argsort(totals)[::-1][:width]
    return best, tokens[best], totals[best]


@mutant("06.beam_step", diagnosis="scores-not-added")
def forgets_the_past(scores, log_probabilities, width):
    return chosen(log_probabilities, width)


@mutant("06.beam_step", diagnosis="scores-not-returned")
def returns_the_last_step(scores, log_probabilities, width):
    beams, tokens, _ = chosen(log_probabilities + scores.reshape(-1, 1), width)
    return beams, tokens, log_probabilities[beams, tokens]


@mutant("06.beam_step", diagnosis="scores-multiplied")
def multiplies_logarithms(scores, log_probabilities, width):
    return chosen(log_probabilities * scores[:, np.newaxis], width)


@mutant("06.beam_step", diagnosis="added-to-the-wrong-axis")
def one_score_a_token(scores, log_probabilities, width):
    per_token = np.resize(scores, log_probabilities.shape[1])
    return chosen(per_token + log_probabilities, width)


@mutant("06.beam_step", diagnosis="divided-by-beams")
def wrong_row_length(scores, log_probabilities, width):
    totals = (scores[:, None] + log_probabilities).flatten()
    order = np.argsort(-totals)[:width]
    return order // len(scores), order % len(scores), totals[order]


@mutant("06.beam_step", diagnosis="least-likely")
def first_of_an_upward_sort(scores, log_probabilities, width):
    totals = (scores[:, None] + log_probabilities).flatten()
    order = np.argsort(totals)[:width]
    return *np.divmod(order, log_probabilities.shape[1]), totals[order]


@mutant("06.beam_step", diagnosis="best-last")
def last_of_an_upward_sort(scores, log_probabilities, width):
    totals = (scores[:, None] + log_probabilities).flatten()
    order = np.argsort(totals)[-width:]
    return *np.divmod(order, log_probabilities.shape[1]), totals[order]


@mutant("06.beam_step", diagnosis="not-sorted")
def in_the_order_of_the_table(scores, log_probabilities, width):
    totals = scores[:, None] + log_probabilities
    smallest = np.sort(totals, axis=None)[-width]
    beams, tokens = np.nonzero(totals >= smallest)
    return beams, tokens, totals[beams, tokens]


@mutant("06.beam_step", diagnosis="raised")
def lets_numpy_line_them_up(scores, log_probabilities, width):
    return chosen(scores + log_probabilities, width)


# --- 06.length_normalization --------------------------------------------------------------------


def own(log_probabilities, lengths):
    return [row[:length] for row, length in zip(log_probabilities, lengths, strict=True)]


@mutant("06.length_normalization", diagnosis="padding-counted")
def sums_the_whole_row(log_probabilities, lengths, alpha):
    return np.sum(log_probabilities, axis=1) / np.power(lengths, alpha)


@mutant("06.length_normalization", diagnosis="masked-by-product")
def multiplies_by_the_mask(log_probabilities, lengths, alpha):
    mask = (np.arange(log_probabilities.shape[1])[None] < lengths[:, None]).astype(float)
    return np.sum(mask * log_probabilities, axis=1) / np.power(lengths, alpha)


@mutant("06.length_normalization", diagnosis="padded-length")
def divides_by_the_width(log_probabilities, lengths, alpha):
    sums = np.array([row.sum() for row in own(log_probabilities, lengths)])
    return sums / np.power(float(log_probabilities.shape[1]), alpha)


@mutant("06.length_normalization", diagnosis="not-normalized")
def just_the_sums(log_probabilities, lengths, alpha):
    return np.array([row.sum() for row in own(log_probabilities, lengths)])


@mutant("06.length_normalization", diagnosis="alpha-ignored")
def plain_means(log_probabilities, lengths, alpha):
    return np.array([row.mean() for row in own(log_probabilities, lengths)])


@mutant("06.length_normalization", diagnosis="alpha-times-length")
def star_instead_of_two(log_probabilities, lengths, alpha):
    sums = np.array([row.sum() for row in own(log_probabilities, lengths)])
    with np.errstate(divide="ignore"):
        return sums / (lengths * alpha)


@mutant("06.length_normalization", diagnosis="multiplied")
def rewards_nothing(log_probabilities, lengths, alpha):
    sums = np.array([row.sum() for row in own(log_probabilities, lengths)])
    return sums * lengths.astype(float) ** alpha


@mutant("06.length_normalization", diagnosis="end-not-counted")
def length_without_the_end(log_probabilities, lengths, alpha):
    sums = np.array([row.sum() for row in own(log_probabilities, lengths)])
    return sums / np.clip(lengths - 1, 1, None) ** alpha


@mutant("06.length_normalization", diagnosis="mean-of-probabilities")
def averages_probabilities(log_probabilities, lengths, alpha):
    sums = np.array([np.exp(row).sum() for row in own(log_probabilities, lengths)])
    return sums / lengths**alpha
