"""OLMo 2's forward pass, once per backend; ``load_model`` is the way in."""

from __future__ import annotations

from pathlib import Path

from attention_scratch.checkpoint import CheckpointFolder
from attention_scratch.errors import require
from attention_scratch.models.config import ModelConfig
from attention_scratch.models.kv_cache import SimpleKVCache
from attention_scratch.models.numpy_model import NumpyModel
from attention_scratch.models.weights import load_weights

__all__ = ["ModelConfig", "NumpyModel", "SimpleKVCache", "load_model"]

BACKENDS = ("numpy",)


def load_model(path: str | Path, backend: str = "numpy") -> NumpyModel:
    """Load a checkpoint folder in Hugging Face layout.

    Args:
        path: folder with ``config.json`` and ``model.safetensors`` (or shards and their index).
        backend: ``"numpy"``, computing in float32.

    Raises:
        MissingFileError: the folder, ``config.json`` or the weights are absent.
        InputError: an unknown backend, or files that are broken or do not fit together.
    """
    known = " or ".join(BACKENDS)
    require(backend in BACKENDS, "backend", backend, expected=known, remedy="Choose one of them.")
    folder = Path(path)
    weights = CheckpointFolder(folder)
    config = ModelConfig.from_file(folder / "config.json")
    return NumpyModel(config, load_weights(weights, config))
