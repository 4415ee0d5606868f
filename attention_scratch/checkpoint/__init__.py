"""Weights on disk: safetensors files and folders in Hugging Face layout."""

from attention_scratch.checkpoint.dtypes import bfloat16_to_float32, float32_to_bfloat16
from attention_scratch.checkpoint.folder import CheckpointFolder
from attention_scratch.checkpoint.safetensors import SafetensorsFile, TensorInfo, load_file
from attention_scratch.checkpoint.write import save_file

__all__ = [
    "CheckpointFolder",
    "SafetensorsFile",
    "TensorInfo",
    "bfloat16_to_float32",
    "float32_to_bfloat16",
    "load_file",
    "save_file",
]
