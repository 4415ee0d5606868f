"""CUDA C++ on a CPU: compile, launch, diagnose, count.

The same ``.cu`` source that runs on a GPU through CuPy is compiled by the machine's own C++
compiler and run on NumPy arrays, one CUDA thread after another, in an order one can choose. A
*fast* launch leaves the bounds of arrays to page protection; a *checked* one looks at every load
and store and says which thread did what wrong on which line. :func:`profile` counts memory traffic
exactly.

Covered: one- to three-dimensional grids and blocks, device functions, templates, structures, vector
types, ``printf`` and ``assert``. Anything else of CUDA (shared memory, barriers, warp operations,
atomics, PTX, 16-bit floats) is refused by name with :class:`UnsupportedFeatureError`.
"""

from attention_scratch.simt.errors import (
    CompileError,
    Conflict,
    Finding,
    KernelError,
    LaunchError,
    Place,
    UnsupportedFeatureError,
)
from attention_scratch.simt.module import Kernel, RawModule
from attention_scratch.simt.options import LaunchOptions, launching
from attention_scratch.simt.profiling import AccessCounts, LaunchProfile, Profile, profile
from attention_scratch.simt.toolchain import ToolchainError

__all__ = [
    "AccessCounts",
    "CompileError",
    "Conflict",
    "Finding",
    "Kernel",
    "KernelError",
    "LaunchError",
    "LaunchOptions",
    "LaunchProfile",
    "Place",
    "Profile",
    "RawModule",
    "ToolchainError",
    "UnsupportedFeatureError",
    "launching",
    "profile",
]
