"""Wrong answers to chapter 02 a learner plausibly gives, each with the diagnosis it must get."""

import math

import numpy as np

from attention_scratch.exercises import mutant
from attention_scratch.nn import functional as F  # noqa: N812

# --- 02.softmax ---------------------------------------------------------------------------------


@mutant("02.softmax", diagnosis="max-not-subtracted")
def straight_from_the_formula(x):
    exponentials = np.exp(x)
    return exponentials / np.sum(exponentials, axis=-1, keepdims=True)


@mutant("02.softmax", diagnosis="one-maximum-for-all")
def maximum_of_the_whole_array(x):
    x = x - np.max(x)
    return np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)


@mutant("02.softmax", diagnosis="keepdims-missing")
def forgot_keepdims(x):
    shifted = x - np.max(x, axis=-1)
    exponentials = np.exp(shifted)
    return exponentials / np.sum(exponentials, axis=-1)


@mutant("02.softmax", diagnosis="not-normalized")
def forgot_to_divide(x):
    largest = np.max(x, axis=-1, keepdims=True)
    return np.exp(x - largest)


@mutant("02.softmax", diagnosis="one-sum-for-all")
def divided_by_the_sum_of_everything(x):
    exponentials = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return exponentials / np.sum(exponentials)


@mutant("02.softmax", diagnosis="wrong-axis")
def along_the_first_axis(x):
    exponentials = np.exp(x - np.max(x, axis=0, keepdims=True))
    return exponentials / np.sum(exponentials, axis=0, keepdims=True)


