"""Models that answer: together as alone, to disk and back, and what they refuse."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from attention_scratch.decoding import beam_search
from attention_scratch.errors import InputError, MissingFileError
from attention_scratch.nn import Decoder, TransformerConfig
from attention_scratch.tasks import operations
from attention_scratch.tasks.operations import (
    EOS,
    TASKS,
    TOKENS,
    OperationsModel,
    decode,
    distinct,
    encode,
    evaluate,
    parse,
)

QUESTIONS = ["Max(3,5,7)", "Second(1,2)", "Min(4)", "Last(0,1,2,3,4,5,6,7)", "First(9,9)"]


def untrained(name: str = "digits", *, seed: int = 0, dim: int = 16) -> OperationsModel:
    config = TransformerConfig(
        vocab_size=len(TOKENS), dim=dim, layers=2, heads=2, hidden=32, dropout=0.1
    )
    network = Decoder(config, rng=np.random.default_rng(seed))
    network.eval()
    return OperationsModel(network, TASKS[name])


class Knowing:
    """Stands for a network that computes the answer from the tokens it is given."""

    def __init__(self, wrong: Callable[[str], bool] = lambda text: False) -> None:
        self.wrong = wrong

    def forward(self, ids: np.ndarray, *, at: np.ndarray) -> np.ndarray:
        logits = np.zeros((len(ids), 1, len(TOKENS)), np.float32)
        for row, (tokens, (last,)) in enumerate(zip(ids.tolist(), at.tolist(), strict=True)):
            text = "".join(TOKENS[token] for token in tokens[: last + 1])
            question, written = text.split("->")
            answer = str(evaluate(parse(question)))
            if self.wrong(question):
                answer = "0"
            following = [*answer, "<eos>"][len(written)]
            logits[row, 0, TOKENS.index(following)] = 1
        return logits


def knowing(name: str, **options: Any) -> OperationsModel:
    network: Any = Knowing(**options)
    return OperationsModel(network, TASKS[name])


@pytest.mark.parametrize("name", TASKS)
def test_answers_come_in_the_order_of_the_questions(name: str) -> None:
    drawn = distinct(TASKS[name], 300, rng=np.random.default_rng(0))
    expected = [str(evaluate(expression)) for expression in drawn]
    model = knowing(name)
    assert model.answer(drawn) == expected
    assert model.answer([str(expression) for expression in drawn]) == expected
    assert model.accuracy(drawn) == 1


def test_accuracy_is_the_part_that_is_right_to_the_last_digit() -> None:
    drawn = [parse(text) for text in ("Max(1,2)", "Max(10)", "Min(10,12)", "Last(5)")]
    model = knowing("double", wrong=lambda text: text == "Max(10)")
    np.testing.assert_array_equal(model.right(drawn), [True, False, True, True])
    assert model.accuracy(drawn) == 0.75


def test_a_batch_gets_the_answers_each_question_alone_would_get() -> None:
    model = untrained()
    alone = [model.answer([question])[0] for question in QUESTIONS]
    assert model.answer(QUESTIONS) == alone
    assert len(set(alone)) > 1


def test_no_questions_no_answers() -> None:
    assert untrained().answer([]) == []


def test_beam_search_can_ask_the_same_model() -> None:
    model = untrained()
    ids = [encode(parse(question)) for question in QUESTIONS]
    found = beam_search(
        model.next_logits, ids, beams=1, max_new_tokens=1, eos=EOS, length_penalty=0
    )
    first = [decode(continuations[0].tokens) for continuations in found]
    full = model.answer(QUESTIONS)
    assert all(answer.startswith(token) for answer, token in zip(full, first, strict=True))


def test_what_is_saved_answers_the_same_when_loaded(tmp_path: Path) -> None:
    model = untrained("nested", seed=3)
    model.save(tmp_path / "made" / "on demand")
    loaded = operations.load(tmp_path / "made" / "on demand")
    assert loaded.task == model.task
    assert loaded.network.config == model.network.config
    assert loaded.answer(QUESTIONS, strict=False) == model.answer(QUESTIONS, strict=False)
    weights = load_file(tmp_path / "made" / "on demand" / "model.safetensors")
    assert weights.keys() == model.network.params.keys()


def test_a_loaded_model_does_not_drop_out(tmp_path: Path) -> None:
    untrained().save(tmp_path)
    model = operations.load(str(tmp_path))
    ids, lengths = np.array([[6, 2, 11, 3, 5]]), np.array([5])
    np.testing.assert_array_equal(model.next_logits(ids, lengths), model.next_logits(ids, lengths))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["Max(3,5", "Max(1)"], r"the text ends at character 8"),
        (["Sum(1,2)"], "'Sum' at character 1"),
        (["Max()"], "empty list"),
        (["Second(3)"], "at least 2 operands for Second"),
        (["Max(10,2)"], "'10' at character 5.*from 0 to 9"),
        ([parse("Max(10,2)")], r"numbers of Max\(10,2\): got 10"),
        (["Max(Min(1),2)"], "levels of .*at most 1 .*'nested'"),
        (["Max(1,2,3,4,5,6,7,8,9)"], "operands of one operation .* got 9"),
        ("Max(1,2)", r"got one of them, 'Max\(1,2\)'; expected a list"),
        (parse("Max(1,2)"), "expected a list"),
        ([3], "expression: got a int"),
    ],
)
def test_a_question_it_was_not_trained_on_is_refused(asked: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        untrained().answer(asked)


def test_it_is_asked_all_the_same_where_that_is_wanted() -> None:
    beyond = ["Max(10,2)", "Max(Min(1),2)", "Max(1,2,3,4,5,6,7,8,9)"]
    assert knowing("digits").answer(beyond, strict=False) == ["10", "2", "9"]
    with pytest.raises(InputError, match="'100' at character 5"):
        knowing("digits").answer(["Max(100)"], strict=False)


def test_no_expressions_have_no_accuracy() -> None:
    with pytest.raises(InputError, match="expressions: got none"):
        untrained().accuracy([])


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="train operations-digits"):
        operations.load(tmp_path / "nothing")


def test_missing_weights_are_refused(tmp_path: Path) -> None:
    untrained().save(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(MissingFileError):
        operations.load(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(model_type="olmo2"), "another model_type"),
        (lambda c: c.update(vocabulary=c["vocabulary"][::-1]), "another .*vocabulary"),
        (lambda c: c.pop("task"), "KeyError"),
        (lambda c: c["task"].update(color="red"), "TypeError"),
        (lambda c: c["task"].update(largest=1000), "largest: got 1000"),
        (lambda c: c.update(transformer=[1]), "transformer is no mapping"),
        (lambda c: c["transformer"].update(color="red"), "color: got red"),
        (lambda c: c["transformer"].pop("dim"), "dim: got nothing"),
        (lambda c: c["transformer"].update(heads=3), "heads: got 3"),
    ],
)
def test_a_configuration_that_is_none_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    untrained().save(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    change(config)
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=message):
        operations.load(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "3", "{"])
def test_a_broken_configuration_is_refused(tmp_path: Path, text: str) -> None:
    untrained().save(tmp_path)
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(InputError, match="a configuration we cannot use"):
        operations.load(tmp_path)


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    untrained().save(tmp_path / "one")
    untrained(dim=32).save(tmp_path / "other")
    weights = (tmp_path / "other" / "model.safetensors").read_bytes()
    (tmp_path / "one" / "model.safetensors").write_bytes(weights)
    with pytest.raises(InputError, match=r"embedding.weight: got shape \(21, 32\); expected"):
        operations.load(tmp_path / "one")


def test_a_missing_tensor_is_refused_by_name(tmp_path: Path) -> None:
    untrained().save(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["blocks.1.attention.query.weight"]
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(InputError, match=r"blocks\.1\.attention\.query\.weight: got nothing"):
        operations.load(tmp_path)


def test_every_part_of_a_task_is_in_the_configuration(tmp_path: Path) -> None:
    model = untrained("double")
    model.save(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["task"] == dataclasses.asdict(
        model.task
    )
