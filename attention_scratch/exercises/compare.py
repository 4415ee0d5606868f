"""Comparing what the learner returned with what the reference says, leaf by leaf."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from attention_scratch.exercises.exercise import Exercise

# Kinds of difference, the most basic first.
KINDS = ("none", "type", "shape", "dtype", "not-finite", "values")


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """The first leaf at which an output differs.

    Args:
        kind: one of ``KINDS``.
        where: path to the leaf inside nested output ("" for a bare array), as in ``[1]['k']``.
        got: the learner's leaf, as an array where it is one.
        want: the reference's leaf. For diagnosing only: never shown.
        mask: for kinds "not-finite" and "values", True where wrong; shape of the leaf.
        says: for kind "type", what is wrong with it.
    """

    kind: str
    where: str
    got: Any
    want: Any
    mask: Any = None
    says: str = ""


def agrees(exercise: Exercise, got: Any, want: Any) -> bool:
    """Whether ``got`` is right."""
    if exercise.agrees is not None:
        try:
            return bool(exercise.agrees(got, want))
        except Exception:  # a comparison made for the right type, given a wrong one
            return False
    return difference(got, want, rtol=exercise.rtol, atol=exercise.atol) is None


def difference(got: Any, want: Any, *, rtol: float, atol: float) -> Difference | None:
    """The most basic difference between two outputs (None: they agree).

    Sequences, mappings and dataclasses are compared item by item; numbers and arrays by shape,
    kind of dtype and value: integers and truth values exactly, floating point within
    ``atol + rtol * |want|``, NaN only where the reference has NaN.
    """
    try:
        found = list(_differences(got, want, "", rtol=rtol, atol=atol))
    except Exception as error:  # an object of the learner's own whose == raises, say
        says = f"it cannot be compared ({type(error).__name__})"
        return Difference("type", "", got, want, says=says)
    return min(found, key=lambda d: KINDS.index(d.kind), default=None)


def _differences(got: Any, want: Any, where: str, *, rtol: float, atol: float) -> list[Difference]:
    if got is None and want is not None:
        return [Difference("none", where, got, want)]
    if dataclasses.is_dataclass(want) and not isinstance(want, type):
        return _of_dataclass(got, want, where, rtol=rtol, atol=atol)
    if isinstance(want, Mapping):
        return _of_mapping(got, want, where, rtol=rtol, atol=atol)
    if isinstance(want, list | tuple):
        return _of_sequence(got, want, where, rtol=rtol, atol=atol)
    expected = as_array(want)
    if expected is not None:
        return _of_array(got, expected, where, rtol=rtol, atol=atol)
    if type(got) is not type(want) and not isinstance(got, type(want)):
        return [_wrong_type(got, want, where, _described(want))]
    same = got is want or bool(got == want)
    return [] if same else [Difference("values", where, got, want)]


def _of_dataclass(got: Any, want: Any, where: str, *, rtol: float, atol: float) -> list[Difference]:
    if not isinstance(got, type(want)):
        return [_wrong_type(got, want, where, type(want).__name__)]
    return [
        found
        for f in dataclasses.fields(want)
        for found in _differences(
            getattr(got, f.name, None),
            getattr(want, f.name),
            f"{where}.{f.name}",
            rtol=rtol,
            atol=atol,
        )
    ]


def _of_mapping(
    got: Any, want: Mapping[Any, Any], where: str, *, rtol: float, atol: float
) -> list[Difference]:
    if not isinstance(got, Mapping):
        return [_wrong_type(got, want, where, "a dict")]
    missing = [key for key in want if key not in got]
    extra = [key for key in got if key not in want]
    if missing or extra:
        says = "its keys are not the ones asked for"
        says += f"; unknown: {', '.join(map(repr, extra))}" if extra else ""
        says += f"; missing: {len(missing)}" if missing else ""
        return [Difference("type", where, got, want, says=says)]
    return [
        found
        for key in want
        for found in _differences(got[key], want[key], f"{where}[{key!r}]", rtol=rtol, atol=atol)
    ]


def _of_sequence(
    got: Any, want: list[Any] | tuple[Any, ...], where: str, *, rtol: float, atol: float
) -> list[Difference]:
    if isinstance(got, np.ndarray) and got.ndim == 1:
        got = got.tolist()
    if not isinstance(got, list | tuple):
        return [_wrong_type(got, want, where, f"a {type(want).__name__}")]
    if len(got) != len(want):
        if _numbers(want) and _numbers(got):  # a list of token ids, say: as long as it should be?
            return [Difference("shape", where, np.asarray(got), np.asarray(want))]
        says = f"it has {len(got)} items; expected {len(want)}"
        return [Difference("type", where, got, want, says=says)]
    if _numbers(want) and _numbers(got):
        return _of_array(np.asarray(got), np.asarray(want), where, rtol=rtol, atol=atol)
    return [
        found
        for i, (mine, theirs) in enumerate(zip(got, want, strict=True))
        for found in _differences(mine, theirs, f"{where}[{i}]", rtol=rtol, atol=atol)
    ]


def _of_array(
    given: Any, want: np.ndarray[Any, Any], where: str, *, rtol: float, atol: float
) -> list[Difference]:
    got = as_array(given)
    if got is None:
        expected = "a number" if want.ndim == 0 else "a NumPy array"
        return [_wrong_type(given, want, where, expected)]
    if got.shape != want.shape:
        return [Difference("shape", where, got, want)]
    if not _kind_fits(got, want):
        return [Difference("dtype", where, got, want)]
    wrong = ~close(got, want, rtol=rtol, atol=atol)
    if not wrong.any():
        return []
    if got.dtype.kind in "fc":
        broken = wrong & ~np.isfinite(got)
        if want.dtype.kind in "fc":
            broken &= np.isfinite(want)
        if broken.any():
            return [Difference("not-finite", where, got, want, mask=broken)]
    return [Difference("values", where, got, want, mask=wrong)]


def close(
    got: np.ndarray[Any, Any], want: np.ndarray[Any, Any], *, rtol: float, atol: float
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where two arrays of one shape agree; True/False of that shape."""
    if got.dtype.kind in "iub" and want.dtype.kind in "iub":
        return np.asarray(got == want)
    wide: Any = np.complex128 if "c" in (got.dtype.kind, want.dtype.kind) else np.float64
    with np.errstate(all="ignore"):
        return np.asarray(
            np.isclose(got.astype(wide), want.astype(wide), rtol=rtol, atol=atol, equal_nan=True)
        )