@mutant("02.softmax", diagnosis="changed-argument")
def in_the_callers_array(x):
    x -= x.max(axis=-1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x


@mutant("02.softmax", diagnosis="dtype-not-kept")
def always_in_double_precision(x):
    x = np.asarray(x, dtype=np.float64)
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


@mutant("02.softmax", diagnosis="returned-none")
def forgot_to_return(x):
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    exponentials / exponentials.sum(axis=-1, keepdims=True)


# --- 02.scores ----------------------------------------------------------------------------------


@mutant("02.scores", diagnosis="not-scaled")
def dot_products_alone(query, key):
    return np.einsum("...td,...sd->...ts", query, key)


@mutant("02.scores", diagnosis="scaled-by-width")
def forgot_the_root(query, key):
    return np.einsum("...td,...sd->...ts", query, key) / query.shape[-1]


@mutant("02.scores", diagnosis="scaled-up")
def multiplied_by_the_root(query, key):
    return np.einsum("...td,...sd->...ts", query, key) * math.sqrt(query.shape[-1])


@mutant("02.scores", diagnosis="scaled-by-number-of-keys")
def root_of_the_number_of_keys(query, key):
    products = np.einsum("...td,...sd->...ts", query, key)
    return products / math.sqrt(products.shape[-1])


@mutant("02.scores", diagnosis="scaled-by-number-of-queries")
def root_of_the_number_of_queries(query, key):
    return np.einsum("...td,...sd->...ts", query, key) / math.sqrt(query.shape[-2])


@mutant("02.scores", diagnosis="all-axes-reversed")
def dot_t(query, key):
    return np.matmul(query, key.T) / math.sqrt(query.shape[-1])


@mutant("02.scores", diagnosis="transposed")
def keys_times_queries(query, key):
    return np.einsum("...sd,...td->...st", key, query) / math.sqrt(query.shape[-1])


@mutant("02.scores", diagnosis="dtype-not-kept")
def numpys_root(query, key):
    return query @ np.swapaxes(key, -1, -2) / np.sqrt(query.shape[-1])


# --- 02.causal_mask -----------------------------------------------------------------------------


def positions(T, S):
    return np.arange(T)[:, None] + (S - T), np.arange(S)[None, :]


@mutant("02.causal_mask", diagnosis="inverted")
def true_where_hidden(T, S):
    query, key = positions(T, S)
    return key > query


@mutant("02.causal_mask", diagnosis="hides-itself")
def strictly_before(T, S):
    query, key = positions(T, S)
    return key < query


@mutant("02.causal_mask", diagnosis="sees-the-next")
def one_too_far(T, S):
    query, key = positions(T, S)
    return key <= query + 1


@mutant("02.causal_mask", diagnosis="aligned-to-the-first-key")
def lower_triangle_of_anything(T, S):
    return np.tril(np.ones((T, S), dtype=bool))


@mutant("02.causal_mask", diagnosis="sees-only-the-future")
def the_upper_triangle(T, S):
    query, key = positions(T, S)
    return key >= query


@mutant("02.causal_mask", diagnosis="dtype")
def ones_and_zeros(T, S):
    query, key = positions(T, S)
    return (key <= query).astype(float)


@mutant("02.causal_mask", diagnosis="shape")
def square(T, S):
    return np.tri(T, T, dtype=bool)


# --- 02.attention -------------------------------------------------------------------------------


def products(query, key):
    return np.einsum("...td,...sd->...ts", query, key)


def scaled(query, key):
    return products(query, key) / math.sqrt(key.shape[-1])


@mutant("02.attention", diagnosis="mask-ignored")
def never_looks_at_the_mask(query, key, value, mask=None):
    return F.softmax(scaled(query, key)) @ value


@mutant("02.attention", diagnosis="mask-inverted")
def hides_what_may_be_seen(query, key, value, mask=None):
    scores = scaled(query, key)
    if mask is not None:
        scores = np.ma.masked_array(scores, np.broadcast_to(mask, scores.shape)).filled(-np.inf)
    return F.softmax(scores) @ value


@mutant("02.attention", diagnosis="mask-as-zero")
def multiplies_scores_by_the_mask(query, key, value, mask=None):
    scores = scaled(query, key)
    if mask is not None:
        scores = scores * mask
    return F.softmax(scores) @ value


@mutant("02.attention", diagnosis="mask-added")
def adds_the_mask(query, key, value, mask=None):
    scores = scaled(query, key)
    if mask is not None:
        scores = scores + mask.astype(scores.dtype)
    return F.softmax(scores) @ value


@mutant("02.attention", diagnosis="masked-after-softmax")
def deletes_weights(query, key, value, mask=None):
    weights = F.softmax(scaled(query, key))
    if mask is not None:
        weights = weights * mask
    return weights @ value


@mutant("02.attention", diagnosis="hidden-but-finite")
def a_large_negative_number(query, key, value, mask=None):
    scores = scaled(query, key)
    if mask is not None:
        scores = np.where(mask, scores, np.finfo(scores.dtype).min)
    return F.softmax(scores) @ value


@mutant("02.attention", diagnosis="empty-row")
def softmax_of_the_first_exercise(query, key, value, mask=None):
    scores = scaled(query, key)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True) @ value


@mutant("02.attention", diagnosis="softmax-over-queries")
def softmax_down_the_columns(query, key, value, mask=None):
    scores = scaled(query, key)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return F.softmax(scores, axis=scores.ndim - 2) @ value


@mutant("02.attention", diagnosis="not-scaled")
def forgot_the_scale(query, key, value, mask=None):
    scores = products(query, key)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return F.softmax(scores) @ value


@mutant("02.attention", diagnosis="scaled-by-width")
def divided_by_the_width(query, key, value, mask=None):
    scores = products(query, key) / query.shape[-1]
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return F.softmax(scores) @ value


@mutant("02.attention", diagnosis="scaled-by-number-of-keys")
def divided_by_the_root_of_the_length(query, key, value, mask=None):
    scores = products(query, key) / math.sqrt(key.shape[-2])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return F.softmax(scores) @ value


@mutant("02.attention", diagnosis="scaled-after-softmax")
def scales_the_weights(query, key, value, mask=None):
    scores = products(query, key)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return F.softmax(scores) / math.sqrt(query.shape[-1]) @ value


@mutant("02.attention", diagnosis="no-softmax")
def averages_with_the_scores(query, key, value, mask=None):
    scores = scaled(query, key)
    if mask is not None:
        scores = scores * mask
    return scores @ value


