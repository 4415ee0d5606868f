"""Penalties, filters and draws on logits, against transformers' processors and warpers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from transformers.generation.logits_process import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from attention_scratch.decoding import (
    apply_frequency_penalty,
    apply_min_p,
    apply_penalties,
    apply_presence_penalty,
    apply_repetition_penalty,
    apply_temperature,
    apply_top_k,
    apply_top_p,
    count_tokens,
    draw,
    sample_tokens,
)
from attention_scratch.errors import InputError

LOGITS = npst.arrays(np.float64, (3, 6), elements=st.integers(-8, 8).map(lambda n: n / 2))
DIFFERENT = npst.arrays(np.float64, (3, 6), elements=st.floats(-8, 8), unique=True)
IDS = npst.arrays(np.int64, (3, 5), elements=st.integers(0, 5))


def theirs(warper: Any, logits: np.ndarray, ids: np.ndarray | None = None) -> np.ndarray:
    given_ids = None if ids is None else torch.tensor(ids)
    result: np.ndarray = warper(given_ids, torch.tensor(logits)).numpy()
    return result


@settings(max_examples=50)
@given(LOGITS, st.integers(1, 8))
def test_top_k_keeps_what_transformers_keeps(logits: np.ndarray, k: int) -> None:
    np.testing.assert_array_equal(apply_top_k(logits, k), theirs(TopKLogitsWarper(k), logits))


@settings(max_examples=50)
@given(DIFFERENT, st.floats(0.01, 0.99))
def test_top_p_keeps_what_transformers_keeps(logits: np.ndarray, p: float) -> None:
    np.testing.assert_array_equal(apply_top_p(logits, p), theirs(TopPLogitsWarper(p), logits))


def test_top_p_of_one_keeps_everything() -> None:
    logits = np.random.default_rng(0).normal(size=(4, 50))
    logits[0, :40] -= 60  # a tail that no sum of probabilities feels
    np.testing.assert_array_equal(apply_top_p(logits, 1.0), logits)


@settings(max_examples=50)
@given(DIFFERENT, st.one_of(st.floats(0.01, 0.99), st.sampled_from([0.0, 1.0])))
def test_min_p_keeps_what_transformers_keeps(logits: np.ndarray, p: float) -> None:
    np.testing.assert_array_equal(apply_min_p(logits, p), theirs(MinPLogitsWarper(p), logits))


@settings(max_examples=50)
@given(LOGITS, st.floats(0.05, 20))
def test_temperature_is_that_of_transformers(logits: np.ndarray, temperature: float) -> None:
    expected = theirs(TemperatureLogitsWarper(temperature), logits)
    np.testing.assert_array_equal(apply_temperature(logits, temperature), expected)


@settings(max_examples=50)
@given(LOGITS, IDS, st.floats(0.5, 3))
def test_repetition_penalty_is_that_of_transformers(
    logits: np.ndarray, ids: np.ndarray, penalty: float
) -> None:
    expected = theirs(RepetitionPenaltyLogitsProcessor(penalty), logits, ids)
    found = apply_repetition_penalty(logits, count_tokens(list(ids), 6), penalty)
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=50)
@given(LOGITS, IDS, st.floats(-2, 2), st.floats(-2, 2))
def test_presence_counts_once_and_frequency_each_time(
    logits: np.ndarray, ids: np.ndarray, presence: float, frequency: float
) -> None:
    """OpenAI's definition, mu[j] - c[j] * frequency - float(c[j] > 0) * presence."""
    counts = count_tokens(list(ids), 6)
    found = apply_presence_penalty(
        apply_frequency_penalty(logits, counts, frequency), counts, presence
    )
    for n, row in enumerate(ids.tolist()):
        for j in range(6):
            c = row.count(j)
            expected = logits[n, j] - c * frequency - float(c > 0) * presence
            assert found[n, j] == pytest.approx(expected, abs=1e-12)


def test_repetition_sees_the_prompt_and_the_other_penalties_do_not() -> None:
    logits = np.array([[4.0, 4.0, 4.0]])
    found = apply_penalties(
        logits,
        [[0]],
        [[1, 1]],
        repetition_penalty=2.0,
        presence_penalty=0.5,
        frequency_penalty=0.25,
    )
    np.testing.assert_array_equal(found, [[2.0, 2.0 - 0.5 - 2 * 0.25, 4.0]])
    np.testing.assert_array_equal(apply_penalties(logits, [[0]], [[1]]), logits)


