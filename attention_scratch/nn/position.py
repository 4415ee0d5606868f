"""How a model learns where a token stands: vectors added, pairs rotated, or scores shifted."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike, NDArray

from attention_scratch.arrays import Array, require_array
from attention_scratch.errors import require
from attention_scratch.nn import checks, functional
from attention_scratch.nn.embedding import add_rows
from attention_scratch.nn.functional.rotation import Pairing
from attention_scratch.nn.layer import Layer


def sinusoidal(T: int, C: int, *, dtype: DTypeLike = np.float32) -> Array:
    """Sines and cosines of each position, wavelengths from 2π to 10000 · 2π.

    ``[t, 2i] = sin(t / 10000^(2i/C))`` and ``[t, 2i + 1]`` its cosine: section 3.5 of Vaswani et
    al. (2017).

    Returns:
        (T, C).

    Raises:
        InputError: a size that is none.
    """
    checks.size("T", T)
    checks.positive("C", C)
    angles = np.arange(T)[:, None] * 10000.0 ** (-np.arange(0, C, 2) / C)  # (T, C/2 rounded up)
    table = np.empty((T, C))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles[:, : C // 2])
    return table.astype(checks.float_dtype(dtype))


class LearnedPositions(Layer):
    """Adds a learned vector for each position.

    Args:
        max_positions: number of positions that have one.
        dim: C.
        std: deviation of the first values.
    """

    def __init__(
        self,
        max_positions: int,
        dim: int,
        *,
        rng: np.random.Generator,
        std: float = 1.0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        checks.positive("max_positions", max_positions)
        checks.positive("dim", dim)
        self._add_parameter("weight", rng.normal(0.0, std, (max_positions, dim)), dtype)

    def forward(self, x: Array) -> Array:
        """(..., T, C) → (..., T, C).

        Raises:
            InputError: more positions than there are vectors, or another width or dtype.
        """
        weight = self._params["weight"]
        like = ("weight", weight.dtype)
        T = require_array("x", x, "float (..., T, C)", like=like, C=weight.shape[1])["T"]
        require(
            len(weight) >= T,
            "x",
            f"{T} positions",
            expected=f"at most {len(weight)}, the number of learned positions",
            remedy="Cut the sequence, or build the model with a larger max_positions.",
        )
        self.save_for_backward()
        return x + weight[:T]

    def backward(self, grad: Array) -> Array:
        """(..., T, C), handed on; the vectors' gradient is its sum over the leading axes."""
        self.saved()
        T, C = grad.shape[-2:]
        self._grads["weight"][:T] += grad.reshape(math.prod(grad.shape[:-2]), T, C).sum(0)
        return grad


