"""How launches run: order of threads, checked or fast, time limit."""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
import functools
from collections.abc import Iterator

from attention_scratch.config import settings
from attention_scratch.errors import require
from attention_scratch.simt.runtime import abi

MAX_WORKERS = 64  # as many as the runtime has seats for


@dataclasses.dataclass(frozen=True, slots=True)
class LaunchOptions:
    """Options of a launch; None means: as the surroundings say.

    Attributes:
        order: in which order blocks, warps and lanes run: ``forward``, ``reverse`` or
            ``random``. A right kernel gives the same result in each.
        seed: the random order's seed, 0 to 2³² − 1; the same seed gives the same run.
        checked: look at every memory access.
        time_limit: seconds after which the launch is stopped.
        workers: processor cores to use, 0 for all of them. A checked launch, and one whose source
            names atomics, printf or volatile, runs on one, so that the same seed gives the same
            run; naming a number overrides that for unchecked ones.
    """

    order: str | None = None
    seed: int | None = None
    checked: bool | None = None
    time_limit: float | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        require(
            self.order is None or self.order in abi.ORDERS,
            "order",
            self.order,
            expected=" or ".join(abi.ORDERS),
            remedy="Choose one of them.",
        )
        require(
            self.seed is None or 0 <= self.seed < 2**32,
            "seed",
            self.seed,
            expected="0 to 4294967295",
            remedy="Choose a smaller one.",
        )
        require(
            self.workers is None or 0 <= self.workers <= MAX_WORKERS,
            "workers",
            self.workers,
            expected=f"0 to {MAX_WORKERS}",
            remedy="0 means all cores.",
        )
        require(
            self.time_limit is None or self.time_limit > 0,
            "time_limit",
            self.time_limit,
            expected="a positive number of seconds",
            remedy="Leave it out for the configured one.",
        )

    def over(self, outer: LaunchOptions) -> LaunchOptions:
        """These options, completed by ``outer`` where they say nothing."""
        own = dataclasses.asdict(self)
        return dataclasses.replace(outer, **{k: v for k, v in own.items() if v is not None})


_ambient: contextvars.ContextVar[LaunchOptions | None] = contextvars.ContextVar(
    "launch_options", default=None
)


@functools.cache
def _defaults(time_limit: float) -> LaunchOptions:
    return LaunchOptions("forward", 0, checked=False, time_limit=time_limit)


def ambient_options() -> LaunchOptions:
    """The options of the surrounding ``with launching(…)`` blocks, over the settings."""
    defaults = _defaults(settings().simt.time_limit)
    inner = _ambient.get()
    return inner.over(defaults) if inner else defaults


@contextlib.contextmanager
def launching(
    *,
    order: str | None = None,
    seed: int | None = None,
    checked: bool | None = None,
    time_limit: float | None = None,
    workers: int | None = None,
) -> Iterator[None]:
    """Run every launch in the block with these options, wrappers' launches included.

    Raises:
        InputError: an unknown order, a seed out of range or a time limit that is not positive.
    """
    options = LaunchOptions(order, seed, checked, time_limit, workers)
    outer = _ambient.get()
    token = _ambient.set(options.over(outer) if outer else options)
    try:
        yield
    finally:
        _ambient.reset(token)
