"""Checks the arguments of a launch against the kernel's parameters and packs them."""

from __future__ import annotations

import ctypes as c
import dataclasses
import itertools
import struct
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from attention_scratch.simt.errors import LaunchError
from attention_scratch.simt.runtime import abi

Array = npt.NDArray[np.generic]
_NAMES = {"i": "int", "u": "uint", "f": "float", "p": "pointer"}
_dtype = cache(np.dtype)
ALIGNMENT = 16  # of each argument: a structure may need it


@dataclasses.dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a kernel, as the compiled side has it.

    Attributes:
        field: how errors name it: ``saxpy, argument 1 (a)``, counted from 0.
        kind: ``p`` pointer, ``i`` signed, ``u`` unsigned, ``f`` floating, ``b`` bool,
            ``s`` structure; of a pointer, ``element_kind`` is that of what it points to, or ``v``.
    """

    name: str
    field: str
    kind: str
    size: int
    element_kind: str
    element_size: int
    read_only: bool

    @property
    def type_name(self) -> str:
        """The NumPy type it takes: of the value, or of the array's elements."""
        if self.kind != "p":
            return _name(self.kind, self.size)
        if self.element_kind in "vs":
            return f"any type ({self.element_size}-byte structures)"
        return _name(self.element_kind, self.element_size)


@dataclasses.dataclass(frozen=True, slots=True)
class Signature:
    """A kernel's name and parameters."""

    kernel: str
    parameters: tuple[Parameter, ...]

    @classmethod
    def read(cls, kernel: str, names: Sequence[str], entry: abi.KernelEntry) -> Signature:
        """From the compiled side's word; ``names`` are the source's."""
        found = entry.parameters[: entry.parameter_count]
        if len(names) != len(found):
            names = [f"#{i}" for i in range(len(found))]
        return cls(
            kernel,
            tuple(
                Parameter(
                    name,
                    f"{kernel}, argument {i} ({name})",
                    p.kind.decode(),
                    p.size,
                    p.element_kind.decode(),
                    p.element_size,
                    bool(p.element_is_const),
                )
                for i, (name, p) in enumerate(zip(names, found, strict=True))
            ),
        )


@dataclasses.dataclass(slots=True)
class ArrayArgument:
    """One distinct array of a launch, which several parameters may point to."""

    host: Array
    name: str
    granule: int
    read_only: bool
    slots: list[int]


