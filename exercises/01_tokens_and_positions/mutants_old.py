"""Wrong answers to chapter 01 a learner plausibly gives, each with the diagnosis it must get."""

import re

import numpy as np

from attention_scratch.exercises import mutant

# --- 01.encode ----------------------------------------------------------------------------------


@mutant("01.encode", diagnosis="letter-by-letter")
def one_character_after_the_other(text, vocabulary):
    ids = []
    for letter in text.replace(" ", ""):
        ids.append(vocabulary.index(letter))
    return ids


@mutant("01.encode", diagnosis="number-as-one-token")
def words_and_numbers(text, vocabulary):
    pieces = re.findall(r"<\w+>|[A-Z][a-z]+|\d+|->|\S", text)
    ids = {token: number for number, token in enumerate(vocabulary)}
    unknown = [piece for piece in pieces if piece not in ids]
    if unknown:
        raise ValueError(f"{unknown[0]} is not in the vocabulary")
    return [ids[piece] for piece in pieces]


@mutant("01.encode", diagnosis="own-vocabulary")
def the_list_of_the_chapter(text, vocabulary):
    names = ["First", "Second", "Last", "Max", "Min"]
    tokens = ["<pad>", "<eos>", "(", ")", ",", "->", *names, *"0123456789"]
    return cut(text, tokens)


@mutant("01.encode", diagnosis="first-that-fits")
def the_first_that_fits(text, vocabulary):
    return cut(text, vocabulary, best=lambda fitting: fitting[0])


@mutant("01.encode", diagnosis="shortest-that-fits")
def the_shortest_that_fits(text, vocabulary):
    return cut(text, vocabulary, best=lambda fitting: sorted(fitting, key=len)[0])


@mutant("01.encode", diagnosis="tokens-not-ids")
def the_pieces_themselves(text, vocabulary):
    return [vocabulary[number] for number in cut(text, vocabulary)]


@mutant("01.encode", diagnosis="skips-the-unknown")
def leaves_out_what_it_does_not_know(text, vocabulary):
    longest_first = sorted(vocabulary, key=len, reverse=True)
    pieces = re.findall("|".join(re.escape(token) for token in longest_first), text)
    return [vocabulary.index(piece) for piece in pieces]


@mutant("01.encode", diagnosis="spaces-refused")
def a_space_is_unknown(text, vocabulary):
    return cut(text, vocabulary, skip="")


@mutant("01.encode", diagnosis="place-not-said")
def says_only_that_it_failed(text, vocabulary):
    try:
        return cut(text, vocabulary)
    except ValueError:
        raise ValueError(f"cannot encode {text!r}") from None


@mutant("01.encode", diagnosis="refuses-too-much")
def forgot_the_marks_in_angle_brackets(text, vocabulary):
    pieces = re.findall(r"[A-Za-z]+|\d|->|[^\s]", text)
    for piece in pieces:
        if piece not in vocabulary:
            raise ValueError(f"{piece!r} at place {text.index(piece)} is unknown")
    return [vocabulary.index(piece) for piece in pieces]


@mutant("01.encode", diagnosis="raised")
def looks_up_what_may_be_missing(text, vocabulary):
    ids = dict(zip(vocabulary, range(len(vocabulary)), strict=True))
    return [ids[word] for word in re.findall(r"\w+|\W", text)]


def cut(text, tokens, *, best=lambda fitting: max(fitting, key=len), skip=" "):
    ids, place = [], 0
    while place < len(text):
        fitting = [token for token in tokens if text[place:].startswith(token)]
        if not fitting and text[place] in skip and skip:
            place += 1
            continue
        if not fitting:
            raise ValueError(f"unknown token at {place}")
        token = best(fitting)
        ids.append(tokens.index(token))
        place += len(token)
    return ids


# --- 01.embedding -------------------------------------------------------------------------------


def refuse(ids, table):
    if np.any(ids < 0) or np.any(ids >= table.shape[0]):
        raise ValueError("an id outside the table")


