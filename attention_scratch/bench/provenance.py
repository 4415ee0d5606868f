"""Where and with what a number was measured: without it a number is an anecdote."""

from __future__ import annotations

import dataclasses
import datetime
import importlib.metadata
import platform
import subprocess
from typing import Any

import numpy as np
import psutil
from threadpoolctl import threadpool_info

from attention_scratch.config import settings

PACKAGES = ("numpy", "torch", "transformers", "tokenizers", "cupy-cuda13x")


@dataclasses.dataclass(frozen=True, slots=True)
class Provenance:
    """Machine, software and moment of a measurement."""

    device: str
    cpu: str
    cores: int
    memory_gib: int
    system: str
    python: str
    blas: str
    packages: dict[str, str]
    commit: str
    date: str


def provenance(device: str = "cpu") -> Provenance:
    """Describe this process; ``device`` names what the measured code ran on."""
    return Provenance(
        device=device,
        cpu=_cpu_name(),
        cores=psutil.cpu_count() or 1,
        memory_gib=round(psutil.virtual_memory().total / 2**30),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        blas=_blas(),
        packages=_versions(),
        commit=_commit(),
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
    )


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123
            names = [line.split(":", 1)[1].strip() for line in file if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def _blas() -> str:
    """The BLAS NumPy was built with and, for OpenBLAS, the kernels it chose at run time."""
    config: Any = np.show_config(mode="dicts")
    blas = config.get("Build Dependencies", {}).get("blas", {})
    chosen = [
        i for i in threadpool_info() if i.get("user_api") == "blas" and "numpy" in i["filepath"]
    ]
    kernels = chosen[0].get("architecture", "?") if chosen else "?"
    return f"{blas.get('name')} {blas.get('version')}, {kernels} kernels"


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(
            command, cwd=settings().root, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()
