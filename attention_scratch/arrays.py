"""What an array has to be, declared in one line: ``require_array("x", x, "float (..., C)", C=8)``.

A demand is a word for the dtype and the axes by their letters, ``...`` for any leading ones.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from attention_scratch.errors import InputError

Array: TypeAlias = NDArray[Any]  # float32 or float64

# word: (dtypes, how to name them, one to convert to)
DTYPES = {
    "float": ((np.dtype(np.float32), np.dtype(np.float64)), "float32 or float64", "float32"),
    "float32": ((np.dtype(np.float32),), "float32", "float32"),
    "float64": ((np.dtype(np.float64),), "float64", "float64"),
    "int": (tuple(map(np.dtype, np.typecodes["AllInteger"])), "integers", "int64"),
    "bool": ((np.dtype(np.bool_),), "bool", "bool"),
}


def require_array(
    field: str,
    x: Any,
    demand: str,
    /,
    *,
    like: tuple[str, np.dtype[Any]] | None = None,
    remedy: str = "",
    **sizes: int,
) -> dict[str, int]:
    """The sizes of ``x`` by letter, if it is an array of the demanded dtype and axes.

    Args:
        field: the argument's name, for the error.
        x: the argument.
        demand: a word of ``DTYPES`` and the axes: ``"float (..., T, D)"``, ``"int (B, T)"``.
        like: name and dtype of another argument whose dtype it has to have.
        remedy: what to do about a wrong shape, where the general advice would not help.
        sizes: letters whose sizes are known already.

    Raises:
        InputError: no array, another dtype, or a shape that does not fit.
    """
    dtypes, any_leading, letters = _parsed(demand)
    if isinstance(x, np.ndarray) and x.dtype in dtypes and (like is None or like[1] == x.dtype):
        leading = x.ndim - len(letters)
        if leading == 0 or (any_leading and leading > 0):
            found = dict(zip(letters, x.shape[leading:], strict=True))
            if not sizes:
                return found
            if all(sizes.get(letter, size) == size for letter, size in found.items()):
                return {**sizes, **found}
    raise _misfit(field, x, demand, like, remedy, sizes)


def require_width(x: Any, like: Array, name: str = "weight") -> None:
    """``x`` is as wide as ``like`` on its last axis, and of its dtype.

    What ``require_array`` says, for two comparisons: a model asks it of each layer for each token.

    Raises:
        InputError: it is not.
    """
    if not isinstance(x, np.ndarray) or x.dtype != like.dtype or x.shape[-1:] != like.shape[-1:]:
        require_array("x", x, "float (..., C)", like=(name, like.dtype), C=like.shape[-1])


def _misfit(
    field: str,
    x: Any,
    demand: str,
    like: tuple[str, np.dtype[Any]] | None,
    remedy: str,
    sizes: dict[str, int],
) -> InputError:
    word, (_, any_leading, letters) = demand.split(" ")[0], _parsed(demand)
    if not isinstance(x, np.ndarray) or x.dtype not in DTYPES[word][0]:
        return _no_such_array(field, x, word)
    if like is not None and x.dtype != like[1]:
        expected = f"{like[1]}, like {like[0]}"
        remedy = f"Convert one of them: {field}.astype(np.{like[1]})."
        return InputError(field, f"dtype {x.dtype}", expected=expected, remedy=remedy)
    known = [str(sizes.get(letter, letter)) for letter in letters]
    expected = f"({', '.join(['...'] * any_leading + known)})"
    if x.ndim < len(letters) or not any_leading:
        count = f"{len(letters)} {'axis' if len(letters) == 1 else 'axes'}"
        expected = f"{'at least ' * any_leading}{count}, {expected}"
    remedy = remedy or "Check which axis is which."
    return InputError(field, f"shape {x.shape}", expected=expected, remedy=remedy)


@lru_cache
def _parsed(demand: str) -> tuple[tuple[np.dtype[Any], ...], bool, tuple[str, ...]]:
    """``"float (..., C)"`` → the dtypes of float, True, ``("C",)``."""
    word, axes = demand.split(" ", 1)
    letters = [letter.strip() for letter in axes.strip("()").split(",") if letter.strip()]
    return DTYPES[word][0], "..." in letters, tuple(axis for axis in letters if axis != "...")


def _no_such_array(field: str, x: Any, word: str) -> InputError:
    _, names, one = DTYPES[word]
    if isinstance(x, np.ndarray) and word.startswith("float"):
        expected, remedy = names, f"Convert it: {field}.astype(np.{one})."
    else:
        expected, remedy = f"a NumPy array of {names}", f"Pass np.asarray({field}, np.{one})."
    given = f"dtype {x.dtype}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
    return InputError(field, given, expected=expected, remedy=remedy)
