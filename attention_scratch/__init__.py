"""attention-scratch: from a NumPy softmax to a serving engine on CUDA kernels you wrote."""

__version__ = "0.1.0"
