"""Beam search against all sequences there are, against greedy, and against transformers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import GPT2Config, GPT2LMHeadModel

from attention_scratch.decoding import Continuation, beam_search, greedy, normalized
from attention_scratch.errors import InputError
from tests.decoding.next_token_models import (
    Recorded,
    all_continuations,
    table_model,
    torch_next_logits,
)

PROMPTS = [[3, 1, 4], [5], [9, 2, 6, 5, 3, 5], [8, 9]]
EOS = 0


@settings(max_examples=20)
@given(
    st.integers(0, 1000),
    st.integers(2, 4),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.6, 1.0, 2.0, -0.5]),
    st.sampled_from([EOS, None]),
)
def test_enough_beams_find_the_best_of_all_sequences(
    seed: int, V: int, longest: int, penalty: float, eos: int | None
) -> None:
    model = table_model(V, seed=seed)
    prompts = [[1], [2, 1]]
    beams = V**longest
    found = beam_search(
        model, prompts, beams=beams, max_new_tokens=longest, eos=eos, length_penalty=penalty
    )
    for prompt, continuations in zip(prompts, found, strict=True):
        every = all_continuations(model, prompt, V=V, longest=longest, eos=eos)
        ranked = sorted(every, key=lambda tokens: -every[tokens] / len(tokens) ** penalty)
        assert [c.tokens for c in continuations] == ranked
        for c in continuations:
            assert c.log_probability == pytest.approx(every[c.tokens])
            assert c.finished == (c.tokens[-1] == eos)


def test_two_beams_find_what_greedy_misses() -> None:
    """0.6 then at best 0.3, against 0.4 then 0.9: 0.18 against 0.36."""

    def next_logits(ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        first = {0: [0.0, 0.6, 0.4], 1: [0.3, 0.4, 0.3], 2: [0.9, 0.05, 0.05]}
        starting = lengths == 1
        last = np.where(starting, 0, ids[np.arange(len(ids)), lengths - 1])
        with np.errstate(divide="ignore"):
            return np.log([first[int(token)] for token in last])

    assert greedy(next_logits, [[1]], max_new_tokens=2)[0].tokens == (1, 1)
    best = beam_search(next_logits, [[1]], beams=2, max_new_tokens=2, length_penalty=0.0)[0][0]
    assert best.tokens == (2, 0)
    assert np.exp(best.log_probability) == pytest.approx(0.36)


def test_without_normalization_short_sequences_win_and_with_it_long_ones_may() -> None:
    """0.3 for the end at once, against 0.7 * 0.4: as a mean a token the longer one is better."""

    def next_logits(ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        return np.log([[0.3, 0.7] if n == 1 else [0.4, 0.6] for n in lengths])

    for penalty, expected in ((0.0, (EOS,)), (1.0, (1, EOS))):
        found = beam_search(
            next_logits, [[1]], beams=2, max_new_tokens=2, eos=EOS, length_penalty=penalty
        )[0]
        finished = [c for c in found if c.finished]
        assert finished[0].tokens == expected


def test_one_beam_without_an_end_is_greedy() -> None:
    model = table_model(9, seed=5)
    found = beam_search(model, PROMPTS, beams=1, max_new_tokens=6)
    assert [[c.tokens for c in one] for one in found] == [
        [c.tokens] for c in greedy(model, PROMPTS, max_new_tokens=6)
    ]


def test_a_batch_finds_what_each_prompt_alone_would_find() -> None:
    model = table_model(6, seed=7)
    options: dict[str, Any] = {"beams": 3, "max_new_tokens": 6, "eos": EOS}
    together = beam_search(model, PROMPTS, **options)
    assert together == [beam_search(model, [prompt], **options)[0] for prompt in PROMPTS]


def test_prompts_and_beams_share_each_call_of_the_model() -> None:
    model = Recorded(table_model(6, seed=7))
    beam_search(model, PROMPTS, beams=3, max_new_tokens=5)
    assert model.calls == 5
    assert model.rows == 4 + 4 * 4 * 3


def test_the_search_stops_when_nothing_better_can_come() -> None:
    def certain(ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        return np.log(np.tile([0.98, 0.01, 0.01], (len(ids), 1)))

    model = Recorded(certain)
    found = beam_search(model, [[1]], beams=1, max_new_tokens=50, eos=EOS, length_penalty=0.0)
    assert found[0][0].tokens == (EOS,)
    assert model.calls == 1


@pytest.fixture(scope="module")
def gpt2() -> GPT2LMHeadModel:
    torch.manual_seed(4)
    config = GPT2Config(
        vocab_size=12, n_positions=32, n_embd=16, n_layer=1, n_head=2, initializer_range=0.3,
        bos_token_id=1, eos_token_id=EOS, pad_token_id=EOS,
    )  # fmt: skip
    return GPT2LMHeadModel(config).eval()


@pytest.mark.parametrize(("beams", "penalty"), [(2, 0.0), (3, 2.0), (4, 1.0)])
def test_the_best_sequence_is_that_of_transformers(
    gpt2: GPT2LMHeadModel, beams: int, penalty: float
) -> None:
    found = beam_search(
        torch_next_logits(gpt2),
        PROMPTS,
        beams=beams,
        max_new_tokens=6,
        eos=EOS,
        length_penalty=penalty,
    )
    for prompt, continuations in zip(PROMPTS, found, strict=True):
        expected = gpt2.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            num_beams=beams,
            max_new_tokens=6,
            length_penalty=penalty,
            early_stopping="never",
            do_sample=False,
        )[0, len(prompt) :].tolist()
        assert list(continuations[0].tokens) == expected


def test_normalized_is_the_mean_log_probability_of_a_token() -> None:
    continuation = Continuation((4, 5, 6, EOS), -2.0, True)
    assert normalized(continuation) == -0.5
    assert normalized(continuation, 0.0) == -2.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beams": 0}, "beams: got 0"),
        ({"length_penalty": float("nan")}, "length_penalty: got nan"),
        ({"max_new_tokens": 0}, "max_new_tokens: got 0"),
        ({"prompts": [[]]}, "prompt 0: got no tokens"),
    ],
)
def test_settings_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"prompts": PROMPTS, "beams": 2, "max_new_tokens": 3, **options}
    with pytest.raises(InputError, match=message):
        beam_search(table_model(4), **given)
