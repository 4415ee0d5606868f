"""Holds a layer to somebody else's arithmetic: forward to torch, gradients to autograd, and both
gradients to central differences, which know nothing of either's formulas.

"Relative" is relative to the largest number of the array compared: one rounding error in a sum of
large numbers that cancel is large beside the small result, in any implementation. For the same
reason a gradient that is small throughout (a query's, where there is one key: 0) counts as a share
of the layer's largest: a hundredth, and in float32, where the few terms of a layer of one weight
may cancel down to the tolerance, a tenth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from attention_scratch.nn import Layer

FORWARD = {np.dtype(np.float32): 1e-6, np.dtype(np.float64): 1e-12}
GRADIENT = {np.dtype(np.float32): 1e-5, np.dtype(np.float64): 1e-10}
LEAST = {np.dtype(np.float32): 0.1, np.dtype(np.float64): 0.01}
STEP = 1e-5
DIFFERENCES = 1e-6

Reference = Callable[..., torch.Tensor]


def assert_close(
    got: np.ndarray, expected: np.ndarray, tolerance: float, what: str, *, least: float = 0.0
) -> None:
    """Same dtype and shape, and nowhere further apart than ``tolerance`` of the largest number,
    or of ``least`` where that is larger."""
    assert got.dtype == expected.dtype, f"{what}: {got.dtype} where torch has {expected.dtype}"
    assert got.shape == expected.shape, f"{what}: {got.shape} where torch has {expected.shape}"
    scale = max(float(np.abs(expected).max(initial=0)), least) or 1.0
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * scale, err_msg=what)


def prove(
    layer: Layer,
    reference: Reference,
    *inputs: np.ndarray,
    options: Mapping[str, Any] | None = None,
    rng: np.random.Generator,
    differences: bool = True,
) -> None:
    """``layer.forward(*inputs)`` equals ``reference(params, *inputs)``, and so do all gradients.

    ``reference`` takes the layer's parameters as tensors by name, then the inputs as tensors;
    ``options`` go to the layer's forward only. In float64 every gradient is also compared with
    a central difference along a random direction, unless ``differences`` is False.
    """
    options = options or {}
    dtype = inputs[0].dtype
    before = [x.copy() for x in inputs]
    got = layer.forward(*inputs, **options)
    params = {name: torch.tensor(p, requires_grad=True) for name, p in layer.params.items()}
    tensors = [torch.tensor(x, requires_grad=True) for x in inputs]
    expected = reference(params, *tensors)
    assert_close(got, expected.detach().numpy(), FORWARD[dtype], "forward")

    upstream = rng.normal(size=got.shape).astype(dtype)
    upstream_before = upstream.copy()
    layer.zero_grad()
    grads = layer.backward(upstream)
    grads = grads if isinstance(grads, tuple) else (grads,)
    expected.backward(torch.from_numpy(upstream_before))
    np.testing.assert_array_equal(upstream, upstream_before, "backward changed its argument")
    for x, then in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(x, then, "the layer changed its input")
    theirs = {f"input {i}": x.grad.numpy() for i, x in enumerate(tensors)}
    theirs |= {name: param.grad.numpy() for name, param in params.items()}
    ours = {f"input {i}": grad for i, grad in enumerate(grads)} | dict(layer.grads)
    least = LEAST[dtype] * max(float(np.abs(grad).max(initial=0)) for grad in theirs.values())
    for name, grad in theirs.items():
        assert_close(ours[name], grad, GRADIENT[dtype], f"gradient of {name}", least=least)

    if differences and dtype == np.float64:

        def value() -> float:
            return float((layer.forward(*inputs, **options) * upstream).sum())

        for index, (x, mine) in enumerate(zip(inputs, grads, strict=True)):
            assert_differences(value, x, mine, rng, f"input {index}")
        for name, param in layer.params.items():
            assert_differences(value, param, layer.grads[name], rng, name)


def assert_differences(
    value: Callable[[], float],
    x: np.ndarray,
    grad: np.ndarray,
    rng: np.random.Generator,
    what: str,
) -> None:
    """``grad`` along a random direction is how ``value`` changes when ``x`` moves along it."""
    if x.size == 0:
        return
    direction = rng.normal(size=x.shape)
    kept = x.copy()
    x += STEP * direction
    above = value()
    x[...] = kept - STEP * direction
    below = value()
    x[...] = kept
    slope = (above - below) / (2 * STEP)
    scale = max(1.0, float(np.abs(grad * direction).sum()), abs(above))
    along = float((grad * direction).sum())
    assert abs(slope - along) < DIFFERENCES * scale, f"{what}: {along} but differences say {slope}"