@mutant("01.embedding", diagnosis="picks-columns")
def along_the_second_axis(ids, table):
    refuse(ids, table)
    return np.take(table, ids, axis=1)


@mutant("01.embedding", diagnosis="ids-flattened")
def one_row_after_the_other(ids, table):
    refuse(ids, table)
    rows = np.zeros((ids.size, table.shape[1]))
    for n, number in enumerate(ids.flat):
        rows[n] = table[number]
    return rows


@mutant("01.embedding", diagnosis="counts-from-the-end")
def simply_picks(ids, table):
    return table[ids]


@mutant("01.embedding", diagnosis="clipped")
def clips(ids, table):
    return table[np.minimum(np.maximum(ids, 0), len(table) - 1)]


@mutant("01.embedding", diagnosis="wrapped-around")
def modulo(ids, table):
    return table[ids % len(table)]


@mutant("01.embedding", diagnosis="empty-refused")
def asks_for_the_minimum(ids, table):
    if ids.min() < 0 or ids.max() >= len(table):
        raise ValueError("an id outside the table")
    return table[ids]


@mutant("01.embedding", diagnosis="one-hot")
def multiplies_one_hot_rows(ids, table):
    refuse(ids, table)
    one_hot = np.zeros((ids.size, len(table)), table.dtype)
    one_hot[np.arange(ids.size), ids.reshape(-1)] = 1
    return (one_hot @ table).reshape(*ids.shape, table.shape[1])


# --- 01.batch_padding ---------------------------------------------------------------------------


@mutant("01.batch_padding", diagnosis="mask-from-the-pad")
def whatever_is_not_the_pad(sequences, pad):
    longest = max(len(s) for s in sequences)
    ids = np.array([s + [pad] * (longest - len(s)) for s in sequences])
    return ids, ids != pad


@mutant("01.batch_padding", diagnosis="mask-inverted")
def true_where_filled_up(sequences, pad):
    longest = max(len(s) for s in sequences)
    ids = np.array([s + [pad] * (longest - len(s)) for s in sequences])
    return ids, np.array([[t >= len(s) for t in range(longest)] for s in sequences])


@mutant("01.batch_padding", diagnosis="mask-one-too-many")
def up_to_and_with_the_length(sequences, pad):
    longest = max(len(s) for s in sequences)
    ids = np.array([s + [pad] * (longest - len(s)) for s in sequences])
    return ids, np.array([[t <= len(s) for t in range(longest)] for s in sequences])


@mutant("01.batch_padding", diagnosis="padded-on-the-left")
def fills_up_in_front(sequences, pad):
    longest = max(len(s) for s in sequences)
    ids = np.array([[pad] * (longest - len(s)) + s for s in sequences])
    return ids, np.array([[t >= longest - len(s) for t in range(longest)] for s in sequences])


@mutant("01.batch_padding", diagnosis="cut-to-the-shortest")
def zips_them(sequences, pad):
    ids = np.array(list(zip(*sequences, strict=False)), dtype=int).reshape(-1, len(sequences)).T
    return ids, np.ones(ids.shape, dtype=bool)


@mutant("01.batch_padding", diagnosis="padded-with-zeros")
def begins_with_zeros(sequences, pad):
    lengths = [len(s) for s in sequences]
    ids, real = np.zeros((2, len(sequences), max(lengths)), dtype=int)
    for n, s in enumerate(sequences):
        ids[n, : len(s)], real[n, : len(s)] = s, 1
    return ids, real == 1


@mutant("01.batch_padding", diagnosis="dtype")
def floating_ids(sequences, pad):
    ids = np.zeros((len(sequences), max(map(len, sequences)))) + pad
    real = np.zeros(ids.shape, dtype=bool)
    for n, s in enumerate(sequences):
        ids[n, : len(s)], real[n, : len(s)] = s, True
    return ids, real


