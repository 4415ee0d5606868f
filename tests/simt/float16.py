"""16-bit floating-point formats as exact arithmetic knows them, and kernels that use them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from attention_scratch import simt

Bits = npt.NDArray[np.uint16]
Values = npt.NDArray[np.float64]
Expressions = dict[str, tuple[str, str, str]]  # types of a, b, c; type of the result; expression
NAN = 0x7FFF
ALL = np.arange(1 << 16, dtype=np.uint32).astype(np.uint16)

# To a whole number, in each rounding mode.
WHOLE: dict[str, Callable[[Any], Any]] = {
    "rn": np.rint,
    "rz": np.trunc,
    "rd": np.floor,
    "ru": np.ceil,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Format:
    """A binary format of 16 bits and what CUDA calls it."""

    name: str  # as in __float2half_rn
    header: str
    type: str
    pair: str
    fraction_bits: int
    least_exponent: int  # of the normal numbers

    @property
    def greatest(self) -> float:
        """The largest finite number."""
        return (2 - 2.0**-self.fraction_bits) * 2.0 ** (1 - self.least_exponent)

    def values(self, bits: npt.NDArray[Any]) -> Values:
        """What the bits mean."""
        if self.fraction_bits == 10:
            exact = bits.astype(np.uint16).view(np.float16)
        else:
            exact = (bits.astype(np.uint32) << 16).view(np.float32)
        with np.errstate(invalid="ignore"):
            return np.where(np.isnan(exact), np.nan, exact.astype(np.float64))  # all NaN are quiet

    def bits(self, values: npt.ArrayLike) -> Bits:
        """The bits of values that the format holds; every NaN becomes the canonical one."""
        exact = np.asarray(values, np.float64)
        if self.fraction_bits == 10:
            bits = exact.astype(np.float16).view(np.uint16)
        else:
            bits = (exact.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
        assert np.array_equal(self.values(bits), exact, equal_nan=True)
        return np.where(np.isnan(exact), NAN, bits).astype(np.uint16)

    def rounded(self, values: npt.ArrayLike, mode: str = "rn") -> Values:
        """Values rounded once to the format: scaling by powers of two and rounding to a whole."""
        exact = np.asarray(values, np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            exponent = np.maximum(np.frexp(exact)[1] - 1, self.least_exponent)
            unit = np.ldexp(1.0, exponent - self.fraction_bits)
            result = np.where(np.isfinite(exact), WHOLE[mode](exact / unit) * unit, exact)
            inward = {"rn": False, "rz": True, "rd": result > 0, "ru": result < 0}[mode]
            limit = np.where(np.isfinite(exact) & inward, self.greatest, np.inf)
            too_large = np.abs(result) > self.greatest
        return np.where(too_large, np.copysign(limit, result), result)

    def rounded_fraction(self, exact: Fraction, mode: str = "rn") -> float:
        """A nonzero rational number rounded once to the format, in whole-number arithmetic."""
        size = abs(exact)
        exponent = size.numerator.bit_length() - size.denominator.bit_length()
        exponent = max(exponent - (size < Fraction(2) ** exponent), self.least_exponent)
        unit = Fraction(2) ** (exponent - self.fraction_bits)
        below, rest = divmod(size / unit, 1)
        outward = {"rd": exact < 0, "ru": exact > 0, "rz": False}.get(mode)
        if outward is None:
            outward = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and below % 2 == 1)
        result = (below + (1 if rest and outward else 0)) * unit
        if result > self.greatest:
            inward = mode != "rn" and not outward
            return float(np.copysign(self.greatest if inward else np.inf, float(exact > 0) - 0.5))
        return float(np.copysign(float(result), float(exact > 0) - 0.5))

    def array(self, bits: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The bits as an array a kernel's pointer to this type accepts."""
        bits = np.ascontiguousarray(bits, np.uint16)
        return bits.view(np.float16) if self.fraction_bits == 10 else bits


HALF = Format("half", "cuda_fp16.h", "__half", "__half2", 10, -14)
BFLOAT16 = Format("bfloat16", "cuda_bf16.h", "__nv_bfloat16", "__nv_bfloat162", 7, -126)
FORMATS = (HALF, BFLOAT16)


