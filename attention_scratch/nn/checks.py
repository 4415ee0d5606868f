"""What the functions of ``nn`` accept beside arrays; anything else is one ``InputError``."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from attention_scratch.arrays import DTYPES, require_array
from attention_scratch.errors import InputError, require


def settings(*demands: tuple[object, str, object, str, str]) -> None:
    """Each of (whether it fits, field, what was given, what is expected, remedy)."""
    for fits, field, given, expected, remedy in demands:
        require(fits, field, given, expected=expected, remedy=remedy)


def axis(x: np.ndarray, axis: Any) -> None:
    """``x`` has this axis."""
    if not (_is_index(axis) and -x.ndim <= axis < x.ndim):
        expected = f"an integer from -{x.ndim} to {x.ndim - 1}, for shape {x.shape}"
        raise InputError("axis", repr(axis), expected=expected, remedy="The last axis is -1.")


def size(field: str, n: Any) -> None:
    """``n`` is an integer, 0 or more."""
    fits = _is_index(n) and operator.index(n) >= 0
    remedy = "Pass a number of positions."
    require(fits, field, repr(n), expected="an integer, 0 or more", remedy=remedy)


def float_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """``dtype``, if it is float32 or float64."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found not in DTYPES["float"][0]:
        raise InputError(
            "dtype", repr(dtype), expected="float32 or float64", remedy="Pass dtype=np.float32."
        )
    return found


def ids(field: str, x: Any, limit: int, *, axes: str = "(...)") -> None:
    """``x`` is an array of integers from 0 to ``limit - 1``, with these axes."""
    remedy = "Put sequences of equal length, padded, into one array."
    require_array(field, x, f"int {axes}", remedy=remedy)
    if x.size and not 0 <= int(x.min()) <= int(x.max()) < limit:
        where = tuple(map(int, np.argwhere((x < 0) | (x >= limit))[0]))
        raise InputError(
            f"{field}[{', '.join(map(str, where))}]",
            str(x[where]),
            expected=f"an integer from 0 to {limit - 1}",
            remedy="Tokenize with the vocabulary the model was built for.",
        )


def positive(field: str, n: Any) -> None:
    """``n`` is an integer, 1 or more."""
    fits = isinstance(n, int | np.integer) and not isinstance(n, bool) and n >= 1
    require(fits, field, repr(n), expected="an integer, 1 or more", remedy="Pass a size.")


def divides(field: str, n: int, other: str, m: int) -> None:
    """``n`` is a positive integer and divides ``m``."""
    positive(field, n)
    remedy = "Change one of the two."
    require(m % n == 0, field, n, expected=f"a divisor of {other} = {m}", remedy=remedy)


def choice(field: str, given: Any, choices: Sequence[str]) -> None:
    """``given`` is one of ``choices``."""
    expected, remedy = " or ".join(choices), "Choose one of them."
    require(given in choices, field, repr(given), expected=expected, remedy=remedy)


def probability(field: str, p: Any) -> None:
    """``p`` is from 0 to below 1."""
    fits = isinstance(p, int | float | np.floating) and not isinstance(p, bool) and 0 <= p < 1
    remedy = "0 turns it off."
    require(fits, field, repr(p), expected="a number from 0 to below 1", remedy=remedy)


def boolean(field: str, x: Any) -> None:
    """``x`` is True or False."""
    fits = isinstance(x, bool | np.bool_)
    require(fits, field, repr(x), expected="True or False", remedy="Pass one of the two.")


def above_zero(field: str, x: Any) -> None:
    """``x`` is a finite number above 0."""
    fits = isinstance(x, int | float | np.number) and not isinstance(x, bool) and 0 < x < math.inf
    require(fits, field, repr(x), expected="a number above 0", remedy="Pass a positive one.")


def attention(query: Any, key: Any, value: Any, *, mask: Any, scale: Any) -> None:
    """The arguments of ``scaled_dot_product_attention`` fit each other."""
    sizes = require_array("query", query, "float (..., T, D)")
    like = ("query", query.dtype)
    require(
        sizes["D"],
        "query",
        f"shape {query.shape}",
        expected="(..., T, D) with D of at least 1",
        remedy="A dot product needs numbers: check how the heads were split.",
    )
    remedy = "Queries and keys meet in a dot product: give both the same last axis."
    sizes = require_array("key", key, "float (..., S, D)", like=like, remedy=remedy, D=sizes["D"])
    remedy = "One value for each key: positions are on the last axis but one of both."
    require_array("value", value, "float (..., S, Dv)", like=like, remedy=remedy, S=sizes["S"])
    leading = _leading_axes(query, key, value)
    if mask is not None:
        mask_fits(mask, (*leading, query.shape[-2], sizes["S"]))
    if scale is not None:
        finite = isinstance(scale, int | float | np.number) and math.isfinite(scale)
        remedy = "Leave it out for 1 / sqrt(D)."
        require(finite, "scale", repr(scale), expected="a finite number", remedy=remedy)


def mask_fits(mask: Any, scores: tuple[int, ...]) -> None:
    """``mask`` is boolean and broadcasts to the shape of the scores."""
    remedy = "From numbers added to the scores make one with (numbers == 0)."
    require_array("mask", mask, "bool (...)", remedy=remedy)
    try:
        fits = np.broadcast_shapes(mask.shape, scores) == scores
    except ValueError:
        fits = False
    require(
        fits,
        "mask",
        f"shape {mask.shape}",
        expected=f"a shape that broadcasts to the scores' {scores}",
        remedy="A mask of keys (B, S) becomes mask[:, None, :], "
        "and with heads mask[:, None, None, :].",
    )


def like(field: str, x: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """``x`` has exactly this shape and dtype."""
    fits = isinstance(x, np.ndarray) and x.shape == shape and x.dtype == dtype
    given = f"{x.dtype} {x.shape}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
    remedy = "Pass what belongs to the other arrays."
    require(fits, field, given, expected=f"{dtype} {shape}", remedy=remedy)


def _leading_axes(query: np.ndarray, key: np.ndarray, value: np.ndarray) -> tuple[int, ...]:
    """Leading axes of the scores, ``query @ key.T``."""
    try:
        scores = np.broadcast_shapes(query.shape[:-2], key.shape[:-2])
        np.broadcast_shapes(scores, value.shape[:-2])
    except ValueError:
        raise InputError(
            "leading axes",
            f"query {query.shape}, key {key.shape}, value {value.shape}",
            expected="axes before the last two that are equal, or 1",
            remedy="With fewer key heads than query heads, group the queries: "
            "(..., K, H // K, T, D) against keys of (..., K, 1, S, D).",
        ) from None
    return scores


def _is_index(n: Any) -> bool:
    try:
        operator.index(n)
    except TypeError:
        return False
    return True
