"""Wrong answers to chapter 07 a learner plausibly gives, each with the diagnosis it must get."""

import math
import statistics

import numpy as np

from attention_scratch.exercises import mutant

# --- 07.interval --------------------------------------------------------------------------------


def around(middle, half):
    return middle - half, middle + half


@mutant("07.interval", diagnosis="deviation-over-n")
def numpys_default(arm, baseline, t):
    d = arm - baseline
    return around(np.mean(d), t * np.std(d) / math.sqrt(len(d)))


@mutant("07.interval", diagnosis="root-missing")
def spread_of_single_seeds(arm, baseline, t):
    d = (arm - baseline).tolist()
    return around(statistics.mean(d), t * statistics.stdev(d))


@mutant("07.interval", diagnosis="divided-by-n")
def falls_too_fast(arm, baseline, t):
    d = (arm - baseline).tolist()
    return around(statistics.mean(d), t * statistics.stdev(d) / len(d))


@mutant("07.interval", diagnosis="normal-factor")
def as_always_1_96(arm, baseline, t):
    d = (arm - baseline).tolist()
    return around(statistics.mean(d), 1.96 * statistics.stdev(d) / math.sqrt(len(d)))


@mutant("07.interval", diagnosis="no-factor")
def one_standard_error(arm, baseline, t):
    d = (arm - baseline).tolist()
    return around(statistics.mean(d), statistics.stdev(d) / math.sqrt(len(d)))


@mutant("07.interval", diagnosis="not-paired")
def two_separate_groups(arm, baseline, t):
    errors = [x.std(ddof=1) / math.sqrt(len(x)) for x in (arm, baseline)]
    return around(arm.mean() - baseline.mean(), t * math.hypot(*errors))


@mutant("07.interval", diagnosis="two-intervals-added")
def ends_of_two_intervals(arm, baseline, t):
    (low, high), (lower, higher) = (
        around(x.mean(), t * x.std(ddof=1) / math.sqrt(len(x))) for x in (arm, baseline)
    )
    return low - higher, high - lower


@mutant("07.interval", diagnosis="baseline-minus-arm")
def the_other_way_round(arm, baseline, t):
    d = (baseline - arm).tolist()
    return around(statistics.mean(d), t * statistics.stdev(d) / math.sqrt(len(d)))


@mutant("07.interval", diagnosis="arm-alone")
def forgets_the_baseline(arm, baseline, t):
    return around(arm.mean(), t * arm.std(ddof=1) / math.sqrt(len(arm)))


@mutant("07.interval", diagnosis="lowest-and-highest")
def error_bars_from_end_to_end(arm, baseline, t):
    d = sorted(arm - baseline)
    return d[0], d[-1]


# --- 07.many_comparisons ------------------------------------------------------------------------


@mutant("07.many_comparisons", diagnosis="each-by-itself")
def five_percent_each(p_values, level):
    return np.array([p < level or p == level for p in p_values])


@mutant("07.many_comparisons", diagnosis="all-against-the-smallest-limit")
def bonferroni(p_values, level):
    return len(p_values) * p_values <= level


@mutant("07.many_comparisons", diagnosis="does-not-stop")
def each_against_its_own_limit(p_values, level):
    rank = np.argsort(np.argsort(p_values))
    return p_values * (len(p_values) - rank) <= level


@mutant("07.many_comparisons", diagnosis="left-in-order-of-size")
def sorted_answers(p_values, level):
    m, shown = len(p_values), []
    for k, p in enumerate(sorted(p_values)):
        shown.append(p <= level / (m - k) and all(shown))
    return np.array(shown)


@mutant("07.many_comparisons", diagnosis="largest-first")
def begins_with_the_largest(p_values, level):
    m = len(p_values)
    answer = np.zeros(m, bool)
    for k, place in enumerate(np.argsort(p_values)[::-1]):
        if p_values[place] > level / (m - k):
            break
        answer[place] = True
    return answer


@mutant("07.many_comparisons", diagnosis="false-discoveries")
def benjamini_and_hochberg(p_values, level):
    m = len(p_values)
    order = np.argsort(p_values)
    answer = np.zeros(m, bool)
    for k in range(m, 0, -1):
        if p_values[order[k - 1]] <= k * level / m:
            answer[order[:k]] = True
            break
    return answer


@mutant("07.many_comparisons", diagnosis="limits-shifted")
def counts_from_one(p_values, level):
    m = len(p_values)
    answer = np.zeros(m, bool)
    for k, place in enumerate(np.argsort(p_values), start=1):
        if p_values[place] > level / max(m - k, 1):
            break
        answer[place] = True
    return answer


@mutant("07.many_comparisons", diagnosis="dtype")
def ones_and_zeros(p_values, level):
    m = len(p_values)
    answer = np.zeros(m)
    for k, place in enumerate(np.argsort(p_values)):
        if p_values[place] > level / (m - k):
            break
        answer[place] = 1
    return answer


# --- 07.fair_comparison -------------------------------------------------------------------------


@mutant("07.fair_comparison", diagnosis="same-width")
def compares_widths(C, F, bias):
    return F


@mutant("07.fair_comparison", diagnosis="two-thirds")
def remembers_the_paper(C, F, bias):
    return round(F * 2 / 3)


@mutant("07.fair_comparison", diagnosis="biases-forgotten")
def matrices_alone(C, F, bias):
    return round(3 * C * F / (2 * C))


