"""Wrong answers to chapter 03 a learner plausibly gives, each with the diagnosis it must get."""

import math

import numpy as np

from attention_scratch.exercises import mutant
from attention_scratch.nn import functional as F  # noqa: N812

# --- 03.split_heads -----------------------------------------------------------------------------


@mutant("03.split_heads", diagnosis="reshape-alone")
def straight_to_the_shape(x, heads):
    *leading, T, C = x.shape
    return np.reshape(x, (*leading, heads, T, C // heads))


@mutant("03.split_heads", diagnosis="not-swapped")
def cut_and_left(x, heads):
    *leading, T, C = x.shape
    return np.reshape(x, (*leading, T, heads, C // heads))


@mutant("03.split_heads", diagnosis="first-axes-swapped")
def written_for_one_sequence(x, heads):
    parts = np.reshape(x, (*x.shape[:-1], heads, x.shape[-1] // heads))
    return np.swapaxes(parts, 0, 1)


@mutant("03.split_heads", diagnosis="every-nth-number")
def strided_slices(x, heads):
    return np.stack([x[..., h::heads] for h in range(heads)], axis=-3)


@mutant("03.split_heads", diagnosis="heads-taken-for-width")
def second_argument_as_width(x, heads):
    width = heads
    return np.stack(np.split(x, x.shape[-1] // width, axis=-1), axis=-3)


@mutant("03.split_heads", diagnosis="type")
def a_list_of_heads(x, heads):
    return np.split(x, heads, axis=-1)


# --- 03.merge_heads -----------------------------------------------------------------------------


@mutant("03.merge_heads", diagnosis="reshape-alone")
def straight_back(x):
    *leading, H, T, D = x.shape
    return np.reshape(x, (*leading, T, H * D))


@mutant("03.merge_heads", diagnosis="first-axes-swapped")
def back_for_one_sequence(x):
    *leading, H, T, D = x.shape
    return np.swapaxes(x, 0, 1).reshape(*leading, T, H * D)


@mutant("03.merge_heads", diagnosis="interleaved")
def stacked_last(x):
    H = x.shape[-3]
    stacked = np.stack([x[..., h, :, :] for h in range(H)], axis=-1)  # (..., T, D, H)
    return stacked.reshape(*stacked.shape[:-2], -1)


@mutant("03.merge_heads", diagnosis="heads-added")
def added_up(x):
    return sum(x[..., h, :, :] for h in range(x.shape[-3]))


@mutant("03.merge_heads", diagnosis="shape")
def below_each_other(x):
    return np.concatenate([x[..., h, :, :] for h in range(x.shape[-3])], axis=-2)


# --- 03.multi_head ------------------------------------------------------------------------------


def cut(x, heads):
    return np.stack(np.split(x, heads, axis=-1), axis=-3)


def glue(x):
    return np.concatenate([x[..., h, :, :] for h in range(x.shape[-3])], axis=-1)


@mutant("03.multi_head", diagnosis="weights-not-transposed")
def as_if_inputs_came_first(x, to_query, to_key, to_value, to_output, heads, mask=None):
    q, k, v = (cut(x @ weight, heads) for weight in (to_query, to_key, to_value))
    return glue(F.scaled_dot_product_attention(q, k, v, mask=mask)) @ to_output


@mutant("03.multi_head", diagnosis="split-by-reshape")
def fell_into_the_trap(x, to_query, to_key, to_value, to_output, heads, mask=None):
    *leading, T, C = x.shape
    shape = (*leading, heads, T, C // heads)
    q, k, v = ((x @ weight.T).reshape(shape) for weight in (to_query, to_key, to_value))
    return glue(F.scaled_dot_product_attention(q, k, v, mask=mask)) @ to_output.T


@mutant("03.multi_head", diagnosis="merged-by-reshape")
def fell_into_it_on_the_way_back(x, to_query, to_key, to_value, to_output, heads, mask=None):
    q, k, v = (cut(x @ weight.T, heads) for weight in (to_query, to_key, to_value))
    return F.scaled_dot_product_attention(q, k, v, mask=mask).reshape(x.shape) @ to_output.T


def attend(q, k, v, mask, divisor):
    scores = np.einsum("...td,...sd->...ts", q, k) / divisor
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return F.softmax(scores) @ v


@mutant("03.multi_head", diagnosis="scaled-by-model-width")
def root_of_c(x, to_query, to_key, to_value, to_output, heads, mask=None):
    q, k, v = (cut(x @ weight.T, heads) for weight in (to_query, to_key, to_value))
    return glue(attend(q, k, v, mask, math.sqrt(x.shape[-1]))) @ to_output.T


@mutant("03.multi_head", diagnosis="not-scaled")
def forgot_the_root(x, to_query, to_key, to_value, to_output, heads, mask=None):
    q, k, v = (cut(x @ weight.T, heads) for weight in (to_query, to_key, to_value))
    return glue(attend(q, k, v, mask, 1)) @ to_output.T


@mutant("03.multi_head", diagnosis="no-output-projection")
def stops_after_merging(x, to_query, to_key, to_value, to_output, heads, mask=None):
    q, k, v = (cut(x @ weight.T, heads) for weight in (to_query, to_key, to_value))
    return glue(attend(q, k, v, mask, math.sqrt(q.shape[-1])))


@mutant("03.multi_head", diagnosis="values-from-keys")
def copied_the_line(x, to_query, to_key, to_value, to_output, heads, mask=None):
    q, k, v = (cut(x @ weight.T, heads) for weight in (to_query, to_key, to_key))
    return glue(attend(q, k, v, mask, math.sqrt(q.shape[-1]))) @ to_output.T


@mutant("03.multi_head", diagnosis="mask-ignored")
def never_passes_the_mask_on(x, to_query, to_key, to_value, to_output, heads, mask=None):
    q, k, v = (cut(x @ weight.T, heads) for weight in (to_query, to_key, to_value))
    return glue(attend(q, k, v, None, math.sqrt(q.shape[-1]))) @ to_output.T


@mutant("03.multi_head", diagnosis="dtype-not-kept")
def numpys_root(x, to_query, to_key, to_value, to_output, heads, mask=None):
    q, k, v = (cut(x @ weight.T, heads) for weight in (to_query, to_key, to_value))
    return glue(attend(q, k, v, mask, np.sqrt(q.shape[-1]))) @ to_output.T


# --- 03.grouped_query ---------------------------------------------------------------------------


def one_by_one(query, key, value, mask, which):
    """A loop over query heads; ``which(h)`` is the key head that head h uses."""
    heads = [
        F.scaled_dot_product_attention(
            query[..., h, :, :], key[..., which(h), :, :], value[..., which(h), :, :], mask=mask
        )
        for h in range(query.shape[-3])
    ]
    return np.stack(heads, axis=-3)


@mutant("03.grouped_query", diagnosis="key-heads-in-turn")
def modulo(query, key, value, mask=None):
    return one_by_one(query, key, value, mask, lambda h: h % key.shape[-3])


@mutant("03.grouped_query", diagnosis="key-heads-in-turn")
def groups_before_heads(query, key, value, mask=None):
    *leading, H, T, D = query.shape
    K = key.shape[-3]
    grouped = query.reshape(*leading, H // K, K, T, D)
    key, value = key[..., None, :, :, :], value[..., None, :, :, :]
    return F.scaled_dot_product_attention(grouped, key, value, mask=mask).reshape(query.shape)


@mutant("03.grouped_query", diagnosis="first-key-head-only")
def multi_query(query, key, value, mask=None):
    return one_by_one(query, key, value, mask, lambda h: 0)


@mutant("03.grouped_query", diagnosis="key-heads-averaged")
def mean_of_key_heads(query, key, value, mask=None):
    key, value = key.mean(axis=-3), value.mean(axis=-3)
    return one_by_one(query, key[..., None, :, :], value[..., None, :, :], mask, lambda h: 0)


@mutant("03.grouped_query", diagnosis="last-key-head-for-the-rest")
def until_they_run_out(query, key, value, mask=None):
    return one_by_one(query, key, value, mask, lambda h: min(h, key.shape[-3] - 1))


@mutant("03.grouped_query", diagnosis="mask-ignored")
def shares_but_looks_ahead(query, key, value, mask=None):
    group = query.shape[-3] // key.shape[-3]
    return one_by_one(query, key, value, None, lambda h: h // group)


@mutant("03.grouped_query", diagnosis="keys-copied")
def repeats_the_keys(query, key, value, mask=None):
    group = query.shape[-3] // key.shape[-3]
    key, value = np.repeat(key, group, axis=-3), np.repeat(value, group, axis=-3)
    return F.scaled_dot_product_attention(query, key, value, mask=mask)


@mutant("03.grouped_query", diagnosis="dtype-not-kept")
def double_precision_on_the_way(query, key, value, mask=None):
    group = query.shape[-3] // key.shape[-3]
    wide = [x.astype(np.float64) for x in (query, key, value)]
    return one_by_one(*wide, mask, lambda h: h // group)


# --- 03.local_window ----------------------------------------------------------------------------


@mutant("03.local_window", diagnosis="one-too-many")
def window_and_itself(T, S, window):
    seen = np.tri(T, S, S - T, dtype=bool)
    return seen & ~np.tri(T, S, S - T - window - 1, dtype=bool)


@mutant("03.local_window", diagnosis="hides-itself")
def those_before(T, S, window):
    seen = np.tri(T, S, S - T - 1, dtype=bool)
    return seen & ~np.tri(T, S, S - T - window - 1, dtype=bool)


@mutant("03.local_window", diagnosis="both-ways")
def a_band(T, S, window):
    seen = np.tri(T, S, S - T + window - 1, dtype=bool)
    return seen & ~np.tri(T, S, S - T - window, dtype=bool)


@mutant("03.local_window", diagnosis="aligned-to-the-first-key")
def as_if_there_were_no_past(T, S, window):
    return np.tri(T, S, dtype=bool) & ~np.tri(T, S, -window, dtype=bool)


@mutant("03.local_window", diagnosis="in-blocks")
def block_diagonal(T, S, window):
    block = np.arange(S) // window
    same = block[:, None] == block
    return (same & np.tri(S, dtype=bool))[S - T :]


@mutant("03.local_window", diagnosis="inverted")
def true_where_hidden(T, S, window):
    seen = np.tri(T, S, S - T, dtype=bool) & ~np.tri(T, S, S - T - window, dtype=bool)
    return np.logical_not(seen)


@mutant("03.local_window", diagnosis="dtype")
def ones_and_zeros(T, S, window):
    return np.tri(T, S, S - T) - np.tri(T, S, S - T - window)


# --- 03.strided ---------------------------------------------------------------------------------


def places(T):
    return np.arange(T)[:, None], np.arange(T)[None, :]


@mutant("03.strided", diagnosis="counted-from-the-start")
def columns(T, stride):
    t, s = places(T)
    seen = np.abs(t - s) < stride
    seen[:, ::stride] = True
    return seen & (s <= t)


@mutant("03.strided", diagnosis="strides-only")
def remainder_alone(T, stride):
    t, s = places(T)
    return (s <= t) & ((t - s) % stride == 0)


@mutant("03.strided", diagnosis="near-only")
def a_window(T, stride):
    t, s = places(T)
    return (s <= t) & (s > t - stride)


@mutant("03.strided", diagnosis="both-at-once")
def and_for_or(T, stride):
    t, s = places(T)
    return (s <= t) & (s > t - stride) & ((t - s) % stride == 0)


@mutant("03.strided", diagnosis="sees-the-future")
def both_directions(T, stride):
    t, s = places(T)
    return (np.abs(t - s) < stride) | ((t - s) % stride == 0)
