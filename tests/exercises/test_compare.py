"""What counts as the same output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from attention_scratch.exercises.compare import as_array, close, difference, identical

X = np.array([1.0, 2.0, 3.0])


@dataclass
class Pair:
    left: Any
    right: Any


def kind(got: Any, want: Any, rtol: float = 1e-9, atol: float = 0.0) -> str | None:
    found = difference(got, want, rtol=rtol, atol=atol)
    return None if found is None else found.kind


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (X, X),
        (X.astype(np.float32), X),
        (np.array([1, 2, 3]), X),
        (3, 3.0),
        (np.float32(3), 3.0),
        (np.array(3.0), 3.0),
        ((X, X), (X, X)),
        ([X, X], (X, X)),
        ({"k": X, "v": 2}, {"k": X, "v": 2}),
        (Pair(X, 1), Pair(X, 1)),
        ([1, 2, 3], [1, 2, 3]),
        (np.array([1, 2, 3]), [1, 2, 3]),
        (np.array([np.nan, 1.0]), np.array([np.nan, 1.0])),
        (np.array([np.inf, -np.inf]), np.array([np.inf, -np.inf])),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        ("text", "text"),
        (None, None),
        (np.array([True]), np.array([True])),
        (np.uint8(3), 3),
        (1 + 2j, 1 + 2j),
        ([], []),
    ],
)
def test_these_agree(got: Any, want: Any) -> None:
    assert kind(got, want) is None


@pytest.mark.parametrize(
    ("got", "want", "expected"),
    [
        (None, X, "none"),
        ((X, None), (X, X), "none"),
        ([1.0, 2.0, 3.0], X, "type"),
        ("text", X, "type"),
        (np.array(["a"]), X, "type"),
        (np.array([object()]), X, "type"),
        (X, (X, X), "type"),
        (iter([X]), [X], "type"),
        ((X,), (X, X), "type"),
        ({"k": X}, {"k": X, "v": X}, "type"),
        ({"k": X, "q": X, "v": X}, {"k": X, "v": X}, "type"),
        ([X], {"k": X}, "type"),
        (3, Pair(X, 1), "type"),
        (3, "three", "type"),
        (X[:2], X, "shape"),
        (X[None], X, "shape"),
        (X[:1], 1.0, "shape"),
        ([1, 2], [1, 2, 3], "shape"),
        (np.array([1.0, 2.0]), np.array([1, 2]), "dtype"),
        (np.array([1, 0]), np.array([True, False]), "dtype"),
        (np.array([True, True]), np.array([1, 1]), "dtype"),
        (X.astype(complex), X, "dtype"),
        (np.array([1.0, np.nan]), np.array([1.0, 2.0]), "not-finite"),
        (np.array([1.0, np.inf]), np.array([1.0, 2.0]), "not-finite"),
        (np.array([1.0, 2.0]), np.array([1.0, np.nan]), "values"),
        (np.array([np.inf]), np.array([-np.inf]), "values"),
        (X + 1e-3, X, "values"),
        ([1, 2, 4], [1, 2, 3], "values"),
        ("a", "b", "values"),
        (np.array([2**53 + 1]), np.array([2**53]), "values"),
        (Pair(X, 2), Pair(X, 1), "values"),
    ],
)
def test_these_differ(got: Any, want: Any, expected: str) -> None:
    assert kind(got, want) == expected


def test_the_most_basic_difference_is_told_first() -> None:
    assert kind((X + 1, X[:2], None), (X, X, X)) == "none"
    assert kind((X + 1, X[:2]), (X, X)) == "shape"


def test_a_difference_says_where_in_nested_output_it_is() -> None:
    found = difference(({"k": X}, {"k": X + 1}), ({"k": X}, {"k": X}), rtol=0, atol=0)
    assert found is not None
    assert found.where == "[1]['k']"


def test_only_wrong_positions_are_masked() -> None:
    found = difference(np.array([1.0, 9.0, 3.0]), X, rtol=1e-9, atol=0)
    assert found is not None
    assert found.mask.tolist() == [False, True, False]


def test_tolerance_is_absolute_plus_relative_to_the_reference() -> None:
    assert kind(np.array([1.09]), np.array([1.0]), rtol=0.05, atol=0.05) is None
    assert kind(np.array([1.11]), np.array([1.0]), rtol=0.05, atol=0.05) == "values"


def test_an_object_whose_comparison_raises_is_of_the_wrong_type() -> None:
    class Hostile(str):
        def __eq__(self, other: object) -> bool:
            raise RuntimeError("no")

        __hash__ = str.__hash__

    assert kind(Hostile("a"), "a") == "type"


@pytest.mark.slow  # it imports torch
def test_a_torch_tensor_counts_as_the_array_it_holds() -> None:
    torch = pytest.importorskip("torch")
    assert kind(torch.tensor([1.0, 2.0, 3.0], requires_grad=True), X, rtol=1e-6) is None
    assert kind(torch.tensor([1.0, 2.0, 3.0], dtype=torch.bfloat16), X) is None


@given(hnp.arrays(np.float64, hnp.array_shapes(max_dims=3), elements=st.floats(-1e6, 1e6)))
def test_closeness_is_numpys_own(x: np.ndarray[Any, Any]) -> None:
    y = x * (1 + 1e-7) + 1e-8
    for rtol, atol in ((1e-6, 0.0), (1e-8, 0.0), (0.0, 1e-8), (1e-7, 1e-8)):
        np.testing.assert_array_equal(
            close(y, x, rtol=rtol, atol=atol), np.isclose(y, x, rtol=rtol, atol=atol)
        )


@pytest.mark.parametrize("value", ["text", None, object(), [1.0], np.array(["a"])])
def test_what_is_no_number_is_no_array(value: Any) -> None:
    assert as_array(value) is None


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (np.array([np.nan]), np.array([np.nan]), True),
        (np.array([0.0]), np.array([-0.0]), False),
        ([np.ones(2)], [np.ones(2)], True),
        ([1, 2], [1], False),
        ({"a": np.ones(1)}, {"a": np.zeros(1)}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        (Pair(np.ones(1), 0), Pair(np.zeros(1), 0), False),
        ([1, 2], [1, 3], False),
        ("abc", "abc", True),
    ],
)
def test_identical_looks_inside_containers(before: Any, after: Any, same: bool) -> None:
    assert identical(before, after) is same
