"""Wrong answers to chapter 04 a learner plausibly gives, each with the diagnosis it must get."""

import math

import numpy as np

from attention_scratch.exercises import mutant
from attention_scratch.nn import functional as F  # noqa: N812

# --- 04.linear_backward -------------------------------------------------------------------------


def by_weight(grad, x):
    return np.einsum("ro,ri->oi", flat(grad), flat(x))


def flat(x):
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


@mutant("04.linear_backward", diagnosis="divided-by-the-rows")
def mean_gradients(grad, x, weight):
    n = math.prod(x.shape[:-1])
    return grad @ weight, by_weight(grad, x) / n, flat(grad).sum(axis=0) / n


@mutant("04.linear_backward", diagnosis="bias-averaged")
def mean_of_the_bias(grad, x, weight):
    return grad @ weight, by_weight(grad, x), np.mean(flat(grad), axis=0)


@mutant("04.linear_backward", diagnosis="last-row-only")
def a_loop_that_assigns(grad, x, weight):
    by_x = np.empty_like(x)
    for place in np.ndindex(x.shape[:-1]):
        by_x[place] = grad[place] @ weight
        weight_gradient = np.outer(grad[place], x[place])
        bias_gradient = grad[place]
    return by_x, weight_gradient, bias_gradient


@mutant("04.linear_backward", diagnosis="weight-gradient-transposed")
def inputs_first(grad, x, weight):
    return grad @ weight, by_weight(grad, x).T, flat(grad).sum(axis=0)


@mutant("04.linear_backward", diagnosis="weight-transposed")
def forward_once_more(grad, x, weight):
    return grad @ weight.T, by_weight(grad, x), flat(grad).sum(axis=0)


@mutant("04.linear_backward", diagnosis="sums-over-the-wrong-axis")
def over_the_outputs(grad, x, weight):
    return grad @ weight, by_weight(grad, x), np.sum(grad, axis=-1)


@mutant("04.linear_backward", diagnosis="first-axis-only")
def written_for_matrices(grad, x, weight):
    return grad @ weight, by_weight(grad, x), np.add.reduce(grad)


@mutant("04.linear_backward", diagnosis="dtype-not-kept")
def sums_in_double_precision(grad, x, weight):
    bias = flat(grad).sum(axis=0, dtype=np.float64)
    return grad @ weight, by_weight(grad, x), bias


# --- 04.softmax_backward ------------------------------------------------------------------------


def jacobian_product(grad, p, jacobian):
    return np.einsum("...ij,...i->...j", jacobian, grad)


@mutant("04.softmax_backward", diagnosis="diagonal-only")
def slope_of_each_weight(grad, p):
    return grad * (p - p * p)


@mutant("04.softmax_backward", diagnosis="average-not-weighted")
def above_the_mean(grad, p):
    return (grad - np.mean(grad, axis=-1, keepdims=True)) * p


@mutant("04.softmax_backward", diagnosis="average-missing")
def first_term_only(grad, p):
    diagonal = p[..., None] * np.eye(p.shape[-1])
    return jacobian_product(grad, p, diagonal)


@mutant("04.softmax_backward", diagnosis="weight-in-front-missing")
def forgot_the_weight(grad, p):
    return grad - np.einsum("...s,...s->...", grad, p)[..., None]


@mutant("04.softmax_backward", diagnosis="one-sum-for-all")
def vdot(grad, p):
    return p * (grad - np.vdot(grad, p))


@mutant("04.softmax_backward", diagnosis="sums-over-the-wrong-axis")
def first_axis(grad, p):
    return p * (grad - np.sum(grad * p, axis=0))


@mutant("04.softmax_backward", diagnosis="keepdims-missing")
def einsum_without_an_axis(grad, p):
    return p * (grad - np.einsum("...s,...s->...", grad, p))


@mutant("04.softmax_backward", diagnosis="dtype-not-kept")
def through_the_jacobian_of_eye(grad, p):
    jacobian = p[..., None] * (np.eye(p.shape[-1]) - p[..., None, :])
    return jacobian_product(grad, p, jacobian)


