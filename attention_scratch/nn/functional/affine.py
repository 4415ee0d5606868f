"""The linear layer's arithmetic."""

from __future__ import annotations

from attention_scratch.arrays import Array, require_width
from attention_scratch.nn.reduce import over_rows


def linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """``x @ weight.T + bias``: (..., in) → (..., out); weights lie as in torch, (out, in).

    Raises:
        InputError: ``x`` has another width or dtype than the weight.
    """
    require_width(x, weight)
    rows = x.reshape(-1, x.shape[-1])  # one product for all positions
    y = rows @ weight.T
    if bias is not None:
        y += bias
    return y.reshape(*x.shape[:-1], len(weight))


def linear_backward(grad: Array, x: Array, weight: Array) -> tuple[Array, Array, Array]:
    """(..., out) → the gradients by x, (..., in), by weight, (out, in), and by bias, (out,).

    Weight and bias were used for every row, so theirs are sums over rows.
    """
    grad_rows = grad.reshape(-1, grad.shape[-1])
    rows = x.reshape(-1, x.shape[-1])
    grad_x = grad_rows @ weight
    grad_weight = grad_rows.T @ rows
    return grad_x.reshape(x.shape), grad_weight, over_rows(grad_rows)
