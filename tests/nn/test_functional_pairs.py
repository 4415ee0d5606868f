"""Every pair of functions, forward and backward, against torch and its autograd."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_proof import FORWARD, GRADIENT, LEAST, assert_close

from attention_scratch.errors import InputError
from attention_scratch.nn import functional

Arrays = tuple[np.ndarray, ...]
EPS = 3e-4


@dataclasses.dataclass(frozen=True)
class Pair:
    """What is asked of one idea.

    Attributes:
        shapes: of the inputs; -1 stands for any leading axes.
        pure: inputs to result.
        forward: inputs to (result, what backward needs).
        backward: (gradient, inputs, what forward gave) to the gradients by all inputs.
        torch: the same on tensors.
    """

    shapes: tuple[tuple[int, ...], ...]
    pure: Callable[..., np.ndarray]
    forward: Callable[..., Arrays]
    backward: Callable[[np.ndarray, Arrays, Arrays], Arrays | np.ndarray]
    torch: Callable[..., torch.Tensor]


def activation(name: str, theirs: Callable[..., torch.Tensor], *, takes_input: bool) -> Pair:
    """One of ``f``, ``f_forward``, ``f_backward(grad, [x,] ...)``."""
    backward = getattr(functional, f"{name}_backward")
    return Pair(
        ((-1, 7),),
        getattr(functional, name),
        getattr(functional, f"{name}_forward"),
        lambda grad, inputs, found: (
            backward(grad, *inputs, *found[1:]) if takes_input else backward(grad, *found)
        ),
        theirs,
    )


def turned(pairing: str) -> Pair:
    """Rotary positions, in torch as complex numbers."""

    def table(x: np.ndarray) -> Any:
        return functional.rotary_table(
            x.shape[-2], x.shape[-1], theta=100.0, pairing=pairing, dtype=x.dtype
        )

    def theirs(x: torch.Tensor) -> torch.Tensor:
        T, D = x.shape[-2:]
        angles = torch.outer(torch.arange(T), 100.0 ** (-torch.arange(0, D, 2).double() / D))
        parts = x.chunk(2, -1) if pairing == "half" else (x[..., ::2], x[..., 1::2])
        turned = torch.complex(*(part.double() for part in parts)) * torch.exp(1j * angles)
        parts = turned.real.to(x.dtype), turned.imag.to(x.dtype)
        return torch.cat(parts, -1) if pairing == "half" else torch.stack(parts, -1).flatten(-2)

    return Pair(
        ((-1, 5, 6),),
        lambda x: functional.rotary(x, *table(x), pairing=pairing),
        lambda x: (functional.rotary(x, *table(x), pairing=pairing),),
        lambda grad, inputs, _: functional.rotary_backward(grad, *table(grad), pairing=pairing),
        theirs,
    )


def attended(*shapes: tuple[int, ...]) -> Pair:
    """Causal attention with a scale of its own."""
    options: dict[str, Any] = {"causal": True, "scale": 0.3}
    attention = functional.scaled_dot_product_attention

    def theirs(*tensors: torch.Tensor) -> torch.Tensor:
        T, S = tensors[0].shape[-2], tensors[1].shape[-2]
        mask = torch.ones(T, S, dtype=torch.bool).tril(S - T)
        leading = [t.shape[:-2] for t in tensors]
        wide = [t.expand(*torch.broadcast_shapes(*leading), *t.shape[-2:]) for t in tensors]
        return F.scaled_dot_product_attention(*wide, attn_mask=mask, scale=0.3)

    return Pair(
        shapes,
        lambda *x: attention(*x, **options),
        lambda *x: attention(*x, **options, return_weights=True),
        lambda grad, inputs, found: functional.scaled_dot_product_attention_backward(
            grad, *inputs, found[1], scale=0.3
        ),
        theirs,
    )


PAIRS = {
    "linear": Pair(
        ((-1, 7), (5, 7), (5,)),
        functional.linear,
        lambda *inputs: (functional.linear(*inputs),),
        lambda grad, inputs, _: functional.linear_backward(grad, *inputs[:2]),
        F.linear,
    ),
    "layer_norm": Pair(
        ((-1, 7), (7,), (7,)),
        lambda *inputs: functional.layer_norm(*inputs, eps=EPS),
        lambda *inputs: functional.layer_norm_forward(*inputs, eps=EPS),
        lambda grad, inputs, found: functional.layer_norm_backward(grad, *found[1:], inputs[1]),
        lambda x, weight, bias: F.layer_norm(x, (7,), weight, bias, EPS),
    ),
    "rms_norm": Pair(
        ((-1, 7), (7,)),
        lambda *inputs: functional.rms_norm(*inputs, eps=EPS),
        lambda *inputs: functional.rms_norm_forward(*inputs, eps=EPS),
        lambda grad, inputs, found: functional.rms_norm_backward(grad, *found[1:], inputs[1]),
        lambda x, weight: F.rms_norm(x, (7,), weight, EPS),
    ),
    "softmax": Pair(
        ((-1, 7),),
        functional.softmax,
        lambda x: (functional.softmax(x),),
        lambda grad, inputs, found: functional.softmax_backward(grad, *found),
        lambda x: F.softmax(x, -1),
    ),
    "relu": Pair(
        ((-1, 7),),
        functional.relu,
        lambda x: (functional.relu(x),),
        lambda grad, inputs, found: functional.relu_backward(grad, *found),
        F.relu,
    ),
    "silu": activation("silu", F.silu, takes_input=False),
    "mish": activation("mish", F.mish, takes_input=True),
    "gelu": activation("gelu", F.gelu, takes_input=True),
    "gelu_tanh": activation("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), takes_input=True),
    "swiglu": Pair(
        ((-1, 7), (-1, 7)),
        functional.swiglu,
        functional.swiglu_forward,
        lambda grad, inputs, found: functional.swiglu_backward(grad, inputs[1], *found[1:]),
        lambda gate, up: F.silu(gate) * up,
    ),
    "rotary, halves": turned("half"),
    "rotary, interleaved": turned("interleaved"),
    "attention": attended((-1, 4, 6), (-1, 5, 6), (-1, 5, 3)),
    "attention, shared keys": attended((-1, 2, 3, 4, 6), (-1, 2, 1, 5, 6), (-1, 2, 1, 5, 3)),
}


@pytest.mark.parametrize("name", list(PAIRS))
@settings(max_examples=15)
@given(
    st.integers(0, 2**32),
    st.sampled_from([(), (1,), (3, 2), (0,)]),
    st.sampled_from([np.float32, np.float64]),
)
def test_forward_and_backward_equal_torch_and_change_no_argument(name, seed, leading, dtype):
    pair, rng = PAIRS[name], np.random.default_rng(seed)
    shapes = [(*leading, *shape[1:]) if shape[0] == -1 else shape for shape in pair.shapes]
    inputs = tuple(np.asarray(rng.normal(size=shape), dtype) for shape in shapes)
    result, *found = pair.forward(*inputs)
    grad = np.asarray(rng.normal(size=result.shape), dtype)
    given_arrays = (*inputs, *found, result, grad)
    before = [each.copy() for each in given_arrays]
    np.testing.assert_array_equal(pair.pure(*inputs), result)
    grads = pair.backward(grad, inputs, (result, *found))
    grads = grads if isinstance(grads, tuple) else (grads,)
    for each, then in zip(given_arrays, before, strict=True):
        np.testing.assert_array_equal(each, then, "an argument was changed")

    tensors = [torch.tensor(each, requires_grad=True) for each in inputs]
    expected = pair.torch(*tensors)
    expected.backward(torch.from_numpy(grad))
    assert_close(result, expected.detach().numpy(), FORWARD[result.dtype], name)
    theirs = [tensor.grad.numpy() for tensor in tensors]
    least = LEAST[result.dtype] * max(float(np.abs(each).max(initial=0)) for each in theirs)
    for index, (mine, their) in enumerate(zip(grads, theirs, strict=True)):
        assert_close(mine, their, GRADIENT[result.dtype], f"{name} by {index}", least=least)


@settings(max_examples=30)
@given(
    st.integers(0, 2**32),
    st.sampled_from([(1,), (5,), (2, 3)]),
    st.sampled_from([0.0, 0.1]),
    st.booleans(),
    st.sampled_from([np.float32, np.float64]),
)
def test_cross_entropy_and_its_gradient_equal_torch(seed, leading, smoothing, ignores, dtype):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(*leading, 7)).astype(dtype)
    targets = rng.integers(0, 7, leading)
    targets.flat[0] = 3  # one that counts
    options: dict[str, Any] = {"label_smoothing": smoothing}
    options |= {"ignore_index": 2} if ignores else {}
    loss, log_p = functional.cross_entropy_forward(logits, targets, **options)
    kept = log_p.copy()
    grad = functional.cross_entropy_backward(log_p, targets, **options)
    np.testing.assert_array_equal(log_p, kept)
    assert functional.cross_entropy(logits, targets, **options) == loss

    tensor = torch.tensor(logits, requires_grad=True)
    expected = F.cross_entropy(
        tensor.reshape(-1, 7), torch.from_numpy(targets).reshape(-1), **options
    )
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=10 * FORWARD[logits.dtype])
    assert_close(grad, tensor.grad.numpy(), GRADIENT[logits.dtype], "logits")


def test_softmax_can_overwrite_its_scores() -> None:
    x = np.random.default_rng(0).normal(size=(3, 5))
    expected = functional.softmax(x)
    assert functional.softmax(x, out=x) is x
    np.testing.assert_array_equal(x, expected)


def test_a_table_can_be_rounded_as_transformers_rounds_it() -> None:
    cos, sin = functional.rotary_table(512, 32, theta=500000.0, rounded=np.float32)
    powers = torch.tensor(500000.0) ** (torch.arange(0, 32, 2, dtype=torch.int64).float() / 32)
    angles = torch.outer(torch.arange(512).float(), 1.0 / powers)
    for got, expected in ((cos[:, :16], angles.cos()), (sin[:, 16:], angles.sin())):
        assert got.dtype == np.float32
        # One unit in the last place of a power moves an angle of 512 by 3e-5.
        np.testing.assert_allclose(got, expected.numpy(), rtol=0, atol=4e-5)
    np.testing.assert_array_equal(sin[:, :16], -sin[:, 16:])


@pytest.mark.parametrize(
    "call",
    [
        lambda x: functional.linear(x, np.ones((4, 3))),
        lambda x: functional.rms_norm(x, np.ones(3), eps=EPS),
        lambda x: functional.layer_norm(x, np.ones(3), np.ones(3), eps=EPS),
        lambda x: functional.rotary(x, np.ones((2, 3)), np.ones((2, 3))),
    ],
)
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones((2, 5)), r"x: got shape \(2, 5\); expected \(\.\.\., 3\)"),
        (np.ones((2, 3), np.float32), "x: got dtype float32; expected float64, like (weight|cos)"),
        (np.ones((2, 3), int), "x: got dtype int64; expected float32 or float64"),
        ([1.0, 2.0, 3.0], "x: got a list; expected a NumPy array of float32 or float64"),
    ],
)
def test_an_input_that_does_not_fit_is_one_clear_error(call, x: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call(x)
