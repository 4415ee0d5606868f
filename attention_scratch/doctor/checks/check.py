"""A check, declared as data: what is looked at, what it is needed for, and who looks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

from attention_scratch.doctor.machine import Machine
from attention_scratch.doctor.report import Finding, Role, Status


class Seen(NamedTuple):
    """What a look at the machine gave: a verdict, what was found in words, what to type."""

    status: Status
    value: str
    remedy: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """``look`` changes nothing, and returns None where there is nothing to say."""

    name: str
    needed_for: str
    look: Callable[[Machine], Seen | None]
    role: Role = "optional"

    def __call__(self, machine: Machine) -> Finding | None:
        """The finding on this machine; raises whatever ``look`` raises."""
        seen = self.look(machine)
        if seen is None:
            return None
        status, value, remedy = seen
        return Finding(self.name, status, value, self.needed_for, remedy, self.role)


def ok(value: str) -> Seen:
    """All is well."""
    return Seen("ok", value)


def warning(value: str, remedy: str) -> Seen:
    """Usable, but read this."""
    return Seen("warning", value, remedy)


def missing(value: str, remedy: str) -> Seen:
    """Absent or unusable."""
    return Seen("missing", value, remedy)