def hostile(form: Format) -> Bits:
    """Bits at every edge of the format, with both signs."""
    infinity = int(form.bits(np.inf))
    one, least = int(form.bits(1.0)), 1 << form.fraction_bits
    edges = [0, 1, 2, least - 1, least, least + 1, 3 * least // 2, one - 2, one - 1, one, one + 1]
    edges += [one + 2, one + least // 2, one + least - 1, one + least, infinity - 2, infinity - 1]
    edges += [infinity, infinity + 1, 0x7FFF]
    return np.array(edges + [e | 0x8000 for e in edges], np.uint16)


def operands(form: Format, count: int, number: int, seed: int) -> list[Bits]:
    """``number`` arrays of bits: every combination of edges, then ``count`` random ones."""
    rng = np.random.default_rng(seed)
    edges = hostile(form)[:: 1 if number < 3 else 3]
    grid = [g.ravel() for g in np.meshgrid(*[edges] * number, indexing="ij")]
    drawn = rng.integers(0, 1 << 16, (number, count), np.uint16)
    # Half of the random ones lie between 2**-6 and 2**6, so that sums cancel and do not drown.
    low, high = (int(form.bits(2.0**e)) for e in (-6, 6))
    signs = rng.integers(0, 2, (number, count), np.uint16) << 15
    near = rng.integers(low, high, (number, count), np.uint16) | signs
    drawn = np.where(np.arange(count) % 2, drawn, near)
    return [np.concatenate([g, d]).astype(np.uint16) for g, d in zip(grid, drawn, strict=True)]


@dataclasses.dataclass(frozen=True, slots=True)
class Kernels:
    """Elementwise kernels out[i] = expression(a[i], b[i], c[i]) over one 16-bit type."""

    form: Format
    expressions: Expressions
    module: Any

    def __call__(
        self, name: str, out: npt.DTypeLike, *inputs: npt.NDArray[Any]
    ) -> npt.NDArray[Any]:
        """Run one on inputs of one length; those of the 16-bit type are given as bits."""
        result = np.zeros(len(inputs[0]), out)
        types = [*self.expressions[name][0].split(", "), self.expressions[name][1]]
        arrays = [
            self.form.array(x) if kind == "T" else x
            for x, kind in zip((*inputs, result), types, strict=True)
        ]
        kernel = self.module.get_function(f"k_{name}")
        kernel(-(-len(result) // 256), 256, (*arrays, np.int32(len(result))))
        return arrays[-1].view(out)


def source(form: Format, expressions: Expressions) -> str:
    """A kernel k_<name> for each expression, in which ``T`` and ``T2`` are the type and its pair.

    ``NAME`` is what CUDA's functions call the type.
    """
    lines = [f"#include <{form.header}>", f"using T = {form.type};", f"using T2 = {form.pair};"]
    for name, (inputs, result, expression) in expressions.items():
        letters = list(zip("abc", inputs.split(", "), strict=False))
        parameters = ", ".join(f"const {kind}* {x}_" for x, kind in letters)
        loads = " ".join(f"const {kind} {x} = {x}_[i];" for x, kind in letters)
        lines += [
            f'extern "C" __global__ void k_{name}({parameters}, {result}* out, int n) {{',
            "  const int i = blockIdx.x * blockDim.x + threadIdx.x;",
            f"  if (i < n) {{ {loads} out[i] = {expression.replace('NAME', form.name)}; }}",
            "}",
        ]
    return "\n".join(lines) + "\n"


@cache
def compiled(code: str, checked: bool = False) -> Any:
    """The module of a source, compiled once."""
    return simt.RawModule(code, checked=checked)


def kernels_of(form: Format, expressions: Expressions) -> Kernels:
    """The kernels of ``expressions``, compiled once."""
    return Kernels(form, expressions, compiled(source(form, expressions)))


def assert_same_bits(got: npt.NDArray[Any], want: npt.NDArray[Any], *inputs: Any) -> None:
    """Fail with the first element that differs, and what it was made of."""
    wrong = np.flatnonzero(got != want)
    if wrong.size:
        i = int(wrong[0])
        made_of = ", ".join(f"{x[i]:#06x}" if x.dtype == np.uint16 else repr(x[i]) for x in inputs)
        raise AssertionError(
            f"{wrong.size} of {got.size} differ, the first at {i}: {got[i]:#x}, "
            f"expected {want[i]:#x}, from {made_of}"
        )
