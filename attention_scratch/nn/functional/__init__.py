"""Every idea as plain functions of NumPy arrays: a forward and a backward.

* ``f(...)`` is the forward pass, in the field's symbols, and returns the result alone.
* ``f_backward(grad, ...)`` takes the gradient of a scalar by that result and gives the gradients
  by its inputs, in their order.
* Where the way back needs what only the way there has computed, ``f_forward(...)`` returns that
  behind the result, and ``f_backward`` takes it.

Arrays are float32 or float64 and results keep the dtype; no argument is changed. Sizes: ``T``
queries, ``S`` keys, ``C`` model width, ``D`` numbers a query or key, ``Dv`` numbers a value, ``V``
classes; ``...`` stands for any leading axes. In float64 these functions are the reference every
other version in the book is held to.
"""

from attention_scratch.nn.functional.activation import (
    gelu,
    gelu_backward,
    gelu_forward,
    gelu_tanh,
    gelu_tanh_backward,
    gelu_tanh_forward,
    mish,
    mish_backward,
    mish_forward,
    relu,
    relu_backward,
    sigmoid,
    silu,
    silu_backward,
    silu_forward,
    swiglu,
    swiglu_backward,
    swiglu_forward,
)
from attention_scratch.nn.functional.affine import linear, linear_backward
from attention_scratch.nn.functional.attention import (
    attention_weights,
    attention_weights_backward,
    causal_mask,
    scaled_dot_product_attention,
    scaled_dot_product_attention_backward,
    sum_to,
)
from attention_scratch.nn.functional.normalization import (
    layer_norm,
    layer_norm_backward,
    layer_norm_forward,
    rms_norm,
    rms_norm_backward,
    rms_norm_forward,
)
from attention_scratch.nn.functional.probability import (
    cross_entropy,
    cross_entropy_backward,
    cross_entropy_forward,
    log_softmax,
    softmax,
    softmax_backward,
)
from attention_scratch.nn.functional.rotation import rotary, rotary_backward, rotary_table

__all__ = [
    "attention_weights",
    "attention_weights_backward",
    "causal_mask",
    "cross_entropy",
    "cross_entropy_backward",
    "cross_entropy_forward",
    "gelu",
    "gelu_backward",
    "gelu_forward",
    "gelu_tanh",
    "gelu_tanh_backward",
    "gelu_tanh_forward",
    "layer_norm",
    "layer_norm_backward",
    "layer_norm_forward",
    "linear",
    "linear_backward",
    "log_softmax",
    "mish",
    "mish_backward",
    "mish_forward",
    "relu",
    "relu_backward",
    "rms_norm",
    "rms_norm_backward",
    "rms_norm_forward",
    "rotary",
    "rotary_backward",
    "rotary_table",
    "scaled_dot_product_attention",
    "scaled_dot_product_attention_backward",
    "sigmoid",
    "silu",
    "silu_backward",
    "silu_forward",
    "softmax",
    "softmax_backward",
    "sum_to",
    "swiglu",
    "swiglu_backward",
    "swiglu_forward",
]