class Rotary(Layer):
    """Rotates pairs of numbers by an angle proportional to the position (Su et al. 2021).

    Pair i of a head turns by ``t · theta^(-2i/D)`` at position t. A dot product of a query and a
    key then depends on the distance of their positions alone.

    ``pairing="half"`` pairs element i with i + D/2, as Llama's and OLMo 2's weights expect in
    transformers; ``"interleaved"`` pairs 2i with 2i + 1, as the paper writes it. The two differ by
    a fixed order of the D numbers, so either trains as well, but weights made for one are wrong
    for the other.

    Args:
        dim: D, even.
        theta: base of the wavelengths.
    """

    def __init__(
        self,
        dim: int,
        *,
        theta: float = 10000.0,
        pairing: Pairing = "half",
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        checks.positive("dim", dim)
        checks.above_zero("theta", theta)
        checks.choice("pairing", pairing, ("half", "interleaved"))
        remedy = "Choose heads so that their width is even."
        require(dim % 2 == 0, "dim", dim, expected="an even number, for pairs", remedy=remedy)
        self.dim = dim
        self.theta = theta
        self.pairing = pairing
        self.dtype = checks.float_dtype(dtype)
        self._table = self._longer_table(0)
        self._turn = self._table

    def forward(self, x: Array, positions: NDArray[np.integer] | None = None) -> Array:
        """(..., T, D) → (..., T, D).

        Args:
            x: queries or keys; ``T`` may be any axis but the last if ``positions`` says so.
            positions: integers that broadcast against all axes of ``x`` but the last; 0 to T - 1
                when left out.

        Raises:
            InputError: another width or dtype than the layer was built for.
        """
        require_array("x", x, "float (..., D)", like=("the table", self.dtype), D=self.dim)
        if positions is None:
            positions = np.arange(x.shape[-2])
        last, (cos, sin) = int(positions.max(initial=-1)), self._table
        if last >= len(cos):
            cos, sin = self._table = self._longer_table(max(last + 1, 2 * len(cos)))
        self._turn = cos[positions], sin[positions]
        return functional.rotary(x, *self._turn, pairing=self.pairing)

    def backward(self, grad: Array) -> Array:
        """(..., T, D), turned back by the angles of the last forward.

        A rotation needs nothing of its input, so this may be called more than once.
        """
        return functional.rotary_backward(grad, *self._turn, pairing=self.pairing)

    def _longer_table(self, length: int) -> tuple[Array, Array]:
        return functional.rotary_table(
            length, self.dim, theta=self.theta, pairing=self.pairing, dtype=self.dtype
        )


class Alibi(Layer):
    """Lowers each score by the distance of query and key times the head's own slope.

    "Attention with linear biases" (Press et al. 2021). Nothing is learned. The paper's models look
    back only; here keys after the query are lowered by their distance as well.

    Args:
        heads: H.
    """

    def __init__(self, heads: int, *, dtype: DTypeLike = np.float32) -> None:
        super().__init__()
        checks.positive("heads", heads)
        self.heads = heads
        self.dtype = checks.float_dtype(dtype)

    def forward(self, T: int, S: int) -> Array:
        """(H, T, S), to be added to the scores."""
        return alibi_bias(self.heads, T, S, dtype=self.dtype)

    def backward(self, grad: Array) -> None:
        """Nothing to learn from the (H, T, S) gradient."""


def alibi_bias(H: int, T: int, S: int, *, dtype: DTypeLike = np.float32) -> Array:
    """``-slope[h] · |distance|``, (H, T, S); the last query stands at the last key.

    The slopes of H = 8 heads are 1/2, 1/4, …, 1/256: a geometric series that starts at its own
    ratio, ``2^(-8/H)``. Where H is no power of 2, the series of the next lower power is followed
    by every other term of the series of twice that power, as in the authors' code.
    """
    power = 2 ** math.floor(math.log2(H))
    slopes = 2.0 ** (-8 / power * np.arange(1, power + 1))
    between = 2.0 ** (-4 / power * np.arange(1, 2 * (H - power), 2))
    distance = np.abs(_distances(T, S))
    bias = -np.concatenate([slopes, between])[:, None, None] * distance
    return bias.astype(checks.float_dtype(dtype))


class RelativePosition(Layer):
    """Adds to each score a learned number for the head and the distance of query and key.

    One number a head, as in T5 (Raffel et al. 2019); distances beyond ``max_distance`` count as
    that, as in Shaw et al. (2018). It starts at zero.

    Args:
        heads: H.
        max_distance: farthest distance told apart, either way.
    """

    def __init__(
        self, heads: int, *, max_distance: int = 16, dtype: DTypeLike = np.float32
    ) -> None:
        super().__init__()
        checks.positive("heads", heads)
        checks.positive("max_distance", max_distance)
        self.max_distance = max_distance
        self._add_parameter("weight", np.zeros((heads, 2 * max_distance + 1)), dtype)

    def forward(self, T: int, S: int) -> Array:
        """(H, T, S), to be added to the scores; the last query stands at the last key."""
        limit = self.max_distance
        column = np.clip(_distances(T, S), -limit, limit) + limit  # (T, S)
        self.save_for_backward(column)
        return self._params["weight"][:, column]

    def backward(self, grad: Array) -> None:
        """(H, T, S): each number's gradient is the sum over the places that used it."""
        (column,) = self.saved()
        by_place = np.ascontiguousarray(grad.reshape(len(grad), column.size).T)  # (T S, H)
        add_rows(self._grads["weight"].T, column.reshape(-1), by_place)


def _distances(T: int, S: int) -> NDArray[np.int64]:
    """(T, S): how far before the query each key stands."""
    return np.arange(S - T, S)[:, None] - np.arange(S)
