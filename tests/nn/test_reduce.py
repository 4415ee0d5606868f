"""Sums as matrix products against NumPy's own sums in float64."""

from __future__ import annotations

import numpy as np
import pytest

from attention_scratch.nn.reduce import mean_product, over_rows, row_means

SHAPES = [(3,), (1, 1), (5, 3), (2, 0, 4), (2, 3, 64), (1500, 7)]
ROUNDING = {np.float32: 2.0**-24, np.float64: 2.0**-53}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ROUNDING)
def test_sums_and_means_are_numpys(shape: tuple[int, ...], dtype: type) -> None:
    x = np.random.default_rng(0).normal(size=shape).astype(dtype)
    exact = x.astype(np.longdouble)
    leading = tuple(range(x.ndim - 1))
    for got, expected, sizes, terms in (
        (over_rows(x), exact.sum(leading), np.abs(exact).sum(leading), x[..., 0].size),
        (
            row_means(x),
            exact.mean(-1, keepdims=True),
            np.abs(exact).mean(-1, keepdims=True),
            shape[-1] + 1,
        ),
        (
            mean_product(x, x),
            (exact * exact).mean(-1, keepdims=True),
            (exact * exact).mean(-1, keepdims=True),
            shape[-1] + 2,
        ),
    ):
        assert got.dtype == dtype
        assert got.shape == expected.shape
        assert (np.abs(got - expected) <= terms * ROUNDING[dtype] * sizes).all()


def test_equal_numbers_are_their_own_mean() -> None:
    x = np.full((2, 48), 3.0, np.float32)
    np.testing.assert_array_equal(row_means(x), np.full((2, 1), 3.0))


def test_a_view_is_summed_as_well() -> None:
    x = np.arange(24.0).reshape(2, 3, 4).swapaxes(0, 1)
    np.testing.assert_array_equal(over_rows(x), x.sum((0, 1)))
    np.testing.assert_array_equal(row_means(x[..., ::2]), x[..., ::2].mean(-1, keepdims=True))