# --- 04.cross_entropy_backward ------------------------------------------------------------------


def p_minus_y(logits, targets):
    gradient = F.softmax(logits)
    picked = np.take_along_axis(gradient, targets[..., None], axis=-1)
    np.put_along_axis(gradient, targets[..., None], picked - 1, axis=-1)
    return gradient


@mutant("04.cross_entropy_backward", diagnosis="not-divided")
def of_the_sum(logits, targets):
    return p_minus_y(logits, targets)


@mutant("04.cross_entropy_backward", diagnosis="divided-by-the-first-axis")
def length_of_the_batch(logits, targets):
    return p_minus_y(logits, targets) / len(targets)


@mutant("04.cross_entropy_backward", diagnosis="divided-by-all")
def mean_of_everything(logits, targets):
    gradient = p_minus_y(logits, targets)
    return gradient / gradient.size


@mutant("04.cross_entropy_backward", diagnosis="sign-turned")
def downhill(logits, targets):
    return p_minus_y(logits, targets) / -targets.size


@mutant("04.cross_entropy_backward", diagnosis="every-row-gets-every-target")
def columns_of_all_targets(logits, targets):
    gradient = F.softmax(logits)
    gradient[..., targets.reshape(-1)] -= 1
    return gradient / targets.size


@mutant("04.cross_entropy_backward", diagnosis="max-not-subtracted")
def straight_from_the_formula(logits, targets):
    p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    y = (np.arange(logits.shape[-1]) == targets[..., None]).astype(p.dtype)
    return (p - y) / targets.size


@mutant("04.cross_entropy_backward", diagnosis="targets-ignored")
def probabilities_alone(logits, targets):
    return F.softmax(logits) / targets.size


@mutant("04.cross_entropy_backward", diagnosis="dtype-not-kept")
def one_hot_of_eye(logits, targets):
    return (F.softmax(logits) - np.eye(logits.shape[-1])[targets]) / targets.size


@mutant("04.cross_entropy_backward", diagnosis="changed-argument")
def in_the_callers_logits(logits, targets):
    logits -= logits.max(axis=-1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=-1, keepdims=True)
    return (logits - np.eye(logits.shape[-1], dtype=logits.dtype)[targets]) / targets.size


# --- 04.attention_backward ----------------------------------------------------------------------


def transposed(x):
    return np.swapaxes(x, -1, -2)


def forward(query, key, mask, softmax=F.softmax):
    scores = np.einsum("...td,...sd->...ts", query, key) / math.sqrt(query.shape[-1])
    return softmax(scores if mask is None else np.where(mask, scores, -np.inf))


def by_scores(grad, p, value):
    by_weights = np.einsum("...tv,...sv->...ts", grad, value)
    return p * (by_weights - np.einsum("...ts,...ts->...t", by_weights, p)[..., None])


@mutant("04.attention_backward", diagnosis="scale-forgotten")
def scale_only_forward(grad, query, key, value, mask=None):
    p = forward(query, key, mask)
    s = by_scores(grad, p, value)
    return s @ key, transposed(s) @ query, transposed(p) @ grad


@mutant("04.attention_backward", diagnosis="scaled-twice")
def scale_in_both_factors(grad, query, key, value, mask=None):
    root = math.sqrt(query.shape[-1])
    p = forward(query, key, mask)
    s = by_scores(grad, p, value) / root
    return s @ key / root, transposed(s) @ query / root, transposed(p) @ grad


@mutant("04.attention_backward", diagnosis="softmax-not-gone-through")
def straight_to_the_scores(grad, query, key, value, mask=None):
    p = forward(query, key, mask)
    s = grad @ transposed(value) / math.sqrt(query.shape[-1])
    return s @ key, transposed(s) @ query, transposed(p) @ grad


@mutant("04.attention_backward", diagnosis="average-missing")
def weights_times_gradient(grad, query, key, value, mask=None):
    p = forward(query, key, mask)
    s = grad @ transposed(value) * p / math.sqrt(query.shape[-1])
    return s @ key, transposed(s) @ query, transposed(p) @ grad


