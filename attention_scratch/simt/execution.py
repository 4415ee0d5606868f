"""Carries out one launch: arrays in, run, arrays out, findings and counters."""

from __future__ import annotations

import contextlib
import ctypes as c
import dataclasses
import sys
import threading
import time
from collections.abc import Iterator

from attention_scratch.simt import abi, diagnosis, symbols, toolchain
from attention_scratch.simt.arguments import ArrayArgument, Packed
from attention_scratch.simt.build import Build
from attention_scratch.simt.errors import Finding, Index3, LaunchError, Place
from attention_scratch.simt.memory import DeviceBuffer
from attention_scratch.simt.options import LaunchOptions
from attention_scratch.simt.profiling import AccessCounts, merged
from attention_scratch.simt.source import Source

MAX_FINDINGS = 64
MAX_SITES = 4096
SHADOW_BYTES = 40  # what the race detector keeps of one element
MAX_SHADOW_BYTES = 2 << 30
WAIT_SLICE = 0.05  # seconds between two looks at Ctrl-C and the clock
_one_launch = threading.Lock()


@dataclasses.dataclass(frozen=True, slots=True)
class LaunchPlan:
    """One launch, checked and ready to run."""

    source: Source
    grid: Index3
    block: Index3
    packed: Packed
    options: LaunchOptions


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What a launch brought: findings, counters (checked only), printed text, exactness."""

    findings: tuple[Finding, ...]
    counts: tuple[AccessCounts, ...]
    output: str
    exact: bool


def execute(plan: LaunchPlan, built: Build, entry: abi.KernelEntry) -> Outcome:
    """Run ``plan``; the caller's arrays change only when nothing was found.

    Raises:
        LaunchError: the arrays are too large for a checked launch.
        KeyboardInterrupt: the user interrupted it; the arrays are as they were.
    """
    if built.checked:
        _require_room_for_checks(plan)
    with _device_buffers(plan, at_end=not built.checked) as buffers:
        launch = _launch_record(plan, built, entry, buffers)
        try:
            output = _run(launch, plan.options.time_limit or 0.0)
        finally:  # a second interrupt may have cut the first one's stop short; memory goes next
            toolchain.runtime().simt_finish(c.byref(launch), abi.INTERRUPTED)
        findings = _findings(plan, built, launch, buffers)
        if not findings:
            for argument, buffer in zip(plan.packed.arrays, buffers, strict=True):
                if not argument.read_only:
                    host = argument.host.reshape(-1).view("u1")
                    host[:] = buffer.bytes
        return Outcome(findings, _counts(plan, built, launch), output, exact=not launch.inexact)


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


@contextlib.contextmanager
def _device_buffers(plan: LaunchPlan, *, at_end: bool) -> Iterator[list[DeviceBuffer]]:
    buffers: list[DeviceBuffer] = []
    try:
        for argument in plan.packed.arrays:
            buffers.append(DeviceBuffer(argument.host, at_end=at_end))
            if argument.read_only:
                buffers[-1].make_read_only()
        yield buffers
    finally:
        for buffer in buffers:
            buffer.close()


def _launch_record(
    plan: LaunchPlan, built: Build, entry: abi.KernelEntry, buffers: list[DeviceBuffer]
) -> abi.Launch:
    regions = (abi.Region * max(1, len(buffers)))()
    for region, argument, buffer in zip(regions, plan.packed.arrays, buffers, strict=False):
        region.lo, region.hi = buffer.address, buffer.address + buffer.nbytes
        region.granule, region.read_only = argument.granule, argument.read_only
    block, size = _argument_block(plan.packed, buffers)
    options = plan.options
    launch = abi.Launch(
        entry=entry.call,
        args=c.cast(block, c.c_void_p),
        args_bytes=size,
        module_lo=built.lo,
        module_hi=built.hi,
        grid=plan.grid,
        block=plan.block,
        checked=built.checked,
        order=abi.ORDERS[options.order or "forward"],
        seed=options.seed or 0,
        region_count=len(buffers),
        regions=regions,
        findings=(abi.Finding * MAX_FINDINGS)(),
        max_findings=MAX_FINDINGS,
        sites=(abi.Site * MAX_SITES)() if built.checked else None,
        max_sites=MAX_SITES if built.checked else 0,
    )
    launch.kept_alive = block
    return launch


def _argument_block(packed: Packed, buffers: list[DeviceBuffer]) -> tuple[c.Array[c.c_char], int]:
    """Pointers to the arguments, then the arguments, each at a multiple of 16 bytes."""
    values = dict(packed.values)
    for argument, buffer in zip(packed.arrays, buffers, strict=True):
        for slot in argument.slots:
            values[slot] = buffer.address.to_bytes(8, sys.byteorder)
    table = -(-8 * len(values) // 16) * 16
    size = table + sum(-(-len(v) // 16) * 16 for v in values.values())
    raw = c.create_string_buffer(size + 16)
    skip = -c.addressof(raw) % 16  # ctypes aligns less than a structure argument may need
    aligned = (c.c_char * size).from_buffer(raw, skip)
    start, offset = c.addressof(aligned), table
    for i in range(len(values)):
        pointer = (start + offset).to_bytes(8, sys.byteorder)
        c.memmove(start + 8 * i, pointer, 8)
        c.memmove(start + offset, values[i], len(values[i]))
        offset += -(-len(values[i]) // 16) * 16
    return aligned, size


def _run(launch: abi.Launch, time_limit: float) -> str:
    """Run to the end; whatever interrupts the wait stops the launch first, then goes on."""
    runtime = toolchain.runtime()
    with _one_launch:
        try:
            if not runtime.simt_start(c.byref(launch)):
                raise toolchain.ToolchainError("the system gave the emulator no thread")
            deadline = time.monotonic() + time_limit
            while not runtime.simt_wait(WAIT_SLICE):
                if time.monotonic() > deadline:
                    runtime.simt_finish(c.byref(launch), abi.TIME_LIMIT)
        finally:
            runtime.simt_finish(c.byref(launch), abi.INTERRUPTED)
        # Inside the lock: the text belongs to the worker until its next launch.
        output = c.string_at(launch.output, launch.output_size) if launch.output_size else b""
    return output.decode("utf-8", "replace")


def _findings(
    plan: LaunchPlan, built: Build, launch: abi.Launch, buffers: list[DeviceBuffer]
) -> tuple[Finding, ...]:
    records = [launch.findings[i] for i in range(launch.finding_count)]
    context = diagnosis.Context(
        plan.packed.arrays, plan.grid, plan.block, plan.options.time_limit or 0.0
    )
    pcs = [pc for r in records for pc in (r.pc, r.other_pc)]
    lines = symbols.places(built, plan.source, pcs)
    found = [diagnosis.explain(r, lines, context) for r in records]
    for argument, buffer in zip(plan.packed.arrays, buffers, strict=True):
        offset = None if argument.read_only else buffer.overwritten_canary()
        if offset is not None:
            place = Place(plan.source.name, 0, "")
            found.append(diagnosis.canary(argument, offset, place, context))
    return tuple(found)


def _counts(plan: LaunchPlan, built: Build, launch: abi.Launch) -> tuple[AccessCounts, ...]:
    sites = [launch.sites[i] for i in range(launch.site_count)]
    lines = symbols.places(built, plan.source, [site.pc for site in sites]) if sites else {}
    return merged(_count(site, lines[site.pc], plan.packed.arrays) for site in sites)


def _count(site: abi.Site, place: Place, arrays: tuple[ArrayArgument, ...]) -> AccessCounts:
    return AccessCounts(
        line=place.line,
        text=place.text,
        array=arrays[site.region].name,
        operation="store" if site.is_write else "load",
        size=site.size,
        accesses=site.lanes,
        requests=site.requests,
        sectors=site.sectors,
    )