def test_no_tokens_and_tokens_without_a_logit_count_nothing() -> None:
    np.testing.assert_array_equal(count_tokens([[], [2, 0, 2, 7]], 3), [[0, 0, 0], [1, 0, 2]])
    assert count_tokens([], 3).shape == (0, 3)


@settings(max_examples=50)
@given(DIFFERENT, IDS, st.floats(0, 0.999))
def test_the_order_is_penalties_temperature_top_k_top_p_min_p_draw(
    logits: np.ndarray, ids: np.ndarray, number: float
) -> None:
    scores = torch.tensor(logits)
    for processor in (
        RepetitionPenaltyLogitsProcessor(1.5),
        TemperatureLogitsWarper(0.7),
        TopKLogitsWarper(5),
        TopPLogitsWarper(0.9),
        MinPLogitsWarper(0.05),
    ):
        scores = processor(torch.tensor(ids), scores)
    shares = torch.cumsum(torch.softmax(scores, -1), -1)
    found = sample_tokens(
        apply_penalties(logits, list(ids), [[]] * 3, repetition_penalty=1.5),
        np.full(3, number),
        temperature=0.7,
        top_k=5,
        top_p=0.9,
        min_p=0.05,
    )
    for row, token in zip(shares.numpy(), found, strict=True):
        below = row[token - 1] if token > 0 else 0.0
        assert below - 1e-12 <= number <= row[token] + 1e-12


def test_temperature_zero_takes_the_likeliest_after_penalties() -> None:
    logits = np.array([[3.0, 2.0, 2.0], [0.0, 1.0, 5.0]])
    assert sample_tokens(logits, np.zeros(2), temperature=0).tolist() == [0, 2]
    penalized = apply_penalties(logits, [[0], [0]], [[], []], repetition_penalty=2.0)
    assert sample_tokens(penalized, np.zeros(2), temperature=0).tolist() == [1, 2]


def test_draws_come_as_often_as_torch_says() -> None:
    logits = np.array([2.0, 0.0, 1.0, -1.0, -np.inf], np.float32)
    many = 20_000
    drawn = draw(np.tile(logits, (many, 1)), np.random.default_rng(0).random(many))
    counts = np.bincount(drawn, minlength=5) / many
    expected = torch.softmax(torch.tensor(logits), -1).numpy()
    np.testing.assert_allclose(counts, expected, atol=5 * 0.5 / np.sqrt(many))
    assert counts[4] == 0


@pytest.mark.parametrize("number", [0.0, 0.5, 1 - 2**-53])
def test_the_impossible_is_never_drawn(number: float) -> None:
    for possible in range(4):
        logits = np.full(4, -np.inf)
        logits[possible] = -1000.0
        assert draw(logits, number) == possible


def test_one_row_and_any_leading_axes_will_do() -> None:
    logits = np.random.default_rng(1).normal(size=(2, 3, 7))
    numbers = np.random.default_rng(2).random((2, 3))
    options: dict[str, Any] = {"temperature": 0.8, "top_k": 5, "top_p": 0.9, "min_p": 0.1}
    together = sample_tokens(logits, numbers, **options)
    assert together.shape == (2, 3)
    for place in np.ndindex(2, 3):
        assert sample_tokens(logits[place], numbers[place], **options) == together[place]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_keep_their_dtype_and_are_not_changed(dtype: type) -> None:
    logits = np.random.default_rng(3).normal(size=(2, 8)).astype(dtype)
    before, counts = logits.copy(), count_tokens([[1], [2, 2]], 8)
    for found in (
        apply_temperature(logits, 0.5),
        apply_top_k(logits, 3),
        apply_top_p(logits, 0.5),
        apply_min_p(logits, 0.5),
        apply_repetition_penalty(logits, counts, 1.5),
        apply_presence_penalty(logits, counts, 1.5),
        apply_frequency_penalty(logits, counts, 1.5),
    ):
        assert found.dtype == dtype
    np.testing.assert_array_equal(logits, before)


@pytest.mark.parametrize("temperature", [-1.0, float("inf"), float("nan")])
def test_a_temperature_out_of_range_is_refused(temperature: float) -> None:
    with pytest.raises(InputError, match=f"temperature: got {temperature}"):
        sample_tokens(np.zeros(3), 0.5, temperature=temperature)
