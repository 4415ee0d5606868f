"""Expressions in JavaScript: the same tokens, answers and error messages as in Python."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from attention_scratch.errors import InputError
from attention_scratch.tasks.operations import (
    TASKS,
    encode,
    evaluate,
    expressions,
    parse,
    tokens,
)
from tests.demo.models import Call

pytestmark = pytest.mark.browser

READ = """(module, { texts, task, tasks }) => texts.map(text => {
  try {
    const expression = module.parse(text, task.largest);
    module.check(expression, task, tasks);
    return [module.spell(expression), module.evaluate(expression)];
  } catch (error) { return error.message; }
})"""
WRONG = [
    "",
    "   ",
    "5",
    "(",
    "Max",
    "Max 3",
    "Max(",
    "Max()",
    "Max(3",
    "Max(3,",
    "Max(3,)",
    "Max(3,5))",
    "Max(3,5) 7",
    "Max(3 5)",
    "Max(3,,5)",
    "Max(,3)",
    "Second(4)",
    "Max(First(),2)",
    "Max(100)",
    "Max(99999999999999999999999)",
    "Max(-1)",
    "Max(-0)",
    "Max(07)",
    "Max(000)",
    "max(1)",
    "Maxi(1)",
    "frist(1,2)",
    "Lats(1)",
    "Foo(1)",
    "M(1)",
    "in(1)",
    "Median(1,2)",
    "Averylongnameofanoperation(1)",
    "Max(3;5)",
    "Max(３)",
    "Max(3,😀)",
    "😀Max(3)",
    "Max(3,5) 😀😀 Min(",
    "Max(3.5)",
    "Max(3,'5')",
    "Max(\"5')",
    "Max(\t3 ,\n5",
    "Max(\\",
    "Max(" * 17 + "1" + ")" * 17,
    "Max(" * 16 + "1" + ")" * 15,
    "Max(" + "1," * 60 + "x(2))",
    "Max(12,3)",
    "Max(1,2,3,4,5)",
    "Max(Max(Max(Max(1))))",
    "Max(Max(Max(Max(12))))",
    "Max(1,2,3,4,5,6,7,8,9)",
    "Max(Min(42,1))",
]


def in_python(text: str) -> list[object] | str:
    try:
        expression = parse(text, largest=TASKS["nested"].largest)
        TASKS["nested"].check(expression)
    except InputError as error:
        return str(error)
    return [tokens(encode(expression)), evaluate(expression)]


def in_browser(call: Call, texts: list[str]) -> list[object]:
    tasks = {name: dataclasses.asdict(task) for name, task in TASKS.items()}
    argument = {"texts": texts, "task": tasks["nested"], "tasks": list(tasks.values())}
    read: list[object] = call(READ, argument)
    return read


def test_expressions_are_spelled_and_evaluated_alike(call: Call) -> None:
    drawn = expressions(TASKS["nested"], rng=np.random.default_rng(0))
    texts = [str(next(drawn)) for _ in range(300)]
    texts += [f" {text.replace(',', ' , ')}\n" for text in texts[:50]]
    expected = [in_python(text) for text in texts]
    assert not any(isinstance(read, str) for read in expected)
    assert in_browser(call, texts) == expected


def test_mistakes_are_told_in_the_words_of_python(call: Call) -> None:
    expected = [in_python(text) for text in WRONG]
    assert all(isinstance(read, str) for read in expected)
    for text, told, python in zip(WRONG, in_browser(call, WRONG), expected, strict=True):
        assert told == python, text


def test_expressions_damaged_anywhere_are_read_alike(call: Call) -> None:
    rng = np.random.default_rng(1)
    drawn = expressions(TASKS["nested"], rng=rng)
    damaged = []
    for _ in range(1500):
        signs = list(str(next(drawn)))
        for _ in range(int(rng.integers(1, 4))):
            at = int(rng.integers(len(signs)))
            sign = str(rng.choice(list("(),0179-MaxinFtLSecod ;'\"\\é")))
            if rng.random() < 0.4:
                signs[at] = sign
            elif rng.random() < 0.5:
                signs.insert(at, sign)
            elif len(signs) > 1:
                del signs[at]
        damaged.append("".join(signs))
    for text, told in zip(damaged, in_browser(call, damaged), strict=True):
        assert told == in_python(text), text