@mutant("07.fair_comparison", diagnosis="rounded-down")
def whole_division(C, F, bias):
    gated = 3 * C * F + (2 * F if bias else 0)
    return gated // (2 * C + bool(bias))


@mutant("07.fair_comparison", diagnosis="four-times")
def four_times_the_width(C, F, bias):
    return C * 4


@mutant("07.fair_comparison", diagnosis="dtype")
def forgets_to_round(C, F, bias):
    gated = 3 * C * F + (2 * F if bias else 0)
    return gated / (2 * C + bool(bias))


# --- 07.relative_bias ---------------------------------------------------------------------------


def query_minus_key(T, S):
    query, key = np.meshgrid(np.arange(T) + S - T, np.arange(S), indexing="ij")
    return query - key


@mutant("07.relative_bias", diagnosis="key-minus-query")
def forward_is_positive(table, T, S):
    limit = (table.shape[1] - 1) // 2
    return table[:, np.clip(-query_minus_key(T, S), -limit, limit) + limit]


@mutant("07.relative_bias", diagnosis="aligned-to-the-first-key")
def queries_from_zero(table, T, S):
    limit = (table.shape[1] - 1) // 2
    distance = np.subtract.outer(np.arange(T), np.arange(S))
    return table[:, np.clip(distance, -limit, limit) + limit]


@mutant("07.relative_bias", diagnosis="not-clipped")
def trusts_the_table(table, T, S):
    return table[:, query_minus_key(T, S) + (table.shape[1] - 1) // 2]


@mutant("07.relative_bias", diagnosis="wrapped-around")
def modulo(table, T, S):
    columns = table.shape[1]
    return table[:, np.mod(query_minus_key(T, S) + columns // 2, columns)]


@mutant("07.relative_bias", diagnosis="zero-outside")
def nothing_far_away(table, T, S):
    limit = (table.shape[1] - 1) // 2
    distance = query_minus_key(T, S)
    bias = table[:, np.clip(distance, -limit, limit) + limit]
    bias[:, np.abs(distance) > limit] = 0
    return bias


@mutant("07.relative_bias", diagnosis="both-ways-alike")
def how_far_whichever_way(table, T, S):
    limit = (table.shape[1] - 1) // 2
    return table[:, np.clip(np.abs(query_minus_key(T, S)), 0, limit) + limit]


@mutant("07.relative_bias", diagnosis="not-shifted")
def distance_as_index(table, T, S):
    limit = (table.shape[1] - 1) // 2
    return table[:, np.clip(query_minus_key(T, S), -limit, limit)]


@mutant("07.relative_bias", diagnosis="dtype-not-kept")
def fills_an_array_of_zeros(table, T, S):
    limit = (table.shape[1] - 1) // 2
    bias = np.zeros((len(table), T, S))
    bias[:] = table[:, np.clip(query_minus_key(T, S), -limit, limit) + limit]
    return bias


@mutant("07.relative_bias", diagnosis="transposed")
def keys_first(table, T, S):
    limit = (table.shape[1] - 1) // 2
    return table[:, np.clip(query_minus_key(T, S).T, -limit, limit) + limit]


# --- 07.gated_feed_forward ----------------------------------------------------------------------


def silu(x):
    return x / (1 + np.exp(np.clip(-x, None, 80)))


def project(x, weight):
    return np.einsum("...i,oi->...o", x, weight)


@mutant("07.gated_feed_forward", diagnosis="activation-on-up")
def bends_the_other_branch(x, gate, up, down):
    return project(project(x, gate) * silu(project(x, up)), down)


@mutant("07.gated_feed_forward", diagnosis="activation-after-product")
def bends_the_product(x, gate, up, down):
    return project(silu(project(x, gate) * project(x, up)), down)


@mutant("07.gated_feed_forward", diagnosis="activation-on-both")
def bends_everything(x, gate, up, down):
    return project(silu(project(x, gate)) * silu(project(x, up)), down)


@mutant("07.gated_feed_forward", diagnosis="sigmoid")
def gate_between_zero_and_one(x, gate, up, down):
    g = 1 / (1 + np.exp(np.clip(-project(x, gate), None, 80)))
    return project(g * project(x, up), down)


@mutant("07.gated_feed_forward", diagnosis="relu")
def open_or_closed(x, gate, up, down):
    return project(np.maximum(project(x, gate), 0) * project(x, up), down)


@mutant("07.gated_feed_forward", diagnosis="added")
def sum_of_branches(x, gate, up, down):
    return project(silu(project(x, gate)) + project(x, up), down)


@mutant("07.gated_feed_forward", diagnosis="up-forgotten")
def plain_layer(x, gate, up, down):
    return project(silu(project(x, gate)), down)


@mutant("07.gated_feed_forward", diagnosis="gate-not-bent")
def bilinear(x, gate, up, down):
    return project(project(x, gate) * project(x, up), down)


@mutant("07.gated_feed_forward", diagnosis="dtype-not-kept")
def in_double_precision(x, gate, up, down):
    x, gate, up, down = (np.asarray(a, np.float64) for a in (x, gate, up, down))
    return project(silu(project(x, gate)) * project(x, up), down)


@mutant("07.gated_feed_forward", diagnosis="raised")
def forgets_to_transpose(x, gate, up, down):
    return (silu(x @ gate) * (x @ up)) @ down
