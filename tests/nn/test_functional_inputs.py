"""The causal mask, and what attention answers to arguments that do not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from attention_scratch.errors import InputError
from attention_scratch.nn.functional import causal_mask, scaled_dot_product_attention


@pytest.mark.parametrize("T", [0, 1, 2, 31, 32, 33])
@pytest.mark.parametrize("S", [0, 1, 2, 31, 32, 33])
def test_causal_mask_hides_the_future_of_the_last_positions(T: int, S: int) -> None:
    expected = torch.ones(T, S, dtype=torch.bool).tril(S - T).numpy()
    got = causal_mask(T, S)
    assert got.dtype == bool
    np.testing.assert_array_equal(got, expected)


def test_causal_mask_is_square_when_only_one_size_is_given() -> None:
    np.testing.assert_array_equal(causal_mask(2), [[True, False], [True, True]])


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((-1,), "T: got -1; expected an integer, 0 or more"),
        ((2, -3), "S: got -3"),
        ((2.0,), "T: got 2.0"),
        (("2",), "T: got '2'"),
        ((np.zeros(2), 2), "T: got "),
    ],
)
def test_a_size_that_is_no_count_is_one_clear_error(sizes: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        causal_mask(*sizes)


def zeros(*shape: int, dtype: type = np.float32) -> np.ndarray:
    return np.zeros(shape, dtype)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"query": [[1.0]]}, "query: got a list; expected a NumPy array of float32 or float64"),
        ({"key": torch.zeros(2, 5, 4)}, "key: got a Tensor; expected a NumPy array"),
        ({"value": zeros(2, 5, 4, dtype=np.int32)}, "value: got dtype int32"),
        ({"key": zeros(2, 5, 4, dtype=np.float64)}, "key: got dtype float64; expected float32"),
        ({"query": zeros(4)}, r"query: got shape \(4,\); expected at least 2 axes"),
        ({"query": zeros(2, 3, 0), "key": zeros(2, 5, 0)}, r"query: got shape \(2, 3, 0\)"),
        ({"key": zeros(2, 5, 6)}, r"key: got shape \(2, 5, 6\); expected \(..., S, 4\)"),
        ({"value": zeros(2, 6, 4)}, r"value: got shape \(2, 6, 4\); expected \(..., 5, Dv\)"),
        ({"key": zeros(3, 5, 4)}, r"leading axes: got query \(2, 3, 4\), key \(3, 5, 4\)"),
        ({"value": zeros(3, 5, 4)}, r"leading axes: got .*value \(3, 5, 4\)"),
        ({"mask": np.zeros((3, 5))}, "mask: got dtype float64; expected a NumPy array of bool"),
        ({"mask": [[True] * 5] * 3}, "mask: got a list; expected a NumPy array of bool"),
        ({"mask": np.ones((5, 3), bool)}, r"mask: got shape \(5, 3\); .*\(2, 3, 5\)"),
        ({"mask": np.ones((7, 2, 3, 5), bool)}, r"mask: got shape \(7, 2, 3, 5\)"),
        ({"scale": float("nan")}, "scale: got nan; expected a finite number"),
        ({"scale": float("inf")}, "scale: got inf"),
        ({"scale": "0.5"}, "scale: got '0.5'"),
        ({"scale": np.zeros(2)}, "scale: got array"),
    ],
)
def test_bad_input_is_one_clear_error(changed: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {
        "query": zeros(2, 3, 4),
        "key": zeros(2, 5, 4),
        "value": zeros(2, 5, 4),
    }
    scaled_dot_product_attention(**arguments)
    with pytest.raises(InputError, match=message):
        scaled_dot_product_attention(**{**arguments, **changed})
