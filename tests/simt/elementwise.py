"""Device functions applied to arrays, one thread an element, to be compared with an oracle."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attention_scratch import simt

Array = np.ndarray[Any, Any]

TYPES: dict[str, Any] = {
    "int": np.int32,
    "unsigned": np.uint32,
    "long long": np.int64,
    "unsigned long long": np.uint64,
    "float": np.float32,
    "double": np.float64,
    "short": np.int16,
    "unsigned short": np.uint16,
}
KERNEL = """
extern "C" __global__ void {kernel}({parameters}, {result}* out, int n) {{
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  {values}
  out[i] = {expression};
}}
"""


@dataclasses.dataclass(frozen=True)
class Function:
    """A C++ expression in ``a``, ``b``, ``c`` and the types of these and of its result."""

    expression: str
    types: tuple[str, ...]
    result: str

    def __str__(self) -> str:
        return self.expression

    def kernel(self, index: int) -> str:
        """The text of a kernel that computes it."""
        names = "abc"[: len(self.types)]
        return KERNEL.format(
            kernel=f"k{index}",
            parameters=", ".join(
                f"const {t}* {x}s" for t, x in zip(self.types, names, strict=True)
            ),
            result=self.result,
            values=" ".join(
                f"const {t} {x} = {x}s[i];" for t, x in zip(self.types, names, strict=True)
            ),
            expression=self.expression,
        )


@dataclasses.dataclass(frozen=True)
class Functions:
    """Several of them, compiled as one module."""

    functions: tuple[Function, ...]
    include: str = ""

    @property
    def code(self) -> str:
        """The source of the module."""
        return self.include + "".join(f.kernel(i) for i, f in enumerate(self.functions))

    def compiled(self) -> simt.RawModule:
        """The module."""
        return simt.RawModule(code=self.code)

    def apply(self, module: simt.RawModule, function: Function, *arguments: Array) -> Array:
        """What the function makes of each row of the arguments."""
        n = arguments[0].size
        given = [
            np.ascontiguousarray(x, TYPES[t])
            for x, t in zip(arguments, function.types, strict=True)
        ]
        out = np.zeros(n, TYPES[function.result])
        kernel = module.get_function(f"k{self.functions.index(function)}")
        kernel((-(-n // 128),), (128,), (*given, out, np.int32(n)))
        return out


def compile_with_nvcc(code: str, folder: Path) -> None:
    """Compile for a GPU: what the emulator takes must be CUDA C++ to NVIDIA's compiler too."""
    if shutil.which("nvcc") is None:
        pytest.skip("nvcc is not installed")
    source = folder / "module.cu"
    source.write_text(code, encoding="utf-8")
    command = ["nvcc", "-std=c++17", "-arch=sm_80", "-ptx", "-o", str(folder / "module.ptx")]
    done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
