"""Carries out one launch: arrays in, run, arrays out, findings and counters."""

from __future__ import annotations

import ctypes as c
import dataclasses
import threading
import time
from typing import Any

import numpy.typing as npt

from attention_scratch.simt import abi, results, toolchain
from attention_scratch.simt.counts import Counters
from attention_scratch.simt.errors import Finding, LaunchError
from attention_scratch.simt.memory import DeviceBuffer
from attention_scratch.simt.records import Compiled, LaunchPlan, launch_record
from attention_scratch.simt.tracing import Recording
from attention_scratch.simt.variables import read_variable, write_variable

SHADOW_BYTES = 32  # what the race detector keeps of one element
MAX_SHADOW_BYTES = 2 << 30
WAIT_SLICE = 0.05  # seconds between two looks at Ctrl-C and the clock
_one_launch = threading.Lock()


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What a launch brought: findings, counters and events where asked for, printed text."""

    findings: tuple[Finding, ...]
    counters: Counters
    recording: Recording | None
    output: str
    exact: bool


def execute(plan: LaunchPlan, kernel: Compiled, variables: dict[str, npt.NDArray[Any]]) -> Outcome:
    """Run ``plan``; arrays and the module's ``variables`` change only when nothing was found.

    Raises:
        LaunchError: the arrays are too large for a checked launch.
        KeyboardInterrupt: the user interrupted it; the arrays are as they were.
    """
    if kernel.built.checked:
        _require_room_for_checks(plan)
    buffers: list[DeviceBuffer] = []
    with _one_launch:
        try:
            _fill(buffers, plan, at_end=not kernel.built.checked)
            return _carry_out(plan, kernel, variables, buffers)
        finally:
            for buffer in buffers:
                buffer.close()


def _carry_out(
    plan: LaunchPlan,
    kernel: Compiled,
    variables: dict[str, npt.NDArray[Any]],
    buffers: list[DeviceBuffer],
) -> Outcome:
    built = kernel.built
    launch = launch_record(plan, kernel, buffers)
    for variable in built.variables:
        write_variable(variable, variables[variable.name])
    try:
        output = _run(launch, plan.options.time_limit or 0.0)
    finally:  # a second interrupt may have cut the first one's stop short; memory goes next
        toolchain.runtime().simt_finish(c.byref(launch), abi.INTERRUPTED)
    findings = results.findings(plan, built, launch, buffers)
    if not findings:
        _copy_back(plan, buffers)
        for variable in built.variables:
            read_variable(variable, variables[variable.name])
    return Outcome(
        findings,
        results.counters(plan, built, launch),
        results.recording(plan, built, launch),
        output,
        exact=not launch.inexact,
    )


def _copy_back(plan: LaunchPlan, buffers: list[DeviceBuffer]) -> None:
    for argument, buffer in zip(plan.packed.arrays, buffers, strict=True):
        if not argument.read_only:
            argument.host.reshape(-1).view("u1")[:] = buffer.bytes


def _require_room_for_checks(plan: LaunchPlan) -> None:
    written = [a for a in plan.packed.arrays if not a.read_only]
    needed = sum(SHADOW_BYTES * (a.host.nbytes // a.granule) for a in written)
    if needed > MAX_SHADOW_BYTES:
        raise LaunchError(
            "checked launch",
            f"{sum(a.host.nbytes for a in written):,} bytes of writable arrays",
            expected=f"arrays whose checks need at most {MAX_SHADOW_BYTES:,} bytes, not {needed:,}",
            remedy="Check it on smaller arrays, or launch it unchecked.",
        )


def _fill(buffers: list[DeviceBuffer], plan: LaunchPlan, *, at_end: bool) -> None:
    for argument in plan.packed.arrays:
        buffers.append(DeviceBuffer(argument.host, at_end=at_end))
        if argument.read_only:
            buffers[-1].make_read_only()


def _run(launch: abi.Launch, time_limit: float) -> str:
    """Run to the end; whatever interrupts the wait stops the launch first, then goes on."""
    runtime = toolchain.runtime()
    try:
        if not runtime.simt_start(c.byref(launch)):
            raise toolchain.ToolchainError("the system gave the emulator no thread")
        deadline = time.monotonic() + time_limit
        while not runtime.simt_wait(WAIT_SLICE):
            if time.monotonic() > deadline:
                runtime.simt_finish(c.byref(launch), abi.TIME_LIMIT)
    finally:
        runtime.simt_finish(c.byref(launch), abi.INTERRUPTED)
    # The text belongs to the runtime until its next launch.
    output = c.string_at(launch.output, launch.output_size) if launch.output_size else b""
    return output.decode("utf-8", "replace")
