"""Greedy and sampled text against transformers, and against the probabilities themselves."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from attention_scratch.decoding import Continuation, greedy, sample
from attention_scratch.errors import InputError
from tests.decoding.next_token_models import Recorded, table_model, torch_next_logits

PROMPTS = [[3, 1, 4], [5], [9, 2, 6, 5, 3, 5], [8, 9]]
EOS = 0


@pytest.fixture(scope="module")
def gpt2() -> GPT2LMHeadModel:
    torch.manual_seed(1)
    config = GPT2Config(
        vocab_size=12, n_positions=32, n_embd=16, n_layer=1, n_head=2, initializer_range=0.5,
        bos_token_id=1, eos_token_id=EOS, pad_token_id=EOS,
    )  # fmt: skip
    return GPT2LMHeadModel(config).eval()


def test_greedy_writes_what_transformers_writes(gpt2: GPT2LMHeadModel) -> None:
    found = greedy(torch_next_logits(gpt2), PROMPTS, max_new_tokens=5, eos=EOS)
    for prompt, continuation in zip(PROMPTS, found, strict=True):
        ids = torch.tensor([prompt])
        expected = gpt2.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=5, do_sample=False
        )[0, len(prompt) :]
        assert list(continuation.tokens) == expected.tolist()
        assert continuation.finished == (continuation.tokens[-1] == EOS)
    assert len({continuation.finished for continuation in found}) == 2  # both kinds occur


def test_log_probabilities_are_those_torch_computes(gpt2: GPT2LMHeadModel) -> None:
    found = greedy(torch_next_logits(gpt2), PROMPTS, max_new_tokens=5)
    for prompt, continuation in zip(PROMPTS, found, strict=True):
        ids = torch.tensor([[*prompt, *continuation.tokens]])
        with torch.no_grad():
            logs = gpt2(ids).logits[0].log_softmax(-1)
        expected = sum(
            float(logs[len(prompt) + n - 1, token]) for n, token in enumerate(continuation.tokens)
        )
        assert continuation.log_probability == pytest.approx(expected, abs=1e-4)


def test_a_batch_writes_what_each_prompt_alone_would_get() -> None:
    model = table_model(7, seed=3)
    together = greedy(model, PROMPTS, max_new_tokens=6, eos=EOS)
    alone = [greedy(model, [prompt], max_new_tokens=6, eos=EOS)[0] for prompt in PROMPTS]
    assert together == alone


def test_rows_that_ended_are_not_computed_again() -> None:
    model = Recorded(table_model(4, seed=0))
    found = greedy(model, PROMPTS, max_new_tokens=8, eos=EOS)
    assert model.rows == sum(len(continuation.tokens) for continuation in found)
    assert model.rows < 8 * len(PROMPTS)


def test_no_prompts_give_no_text() -> None:
    assert greedy(table_model(4), [], max_new_tokens=3) == []


def test_sampled_tokens_have_the_models_probabilities() -> None:
    logits = np.array([2.0, 0.0, 1.0, -1.0, -np.inf])
    many = 20_000
    found = sample(
        lambda ids, lengths: np.tile(logits, (len(ids), 1)),
        [[1]] * many,
        rng=np.random.default_rng(0),
        max_new_tokens=1,
        temperature=0.7,
    )
    counts = np.bincount([c.tokens[0] for c in found], minlength=5) / many
    expected = torch.softmax(torch.tensor(logits) / 0.7, -1).numpy()
    np.testing.assert_allclose(counts, expected, atol=5 * 0.5 / np.sqrt(many))
    assert counts[4] == 0
    logs = torch.log_softmax(torch.tensor(logits), -1).numpy()
    for continuation in found[:50]:
        assert continuation.log_probability == pytest.approx(logs[continuation.tokens[0]])


def test_the_same_seed_writes_the_same_and_another_seed_other_text() -> None:
    model = table_model(9, seed=1)

    def written(seed: int) -> list[Continuation]:
        return sample(model, PROMPTS, rng=np.random.default_rng(seed), max_new_tokens=8, eos=EOS)

    assert written(0) == written(0)
    assert written(0) != written(1)


def test_what_is_written_does_not_depend_on_when_others_end() -> None:
    model = table_model(5, seed=2)
    one = sample(model, PROMPTS, rng=np.random.default_rng(0), max_new_tokens=9, eos=EOS)
    endless = sample(model, PROMPTS, rng=np.random.default_rng(0), max_new_tokens=9)
    for ended, full in zip(one, endless, strict=True):
        assert ended.tokens == full.tokens[: len(ended.tokens)]
    assert any(continuation.finished for continuation in one)


def test_repetition_is_penalized_as_in_transformers(gpt2: GPT2LMHeadModel) -> None:
    options: dict[str, Any] = {"max_new_tokens": 8, "repetition_penalty": 1.7}
    found = sample(
        torch_next_logits(gpt2), PROMPTS, rng=np.random.default_rng(0), top_k=1, **options
    )
    unpenalized = greedy(torch_next_logits(gpt2), PROMPTS, max_new_tokens=8)
    assert [c.tokens for c in found] != [c.tokens for c in unpenalized]
    for prompt, continuation in zip(PROMPTS, found, strict=True):
        ids = torch.tensor([prompt])
        expected = gpt2.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            eos_token_id=None,
            **options,
        )[0, len(prompt) :]
        assert list(continuation.tokens) == expected.tolist()


def test_presence_looks_at_what_was_written_and_not_at_the_prompt() -> None:
    def next_logits(ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        return np.tile([1.0, 0.5, 0.0, -9.0], (len(ids), 1))

    found = sample(
        next_logits,
        [[0], [1, 2]],
        rng=np.random.default_rng(0),
        max_new_tokens=4,
        top_k=1,
        presence_penalty=2.0,
    )
    assert [c.tokens for c in found] == [(0, 1, 2, 0), (0, 1, 2, 0)]


@pytest.mark.parametrize(
    "options", [{"top_k": 1}, {"top_p": 1e-6}, {"min_p": 1.0}, {"temperature": 1e-3}]
)
def test_with_one_token_left_sampling_is_greedy(options: dict[str, Any]) -> None:
    model = table_model(9, seed=4)
    found = sample(model, PROMPTS, rng=np.random.default_rng(0), max_new_tokens=6, **options)
    expected = greedy(model, PROMPTS, max_new_tokens=6)
    assert [c.tokens for c in found] == [c.tokens for c in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0.0}, "temperature: got 0.0"),
        ({"temperature": float("nan")}, "temperature: got nan"),
        ({"top_k": 0}, "top_k: got 0"),
        ({"top_p": 0.0}, "top_p: got 0.0"),
        ({"top_p": 1.5}, "top_p: got 1.5"),
        ({"min_p": 1.5}, "min_p: got 1.5"),
        ({"repetition_penalty": 0.0}, "repetition_penalty: got 0.0"),
        ({"presence_penalty": 2.5}, "presence_penalty: got 2.5"),
        ({"frequency_penalty": float("nan")}, "frequency_penalty: got nan"),
        ({"max_new_tokens": 0}, "max_new_tokens: got 0"),
        ({"prompts": [[1], []]}, "prompt 1: got no tokens"),
    ],
)
def test_settings_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"prompts": PROMPTS, "max_new_tokens": 3, **options}
    with pytest.raises(InputError, match=message):
        sample(table_model(4), rng=np.random.default_rng(0), **given)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([0.0, np.nan, 1.0], "NaN, infinity"),
        ([0.0, np.inf, 1.0], "NaN, infinity"),
        ([-np.inf] * 3, "nothing but -inf"),
    ],
)
def test_logits_that_are_no_numbers_are_refused(row: list[float], message: str) -> None:
    with pytest.raises(InputError, match=f"next_logits: got .*{message}"):
        greedy(lambda ids, lengths: np.array([row] * len(ids)), PROMPTS, max_new_tokens=2)


def test_logits_of_every_position_are_refused() -> None:
    with pytest.raises(InputError, match=r"shape \(4, 6, 3\); expected \(4, V\)"):
        greedy(lambda ids, lengths: np.zeros((*ids.shape, 3)), PROMPTS, max_new_tokens=2)


def test_table_models_see_the_prompt_and_nothing_behind_it() -> None:
    model, ids = table_model(5), np.array([[1, 2, 3, 0], [1, 2, 4, 4]])
    same = model(ids, np.array([2, 2]))
    np.testing.assert_array_equal(same[0], same[1])
    assert any(
        (model(ids, np.array([n, m]))[0] != same[0]).any()
        for n, m in itertools.product((1, 3), repeat=2)
    )
