"""The generic diagnoses: their keys, in the order in which they are tried.

A suspect that explains every failure comes before all of these but ``UNSOLVED``; the author's
constraints come before ``CHANGED_ARGUMENT`` where the answer itself is right.
"""

from __future__ import annotations

PASSED = "passed"
UNSOLVED = "unsolved"  # the stub's todo(...) was reached
NOT_A_FUNCTION = "not-a-function"  # the answer cannot be called
SIGNATURE = "signature"  # it cannot be called with the case's arguments
TIME_LIMIT = "time-limit"
RAISED = "raised"  # any other exception, SystemExit and MemoryError among them
RETURNED_NONE = "returned-none"
TYPE = "type"  # a list for an array, a tuple of the wrong length, unknown keys of a dict
TRANSPOSED = "transposed"  # axes in another order (by shape, or by value where it is square)
MISSING_AXIS = "missing-axis"  # an axis of size 1 was dropped: keepdims=True
EXTRA_AXIS = "extra-axis"  # an axis of size 1 too many
SHAPE = "shape"
DTYPE = "dtype"  # integers or truth values asked for, something else returned; or half precision
NOT_FINITE = "not-finite"  # NaN or infinity where a number belongs
CHANGED_ARGUMENT = "changed-argument"
SIGN = "sign"  # right but for the sign
FACTOR = "factor"  # right up to one factor
ROW_FACTOR = "row-factor"  # right up to one factor per row (or other slice)
OFFSET = "offset"  # right up to an added constant
REVERSED = "reversed"  # right values, an axis back to front
SHIFTED = "shifted"  # right values, off by one or two along an axis
EXCEPT_CASES = "except-cases"  # right in some cases; the wrong ones' names tell the property
WRONG = "wrong-values"

GENERIC = (
    UNSOLVED,
    NOT_A_FUNCTION,
    SIGNATURE,
    TIME_LIMIT,
    RAISED,
    RETURNED_NONE,
    TYPE,
    TRANSPOSED,
    MISSING_AXIS,
    EXTRA_AXIS,
    SHAPE,
    DTYPE,
    NOT_FINITE,
    CHANGED_ARGUMENT,
    SIGN,
    FACTOR,
    ROW_FACTOR,
    OFFSET,
    REVERSED,
    SHIFTED,
    EXCEPT_CASES,
    WRONG,
)
