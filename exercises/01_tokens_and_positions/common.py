"""Shared by the case lists of chapter 01."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """Bad input was refused with an error; ``says_where`` if the message names the place."""

    says_where: bool = True


def refusing(
    answer: Callable[..., Any], judge: Callable[..., Refused], *errors: type[Exception]
) -> Callable[..., Any]:
    """``answer``, where raising one of the ``errors`` is a result: ``judge(error, *args)``."""

    @functools.wraps(answer)
    def judged(*args: Any) -> Any:
        try:
            return answer(*args)
        except errors as error:
            return judge(error, *args)

    return judged
