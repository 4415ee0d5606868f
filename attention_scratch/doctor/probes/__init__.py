"""Probes: functions from a ``Machine`` to ``Finding``s. They look and change nothing."""

from __future__ import annotations

from collections.abc import Callable

from attention_scratch.doctor.finding import Finding
from attention_scratch.doctor.machine import Machine

Probe = Callable[[Machine], tuple[Finding, ...]]
