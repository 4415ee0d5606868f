"""What NVIDIA's compiler says of many kernels, in one run of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest


def complaints(code: str, folder: Path, architecture: str = "90a") -> str:
    """What nvcc and its assembler say of a source; empty if they take it.

    The assembler's input stays in ``folder`` as ``k.ptx``.
    """
    if shutil.which("nvcc") is None:
        pytest.skip("no nvcc on PATH")
    (folder / "k.cu").write_text(code, encoding="utf-8")
    options = ("-std=c++17", f"-arch=sm_{architecture}", "-cubin", "-w", "--keep")
    command = ("nvcc", *options, "-o", "k.cubin", "k.cu")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    words = done.stdout + done.stderr
    assert done.returncode == 0 or "error" in words, words
    return words if done.returncode else ""


def lines_at_fault(words: str) -> set[int]:
    """The lines of the source, counted from 1, of which there was a complaint."""
    return {int(line) for line in re.findall(r"^k\.cu\((\d+)\): error", words, re.MULTILINE)}


def kernels_at_fault(words: str, folder: Path) -> dict[str, str]:
    """What the assembler says, by the kernel in which it says it."""
    kernels, current = [""], ""
    for line in (folder / "k.ptx").read_text(encoding="utf-8").splitlines():
        entry = re.search(r"\.entry (\w+)", line)
        current = entry[1] if entry else current
        kernels.append(current)
    found = re.findall(r"line (\d+); (?:error|fatal) *: (.*)", words)
    return {kernels[int(line)]: what for line, what in found}