@mutant("02.attention", diagnosis="only-first-item")
def loop_that_returns_too_early(query, key, value, mask=None):
    if query.ndim == 2:
        return F.scaled_dot_product_attention(query, key, value, mask=mask)
    output = np.zeros((*query.shape[:-1], value.shape[-1]), dtype=query.dtype)
    for item in range(len(query)):
        hidden = None if mask is None else mask[item]
        output[item] = F.scaled_dot_product_attention(
            query[item], key[item], value[item], mask=hidden
        )
        return output
    return output


@mutant("02.attention", diagnosis="raised")
def transposes_every_axis(query, key, value, mask=None):
    scores = query @ key.T / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return F.softmax(scores) @ value


@mutant("02.attention", diagnosis="dtype-not-kept")
def numpys_root_again(query, key, value, mask=None):
    scores = products(query, key) / np.sqrt(query.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return F.softmax(scores) @ value


# --- 02.online_softmax --------------------------------------------------------------------------


@mutant("02.online_softmax", diagnosis="max-not-subtracted")
def plain_sums(blocks):
    total, output = 0.0, 0.0
    for scores, values in blocks:
        weights = np.exp(scores)
        total += weights.sum()
        output = output + weights @ values
    return output / total


@mutant("02.online_softmax", diagnosis="maximum-starts-at-zero")
def starts_from_zero(blocks):
    maximum, total, output = 0.0, 0.0, 0.0
    for scores, values in blocks:
        new = max(maximum, float(np.max(scores)))
        weights = np.exp(scores - new)
        total = total * math.exp(maximum - new) + weights.sum()
        output = output * math.exp(maximum - new) + weights @ values
        maximum = new
    return output / np.float64(total)


@mutant("02.online_softmax", diagnosis="averages-averaged")
def average_of_averages(blocks):
    output, count = 0.0, 0
    for scores, values in blocks:
        weights = np.exp(scores - scores.max())
        output = output + (weights / weights.sum()) @ values
        count += 1
    return output / count


@mutant("02.online_softmax", diagnosis="nothing-rescaled")
def moves_the_maximum_only(blocks):
    maximum, total, output = -np.inf, 0.0, 0.0
    for scores, values in blocks:
        maximum = np.maximum(maximum, scores.max())
        weights = np.exp(scores - maximum)
        total = total + weights.sum()
        output = output + weights @ values
    return output / total


@mutant("02.online_softmax", diagnosis="sum-not-rescaled")
def rescales_the_output_only(blocks):
    maximum, total, output = -np.inf, 0.0, 0.0
    for scores, values in blocks:
        new = np.maximum(maximum, scores.max())
        weights = np.exp(scores - new)
        total = total + weights.sum()
        output = np.exp(maximum - new) * output + weights @ values
        maximum = new
    return output / total


@mutant("02.online_softmax", diagnosis="output-not-rescaled")
def rescales_the_sum_only(blocks):
    maximum, total, output = -np.inf, 0.0, 0.0
    for scores, values in blocks:
        new = np.maximum(maximum, scores.max())
        weights = np.exp(scores - new)
        total = np.exp(maximum - new) * total + weights.sum()
        output = output + weights @ values
        maximum = new
    return output / total


@mutant("02.online_softmax", diagnosis="last-blocks-maximum")
def each_block_by_its_own_maximum(blocks):
    total, output = 0.0, 0.0
    for scores, values in blocks:
        weights = np.exp(scores - np.max(scores))
        total += weights.sum()
        output = output + weights @ values
    return output / total


@mutant("02.online_softmax", diagnosis="read-twice")
def first_the_maximum_then_the_sums(blocks):
    maximum = max(scores.max() for scores, _ in blocks)
    total, output = 0.0, 0.0
    for scores, values in blocks:
        weights = np.exp(scores - maximum)
        total += weights.sum()
        output = output + weights @ values
    return output / total


@mutant("02.online_softmax", diagnosis="held-everything")
def collects_them_first(blocks):
    pairs = list(blocks)
    scores = np.concatenate([s for s, _ in pairs])
    values = np.concatenate([v for _, v in pairs])
    return F.softmax(scores) @ values


@mutant("02.online_softmax", diagnosis="held-everything")
def grows_an_array(blocks):
    scores, values = None, None
    for s, v in blocks:
        scores = s if scores is None else np.append(scores, s)
        values = v if values is None else np.append(values, v, axis=0)
    return F.softmax(scores) @ values


# --- 02.merge -----------------------------------------------------------------------------------


@mutant("02.merge", diagnosis="averages-averaged")
def the_mean_of_both(output_a, log_sum_a, output_b, log_sum_b):
    return (output_a + output_b) / 2, np.logaddexp(log_sum_a, log_sum_b)


@mutant("02.merge", diagnosis="weighed-by-logarithms")
def each_by_its_log_sum(output_a, log_sum_a, output_b, log_sum_b):
    both = log_sum_a + log_sum_b
    a, b = (log_sum_a / both)[..., None], (log_sum_b / both)[..., None]
    return a * output_a + b * output_b, np.logaddexp(log_sum_a, log_sum_b)


@mutant("02.merge", diagnosis="max-not-subtracted")
def straight_from_the_sums(output_a, log_sum_a, output_b, log_sum_b):
    sum_a, sum_b = np.exp(log_sum_a), np.exp(log_sum_b)
    total = sum_a + sum_b
    output = (output_a * sum_a[..., None] + output_b * sum_b[..., None]) / total[..., None]
    return output, np.log(total)


@mutant("02.merge", diagnosis="logarithms-added")
def multiplied_the_sums(output_a, log_sum_a, output_b, log_sum_b):
    largest = np.nan_to_num(np.maximum(log_sum_a, log_sum_b), neginf=0.0)
    a, b = np.exp(log_sum_a - largest)[..., None], np.exp(log_sum_b - largest)[..., None]
    total = np.where(a + b > 0, a + b, 1)
    return (a * output_a + b * output_b) / total, log_sum_a + log_sum_b


@mutant("02.merge", diagnosis="larger-logarithm")
def kept_the_larger_log_sum(output_a, log_sum_a, output_b, log_sum_b):
    larger = np.maximum(log_sum_a, log_sum_b)
    finite = np.where(np.isneginf(larger), 0, larger)
    a, b = np.exp(log_sum_a - finite)[..., None], np.exp(log_sum_b - finite)[..., None]
    return (a * output_a + b * output_b) / np.where(a + b > 0, a + b, 1), larger


@mutant("02.merge", diagnosis="not-divided")
def added_what_was_rescaled(output_a, log_sum_a, output_b, log_sum_b):
    larger = np.maximum(log_sum_a, log_sum_b)
    finite = np.where(np.isneginf(larger), 0, larger)
    a, b = np.exp(log_sum_a - finite), np.exp(log_sum_b - finite)
    return a[..., None] * output_a + b[..., None] * output_b, np.logaddexp(log_sum_a, log_sum_b)


@mutant("02.merge", diagnosis="swapped")
def shares_the_wrong_way_round(output_a, log_sum_a, output_b, log_sum_b):
    log_sum = np.logaddexp(log_sum_a, log_sum_b)
    finite = np.where(np.isneginf(log_sum), 0, log_sum)
    a, b = np.exp(log_sum_a - finite), np.exp(log_sum_b - finite)
    return b[..., None] * output_a + a[..., None] * output_b, log_sum


@mutant("02.merge", diagnosis="empty-query")
def no_thought_of_queries_that_saw_nothing(output_a, log_sum_a, output_b, log_sum_b):
    log_sum = np.logaddexp(log_sum_a, log_sum_b)
    a, b = np.exp(log_sum_a - log_sum), np.exp(log_sum_b - log_sum)
    return a[..., None] * output_a + b[..., None] * output_b, log_sum


@mutant("02.merge", diagnosis="dtype-not-kept")
def in_double_precision(output_a, log_sum_a, output_b, log_sum_b):
    sums = np.stack([log_sum_a, log_sum_b]).astype(np.float64)
    shares = F.softmax(sums, axis=0)[..., None]
    return shares[0] * output_a + shares[1] * output_b, np.logaddexp(*sums)