@mutant("04.attention_backward", diagnosis="keys-without-transpose")
def same_product_twice(grad, query, key, value, mask=None):
    p = forward(query, key, mask)
    s = by_scores(grad, p, value) / math.sqrt(query.shape[-1])
    return s @ key, s @ query, transposed(p) @ grad


@mutant("04.attention_backward", diagnosis="values-without-transpose")
def weights_as_forward(grad, query, key, value, mask=None):
    p = forward(query, key, mask)
    s = by_scores(grad, p, value) / math.sqrt(query.shape[-1])
    return s @ key, transposed(s) @ query, p @ grad


@mutant("04.attention_backward", diagnosis="query-and-key-swapped")
def in_another_order(grad, query, key, value, mask=None):
    p = forward(query, key, mask)
    s = by_scores(grad, p, value) / math.sqrt(query.shape[-1])
    return transposed(s) @ query, s @ key, transposed(p) @ grad


@mutant("04.attention_backward", diagnosis="mask-ignored")
def never_looks_at_the_mask(grad, query, key, value, mask=None):
    p = forward(query, key, None)
    s = by_scores(grad, p, value) / math.sqrt(query.shape[-1])
    return s @ key, transposed(s) @ query, transposed(p) @ grad


@mutant("04.attention_backward", diagnosis="empty-row")
def softmax_of_chapter_02(grad, query, key, value, mask=None):
    def softmax(x):
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        return e / np.sum(e, axis=-1, keepdims=True)

    p = forward(query, key, mask, softmax)
    s = by_scores(grad, p, value) / math.sqrt(query.shape[-1])
    return s @ key, transposed(s) @ query, transposed(p) @ grad


@mutant("04.attention_backward", diagnosis="dtype-not-kept")
def numpys_root(grad, query, key, value, mask=None):
    p = forward(query, key, mask)
    s = by_scores(grad, p, value) / np.sqrt(query.shape[-1])
    return s @ key, transposed(s) @ query, transposed(p) @ grad


# --- 04.layer_norm_backward ---------------------------------------------------------------------


def statistics(x, eps, ddof=0):
    sigma = np.sqrt(np.var(x, axis=-1, keepdims=True, ddof=ddof) + eps)
    return (x - np.mean(x, axis=-1, keepdims=True)) / sigma, sigma


def row_mean(x):
    return np.mean(x, axis=-1, keepdims=True)


def sums(grad, normal):
    return flat(grad * normal).sum(axis=0), flat(grad).sum(axis=0)


@mutant("04.layer_norm_backward", diagnosis="mean-term-missing")
def as_for_rms_norm(grad, x, weight, eps):
    normal, sigma = statistics(x, eps)
    g = weight * grad
    return (g - normal * row_mean(g * normal)) / sigma, *sums(grad, normal)


@mutant("04.layer_norm_backward", diagnosis="spread-term-missing")
def mean_only(grad, x, weight, eps):
    normal, sigma = statistics(x, eps)
    g = weight * grad
    return (g - row_mean(g)) / sigma, *sums(grad, normal)


@mutant("04.layer_norm_backward", diagnosis="statistics-as-constants")
def straight_through(grad, x, weight, eps):
    normal, sigma = statistics(x, eps)
    return weight * grad / sigma, *sums(grad, normal)


@mutant("04.layer_norm_backward", diagnosis="weight-ignored")
def grad_without_its_weight(grad, x, weight, eps):
    normal, sigma = statistics(x, eps)
    by_x = (grad - row_mean(grad) - normal * row_mean(grad * normal)) / sigma
    return by_x, *sums(grad, normal)


def by_input(grad, normal, sigma, weight):
    g = weight * grad
    return (g - row_mean(g) - normal * row_mean(g * normal)) / sigma


@mutant("04.layer_norm_backward", diagnosis="weight-gradient-from-x")
def as_for_a_plain_product(grad, x, weight, eps):
    normal, sigma = statistics(x, eps)
    return by_input(grad, normal, sigma, weight), *sums(grad, x)


