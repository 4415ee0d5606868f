"""Cross-entropy against torch, autograd and central differences."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_proof import FORWARD, GRADIENT, assert_close, assert_differences

from attention_scratch.errors import InputError
from attention_scratch.nn import CrossEntropy


def torchs(logits: np.ndarray, targets: np.ndarray, **options) -> tuple[float, np.ndarray]:
    """torch's loss and its gradient by the logits."""
    tensor = torch.tensor(logits, requires_grad=True)
    rows = tensor.reshape(-1, logits.shape[-1])
    loss = F.cross_entropy(rows, torch.tensor(targets).reshape(-1), **options)
    loss.backward()
    return loss.item(), tensor.grad.numpy()


@settings(max_examples=60)
@given(
    st.integers(0, 2**32),
    st.sampled_from([(1,), (3,), (2, 5), (2, 1, 3)]),
    st.sampled_from([1, 2, 9, 33]),
    st.sampled_from([0.0, 0.1, 0.9]),
    st.sampled_from([None, -100, 0]),
    st.sampled_from([np.float32, np.float64]),
)
def test_cross_entropy_equals_torch(seed, leading, V, smoothing, ignored, dtype) -> None:
    rng = np.random.default_rng(seed)
    logits = (rng.normal(size=(*leading, V)) * 3).astype(dtype)
    targets = rng.integers(0, V, leading)
    if ignored is not None:
        targets[rng.random(leading) < 0.3] = ignored
        targets.flat[0] = V - 1
    theirs = {} if ignored is None else {"ignore_index": ignored}
    if ignored == 0 and V == 1:
        return  # every target is ignored; a test of its own
    loss = CrossEntropy(label_smoothing=smoothing, ignore_index=ignored)
    kept = logits.copy(), targets.copy()
    got, grad = loss.forward(logits, targets), loss.backward()
    expected, expected_grad = torchs(logits, targets, label_smoothing=smoothing, **theirs)
    assert isinstance(got, float)
    assert abs(got - expected) <= FORWARD[logits.dtype] * max(1.0, abs(expected))
    assert_close(grad, expected_grad, GRADIENT[logits.dtype], "gradient of logits")
    np.testing.assert_array_equal(logits, kept[0])
    np.testing.assert_array_equal(targets, kept[1])
    if dtype == np.float64:
        assert_differences(lambda: loss.forward(logits, targets), logits, grad, rng, "logits")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_extreme_logits_equal_torch_without_a_warning(dtype: type, smoothing: float) -> None:
    logits = np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [1e4, 1e4, 1e4], [0, 0, -1e4]], dtype)
    targets = np.array([1, 0, 2, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss = CrossEntropy(label_smoothing=smoothing)
        got, grad = loss.forward(logits, targets), loss.backward()
    expected, expected_grad = torchs(logits, targets, label_smoothing=smoothing)
    assert got == pytest.approx(expected, rel=FORWARD[logits.dtype])
    assert_close(grad, expected_grad, GRADIENT[logits.dtype], "gradient of logits")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_forbidden_class_equals_torch(dtype: type) -> None:
    logits = np.array([[0.0, -np.inf, 1.0], [-np.inf, 2.0, -np.inf]], dtype)
    loss = CrossEntropy()
    got, grad = loss.forward(logits, np.array([2, 1])), loss.backward()
    expected, expected_grad = torchs(logits, np.array([2, 1]))
    assert got == pytest.approx(expected, rel=1e-6)
    assert_close(grad, expected_grad, GRADIENT[logits.dtype], "gradient of logits")
    assert loss.forward(logits, np.array([1, 1])) == np.inf  # the forbidden one was right


def test_where_no_target_counts_loss_and_gradient_are_zero() -> None:
    loss = CrossEntropy(ignore_index=7)
    assert loss.forward(np.ones((2, 3)), np.array([7, 7])) == 0.0
    np.testing.assert_array_equal(loss.backward(), np.zeros((2, 3)))
    assert loss.forward(np.ones((0, 3)), np.zeros(0, int)) == 0.0
    assert loss.backward().shape == (0, 3)


@pytest.mark.parametrize(
    ("logits", "targets", "message"),
    [
        (np.zeros((2, 3)), np.array([0, 3]), r"targets\[1\]: got 3; expected an integer from 0"),
        (np.zeros((2, 3)), np.array([-100, 0]), r"targets\[0\]: got -100"),
        (np.zeros((2, 3)), np.array([0]), r"targets: got shape \(1,\); expected \(2,\)"),
        (np.zeros((2, 3)), np.eye(3, dtype=int)[:2], r"targets: got shape \(2, 3\)"),
        (np.zeros((2, 3)), np.zeros(2), "targets: got dtype float64"),
        (np.zeros((2, 3), int), np.zeros(2, int), "logits: got dtype int64"),
        (np.zeros((2, 3)), [0, 1], "targets: got a list"),
    ],
)
def test_cross_entropy_names_what_does_not_fit(logits, targets, message: str) -> None:
    with pytest.raises(InputError, match=message):
        CrossEntropy().forward(logits, targets)


@pytest.mark.parametrize("value", [1.0, -0.1, "0.1", True, float("nan")])
def test_smoothing_is_a_probability(value) -> None:
    with pytest.raises(InputError, match=r"label_smoothing: got .* to below 1"):
        CrossEntropy(label_smoothing=value)


def test_backward_before_forward_is_an_error() -> None:
    with pytest.raises(InputError, match="no forward of this CrossEntropy"):
        CrossEntropy().backward()
