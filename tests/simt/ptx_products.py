"""Forms of mma.sync, a kernel for each, and how matrices lie in the registers of a warp."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np

from tests.simt.elementwise import Array


@dataclasses.dataclass(frozen=True)
class Product:
    """One form of mma.sync: shape, types of D, A, B, C, and what a warp's registers hold."""

    m: int
    k: int
    result: str
    a: str
    b: str
    modifier: str = ""

    def __str__(self) -> str:
        return f"m{self.m}n8k{self.k}{self.modifier}.{self.result}.{self.a}.{self.b}"

    @property
    def each(self) -> int:
        """Elements of A in a register."""
        return {"f16": 2, "bf16": 2, "tf32": 1, "f64": 1, "s8": 4, "u8": 4}[self.a]

    @property
    def counts(self) -> tuple[int, int, int]:
        """Registers of C (and D), A and B."""
        of_c = self.m // 8 if self.result == "f16" else self.m // 4
        return of_c, self.m // 8 * self.k // (4 * self.each), self.k // (4 * self.each)

    @property
    def register(self) -> tuple[str, str, str, str]:
        """C++ type and constraint of a register of C, then of A and B."""
        kind = {"f32": ("float", "f"), "f64": ("double", "d"), "s32": ("int", "r")}
        of_c = kind.get(self.result, ("unsigned", "r"))
        return *of_c, *(of_c if self.a == "f64" else ("unsigned", "r"))

    @property
    def name(self) -> str:
        """The kernel's name."""
        return "mma_" + str(self).replace(".", "_")

    @property
    def code(self) -> str:
        """A kernel of one warp: lane l has registers l, l + 32, … of each matrix."""
        of_c, of_a, of_b = self.counts
        c_type, c_constraint, type_, constraint = self.register
        groups = [of_c, of_a, of_b, of_c]
        numbers = iter(range(sum(groups)))
        texts = ["{" + ", ".join(f"%{next(numbers)}" for _ in range(n)) + "}" for n in groups]
        outs = ", ".join(f'"={c_constraint}"(d[{i}])' for i in range(of_c))
        ins = [f'"{constraint}"(a[32 * {i} + l])' for i in range(of_a)]
        ins += [f'"{constraint}"(b[32 * {i} + l])' for i in range(of_b)]
        ins += [f'"{c_constraint}"(c[32 * {i} + l])' for i in range(of_c)]
        types = f"{self.result}.{self.a}.{self.b}.{self.result}"
        return f"""
extern "C" __global__ void {self.name}(
    const {type_}* a, const {type_}* b, const {c_type}* c, {c_type}* out) {{
  const int l = threadIdx.x;
  {c_type} d[{of_c}];
  asm volatile("mma.sync.aligned.m{self.m}n8k{self.k}.row.col{self.modifier}.{types} "
               "{texts[0]}, {texts[1]}, {texts[2]}, {texts[3]};"
               : {outs} : {", ".join(ins)});
  for (int i = 0; i < {of_c}; ++i) out[32 * i + l] = d[i];
}}
"""


FLOATS = [
    *(Product(16, k, result, "f16", "f16") for k in (8, 16) for result in ("f16", "f32")),
    *(Product(16, k, "f32", "bf16", "bf16") for k in (8, 16)),
    *(Product(16, k, "f32", "tf32", "tf32") for k in (4, 8)),
    Product(8, 4, "f64", "f64", "f64"),
]
BYTES = [
    Product(16, k, "s32", a, b, modifier)
    for k in (16, 32)
    for a, b in itertools.product(("s8", "u8"), repeat=2)
    for modifier in ("", ".satfinite")
]


def lanes_of(rows: int, columns: int, each: int, element: Array) -> Array:
    """A matrix as the registers of a warp hold A and, transposed, B: (registers, lanes, each)."""
    halves, blocks = rows // 8, columns // (4 * each)
    parts = element.reshape(halves, 8, blocks, 4, each)  # half, g, block, t, element
    return parts.transpose(2, 0, 1, 3, 4).reshape(halves * blocks, 32, each)


def result_lanes(matrix: Array) -> Array:
    """A matrix (M, 8) as the registers of a warp hold C and D: (M / 8, lanes, 2)."""
    return matrix.reshape(-1, 8, 4, 2).reshape(-1, 32, 2)


def bfloat(values: Array) -> Array:
    """The bits of values that bfloat16 holds."""
    bits = values.astype(np.float32).view(np.uint32)
    assert not np.any(bits & 0xFFFF)
    return (bits >> 16).astype(np.uint16)


def packed(values: Array, kind: str) -> Array:
    """Elements (registers, lanes, each) as words (registers, lanes)."""
    if kind == "f64":
        return values[..., 0].astype(np.float64)
    bits: Any = (
        bfloat(values)
        if kind == "bf16"
        else values.astype(
            {
                "f16": np.float16,
                "tf32": np.float32,
                "f32": np.float32,
                "s8": np.int8,
                "u8": np.uint8,
            }[kind]
        )
    )
    return np.ascontiguousarray(bits).view(np.uint32)[..., 0]
