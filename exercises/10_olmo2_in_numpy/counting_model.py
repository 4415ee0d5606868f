"""A very small random OLMo 2 that counts the tokens it is given to read."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_scratch.exercises.run import record
from attention_scratch.models import ModelConfig, NumpyModel, SimpleKVCache
from attention_scratch.models.weights import LayerWeights, ModelWeights

CONFIG = ModelConfig(
    vocab_size=50,
    hidden_size=16,
    intermediate_size=32,
    num_hidden_layers=2,
    num_attention_heads=2,
    num_key_value_heads=1,
    max_position_embeddings=256,
    rms_norm_eps=1e-6,
    rope_theta=10000.0,
)


class CountingModel:
    """The face of a NumpyModel that decoding needs; every token read is recorded."""

    def __init__(self, model: NumpyModel) -> None:
        self._model = model
        self.tokens_read = 0

    def __deepcopy__(self, memo: dict[int, object]) -> CountingModel:
        return CountingModel(self._model)

    def new_cache(self) -> SimpleKVCache:
        """An empty cache for one sequence."""
        return self._model.new_cache()

    def step(self, ids: ArrayLike, cache: SimpleKVCache) -> NDArray[np.float32]:
        """Read ids (1, T) after what ``cache`` holds; logits (1, V) of the token to follow."""
        self._count(ids)
        return self._model.step(ids, cache)

    def logits(self, ids: ArrayLike) -> NDArray[np.float32]:
        """Logits (1, T, V) after every one of ids (1, T), without a cache."""
        self._count(ids)
        return self._model.logits(ids)

    def _count(self, ids: ArrayLike) -> None:
        self.tokens_read += int(np.size(ids))
        record(tokens_read=self.tokens_read)


def small_model() -> CountingModel:
    """A fresh counter around the same random weights."""
    return CountingModel(_random_model())


@cache
def _random_model() -> NumpyModel:
    rng = np.random.default_rng(0)

    def matrix(*shape: int) -> NDArray[np.float32]:
        return rng.normal(size=shape).astype(np.float32)

    width, inner, head = CONFIG.hidden_size, CONFIG.intermediate_size, CONFIG.head_dim
    layers = tuple(
        LayerWeights(
            qkv_proj=matrix(width + 2 * head, width),
            q_norm=np.ones(width, np.float32),
            k_norm=np.ones(head, np.float32),
            o_proj=matrix(width, width),
            post_attention_norm=np.ones(width, np.float32),
            gate_up_proj=matrix(2 * inner, width),
            down_proj=matrix(width, inner),
            post_feedforward_norm=np.ones(width, np.float32),
        )
        for _ in range(CONFIG.num_hidden_layers)
    )
    weights = ModelWeights(
        embed_tokens=matrix(CONFIG.vocab_size, width),
        layers=layers,
        norm=np.ones(width, np.float32),
        lm_head=matrix(CONFIG.vocab_size, width),
    )
    return NumpyModel(CONFIG, weights)
