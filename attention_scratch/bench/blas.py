"""Which kernels NumPy's BLAS runs: a forgotten setting can halve its speed."""

from __future__ import annotations

import os
import sys

PINS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def without_pins(environment: dict[str, str]) -> dict[str, str]:
    """The environment without what keeps OpenBLAS from choosing its kernels for this processor."""
    return {name: value for name, value in environment.items() if name not in PINS}


def unpin() -> None:
    """Start this script again without those settings, if there are any: OpenBLAS reads them once.

    Call it first thing in a benchmark.
    """
    free = without_pins(dict(os.environ))
    if len(free) < len(os.environ):
        print(f"Measuring without {' and '.join(PINS)}, which pin NumPy's BLAS.", file=sys.stderr)
        sys.stderr.flush()
        os.execve(sys.executable, [sys.executable, *sys.argv], free)
