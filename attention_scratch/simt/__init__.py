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

Four rooms, each importing only from those before it: :mod:`~attention_scratch.simt.runtime` is the
C++ that runs kernels and the structures shared with it; ``compile`` makes a source into a loaded
shared object; ``report`` turns what the runtime wrote into findings, counters and recordings;
``launch`` uses all three: its ``Launch`` is one launch from arguments to report. ``errors`` stands
before them: the words they share.
"""

from attention_scratch.simt.compile.toolchain import ToolchainError
from attention_scratch.simt.errors import (
    CompileError,
    Conflict,
    Finding,
    KernelError,
    LaunchError,
    Place,
    UnsupportedFeatureError,
)
from attention_scratch.simt.launch.module import Kernel, RawModule
from attention_scratch.simt.launch.options import LaunchOptions, launching
from attention_scratch.simt.report.counts import AccessCounts, LineCounts
from attention_scratch.simt.report.profiling import LaunchProfile, Profile, profile
from attention_scratch.simt.report.tracing import Recording, Trace, trace

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
