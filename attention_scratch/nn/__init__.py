"""Neural-network arithmetic in NumPy, written to be read."""

from attention_scratch.nn import functional

__all__ = ["functional"]
