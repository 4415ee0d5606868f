"""Softmax and log-softmax against torch, and where they are better behaved."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from attention_rounding import softmax_bound
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from attention_scratch.errors import InputError
from attention_scratch.nn.functional import log_softmax, softmax

DTYPES = (np.float32, np.float64)
SIZES = (1, 2, 31, 32, 33, 1000)


@st.composite
def scores(draw: st.DrawFn) -> np.ndarray:
    """Any shape, up to ±1e4, with some −inf, yet one finite score a row."""
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(hnp.array_shapes(max_dims=4, max_side=9))
    finite = st.floats(-1e4, 1e4, width=32)
    x = draw(hnp.arrays(dtype, shape, elements=st.one_of(finite, st.just(-np.inf))))
    x[..., draw(st.integers(0, shape[-1] - 1))] = draw(finite)
    return x


@given(scores())
def test_softmax_equals_torch(x: np.ndarray) -> None:
    expected = torch.softmax(torch.from_numpy(x), -1).numpy()
    got = softmax(x)
    assert got.dtype == x.dtype
    np.testing.assert_allclose(got, expected, rtol=0, atol=softmax_bound(x.shape[-1], x.dtype))


@given(scores())
def test_log_softmax_equals_torch(x: np.ndarray) -> None:
    # Off by the rounding of x − max, of the log of a sum of n terms, and of the subtraction.
    n, u = x.shape[-1], np.finfo(x.dtype).eps / 2
    expected = torch.log_softmax(torch.from_numpy(x), -1).numpy()
    got = log_softmax(x)
    assert got.dtype == x.dtype
    np.testing.assert_allclose(got, expected, rtol=4 * u, atol=2 * u * (n + 10))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_softmax_sums_to_one_along_any_axis(dtype: type, size: int, axis: int) -> None:
    shape = [2, 3, 2]
    shape[axis] = size
    x = np.random.default_rng(0).normal(size=shape).astype(dtype) * 100
    expected = torch.softmax(torch.from_numpy(x), axis).numpy()
    bound = softmax_bound(size, x.dtype)
    np.testing.assert_allclose(softmax(x, axis=axis), expected, rtol=0, atol=bound)
    np.testing.assert_allclose(softmax(x, axis=axis).sum(axis), 1, rtol=0, atol=bound * size)


@given(scores(), st.floats(-1e3, 1e3, width=16))
def test_softmax_does_not_change_when_a_constant_is_added(x: np.ndarray, shift: float) -> None:
    moved = x + x.dtype.type(shift)
    # Adding rounds each score once: d is the largest such error.
    largest = np.abs(moved[np.isfinite(moved)]).max()
    d = largest * np.finfo(x.dtype).eps
    bound = np.expm1(2 * d) + softmax_bound(x.shape[-1], x.dtype)
    np.testing.assert_allclose(softmax(moved), softmax(x), rtol=0, atol=bound)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1e4, 1e30, "largest"])
def test_softmax_survives_the_largest_scores_without_a_warning(dtype: type, size: object) -> None:
    top = np.finfo(dtype).max if size == "largest" else dtype(size)
    x = np.array([[top, 0, -top], [top, top, 0]], dtype=dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x[0, 2] = -top if size != "largest" else -np.inf  # max − (−max) is no number
        np.testing.assert_array_equal(softmax(x), [[1, 0, 0], [0.5, 0.5, 0]])


@pytest.mark.parametrize("dtype", DTYPES)
def test_log_softmax_keeps_what_softmax_rounds_to_zero(dtype: type) -> None:
    x = np.array([0.0, -2000.0], dtype=dtype)
    assert softmax(x)[1] == 0
    np.testing.assert_array_equal(log_softmax(x), [0, -2000])


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_row_without_any_score_gives_zeros_where_torch_gives_nan(dtype: type) -> None:
    x = np.array([[-np.inf, -np.inf], [0, -np.inf]], dtype=dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(softmax(x), [[0, 0], [1, 0]])
        np.testing.assert_array_equal(log_softmax(x), [[-np.inf, -np.inf], [0, -np.inf]])
    assert torch.softmax(torch.from_numpy(x), -1)[0].isnan().all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_nan_and_positive_infinity_give_nan_in_their_row_alone(function, bad: float) -> None:
    x = np.array([[0, bad, 1], [0, 1, 2]], dtype=np.float32)
    expected = getattr(torch, function.__name__)(torch.from_numpy(x), -1).numpy()
    got = function(x)
    assert np.isnan(got[0]).any()
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3)])
@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_empty_rows_give_empty_rows(function, shape: tuple[int, ...]) -> None:
    assert function(np.empty(shape, np.float32)).shape == shape


@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_the_argument_is_left_as_it_was(function) -> None:
    x = np.array([[1.0, 2.0, -np.inf]])
    before = x.copy()
    function(x)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("function", [softmax, log_softmax])
@pytest.mark.parametrize(
    ("x", "axis", "message"),
    [
        ([1.0, 2.0], -1, "x: got a list; expected a NumPy array of float32 or float64"),
        (np.arange(3), -1, "x: got dtype int64; expected float32 or float64"),
        (np.zeros(3, np.float16), -1, "x: got dtype float16"),
        (np.zeros(3, complex), -1, "x: got dtype complex128"),
        (np.float64(1.0), -1, "x: got a float64; expected a NumPy array"),
        (np.array(1.0), -1, r"x: got shape \(\); expected at least 1 axis"),
        (np.zeros((2, 3)), 2, r"axis: got 2; expected an integer from -2 to 1, for shape \(2, 3\)"),
        (np.zeros((2, 3)), -3, "axis: got -3"),
        (np.zeros((2, 3)), None, "axis: got None"),
    ],
)
def test_bad_input_is_one_clear_error(function, x: object, axis: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        function(x, axis=axis)
