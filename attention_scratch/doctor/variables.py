"""The one place where the doctor looks at exported variables.

The project's own settings come from ``attention_scratch.config``, and nothing else reads the
environment. These are not settings of ours: they steer other people's libraries, and a forgotten
one explains a slow matrix product or an invisible GPU. They are reported, never obeyed.
"""

from __future__ import annotations

import os

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
BLAS = ("OPENBLAS_CORETYPE", *THREADS)
CUDA = ("CUDA_PATH", "CUDA_HOME", "CUDA_VISIBLE_DEVICES")


def exported() -> dict[str, str]:
    """The variables above that are set, with their values."""
    return {name: os.environ[name] for name in (*BLAS, *CUDA) if name in os.environ}