def as_array(value: Any) -> np.ndarray[Any, Any] | None:
    """A number or an array (NumPy's, torch's, CuPy's) as a NumPy array; None for anything else."""
    if isinstance(value, np.ndarray):
        plain = np.asarray(value)  # without a mask, and a matrix as an array
        return plain if plain.dtype.kind in "biufc" else _widened(plain)
    if isinstance(value, bool | int | float | complex | np.generic):
        array = np.asarray(value)
        return array if array.dtype.kind in "biufc" else None
    module = type(value).__module__.split(".")[0]
    if module == "torch" and hasattr(value, "detach"):
        tensor = value.detach().cpu()
        return np.asarray((tensor.float() if "bfloat16" in str(tensor.dtype) else tensor).numpy())
    if module == "cupy" and hasattr(value, "get"):
        return np.asarray(value.get())
    return None


def _widened(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """Extension dtypes such as bfloat16 as float32; None for objects and text."""
    if array.dtype.kind != "V" or array.dtype.names is not None:
        return None
    try:
        return array.astype(np.float32)
    except (TypeError, ValueError):
        return None


def identical(before: Any, after: Any) -> bool:
    """Whether an argument still holds what it held (other objects, generators say, always do)."""
    if isinstance(before, np.ndarray):
        if not isinstance(after, np.ndarray) or before.shape != after.shape:
            return False
        return before.dtype == after.dtype and before.tobytes() == after.tobytes()
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(identical, before, after))
    if isinstance(before, Mapping):
        return list(before) == list(after) and all(identical(before[k], after[k]) for k in before)
    if dataclasses.is_dataclass(before) and not isinstance(before, type):
        return all(
            identical(getattr(before, f.name), getattr(after, f.name, None))
            for f in dataclasses.fields(before)
        )
    if isinstance(before, bool | int | float | complex | str | bytes | np.generic):
        return repr(before) == repr(after)
    return True


def _kind_fits(got: np.ndarray[Any, Any], want: np.ndarray[Any, Any]) -> bool:
    allowed = {"b": "b", "i": "iu", "u": "iu", "f": "fiu", "c": "cfiu"}
    return got.dtype.kind in allowed[want.dtype.kind]


def _numbers(items: list[Any] | tuple[Any, ...]) -> bool:
    return all(isinstance(item, bool | int | float | np.number | np.bool_) for item in items)


def _wrong_type(got: Any, want: Any, where: str, expected: str) -> Difference:
    says = f"it is {_described(got)}; expected {expected}"
    return Difference("type", where, got, want, says=says)


def _described(value: Any) -> str:
    kind = type(value)
    if kind.__module__ == "numpy" and kind.__name__ == "ndarray":
        return f"a NumPy array of {value.dtype}"
    article = "an" if kind.__name__[0].lower() in "aeiou" else "a"
    return f"{article} {kind.__name__}"
