"""Intervals, against SciPy's and against their own promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from attention_scratch.bench.interval import (
    T_95,
    difference_interval,
    holm,
    mean_interval,
    share_interval,
    t_95,
)
from attention_scratch.errors import InputError

numbers = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=31)


@pytest.mark.parametrize("degrees", range(1, len(T_95) + 1))
def test_the_table_of_t_is_scipys(degrees: int) -> None:
    assert t_95(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), abs=6e-5)


def test_beyond_the_table_the_normal_distribution_serves() -> None:
    assert t_95(31) == pytest.approx(stats.norm.ppf(0.975), abs=1e-6)


@given(numbers)
def test_the_interval_of_a_mean_is_scipys(values: list[float]) -> None:
    interval = mean_interval(values)
    n, error = len(values), stats.sem(values)
    half = stats.t.ppf(0.975, n - 1) * error
    assert interval.mean == pytest.approx(np.mean(values))
    assert interval.half == pytest.approx(half, rel=1e-4, abs=1e-9)
    assert interval.mean in interval


@given(numbers, st.floats(-1e3, 1e3))
def test_a_shift_of_every_seed_has_no_width(values: list[float], shift: float) -> None:
    interval = difference_interval(np.array(values) + shift, values)
    assert interval.mean == pytest.approx(shift, abs=1e-9)
    assert interval.half == pytest.approx(0, abs=1e-9)


@given(st.integers(1, 5000), st.floats(0, 1))
def test_the_interval_of_a_share_is_wilsons(asked: int, part: float) -> None:
    hits = round(part * asked)
    theirs = stats.binomtest(hits, asked).proportion_ci(0.95, method="wilson")
    ours = share_interval(hits, asked)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-7)
    assert ours.mean == hits / asked


def test_all_right_is_not_certainty() -> None:
    assert share_interval(100, 100).low < 0.97


def test_the_interval_of_three_seeds_holds_the_truth_19_times_in_20() -> None:
    draws = np.random.default_rng(0).normal(0.9, 0.01, size=(4000, 3))
    held = np.mean([0.9 in mean_interval(row) for row in draws])
    assert held == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize("values", [[], [0.5], [[0.5, 0.6]]])
def test_a_spread_needs_two_numbers(values: list[float]) -> None:
    with pytest.raises(InputError, match="more seeds"):
        mean_interval(values)


def test_seeds_are_paired() -> None:
    with pytest.raises(InputError, match="Pair them by seed"):
        difference_interval([0.1, 0.2, 0.3], [0.1, 0.2])


@pytest.mark.parametrize(("hits", "asked"), [(0, 0), (3, 2), (-1, 5)])
def test_impossible_counts_are_refused(hits: int, asked: int) -> None:
    with pytest.raises(InputError, match="hits"):
        share_interval(hits, asked)


def test_no_degree_of_freedom_has_no_t() -> None:
    with pytest.raises(InputError, match="no spread"):
        t_95(0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_shows_what_its_definition_says(p_values: list[float]) -> None:
    shown = holm(p_values)
    for place, p in enumerate(p_values):
        no_larger = sorted(q for q in p_values if q <= p)
        limits = [0.05 / (len(p_values) - k) for k in range(len(no_larger))]
        assert shown[place] == all(q <= limit for q, limit in zip(no_larger, limits, strict=True))


def test_where_nothing_differs_holm_is_wrong_once_in_20_and_one_by_one_two_times_in_three() -> None:
    p_values = np.random.default_rng(0).random((4000, 20))
    once = np.mean([holm(row).any() for row in p_values])
    assert once == pytest.approx(0.05, abs=0.012)
    assert np.mean((p_values <= 0.05).any(axis=1)) == pytest.approx(1 - 0.95**20, abs=0.03)


@pytest.mark.parametrize("p_values", [[0.1, 1.2], [-0.1], [np.nan], [[0.1]]])
def test_what_is_no_probability_is_refused(p_values: list[float]) -> None:
    with pytest.raises(InputError, match="p_values"):
        holm(p_values)