@mutant("04.layer_norm_backward", diagnosis="sums-over-the-wrong-axis")
def one_number_a_row(grad, x, weight, eps):
    normal, sigma = statistics(x, eps)
    by_x = by_input(grad, normal, sigma, weight)
    return by_x, np.sum(grad * normal, axis=-1), np.sum(grad, axis=-1)


@mutant("04.layer_norm_backward", diagnosis="parameters-averaged")
def means_over_rows(grad, x, weight, eps):
    normal, sigma = statistics(x, eps)
    n = math.prod(x.shape[:-1])
    return by_input(grad, normal, sigma, weight), *(each / n for each in sums(grad, normal))


@mutant("04.layer_norm_backward", diagnosis="spread-of-a-sample")
def ddof_of_one(grad, x, weight, eps):
    normal, sigma = statistics(x, eps, ddof=1)
    return by_input(grad, normal, sigma, weight), *sums(grad, normal)


@mutant("04.layer_norm_backward", diagnosis="divided-by-the-variance")
def forgot_the_root(grad, x, weight, eps):
    normal, sigma = statistics(x, eps)
    return by_input(grad, normal, sigma**2, weight), *sums(grad, normal)


@mutant("04.layer_norm_backward", diagnosis="dtype-not-kept")
def float64_inside(grad, x, weight, eps):
    normal, sigma = statistics(x.astype(np.float64), eps)
    return by_input(grad, normal, sigma, weight), *sums(grad, normal)


# --- 04.gradient_check --------------------------------------------------------------------------


@mutant("04.gradient_check", diagnosis="one-sided")
def upward_only(function, x, step):
    here, found = function(x), np.empty_like(x)
    for place in np.ndindex(x.shape):
        above = x.copy()
        above[place] += step
        found[place] = (function(above) - here) / step
    return found


def both_sides(function, x, step, divisor):
    found = np.empty_like(x)
    for place in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[place] += step
        below[place] -= step
        found[place] = (function(above) - function(below)) / divisor
    return found


@mutant("04.gradient_check", diagnosis="divided-by-one-step")
def by_h(function, x, step):
    return both_sides(function, x, step, step)


@mutant("04.gradient_check", diagnosis="sign-turned")
def below_minus_above(function, x, step):
    return both_sides(function, x, step, -2 * step)


@mutant("04.gradient_check", diagnosis="nudged-all-at-once")
def whole_array(function, x, step):
    slope = (function(x + step) - function(x - step)) / (2 * step)
    return slope * np.ones_like(x)


@mutant("04.gradient_check", diagnosis="nudged-row-by-row")
def enumerate_rows(function, x, step):
    found = np.empty_like(x)
    for i, _ in enumerate(x):
        above, below = x.copy(), x.copy()
        above[i] += step
        below[i] -= step
        found[i] = (function(above) - function(below)) / (2 * step)
    return found


@mutant("04.gradient_check", diagnosis="not-put-back")
def one_copy_for_all(function, x, step):
    nudged, found = x.copy(), np.empty_like(x)
    for place in np.ndindex(x.shape):
        nudged[place] += step
        higher = function(nudged)
        nudged[place] -= 2 * step
        found[place] = (higher - function(nudged)) / (2 * step)
    return found


@mutant("04.gradient_check", diagnosis="not-put-back")
def in_the_callers_array(function, x, step):
    found = np.empty_like(x)
    for place in np.ndindex(x.shape):
        x[place] += step
        higher = function(x)
        x[place] -= 2 * step
        found[place] = (higher - function(x)) / (2 * step)
    return found


@mutant("04.gradient_check", diagnosis="changed-argument")
def puts_back_almost(function, x, step):
    found = np.empty_like(x)
    for place in np.ndindex(x.shape):
        x[place] += step
        higher = function(x)
        x[place] -= 2 * step
        found[place] = (higher - function(x)) / (2 * step)
        x[place] += step
    return found
