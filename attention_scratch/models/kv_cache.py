"""Keys and values of the positions already seen, so that each is computed once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attention_scratch.errors import require


class SimpleKVCache:
    """Room for ``capacity`` positions of ``batch`` sequences in every layer, float32, in one piece.

    Keys are stored after RoPE, as OLMo 2 does: a cached key never needs its position again.

    Args:
        layers: of the model.
        batch: sequences, which all have the same length.
        heads: key-value heads K of a layer.
        capacity: most positions S.
        head_dim: numbers D of a key, and of a value.
    """

    def __init__(
        self, *, layers: int, batch: int, heads: int, capacity: int, head_dim: int
    ) -> None:
        shape = (layers, batch, heads, capacity, head_dim)
        self._keys = np.empty(shape, np.float32)  # (layers, B, K, S, D)
        self._values = np.empty(shape, np.float32)
        self.length = 0

    @property
    def capacity(self) -> int:
        """Positions there is room for."""
        return self._keys.shape[3]

    @property
    def batch(self) -> int:
        """Number of sequences."""
        return self._keys.shape[1]

    @property
    def nbytes(self) -> int:
        """Bytes held, used or not."""
        return self._keys.nbytes + self._values.nbytes

    def require_room(self, positions: int) -> None:
        """Refuse positions that do not fit.

        Raises:
            InputError: ``length + positions`` exceeds the capacity.
        """
        require(
            self.length + positions <= self.capacity,
            "positions",
            f"{positions} after {self.length} cached",
            expected=f"at most {self.capacity} in all",
            remedy="Make a cache of greater capacity, or shorten the prompt.",
        )

    def extend(
        self, layer: int, keys: NDArray[np.float32], values: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Append (B, K, T, D) to one layer and return all of it, (B, K, S, D) views.

        ``length`` moves when the last layer has been extended; see :meth:`advance`.
        """
        end = self.length + keys.shape[2]
        self._keys[layer, :, :, self.length : end] = keys
        self._values[layer, :, :, self.length : end] = values
        return self._keys[layer, :, :, :end], self._values[layer, :, :, :end]

    def advance(self, positions: int) -> None:
        """Count ``positions`` as seen, once every layer holds them."""
        self.length += positions