@mutant("01.batch_padding", diagnosis="changed-argument")
def fills_up_the_callers_lists(sequences, pad):
    lengths = np.array([len(s) for s in sequences])
    for s in sequences:
        s.extend([pad] * (lengths.max() - len(s)))
    ids = np.array(sequences)
    return ids, np.arange(ids.shape[1])[None, :] < lengths[:, None]


# --- 01.sinusoidal ------------------------------------------------------------------------------


def interleave(even, odd):
    return np.dstack([even, odd]).reshape(len(even), -1)


def places(T, C):
    return np.outer(np.arange(T), 10000.0 ** (-2 * np.arange(C // 2) / C))


@mutant("01.sinusoidal", diagnosis="cosine-first")
def cosines_at_the_even_numbers(T, C):
    return interleave(np.cos(places(T, C)), np.sin(places(T, C)))


@mutant("01.sinusoidal", diagnosis="halves-not-side-by-side")
def all_sines_then_all_cosines(T, C):
    return np.hstack([np.sin(places(T, C)), np.cos(places(T, C))])


@mutant("01.sinusoidal", diagnosis="places-from-one")
def counts_from_one(T, C):
    angles = places(T + 1, C)[1:]
    return interleave(np.sin(angles), np.cos(angles))


@mutant("01.sinusoidal", diagnosis="exponent-not-doubled")
def forgot_the_two(T, C):
    angles = np.outer(np.arange(T), 1 / 10000.0 ** (np.arange(C // 2) / C))
    return interleave(np.sin(angles), np.cos(angles))


@mutant("01.sinusoidal", diagnosis="exponent-over-half")
def two_i_over_the_number_of_hands(T, C):
    angles = np.outer(np.arange(T), 1 / 10000.0 ** (np.arange(0, C, 2) / (C / 2)))
    return interleave(np.sin(angles), np.cos(angles))


@mutant("01.sinusoidal", diagnosis="grows-faster")
def forgot_the_minus(T, C):
    angles = np.outer(np.arange(T), 10000.0 ** (np.arange(0, C, 2) / C))
    return interleave(np.sin(angles), np.cos(angles))


@mutant("01.sinusoidal", diagnosis="pair-with-two-speeds")
def a_loop_over_all_numbers(T, C):
    p = np.zeros((T, C))
    for t in range(T):
        for n in range(C):
            angle = t / 10000.0 ** (n / C)
            p[t, n] = np.cos(angle) if n % 2 else np.sin(angle)
    return p


@mutant("01.sinusoidal", diagnosis="in-degrees")
def degrees(T, C):
    angles = np.deg2rad(places(T, C))
    return interleave(np.sin(angles), np.cos(angles))


@mutant("01.sinusoidal", diagnosis="transposed")
def a_row_for_each_number(T, C):
    return interleave(np.sin(places(T, C)), np.cos(places(T, C))).T


# --- 01.rotary ----------------------------------------------------------------------------------


def speed(D, theta):
    return 1 / theta ** (np.arange(0, D, 2) / D)


def by_halves(x, angle):
    half = x.shape[-1] // 2
    swapped = np.concatenate([-x[..., half:], x[..., :half]], axis=-1)
    cos, sin = (np.concatenate([f(angle)] * 2, axis=-1) for f in (np.cos, np.sin))
    return (x * cos + swapped * sin).astype(x.dtype)


@mutant("01.rotary", diagnosis="interleaved-pairs")
def i_with_i_plus_one(x, positions, theta):
    angle = np.outer(positions, speed(x.shape[-1], theta))
    z = (x[..., ::2] + 1j * x[..., 1::2]) * np.exp(1j * angle)
    return np.stack([z.real, z.imag], axis=-1).reshape(x.shape).astype(x.dtype)


@mutant("01.rotary", diagnosis="turned-backward")
def minus_in_the_wrong_half(x, positions, theta):
    return by_halves(x, -np.outer(positions, speed(x.shape[-1], theta)))


@mutant("01.rotary", diagnosis="reflected")
def no_minus_at_all(x, positions, theta):
    angle = np.outer(positions, speed(x.shape[-1], theta))
    a, b = np.array_split(x, 2, axis=-1)
    turned = [a * np.cos(angle) + b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)]
    return np.concatenate(turned, axis=-1).astype(x.dtype)


@mutant("01.rotary", diagnosis="angles-repeated-next-to-each-other")
def repeats_each_angle(x, positions, theta):
    half = x.shape[-1] // 2
    angle = np.outer(positions, speed(x.shape[-1], theta)).repeat(2, axis=-1)
    swapped = np.concatenate([-x[..., half:], x[..., :half]], axis=-1)
    return (x * np.cos(angle) + swapped * np.sin(angle)).astype(x.dtype)


@mutant("01.rotary", diagnosis="positions-ignored")
def counts_the_rows(x, positions, theta):
    return by_halves(x, np.outer(range(x.shape[-2]), speed(x.shape[-1], theta)))


@mutant("01.rotary", diagnosis="positions-from-one")
def the_first_place_is_one(x, positions, theta):
    return by_halves(x, np.outer(positions + 1, speed(x.shape[-1], theta)))


@mutant("01.rotary", diagnosis="theta-ignored")
def ten_thousand_always(x, positions, theta):
    return by_halves(x, np.outer(positions, speed(x.shape[-1], 10000)))


@mutant("01.rotary", diagnosis="exponent-not-doubled")
def pair_number_over_width(x, positions, theta):
    D = x.shape[-1]
    return by_halves(x, np.outer(positions, theta ** -(np.arange(D // 2) / D)))


@mutant("01.rotary", diagnosis="angles-in-float32")
def in_single_precision(x, positions, theta):
    slow = speed(x.shape[-1], theta).astype(x.dtype)
    return by_halves(x, np.outer(positions.astype(x.dtype), slow))


@mutant("01.rotary", diagnosis="dtype-not-kept")
def never_rounded_back(x, positions, theta):
    return by_halves(x.astype(np.float64), np.outer(positions, speed(x.shape[-1], theta)))


@mutant("01.rotary", diagnosis="changed-argument")
def in_the_callers_array(x, positions, theta):
    x[...] = by_halves(x, np.outer(positions, speed(x.shape[-1], theta)))
    return x


# --- 01.alibi -----------------------------------------------------------------------------------


def steps(T, S):
    return (np.arange(T) + S - T)[:, None] - np.arange(S)[None, :]


def slope(H):
    return np.array([2 ** (-8 * h / H) for h in range(1, H + 1)]).reshape(H, 1, 1)


@mutant("01.alibi", diagnosis="rewards-distance")
def forgot_the_minus_sign(H, T, S):
    return slope(H) * np.abs(steps(T, S))


@mutant("01.alibi", diagnosis="aligned-to-the-first-key")
def queries_from_place_zero(H, T, S):
    return -slope(H) * np.abs(np.arange(T)[:, None] - np.arange(S))


@mutant("01.alibi", diagnosis="sign-of-the-distance")
def bonus_for_the_future(H, T, S):
    return -slope(H) * steps(T, S)


@mutant("01.alibi", diagnosis="slopes-from-one")
def heads_from_zero(H, T, S):
    slopes = 2.0 ** (-8 / H * np.arange(H))
    return -slopes[:, None, None] * np.abs(steps(T, S))


@mutant("01.alibi", diagnosis="slopes-halved")
def half_the_slope_each_head(H, T, S):
    slopes = 0.5 ** np.arange(1, H + 1)
    return -slopes[:, None, None] * np.abs(steps(T, S))


@mutant("01.alibi", diagnosis="slopes-shrink-evenly")
def evenly_spaced(H, T, S):
    return -np.linspace(1, 1 / H, H)[:, None, None] * np.abs(steps(T, S))


@mutant("01.alibi", diagnosis="heads-last")
def broadcast_over_the_last_axis(H, T, S):
    return -np.abs(steps(T, S))[..., None] * slope(H).reshape(-1)


@mutant("01.alibi", diagnosis="shape")
def square(H, T, S):
    return -slope(H) * np.abs(steps(S, S))
