"""CUDA C++ on a CPU: compile, launch, diagnose, count.

The same ``.cu`` source that runs on a GPU through CuPy is compiled by the machine's own C++
compiler and run on NumPy arrays, one CUDA thread after another, in an order one can choose. A
*fast* launch leaves the bounds of arrays to page protection; a *checked* one looks at every load
and store and says which thread did what wrong on which line. :func:`profile` counts memory traffic
exactly.

Covered is what a course on CUDA needs: grids and blocks, shared memory, barriers, warp operations,
atomics, 16-bit floats, tensor-core instructions, cooperative groups, asynchronous copies, inline
PTX. Anything else is refused by name with :class:`UnsupportedFeatureError`, or where it stands in
inline PTX, with a finding of the kind ``unsupported``.
"""

from attention_scratch.simt.counts import AccessCounts, LineCounts
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
from attention_scratch.simt.profiling import LaunchProfile, Profile, profile
from attention_scratch.simt.toolchain import ToolchainError
from attention_scratch.simt.tracing import Recording, Trace, trace

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
    "LineCounts",
    "Place",
    "Profile",
    "RawModule",
    "Recording",
    "ToolchainError",
    "Trace",
    "UnsupportedFeatureError",
    "launching",
    "profile",
    "trace",
]