@dataclasses.dataclass(frozen=True, slots=True)
class Packed:
    """Arguments ready to launch: values by position, and the arrays among them."""

    values: list[bytes]  # of a pointer: empty
    arrays: tuple[ArrayArgument, ...]

    def block(self, addresses: Iterable[int]) -> tuple[c.c_char, int, int]:
        """Pointers to the arguments, then the arguments, each at a multiple of 16 bytes.

        Args:
            addresses: where the arrays are.

        Returns:
            What keeps the memory alive, and its address and size.
        """
        values = list(self.values)
        for array, address in zip(self.arrays, addresses, strict=True):
            for slot in array.slots:
                values[slot] = address.to_bytes(8, sys.byteorder)
        pieces = [value + bytes(-len(value) % ALIGNMENT) for value in values]
        table = -(-8 * len(pieces) // ALIGNMENT) * ALIGNMENT
        size = table + sum(map(len, pieces))
        raw = bytearray(size + ALIGNMENT)
        holder = c.c_char.from_buffer(raw)
        skip = -c.addressof(holder) % ALIGNMENT
        start = c.addressof(holder) + skip
        if pieces:
            places = itertools.accumulate(map(len, pieces[:-1]), initial=start + table)
            struct.pack_into(f"{len(pieces)}Q", raw, skip, *places)
            raw[skip + table : skip + size] = b"".join(pieces)
        return holder, start, size


def pack(signature: Signature, args: Sequence[Any]) -> Packed:
    """Check ``args`` one by one.

    Raises:
        LaunchError: wrong number, type, dtype or layout, a read-only array where the kernel
            writes, or two arrays that share part of their memory.
    """
    if not isinstance(args, (tuple, list)):
        raise LaunchError(
            f"{signature.kernel}, args",
            type(args).__name__,
            expected="a tuple of arguments",
            remedy="Write (x,) for a single one.",
        )
    if len(args) != len(signature.parameters):
        names = ", ".join(p.name for p in signature.parameters)
        raise LaunchError(
            f"{signature.kernel}, number of arguments",
            len(args),
            expected=f"{len(signature.parameters)} ({names})",
            remedy="Pass one value per parameter, in order.",
        )
    values: list[bytes] = []
    arrays: list[ArrayArgument] = []
    for i, (arg, parameter) in enumerate(zip(args, signature.parameters, strict=True)):
        if parameter.kind == "p":
            _add_array(parameter, i, arg, arrays)
        values.append(b"" if parameter.kind == "p" else _scalar(parameter, arg))
    return Packed(values, tuple(arrays))


def _add_array(parameter: Parameter, slot: int, arg: Any, arrays: list[ArrayArgument]) -> None:
    array = _checked_array(parameter, arg)
    # Kernels reach float arrays through float4 pointers too: the array's own element is the unit.
    unit = array.itemsize if parameter.element_kind == "v" else parameter.element_size
    granule = max(1, min(array.itemsize, unit))
    for known in arrays:
        relation = _overlap(known.host, array)
        if relation == "same":
            known.slots.append(slot)
            known.granule = min(known.granule, granule)
            known.read_only = known.read_only and parameter.read_only
            return
        if relation == "part":
            raise LaunchError(
                parameter.field,
                f"an array that shares part of its memory with {known.name}",
                expected="the same array or a separate one",
                remedy="Pass a copy of one of them.",
            )
    arrays.append(ArrayArgument(array, parameter.name, granule, parameter.read_only, [slot]))


def _checked_array(parameter: Parameter, arg: Any) -> Array:
    field = parameter.field
    if not isinstance(arg, np.ndarray):
        raise LaunchError(
            field,
            f"{type(arg).__name__} {arg!r:.40}",
            expected=f"a NumPy array of {parameter.type_name}",
            remedy="The parameter is a pointer: pass an array.",
        )
    if not _same_element(arg.dtype, parameter):
        raise LaunchError(
            field,
            f"an array of {arg.dtype}",
            expected=f"a NumPy array of {parameter.type_name}",
            remedy=f"Convert it: .astype(np.{parameter.type_name}).",
        )
    if not arg.flags.c_contiguous:
        raise LaunchError(
            field,
            f"an array with strides {arg.strides}",
            expected="a C-contiguous array",
            remedy="Pass np.ascontiguousarray(…): the kernel sees memory, not strides.",
        )
    if not parameter.read_only and not arg.flags.writeable:
        raise LaunchError(
            field,
            "a read-only array",
            expected="a writable array (the parameter is not const)",
            remedy="Pass a copy, or declare the parameter const.",
        )
    return arg


def _same_element(dtype: np.dtype[Any], parameter: Parameter) -> bool:
    kind = parameter.element_kind
    if dtype.hasobject:
        return False
    if kind in "vs":  # void*, float4*, a structure: the kernel reinterprets bytes on purpose
        return True
    return dtype.kind == kind and dtype.itemsize == parameter.element_size and dtype.isnative


def _name(kind: str, size: int) -> str:
    return "bool" if kind == "b" else f"{_NAMES[kind]}{8 * size}"


def _overlap(first: Array, second: Array) -> str:
    if first.nbytes == 0 or second.nbytes == 0:
        return "same" if first is second else "none"
    lo, other_lo = first.ctypes.data, second.ctypes.data
    if (lo, first.nbytes) == (other_lo, second.nbytes):
        return "same"
    apart = lo + first.nbytes <= other_lo or other_lo + second.nbytes <= lo
    return "none" if apart else "part"


def _scalar(parameter: Parameter, arg: Any) -> bytes:
    if parameter.kind == "s":
        return _structure(parameter, arg)
    wanted = _dtype(parameter.type_name)
    if isinstance(arg, np.ndarray) and arg.ndim == 0:
        arg = arg[()]
    if isinstance(arg, np.generic):
        return _numpy_scalar(parameter.field, arg, wanted)
    return _python_scalar(parameter.field, arg, wanted)


def _numpy_scalar(field: str, arg: np.generic, wanted: np.dtype[Any]) -> bytes:
    if arg.dtype != wanted:
        raise LaunchError(
            field,
            f"np.{arg.dtype}({arg})",
            expected=str(wanted),
            remedy=f"Write np.{wanted.name}(…): the kernel reads {wanted.itemsize} bytes.",
        )
    return arg.tobytes()


def _python_scalar(field: str, arg: Any, wanted: np.dtype[Any]) -> bytes:
    if wanted.kind == "b" and isinstance(arg, bool):
        return np.bool_(arg).tobytes()
    is_integer = isinstance(arg, int) and not isinstance(arg, bool)
    if wanted.kind in "iu" and is_integer:
        limits = np.iinfo(wanted)
        if not limits.min <= arg <= limits.max:
            raise LaunchError(
                field,
                arg,
                expected=f"{wanted}: {limits.min} to {limits.max}",
                remedy="Use a wider parameter type.",
            )
        return np.array(arg, wanted).tobytes()
    if wanted == np.float64 and isinstance(arg, float):
        return np.float64(arg).tobytes()
    given = f"{type(arg).__name__} {arg!r:.40}"
    if wanted == np.float32 and isinstance(arg, float):
        remedy = f"A Python float has 64 bits, the kernel reads 32: write np.float32({arg!r})."
    elif wanted.kind == "f" and is_integer:
        remedy = f"Write np.{wanted.name}({arg})."
    elif isinstance(arg, np.ndarray):
        remedy = "The parameter is a value, not a pointer."
    else:
        remedy = f"Write np.{wanted.name}(…)."
    raise LaunchError(field, given, expected=str(wanted), remedy=remedy)


def _structure(parameter: Parameter, arg: Any) -> bytes:
    data = arg.tobytes() if isinstance(arg, (np.generic, np.ndarray)) else arg
    if not isinstance(data, bytes) or len(data) != parameter.size:
        given = f"{len(data)} bytes" if isinstance(data, bytes) else type(arg).__name__
        raise LaunchError(
            parameter.field,
            given,
            expected=f"a structure of {parameter.size} bytes",
            remedy="Pass bytes, or a NumPy value of a structured dtype.",
        )
    return data
