"""The project's CUDA kernels: loaded from ``cuda/``, run on a GPU or on the CPU emulator.

:func:`load` gives the raw kernel of any step; :func:`vector_add` and :func:`saxpy` check their
arguments and launch the best one. :func:`steps` says of each what it must compute and what it
costs.
"""

from attention_scratch.kernels.module import Function, Module, compile_source, load, names
from attention_scratch.kernels.registry import Cost, LaunchShape, Step, step, steps
from attention_scratch.kernels.vector import saxpy, vector_add

__all__ = [
    "Cost",
    "Function",
    "LaunchShape",
    "Module",
    "Step",
    "compile_source",
    "load",
    "names",
    "saxpy",
    "step",
    "steps",
    "vector_add",
]
