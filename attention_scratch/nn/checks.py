"""What the functions of ``nn`` accept; anything else is one ``InputError``."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from attention_scratch.errors import InputError

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def float_array(field: str, x: Any, *, rank: int = 1) -> None:
    """``x`` is a float32 or float64 array with at least ``rank`` axes."""
    if not isinstance(x, np.ndarray):
        raise InputError(
            field,
            f"a {type(x).__name__}",
            expected="a NumPy array of float32 or float64",
            remedy=f"Pass np.asarray({field}, dtype=np.float32).",
        )
    if x.dtype not in FLOATS:
        raise InputError(
            field,
            f"dtype {x.dtype}",
            expected="float32 or float64",
            remedy=f"Convert it: {field}.astype(np.float32).",
        )
    if x.ndim < rank:
        raise InputError(
            field,
            f"shape {x.shape}",
            expected=f"at least {rank} {'axis' if rank == 1 else 'axes'}",
            remedy="Add the missing ones with np.newaxis.",
        )


def axis(x: np.ndarray, axis: Any) -> None:
    """``x`` has this axis."""
    try:
        fits = -x.ndim <= operator.index(axis) < x.ndim
    except TypeError:
        fits = False
    if not fits:
        raise InputError(
            "axis",
            repr(axis),
            expected=f"an integer from -{x.ndim} to {x.ndim - 1}, for shape {x.shape}",
            remedy="The last axis is -1.",
        )


def size(field: str, n: Any) -> None:
    """``n`` is an integer, 0 or more."""
    try:
        fits = operator.index(n) >= 0
    except TypeError:
        fits = False
    if not fits:
        raise InputError(
            field, repr(n), expected="an integer, 0 or more", remedy="Pass a number of positions."
        )


def float_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """``dtype``, if it is float32 or float64."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found not in FLOATS:
        raise InputError(
            "dtype", repr(dtype), expected="float32 or float64", remedy="Pass dtype=np.float32."
        )
    return found


def real_array(field: str, x: np.ndarray) -> None:
    """``x`` holds floating-point numbers."""
    if not np.issubdtype(x.dtype, np.floating):
        raise InputError(
            field,
            f"dtype {x.dtype}",
            expected="floating-point numbers",
            remedy="Convert them with astype(np.float32).",
        )


def input_like(field: str, x: Any, width: int, dtype: np.dtype[Any]) -> None:
    """``x`` has ``width`` numbers on its last axis, of ``dtype``."""
    if not isinstance(x, np.ndarray) or x.dtype != dtype:
        float_array(field, x)
        raise InputError(
            field,
            f"dtype {x.dtype}",
            expected=f"{dtype}, like the layer's parameters",
            remedy=f"Convert it with astype(np.{dtype}), or build the layer in {x.dtype}.",
        )
    if x.ndim == 0 or x.shape[-1] != width:
        raise InputError(
            field,
            f"shape {x.shape}",
            expected=f"(..., {width})",
            remedy="The last axis is the width the layer was built for.",
        )


def ids(field: str, x: Any, limit: int, *, rank: int | None = None) -> None:
    """``x`` is an array of integers from 0 to ``limit - 1``, with ``rank`` axes if given."""
    integers(field, x)
    if rank is not None and x.ndim != rank:
        raise InputError(
            field,
            f"shape {x.shape}",
            expected=f"{rank} axes",
            remedy="Put sequences of equal length, padded, into one array (B, T).",
        )
    if x.size and not 0 <= int(x.min()) <= int(x.max()) < limit:
        where = tuple(map(int, np.argwhere((x < 0) | (x >= limit))[0]))
        raise InputError(
            f"{field}[{', '.join(map(str, where))}]",
            str(x[where]),
            expected=f"an integer from 0 to {limit - 1}",
            remedy="Tokenize with the vocabulary the model was built for.",
        )


def integers(field: str, x: Any) -> None:
    """``x`` is an array of integers."""
    if not isinstance(x, np.ndarray) or not np.issubdtype(x.dtype, np.integer):
        given = f"dtype {x.dtype}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
        raise InputError(
            field,
            given,
            expected="a NumPy array of integers",
            remedy=f"Pass np.asarray({field}, dtype=np.int64).",
        )


def positive(field: str, n: Any) -> None:
    """``n`` is an integer, 1 or more."""
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise InputError(field, repr(n), expected="an integer, 1 or more", remedy="Pass a size.")


def divides(field: str, n: int, other: str, m: int) -> None:
    """``n`` is a positive integer and divides ``m``."""
    positive(field, n)
    if m % n:
        raise InputError(
            field, str(n), expected=f"a divisor of {other} = {m}", remedy="Change one of the two."
        )


def choice(field: str, given: Any, choices: Sequence[str]) -> None:
    """``given`` is one of ``choices``."""
    if given not in choices:
        raise InputError(
            field, repr(given), expected=" or ".join(choices), remedy="Choose one of them."
        )


