"""Generated expressions: of the task, balanced, repeatable, never in two splits."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_scratch.errors import InputError
from attention_scratch.tasks.operations import (
    OPERATIONS,
    SPLITS,
    TASKS,
    Expression,
    Task,
    distinct,
    evaluate,
    expressions,
    parse,
    split_of,
)
from tests.tasks.operations.strategies import EXPRESSIONS

MANY = 6_000


def sample(
    task: str | Task, count: int = MANY, *, seed: int = 0, **options: Any
) -> list[Expression]:
    task = TASKS[task] if isinstance(task, str) else task
    return list(
        itertools.islice(expressions(task, rng=np.random.default_rng(seed), **options), count)
    )


def assert_uniform(values: Iterable[Hashable], kinds: Iterable[Hashable]) -> None:
    """Pearson's statistic within five standard deviations of its mean under equal chances."""
    counts, kinds = Counter(values), list(kinds)
    assert counts.keys() <= set(kinds)
    expected = counts.total() / len(kinds)
    statistic = sum((counts[kind] - expected) ** 2 for kind in kinds) / expected
    freedom = len(kinds) - 1
    assert abs(statistic - freedom) < 5 * math.sqrt(2 * freedom) + 5, counts


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_operations_operands_and_answers_are_balanced(task: Task) -> None:
    drawn = sample(task, split=None)
    assert_uniform((e.operation for e in drawn), OPERATIONS)
    assert_uniform(map(evaluate, drawn), range(task.largest + 1))
    for operation in OPERATIONS:
        counts = [len(e.operands) for e in drawn if e.operation == operation]
        assert_uniform(counts, range(1 + (operation == "Second"), task.operands + 1))
        answers = [evaluate(e) for e in drawn if e.operation == operation]
        assert_uniform(answers, range(task.largest + 1))


@pytest.mark.parametrize("place", ["the largest", "the smallest"])
def test_the_deciding_operand_may_stand_anywhere(place: str) -> None:
    operation, pick = ("Max", max) if place == "the largest" else ("Min", min)
    drawn = [e for e in sample("double", split=None) if e.operation == operation]
    four = [e.operands for e in drawn if len(e.operands) == 4]
    once = [found for found in four if found.count(pick(found)) == 1]
    assert_uniform((found.index(pick(found)) for found in once), range(4))


def test_every_depth_is_equally_frequent_and_exact_when_asked_for() -> None:
    assert_uniform((e.depth for e in sample("nested", split=None)), (1, 2, 3))
    for depth in (1, 2, 3):
        assert {e.depth for e in sample("nested", 300, depth=depth)} == {depth}


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_everything_drawn_is_of_the_task_and_can_be_parsed(task: Task, balanced: bool) -> None:
    for expression in sample(task, 1_000, balanced=balanced):
        task.check(expression)
        assert parse(str(expression), largest=task.largest) == expression


def test_unbalanced_numbers_are_uniform_and_the_answers_are_not() -> None:
    drawn = sample("digits", split=None, balanced=False)
    assert_uniform((n for e in drawn for n in e.numbers()), range(10))
    largest = Counter(evaluate(e) for e in drawn if e.operation == "Max")
    assert largest[9] > 5 * largest[4]


def test_the_same_seed_gives_the_same_expressions_and_another_seed_others() -> None:
    assert sample("nested", 200, seed=1) == sample("nested", 200, seed=1)
    assert sample("nested", 200, seed=1) != sample("nested", 200, seed=2)


def test_no_expression_is_in_two_splits() -> None:
    drawn = {split: set(sample("digits", 1_000, split=split)) for split in SPLITS}
    for one, other in itertools.combinations(SPLITS, 2):
        assert not drawn[one] & drawn[other]
    for split, found in drawn.items():
        assert {split_of(expression) for expression in found} == {split}


def test_the_splits_are_eight_one_and_one_tenths() -> None:
    found = distinct(TASKS["double"], MANY, rng=np.random.default_rng(0), split=None)
    counts = Counter(map(split_of, found))
    for split, share in (("train", 0.8), ("validation", 0.1), ("test", 0.1)):
        assert abs(counts[split] - share * MANY) < 5 * math.sqrt(MANY * share * (1 - share))


def test_splits_are_the_same_on_every_machine() -> None:
    known = {"Max(3,5,7)": "validation", "Min(4)": "train", "Last(1,3)": "test"}
    assert {text: split_of(parse(text)) for text in known} == known


@settings(max_examples=50)
@given(EXPRESSIONS)
def test_equal_expressions_are_in_the_same_split(expression: Expression) -> None:
    assert split_of(parse(str(expression))) == split_of(expression)


def test_distinct_expressions_are_all_different() -> None:
    found = distinct(TASKS["digits"], 500, rng=np.random.default_rng(0))
    assert len(set(found)) == len(found) == 500
    assert distinct(TASKS["digits"], 0, rng=np.random.default_rng(0)) == []


def test_more_distinct_expressions_than_there_are_is_refused() -> None:
    tiny = Task("tiny", largest=1, operands=2, depth=1)  # 4 of one operand, 5 * 4 of two: 28
    with pytest.raises(InputError, match=r"count: got 40; expected at most about 2\d"):
        distinct(tiny, 40, rng=np.random.default_rng(0), split=None)
    with pytest.raises(InputError, match="count: got -1"):
        distinct(tiny, -1, rng=np.random.default_rng(0))


@pytest.mark.parametrize("depth", [0, 4])
def test_a_depth_the_task_does_not_have_is_refused_at_once(depth: int) -> None:
    with pytest.raises(InputError, match=r"depth: got .*1 to 3 in the task 'nested'"):
        expressions(TASKS["nested"], rng=np.random.default_rng(0), depth=depth)


def test_an_unknown_split_is_refused_at_once() -> None:
    unknown: Any = "dev"
    with pytest.raises(InputError, match="split: got dev; expected train, validation, test"):
        expressions(TASKS["digits"], rng=np.random.default_rng(0), split=unknown)


@pytest.mark.parametrize(
    ("task", "text", "message"),
    [
        ("digits", "Max(10)", r"numbers of Max\(10\): got 10; .*at most 9.*'double' has such"),
        ("digits", "Max(Min(1))", "levels of .* got 2; .*at most 1.*'nested' has such"),
        ("nested", "Max(1,2,3,4,5)", "operands of one operation .* got 5; .*'digits' has such"),
        ("double", "Max(Min(10))", "levels of .*No shipped task goes that far"),
    ],
)
def test_an_expression_of_another_task_is_refused_with_the_task_that_has_it(
    task: str, text: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        TASKS[task].check(parse(text))


@pytest.mark.parametrize(
    ("sizes", "field"),
    [
        ({"largest": 100}, "largest"),
        ({"largest": 0}, "largest"),
        ({"operands": 1}, "operands"),
        ({"depth": 17}, "depth"),
        ({"depth": True}, "depth"),
    ],
)
def test_impossible_tasks_cannot_be_made(sizes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=f"{field}: got"):
        Task(**{"name": "own", "largest": 9, "operands": 4, "depth": 1, **sizes})


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1))
def test_any_seed_draws_expressions_of_the_split_asked_for(seed: int) -> None:
    assert split_of(sample("nested", 1, seed=seed, split="test")[0]) == "test"
