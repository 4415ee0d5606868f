"""What an exception in the learner's code means: the learner's own line, and a plain remark."""

from __future__ import annotations

import linecache
import re
import site
import sysconfig
from collections.abc import Callable
from pathlib import Path
from traceback import walk_tb

PACKAGE = Path(__file__).resolve().parent.parent
NOT_LEARNERS = tuple(
    str(Path(folder).resolve())
    for folder in {
        str(PACKAGE),
        sysconfig.get_paths()["stdlib"],
        sysconfig.get_paths()["purelib"],
        sysconfig.get_paths()["platlib"],
        *site.getsitepackages(),
    }
)

NOT_AN_INDEX = "An index must be an integer; / always gives a float, // keeps integers."


def own_line(error: BaseException) -> str | None:
    """The deepest line of the traceback that the learner wrote: ``line 3: y = x / n``."""
    mine = None
    for frame, line in walk_tb(error.__traceback__):
        if not _is_ours(frame.f_code.co_filename):
            mine = (frame.f_code, line, frame.f_globals)
    if mine is None:
        return None
    code, number, names = mine
    text = linecache.getline(code.co_filename, number, names).strip()
    return f"line {number} of {code.co_name}" + (f": {text}" if text else "")


def message(error: BaseException) -> str:
    """The exception as Python would name it, on as many lines as it has."""
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def remark(error: BaseException) -> str | None:
    """What such an exception usually means, in plain words; None where it speaks for itself."""
    for kind, explain in _REMARKS:
        if isinstance(error, kind):
            said = explain(error)
            if said:
                return said
    return None


def _is_ours(filename: str) -> bool:
    if filename.startswith("<"):  # typed at a prompt, or Python's own import machinery
        return filename.startswith("<frozen")
    return str(Path(filename).absolute()).startswith(NOT_LEARNERS)


def _shapes(error: BaseException) -> str | None:
    text = str(error)
    if "could not be broadcast together" in text:
        shapes = " and ".join(re.findall(r"\([\d, ]*\)", text)[:2])
        return (
            f"The shapes {shapes} do not fit together. NumPy lines shapes up from the right: two "
            "sizes fit if they are equal or one of them is 1. keepdims=True or x[..., None] keeps "
            "or adds an axis of size 1."
        )
    sizes = re.search(r"core dimension.*\(size (\d+) is different from (\d+)\)", text)
    if sizes:
        return (
            f"A matrix product sums over the left one's last axis and the right one's last but "
            f"one; here they have {sizes[2]} and {sizes[1]} entries. Is a transpose missing?"
        )
    if "truth value of an array" in text:
        return "An array is neither true nor false: say .any() or .all(), or use np.where."
    if "cannot reshape array" in text:
        return "A reshape keeps the number of entries: the sizes must multiply to the same product."
    if "setting an array element with a sequence" in text:
        return "One entry of an array was given several numbers: check the shape you assign."
    return None


def _undefined(error: BaseException) -> str | None:
    name = getattr(error, "name", None)
    if isinstance(error, UnboundLocalError):
        return "A name that a function assigns anywhere is local to it; it was read too early here."
    if name == "np":
        return "NumPy is not imported under that name yet: run the notebook's first code cell."
    return f"Nothing is called {name} here: is it spelled right, and was its cell run?"


def _out_of_range(error: BaseException) -> str | None:
    found = re.search(r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)", str(error))
    if found:
        axis, size = found[2], int(found[3])
        if size == 0:
            return f"Axis {axis} is empty: it has no index at all."
        return f"Axis {axis} has size {size}: its indices run from 0 to {size - 1}."
    if "only integers" in str(error):
        return NOT_AN_INDEX
    if "too many indices" in str(error):
        return "The array has fewer axes than you gave indices: print its .shape there."
    return "An index is past the end of a sequence."


def _attribute(error: BaseException) -> str | None:
    text = str(error)
    if "'NoneType'" in text:
        return "The object before the dot is None: did a function end without return?"
    if "'list'" in text or "'tuple'" in text:
        return "That is a plain Python sequence, not an array: np.asarray(...) makes one of it."
    return None


def _type(error: BaseException) -> str | None:
    text = str(error)
    if "'NoneType'" in text or "NoneType" in text:
        return "A None took part: did a function end without return?"
    if "only integer" in text or "indices must be integers" in text:
        return NOT_AN_INDEX
    if "unhashable" in text:
        return "Lists and arrays cannot be keys of a dict or members of a set; a tuple can."
    return None


def _casting(error: BaseException) -> str | None:
    if "Cannot cast ufunc" in str(error):
        return "An in-place operation (+=, *=, /=) cannot change the dtype of its left side."
    return None


def _constant(text: str) -> Callable[[BaseException], str | None]:
    return lambda error: text


_REMARKS: tuple[tuple[type[BaseException], Callable[[BaseException], str | None]], ...] = (
    (RecursionError, _constant("The function calls itself without end: which call stops it?")),
    (MemoryError, _constant("It asked for more memory than there is: what shape does it build?")),
    (SystemExit, _constant("exit() would end the whole program: use return.")),
    (ZeroDivisionError, _constant("A divisor is 0 in this case.")),
    (AssertionError, _constant("An assert of your own did not hold.")),
    (KeyError, _constant("The dict has no such key.")),
    (NameError, _undefined),
    (IndexError, _out_of_range),
    (AttributeError, _attribute),
    (TypeError, _casting),
    (TypeError, _type),
    (ValueError, _shapes),
)