def probability(field: str, p: Any) -> None:
    """``p`` is from 0 to below 1."""
    if isinstance(p, bool) or not isinstance(p, int | float | np.floating) or not 0 <= p < 1:
        raise InputError(
            field, repr(p), expected="a number from 0 to below 1", remedy="0 turns it off."
        )


def boolean(field: str, x: Any) -> None:
    """``x`` is True or False."""
    if not isinstance(x, bool | np.bool_):
        raise InputError(field, repr(x), expected="True or False", remedy="Pass one of the two.")


def padding(field: str, mask: Any, shape: tuple[int, ...]) -> None:
    """``mask`` is boolean and has this shape."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != shape:
        given = f"{mask.dtype} {mask.shape}" if isinstance(mask, np.ndarray) else repr(mask)
        raise InputError(
            field,
            given,
            expected=f"booleans {shape}, True at tokens and False at padding",
            remedy="patterns.padding_mask(lengths, T) makes one, ids != pad another.",
        )


def like(field: str, x: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """``x`` has exactly this shape and dtype."""
    if not isinstance(x, np.ndarray) or x.shape != shape or x.dtype != dtype:
        given = f"{x.dtype} {x.shape}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
        raise InputError(
            field,
            given,
            expected=f"{dtype} {shape}",
            remedy="Pass what belongs to the other arrays.",
        )


def above_zero(field: str, x: Any) -> None:
    """``x`` is a finite number above 0."""
    if isinstance(x, bool) or not isinstance(x, int | float | np.number) or not 0 < x < math.inf:
        raise InputError(field, repr(x), expected="a number above 0", remedy="Pass a positive one.")


def attention(query: Any, key: Any, value: Any, *, mask: Any, scale: Any) -> None:
    """The arguments of ``scaled_dot_product_attention`` fit each other."""
    named = {"query": query, "key": key, "value": value}
    for field, x in named.items():
        float_array(field, x, rank=2)
    for field, x in named.items():
        if x.dtype != query.dtype:
            raise InputError(
                field,
                f"dtype {x.dtype}",
                expected=f"{query.dtype}, like query",
                remedy=f"Convert one of them: {field}.astype(query.dtype).",
            )
    _widths(query, key, value)
    leading = _leading_axes(query, key, value)
    if mask is not None:
        mask_fits(mask, (*leading, query.shape[-2], key.shape[-2]))
    if scale is not None:
        _scale(scale)


def _widths(query: np.ndarray, key: np.ndarray, value: np.ndarray) -> None:
    if query.shape[-1] == 0:
        raise InputError(
            "query",
            f"shape {query.shape}",
            expected="(..., T, D) with D of at least 1",
            remedy="A dot product needs numbers: check how the heads were split.",
        )
    if key.shape[-1] != query.shape[-1]:
        raise InputError(
            "key",
            f"shape {key.shape}",
            expected=f"(..., S, {query.shape[-1]}), as wide as query {query.shape}",
            remedy="Queries and keys meet in a dot product: give both the same last axis.",
        )
    if value.shape[-2] != key.shape[-2]:
        raise InputError(
            "value",
            f"shape {value.shape}",
            expected=f"(..., {key.shape[-2]}, Dv), one value for each key of {key.shape}",
            remedy="Check that positions are on the last axis but one of both.",
        )


def _leading_axes(query: np.ndarray, key: np.ndarray, value: np.ndarray) -> tuple[int, ...]:
    """Leading axes of the scores, ``query @ key.T``."""
    try:
        scores = np.broadcast_shapes(query.shape[:-2], key.shape[:-2])
        np.broadcast_shapes(scores, value.shape[:-2])
    except ValueError:
        shapes = f"query {query.shape}, key {key.shape}, value {value.shape}"
        raise InputError(
            "leading axes",
            shapes,
            expected="axes before the last two that are equal, or 1",
            remedy="With fewer key heads than query heads, group the queries: "
            "(..., K, H // K, T, D) against keys of (..., K, 1, S, D).",
        ) from None
    return scores


def mask_fits(mask: Any, scores: tuple[int, ...]) -> None:
    """``mask`` is boolean and broadcasts to the shape of the scores."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        given = f"dtype {mask.dtype}" if isinstance(mask, np.ndarray) else type(mask).__name__
        raise InputError(
            "mask",
            given,
            expected="a NumPy array of bool, True where a query may attend",
            remedy="From numbers added to the scores make one with (numbers == 0).",
        )
    try:
        fits = np.broadcast_shapes(mask.shape, scores) == scores
    except ValueError:
        fits = False
    if not fits:
        raise InputError(
            "mask",
            f"shape {mask.shape}",
            expected=f"a shape that broadcasts to the scores' {scores}",
            remedy="A mask of keys (B, S) becomes mask[:, None, :], "
            "and with heads mask[:, None, None, :].",
        )


def _scale(scale: Any) -> None:
    try:
        finite = math.isfinite(scale)
    except TypeError:
        finite = False
    if not finite:
        raise InputError(
            "scale", repr(scale), expected="a finite number", remedy="Leave it out for 1 / sqrt(D)."
        )
