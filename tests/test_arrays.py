"""One-line demands on arrays: what they give, and what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attention_scratch.arrays import require_array
from attention_scratch.errors import InputError


def test_a_demand_gives_the_sizes_by_letter() -> None:
    x = np.zeros((2, 3, 5, 8), np.float32)
    assert require_array("x", x, "float (..., T, C)", C=8) == {"C": 8, "T": 5}
    assert require_array("x", x, "float32 (B, H, T, D)") == {"B": 2, "H": 3, "T": 5, "D": 8}
    assert require_array("x", x, "float (...)") == {}


@pytest.mark.parametrize(
    ("x", "demand", "sizes", "message"),
    [
        ([1.0], "float (...)", {}, "x: got a list; expected a NumPy array of float32 or float64"),
        (np.zeros(2, int), "float (...)", {}, "x: got dtype int64; expected float32 or float64"),
        (np.zeros(2), "float32 (...)", {}, "x: got dtype float64; expected float32"),
        (np.zeros(2), "int (N)", {}, "x: got dtype float64; expected a NumPy array of integers"),
        (np.zeros(2), "bool (N)", {}, "x: got dtype float64; expected a NumPy array of bool"),
        (np.zeros(2), "float (..., T, C)", {}, r"got shape \(2,\); expected at least 2 axes, \("),
        (np.zeros((2, 3)), "float (N)", {}, r"x: got shape \(2, 3\); expected 1 axis, \(N\)"),
        (np.zeros((2, 3)), "float (..., C)", {"C": 4}, r"shape \(2, 3\); expected \(\.\.\., 4\)"),
        (np.zeros((2, 3)), "float (..., T, C)", {"C": 4}, r"expected \(\.\.\., T, 4\)"),
    ],
)
def test_what_does_not_fit_is_named(x: Any, demand: str, sizes: dict[str, int], message: str):
    with pytest.raises(InputError, match=message):
        require_array("x", x, demand, **sizes)
