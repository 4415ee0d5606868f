"""bfloat16 rounding against torch, bit for bit."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from attention_scratch.checkpoint import bfloat16_to_float32, float32_to_bfloat16


@given(st.lists(st.floats(width=32), min_size=1, max_size=50))
def test_rounding_to_bfloat16_equals_torch(values: list[float]) -> None:
    array = np.array(values, np.float32)
    expected = torch.from_numpy(array).bfloat16()
    ours = bfloat16_to_float32(float32_to_bfloat16(array))
    np.testing.assert_array_equal(ours, expected.float().numpy())


def test_every_bfloat16_survives_the_round_trip() -> None:
    bits = np.arange(2**16, dtype=np.uint16)
    back = float32_to_bfloat16(bfloat16_to_float32(bits))
    is_nan = np.isnan(bfloat16_to_float32(bits))
    np.testing.assert_array_equal(back[~is_nan], bits[~is_nan])
    assert np.isnan(bfloat16_to_float32(back[is_nan])).all()


def test_ties_go_to_the_even_neighbor() -> None:
    tie_down, tie_up = np.float32(1 + 2**-8), np.float32(1 + 3 * 2**-8)
    rounded = bfloat16_to_float32(float32_to_bfloat16(np.array([tie_down, tie_up])))
    assert rounded.tolist() == [1.0, 1.015625]
