"""Checks the arguments of a launch against the kernel's parameters and packs them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from attention_scratch.simt import abi
from attention_scratch.simt.errors import LaunchError

Array = npt.NDArray[np.generic]
_SCALARS = {"i": "int", "u": "uint", "f": "float"}


@dataclasses.dataclass(frozen=True, slots=True)
class Signature:
    """A kernel's name and parameters; the structure keeps the compiled side's word."""

    kernel: str
    names: tuple[str, ...]
    parameters: tuple[abi.Parameter, ...]

    def field(self, index: int) -> str:
        """How errors name a parameter: ``saxpy, argument 1 (a)``, counted from 0."""
        return f"{self.kernel}, argument {index} ({self.names[index]})"


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

    values: dict[int, bytes]
    arrays: tuple[ArrayArgument, ...]


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
        expected = f"{len(signature.parameters)} ({', '.join(signature.names)})"
        raise LaunchError(
            f"{signature.kernel}, number of arguments",
            len(args),
            expected=expected,
            remedy="Pass one value per parameter, in order.",
        )
    values: dict[int, bytes] = {}
    arrays: list[ArrayArgument] = []
    for i, (arg, parameter) in enumerate(zip(args, signature.parameters, strict=True)):
        if parameter.kind == b"p":
            _add_array(signature, i, arg, arrays)
        else:
            values[i] = _scalar(signature, i, arg)
    return Packed(values, tuple(arrays))


def _add_array(signature: Signature, index: int, arg: Any, arrays: list[ArrayArgument]) -> None:
    parameter = signature.parameters[index]
    field = signature.field(index)
    array = _checked_array(field, arg, parameter)
    read_only = bool(parameter.element_is_const)
    granule = max(1, min(array.itemsize, _granule(parameter, array)))
    for known in arrays:
        relation = _overlap(known.host, array)
        if relation == "same":
            known.slots.append(index)
            known.granule = min(known.granule, granule)
            known.read_only = known.read_only and read_only
            return
        if relation == "part":
            raise LaunchError(
                field,
                f"an array that shares part of its memory with {known.name}",
                expected="the same array or a separate one",
                remedy="Pass a copy of one of them.",
            )
    arrays.append(ArrayArgument(array, signature.names[index], granule, read_only, [index]))


def _granule(parameter: abi.Parameter, array: Array) -> int:
    # Kernels reach float arrays through float4 pointers too: the array's own element is the unit.
    return int(parameter.element_size) if parameter.element_kind != b"v" else array.itemsize


def _checked_array(field: str, arg: Any, parameter: abi.Parameter) -> Array:
    expected = f"a NumPy array of {_element_name(parameter)}"
    if not isinstance(arg, np.ndarray):
        raise LaunchError(
            field,
            f"{type(arg).__name__} {arg!r:.40}",
            expected=expected,
            remedy="The parameter is a pointer: pass an array.",
        )
    if not _same_element(arg.dtype, parameter):
        raise LaunchError(
            field,
            f"an array of {arg.dtype}",
            expected=expected,
            remedy=f"Convert it: .astype(np.{_element_name(parameter)}).",
        )
    if not arg.flags.c_contiguous:
        raise LaunchError(
            field,
            f"an array with strides {arg.strides}",
            expected="a C-contiguous array",
            remedy="Pass np.ascontiguousarray(…): the kernel sees memory, not strides.",
        )
    if not parameter.element_is_const and not arg.flags.writeable:
        raise LaunchError(
            field,
            "a read-only array",
            expected="a writable array (the parameter is not const)",
            remedy="Pass a copy, or declare the parameter const.",
        )
    return arg


def _same_element(dtype: np.dtype[Any], parameter: abi.Parameter) -> bool:
    kind = parameter.element_kind.decode()
    if dtype.hasobject:
        return False
    if kind in "vs":  # void*, float4*, a structure: the kernel reinterprets bytes on purpose
        return True
    return dtype.kind == kind and dtype.itemsize == parameter.element_size and dtype.isnative


def _element_name(parameter: abi.Parameter) -> str:
    kind = parameter.element_kind.decode()
    if kind in "vs":
        return f"any type ({parameter.element_size}-byte structures)"
    return _name(kind, parameter.element_size)


def _name(kind: str, size: int) -> str:
    return "bool" if kind == "b" else f"{_SCALARS[kind]}{8 * size}"


def _overlap(first: Array, second: Array) -> str:
    if first.nbytes == 0 or second.nbytes == 0:
        return "same" if first is second else "none"
    lo, other_lo = first.ctypes.data, second.ctypes.data
    if (lo, first.nbytes) == (other_lo, second.nbytes):
        return "same"
    apart = lo + first.nbytes <= other_lo or other_lo + second.nbytes <= lo
    return "none" if apart else "part"


def _scalar(signature: Signature, index: int, arg: Any) -> bytes:
    parameter = signature.parameters[index]
    field, kind, size = signature.field(index), parameter.kind.decode(), int(parameter.size)
    if kind == "s":
        return _structure(field, arg, size)
    wanted = np.dtype(_name(kind, size))
    if isinstance(arg, np.ndarray) and arg.ndim == 0:
        arg = arg[()]
    if isinstance(arg, np.generic):
        return _numpy_scalar(field, arg, wanted)
    return _python_scalar(field, arg, wanted)


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


def _structure(field: str, arg: Any, size: int) -> bytes:
    data = arg.tobytes() if isinstance(arg, (np.generic, np.ndarray)) else arg
    if not isinstance(data, bytes) or len(data) != size:
        given = f"{len(data)} bytes" if isinstance(data, bytes) else type(arg).__name__
        raise LaunchError(
            field,
            given,
            expected=f"a structure of {size} bytes",
            remedy="Pass bytes, or a NumPy value of a structured dtype.",
        )
    return data
